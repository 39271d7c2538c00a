"""Criteria: what a tenant's preferences, or a filter of a list, ask for. Pure rules."""

from decimal import Decimal
from typing import NamedTuple, Protocol

from shared.cities import city_key
from shared.enums import DealType, PropertyType
from shared.money import to_minor


class Asked(Protocol):
    """What a client asks for, by preferences or by the filter of a list: prices in tenge, the city as it was typed."""

    @property
    def city(self) -> str | None: ...
    @property
    def deal_type(self) -> DealType | None: ...
    @property
    def property_type(self) -> PropertyType | None: ...
    @property
    def price_min(self) -> Decimal | None: ...
    @property
    def price_max(self) -> Decimal | None: ...


class Criteria(NamedTuple):
    """The values that a listing must have to match. None is any value.

    Attributes:
        city: The city's key (``city_key`` in shared/cities.py).
        price_min: In minor units (tiyn); the bound itself matches.
        price_max: The same.
    """

    city: str | None = None
    deal_type: str | None = None
    property_type: str | None = None
    price_min: int | None = None
    price_max: int | None = None

    @classmethod
    def of(cls, asked: Asked) -> "Criteria":
        """The criteria of what a client asks for."""
        return cls(
            asked.city and city_key(asked.city),
            asked.deal_type and asked.deal_type.value,
            asked.property_type and asked.property_type.value,
            None if asked.price_min is None else to_minor(asked.price_min),
            None if asked.price_max is None else to_minor(asked.price_max),
        )

    @property
    def has_bounds(self) -> bool:
        """True if some listings with the right city and types match and others do not: a search walks past those."""
        return any(value is not None for value in self[3:])

    def is_within(self, other: "Criteria") -> bool:
        """True if every listing that matches these criteria also matches the other ones."""
        return (
            all(theirs in (None, ours) for ours, theirs in zip(self[:3], other[:3], strict=True))
            and (other.price_min or 0) <= (self.price_min or 0)
            and (other.price_max is None or (self.price_max is not None and self.price_max <= other.price_max))
        )
