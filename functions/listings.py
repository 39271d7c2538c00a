"""Listings: the public list, an owner's own, and their changes."""

import flask

from shared.cities import CITIES
from shared.data import listings
from shared.data.pages import Page
from shared.data.users import User
from shared.models.base import Status
from shared.models.details import DetailsRead, DetailsWrite
from shared.models.listings import (
    CityRead,
    ListingFilter,
    ListingPageParams,
    ListingParams,
    ListingRead,
    ListingWrite,
)
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("listings", __doc__)
CITIES_MAX_AGE = 24 * 3600


@api.post(
    "/listings",
    headers={
        "Idempotency-Key": "Any text of the client's. The same request with the same key makes no second listing; "
        "another body with the same key is 422."
    },
)
def create_listing(user: User, body: ListingWrite, query: ListingParams) -> ListingRead:
    """Create a listing, owned by the caller."""
    return listings.create(user, body, flask.request.headers.get("Idempotency-Key") or None, query.include)


@api.get("/listings")
def list_listings(query: ListingFilter) -> Page[ListingRead]:
    """List active listings, newest first."""
    return listings.list_public(query)


@api.get("/listings/my")
def list_my_listings(user: User, query: ListingPageParams) -> Page[ListingRead]:
    """List the caller's own listings, inactive ones included, newest first."""
    return listings.list_by_owner(user.id, query)


@api.get("/listings/cities", max_age=CITIES_MAX_AGE)
def get_cities() -> list[CityRead]:
    """List the known cities of Kazakhstan, the most populous first, for pickers.

    Each is the same city under all of these names, its former ones and other spellings, in every request.
    """
    return [CityRead(name=city.name, ru=city.ru, kk=city.kk, en=city.en) for city in CITIES]


@api.get("/listings/{listing_id}", errors=(404,))
def get_listing(listing_id: int, query: ListingParams) -> ListingRead:
    """Show one active listing."""
    return listings.get_active(listing_id, query.include)


@api.put("/listings/{listing_id}", errors=(403, 404))
def replace_listing(caller: Caller, listing_id: int, body: ListingWrite, query: ListingParams) -> ListingRead:
    """Replace a listing; for its owner or an admin. An inactive one may be made active again."""
    user, listing_doc = caller.load(listings.ref(listing_id))
    return listings.replace(listing_doc, user, body, query.include)


@api.put("/listings/{listing_id}/details", errors=(403, 404))
def replace_details(caller: Caller, listing_id: int, body: DetailsWrite) -> DetailsRead:
    """Replace a listing's details; for its owner or an admin."""
    user, listing_doc = caller.load(listings.ref(listing_id))
    return listings.replace_details(listing_doc, user, body)


@api.delete("/listings/{listing_id}", errors=(403, 404))
def delete_listing(caller: Caller, listing_id: int) -> Status:
    """Deactivate a listing; for its owner or an admin. Repeating it is harmless."""
    user, listing_doc = caller.load(listings.ref(listing_id))
    listings.deactivate(listing_doc, user)
    return Status()
