"""Listings: the public list, an owner's own, and their changes."""

import flask

from functions.http import Caller, Group
from shared import listings
from shared.models import ListingFilter, ListingRead, ListingWrite, PageParams, Status
from shared.pages import Page

api = Group("listings")


@api.post(
    "/listings",
    headers={
        "Idempotency-Key": "Any text of the client's. The same request with the same key makes no second listing."
    },
)
def create_listing(caller: Caller, body: ListingWrite) -> ListingRead:
    """Create a listing, owned by the caller."""
    return listings.create(caller.load(), body, flask.request.headers.get("Idempotency-Key") or None)


@api.get("/listings")
def list_listings(query: ListingFilter) -> Page[ListingRead]:
    """List active listings, newest first."""
    return listings.public(query)


@api.get("/listings/my")
def list_my_listings(caller: Caller, query: PageParams) -> Page[ListingRead]:
    """List the caller's own listings, inactive ones included, newest first."""
    return listings.of_owner(caller.load().id, query)


@api.get("/listings/{listing_id}", errors=(404,))
def get_listing(listing_id: int) -> ListingRead:
    """Show one active listing."""
    return listings.read(listings.active(listings.load(listing_id)))


@api.put("/listings/{listing_id}", errors=(403, 404))
def replace_listing(caller: Caller, listing_id: int, body: ListingWrite) -> ListingRead:
    """Replace a listing; for its owner or an admin. An inactive one may be made active again."""
    user, found = caller.load(listings.ref(listing_id))
    return listings.replace(found, user, body)


@api.delete("/listings/{listing_id}", errors=(403, 404))
def delete_listing(caller: Caller, listing_id: int) -> Status:
    """Deactivate a listing; for its owner or an admin. Repeating it is harmless."""
    user, found = caller.load(listings.ref(listing_id))
    listings.deactivate(found, user)
    return Status()
