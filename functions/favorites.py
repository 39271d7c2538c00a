"""The caller's favorites."""

from functions.http import Caller, Group
from shared import favorites, listings
from shared.models import FavoriteRead, FavoriteWrite, ListingRead, PageParams, Status
from shared.pages import Page

api = Group("favorites")


@api.get("/favorites/")
def list_favorites(caller: Caller, query: PageParams) -> Page[ListingRead]:
    """List the caller's favorites that are active, most recently added first."""
    return favorites.of_user(caller.load().id, query)


@api.post("/favorites/", errors=(404,))
def add_favorite(caller: Caller, body: FavoriteWrite) -> FavoriteRead:
    """Add a listing to the favorites; an existing favorite is answered as it is."""
    user, listing, found = caller.load(
        listings.ref(body.listing_id), lambda user_id: favorites.ref(user_id, body.listing_id)
    )
    listings.active(listing)
    return favorites.add(user.id, body.listing_id, found)


@api.delete("/favorites/{listing_id}")
def remove_favorite(caller: Caller, listing_id: int) -> Status:
    """Remove a listing from the favorites. Repeating it is harmless."""
    favorites.remove(caller.load().id, listing_id)
    return Status()
