"""Which page of a list is asked for."""

from typing import Annotated

from pydantic import Field

from shared.models.base import Params
from shared.models.fields import WHOLE


class PageParams(Params):
    """Which part of a list: at most ``limit`` items, after ``cursor`` as the last page's Link header gave it."""

    limit: Annotated[int, Field(ge=1, le=100, description="How many items at most."), WHOLE] = 100
    cursor: str | None = Field(
        default=None, max_length=200, description="Where to go on: as in the `Link` header of the page before."
    )
