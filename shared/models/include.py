"""The opt-in ``include``: names in the query string that add keys to the answer, each exactly its own.

An answer's model has such a key with the default ``MISSING``, which leaves the key out. So an answer without the opt-in
keeps exactly the reference's keys::

    class LeadRead(Model):
        id: Id
        contact: Contact | MISSING = MISSING

    class LeadFilter(PageParams):
        include: Include[Literal["contact"]] = frozenset()
"""

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

Name = TypeVar("Name", bound=str)


def _split(value: Any) -> Any:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


Include = Annotated[
    frozenset[Name],
    BeforeValidator(_split),
    Field(description="Comma-separated names of what each item shall contain besides."),
]
