"""Filters by what a listing tells of itself: in the query of a list, and as an object of preferences."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from shared.models.base import Body, Model
from shared.models.fields import WHOLE, AreaNumber, decimal_schema, empty_is_none, plain_number

RoomsBound = Annotated[int, Field(ge=0, le=1000, description="A bound on the rooms; the bound counts."), WHOLE]
AreaBound = Annotated[
    Decimal,
    Field(ge=0, le=Decimal(10) ** 9, decimal_places=2),
    BeforeValidator(plain_number),
    decimal_schema("A bound on the area in m²; the bound counts.", 9, 10**9),
]
WITH_PHOTOS = Field(description="True: only listings with photos. False means any.")


class FiltersWrite(Body):
    """What a listing must tell to match; null or absent is any. What it has not told matches no bound."""

    rooms_min: RoomsBound | None = None
    rooms_max: RoomsBound | None = None
    area_min: AreaBound | None = None
    area_max: AreaBound | None = None
    with_photos: Annotated[StrictBool, WITH_PHOTOS] | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_any(cls, values: Any) -> Any:
        return {key: empty_is_none(value) for key, value in values.items()} if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high in ((self.rooms_min, self.rooms_max), (self.area_min, self.area_max)):
            if low is not None and high is not None and low > high:
                raise ValueError("a lower bound must not be greater than its upper bound")
        return self


class FiltersRead(Model):
    """The filters of preferences; null is any."""

    rooms_min: int | None = None
    rooms_max: int | None = None
    area_min: AreaNumber | None = None
    area_max: AreaNumber | None = None
    with_photos: bool | None = None
