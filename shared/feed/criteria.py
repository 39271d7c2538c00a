"""Criteria: what a tenant's preferences, or a filter of a list, ask for. Pure rules."""

from decimal import Decimal
from typing import NamedTuple, Protocol

from shared.cities import city_key
from shared.enums import DealType, PropertyType
from shared.money import to_minor


class AskedFilters(Protocol):
    """Bounds on what a listing tells of itself; areas in square metres."""

    @property
    def rooms_min(self) -> int | None: ...
    @property
    def rooms_max(self) -> int | None: ...
    @property
    def area_min(self) -> Decimal | None: ...
    @property
    def area_max(self) -> Decimal | None: ...
    @property
    def with_photos(self) -> bool | None: ...


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


def _told(low: int | None, high: int | None) -> int | None:
    """The lower bound: with any bound at all, what is not told (0) does not match."""
    return None if low is None and high is None else max(1, low or 0)


class Criteria(NamedTuple):
    """The values that a listing must have to match. None is any value.

    Attributes:
        city: The city's key (``city_key`` in shared/cities.py).
        price_min: In minor units (tiyn); the bound itself matches.
        price_max: The same.
        rooms_min: At least 1 if there is a bound on the rooms; a listing that does not tell them has 0.
        rooms_max: The bound itself matches.
        area_min: In hundredths of a square metre, otherwise like the rooms.
        area_max: The same.
        with_photos: True if a listing without photos does not match.
    """

    city: str | None = None
    deal_type: str | None = None
    property_type: str | None = None
    price_min: int | None = None
    price_max: int | None = None
    rooms_min: int | None = None
    rooms_max: int | None = None
    area_min: int | None = None
    area_max: int | None = None
    with_photos: bool = False

    @classmethod
    def of(cls, asked: Asked, filters: AskedFilters | None = None) -> "Criteria":
        """The criteria of what a client asks for."""
        area_min, area_max = (filters.area_min, filters.area_max) if filters else (None, None)
        least, most = (None if bound is None else to_minor(bound) for bound in (area_min, area_max))
        return cls(
            asked.city and city_key(asked.city),
            asked.deal_type and asked.deal_type.value,
            asked.property_type and asked.property_type.value,
            None if asked.price_min is None else to_minor(asked.price_min),
            None if asked.price_max is None else to_minor(asked.price_max),
            _told(filters.rooms_min, filters.rooms_max) if filters else None,
            filters.rooms_max if filters else None,
            _told(least, most),
            most,
            bool(filters and filters.with_photos),
        )

    @property
    def has_bounds(self) -> bool:
        """True if some listings with the right city and types match and others do not: a search walks past those."""
        return self.has_filters or self.price_min is not None or self.price_max is not None

    @property
    def has_filters(self) -> bool:
        """True if there is a bound on the rooms or the area, or photos are wanted."""
        return self.rooms_min is not None or self.area_min is not None or self.with_photos

    def is_within(self, other: "Criteria") -> bool:
        """True if every listing that matches these criteria also matches the other ones."""
        return (
            all(theirs in (None, ours) for ours, theirs in zip(self[:3], other[:3], strict=True))
            and _is_range_within(self.price_min, self.price_max, other.price_min, other.price_max)
            and _is_range_within(self.rooms_min, self.rooms_max, other.rooms_min, other.rooms_max)
            and _is_range_within(self.area_min, self.area_max, other.area_min, other.area_max)
            and (self.with_photos or not other.with_photos)
        )


def _is_range_within(low: int | None, high: int | None, other_low: int | None, other_high: int | None) -> bool:
    return (other_low or 0) <= (low or 0) and (other_high is None or (high is not None and high <= other_high))
