"""What goes in and out of /preferences."""

from typing import Annotated, Literal, Self

from pydantic import MISSING, BeforeValidator, model_validator

from shared.enums import DealType, PropertyType
from shared.models.base import Body, Model, Params
from shared.models.fields import City, Id, PriceBound, PriceNumber, empty_is_none
from shared.models.filters import FiltersRead, FiltersWrite
from shared.models.include import Include


class PreferenceParams(Params):
    """What the answer shall contain besides."""

    include: Include[Literal["filters"]] = frozenset()


class PreferenceWrite(Body):
    """What a tenant looks for; a field that is null or absent means any."""

    city: Annotated[City | None, BeforeValidator(empty_is_none)] = None
    deal_type: Annotated[DealType | None, BeforeValidator(empty_is_none)] = None
    property_type: Annotated[PropertyType | None, BeforeValidator(empty_is_none)] = None
    price_min: Annotated[PriceBound | None, BeforeValidator(empty_is_none)] = None
    price_max: Annotated[PriceBound | None, BeforeValidator(empty_is_none)] = None
    filters: FiltersWrite | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError("price_min must not be greater than price_max")
        return self


class PreferenceRead(Model):
    """A tenant's preferences."""

    id: Id
    user_id: Id
    city: str | None
    deal_type: DealType | None
    property_type: PropertyType | None
    price_min: PriceNumber | None
    price_max: PriceNumber | None
    filters: FiltersRead | MISSING = MISSING
