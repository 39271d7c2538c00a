"""Every error that the API answers with on purpose. Raised anywhere, turned into a response in one place."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class ApiError(Exception):
    """An answer that is not a success.

    Args:
        detail: What went wrong, for the client's developer. Never contains a secret.
        headers: Response headers that belong to the status.
        code: A name for the reason that stays the same, such as ``email_taken``, where a client may act on it.
    """

    status = 500

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.code = code


class BadRequest(ApiError):
    """The request is well-formed but makes no sense, such as liking one's own listing."""

    status = 400


class Unauthorized(ApiError):
    """No token, a bad token, or wrong credentials. RFC 6750 asks for the challenge header."""

    status = 401

    def __init__(self, detail: str = "Could not validate credentials", code: str | None = None) -> None:
        super().__init__(detail, {"WWW-Authenticate": "Bearer"}, code)


class Forbidden(ApiError):
    """The caller is known and may not do this."""

    status = 403

    def __init__(self, detail: str = "Not enough permissions", code: str | None = None) -> None:
        super().__init__(detail, code=code)


class NotFound(ApiError):
    """There is no such thing, or the caller must not know that it exists."""

    status = 404

    def __init__(self, detail: str = "Not Found") -> None:
        super().__init__(detail)


class Conflict(ApiError):
    """The request contradicts what is stored, such as a taken email."""

    status = 409


class UnsupportedMedia(ApiError):
    """The body is of a kind that is not taken, whatever its header says."""

    status = 415


class Problem(NamedTuple):
    """One value of a request that does not validate.

    Attributes:
        type: A name for the kind of error that stays the same.
        loc: Where the value stands, such as ``("body", "owner_id")``.
        msg: What is wrong with it.
    """

    type: str
    loc: tuple[str | int, ...]
    msg: str


class Invalid(ApiError):
    """Values that do not validate."""

    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.msg for problem in problems))
        self.problems = problems

    @classmethod
    def at(cls, loc: tuple[str | int, ...], msg: str) -> "Invalid":
        """One value that only code can tell is wrong, not a model."""
        return cls([Problem("value_error", loc, msg)])


class TooManyRequests(ApiError):
    """A limit is reached; ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many attempts, try again later", {"Retry-After": str(max(1, retry_after))})


class Unavailable(ApiError):
    """Firestore, or another service, could not be reached in time. The same request may be repeated."""

    status = 503

    def __init__(
        self,
        detail: str = "Service temporarily unavailable, please retry",
        code: str | None = None,
        retry_after: int = 2,
    ) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after)}, code)
