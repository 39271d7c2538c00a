"""What goes in and out of /searches."""

from datetime import datetime
from typing import Annotated

from shared.enums import DealType, Frequency, PropertyType
from shared.models.base import Model
from shared.models.fields import Id, PriceNumber, Text255, null_is
from shared.models.filters import FiltersRead
from shared.models.preferences import PreferenceWrite


class SearchWrite(PreferenceWrite):
    """What to tell of: listings that begin to match. A field that is null or absent means any."""

    name: Text255
    frequency: Annotated[Frequency, null_is("instant", Frequency)] = Frequency.INSTANT


class SearchRead(Model):
    """A saved search."""

    id: Id
    name: str
    city: str | None
    deal_type: DealType | None
    property_type: PropertyType | None
    price_min: PriceNumber | None
    price_max: PriceNumber | None
    filters: FiltersRead
    frequency: Frequency
    created_at: datetime
