"""What goes in and out of /listings."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import MISSING, StrictBool

from shared.enums import DealType, PropertyType
from shared.models.base import Body, Model, Params
from shared.models.details import DetailsRead, DetailsWrite
from shared.models.fields import City, Id, Price, PriceBound, PriceText, Text255
from shared.models.filters import WITH_PHOTOS, AreaBound, RoomsBound
from shared.models.include import Include
from shared.models.pages import PageParams
from shared.models.photos import PhotoRead

ListingInclude: TypeAlias = Include[Literal["details", "photos"]]
"""What can be asked for with every listing of an answer."""


class ListingParams(Params):
    """What the listings of the answer shall contain besides."""

    include: ListingInclude = frozenset()


class ListingPageParams(PageParams, ListingParams):
    """Which part of a list of listings, and what each shall contain besides."""


class CityRead(Model):
    """A known city: its name, as a listing's or preferences' city, and its names in three languages."""

    name: str
    ru: str
    kk: str
    en: str


class ListingWrite(Body):
    """A listing as its owner writes it; PUT replaces all of it, but without `details` leaves those as they are."""

    title: Text255
    city: City
    deal_type: DealType = DealType.RENT
    property_type: PropertyType = PropertyType.FLAT
    price: Price
    is_active: StrictBool = True
    details: DetailsWrite | MISSING | None = MISSING


class ListingRead(Model):
    """A listing as everybody sees it."""

    id: Id
    title: str
    city: str
    deal_type: DealType
    property_type: PropertyType
    price: PriceText
    is_active: bool
    owner_id: Id
    created_at: datetime
    updated_at: datetime
    details: DetailsRead | MISSING | None = MISSING
    photos: list[PhotoRead] | MISSING = MISSING


class ListingFilter(ListingPageParams):
    """Narrows the public list; absent means any."""

    city: City | None = None
    deal_type: DealType | None = None
    property_type: PropertyType | None = None
    price_min: PriceBound | None = None
    price_max: PriceBound | None = None
    rooms_min: RoomsBound | None = None
    rooms_max: RoomsBound | None = None
    area_min: AreaBound | None = None
    area_max: AreaBound | None = None
    with_photos: Annotated[bool, WITH_PHOTOS] | None = None
