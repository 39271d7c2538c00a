"""The caller's favorites."""

from shared.data import favorites, listings
from shared.data.pages import Page
from shared.data.users import User
from shared.models.base import Status
from shared.models.favorites import FavoriteRead, FavoriteWrite
from shared.models.listings import ListingPageParams, ListingRead
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("favorites", __doc__)


@api.get("/favorites/")
def list_favorites(user: User, query: ListingPageParams) -> Page[ListingRead]:
    """List the caller's favorites that are active, most recently added first."""
    return favorites.list_by_user(user.id, query)


@api.post("/favorites/", errors=(404,))
def add_favorite(caller: Caller, body: FavoriteWrite) -> FavoriteRead:
    """Add a listing to the favorites; an existing favorite is answered as it is."""
    user, listing_doc, favorite_doc = caller.load(
        listings.ref(body.listing_id), lambda user_id: favorites.ref(user_id, body.listing_id)
    )
    listings.active(listing_doc)
    return favorites.get_or_create(user.id, body.listing_id, favorite_doc)


@api.delete("/favorites/{listing_id}")
def remove_favorite(user: User, listing_id: int) -> Status:
    """Remove a listing from the favorites. Repeating it is harmless."""
    favorites.remove(user.id, listing_id)
    return Status()
