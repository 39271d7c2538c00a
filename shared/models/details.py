"""The details of a listing. shared/models/README.md has their units and their names in other systems."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool, field_validator, model_validator

from shared.characters import MANY_LINES_PATTERN, many_lines
from shared.models.base import Body, Model
from shared.models.fields import (
    WHOLE,
    Area,
    AreaNumber,
    Day,
    Deposit,
    Latitude,
    Longitude,
    PriceNumber,
    Text128,
    Text255,
    empty_is_none,
    text_by,
    told,
)

Description = Annotated[str, Field(max_length=4000), text_by(many_lines), told(pattern=MANY_LINES_PATTERN)]


class DetailsWrite(Body):
    """The details of a listing as its owner tells them; a field that is null or absent is not told."""

    description: Description | None = None
    district: Text128 | None = None
    address: Text255 | None = None
    rooms: Annotated[int | None, Field(ge=1, le=50), WHOLE] = None
    area: Area | None = None
    kitchen_area: Area | None = None
    floor: Annotated[int | None, Field(ge=-5, le=200), WHOLE] = None
    floors: Annotated[int | None, Field(ge=1, le=200), WHOLE] = None
    year_built: Annotated[int | None, Field(ge=1700, le=2200), WHOLE] = None
    furnished: StrictBool | None = None
    pets_allowed: StrictBool | None = None
    children_allowed: StrictBool | None = None
    deposit: Deposit | None = None
    available_from: Day | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_not_told(cls, value: Any) -> Any:
        return empty_is_none(value)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.floor is not None and self.floors is not None and self.floor > self.floors:
            raise ValueError("floor must not be above floors")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        return self


class DetailsRead(Model):
    """The details of a listing; null is "not told"."""

    description: str | None
    district: str | None
    address: str | None
    rooms: int | None
    area: AreaNumber | None
    kitchen_area: AreaNumber | None
    floor: int | None
    floors: int | None
    year_built: int | None
    furnished: bool | None
    pets_allowed: bool | None
    children_allowed: bool | None
    deposit: PriceNumber | None
    available_from: date | None
    latitude: float | None
    longitude: float | None
