"""Which page of a list is asked for."""

from pydantic import Field

from shared.models.base import Params


class PageParams(Params):
    """Which part of a list: at most ``limit`` items, after ``cursor`` as the last page's Link header gave it."""

    limit: int = Field(default=100, ge=1, le=100, description="How many items at most.")
    cursor: str | None = Field(
        default=None, max_length=200, description="Where to go on: as in the `Link` header of the page before."
    )
