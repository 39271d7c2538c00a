"""What an answer says that is not a success."""

from pydantic import MISSING, Field

from shared.models.base import Model


class Error(Model):
    """What went wrong."""

    detail: str
    code: str | MISSING = Field(
        default=MISSING, description="A name for the reason that stays the same, where there is one."
    )
    trace: str | MISSING = Field(default=MISSING, description="Of a 5xx: finds its lines in the server's log.")


class FieldError(Model):
    """One value that does not validate."""

    type: str = Field(description="A name for the kind of error that stays the same.")
    loc: list[str | int] = Field(description="Where: `body`, `query` or `path`, then the way to the field.")
    msg: str = Field(description="What is wrong, for the client's developer.")


class ValidationErrors(Model):
    """Every value of the request that does not validate."""

    detail: list[FieldError]
