"""Favorites: one document for each pair of user and listing, so that adding twice cannot make two."""

from typing import Any, Final, Literal, TypeAlias

from shared.data import listings, store
from shared.data.pages import Page, documents_page
from shared.models.favorites import FavoriteRead
from shared.models.listings import ListingPageParams, ListingRead

COLLECTION: Final = "favorites"
Reference: TypeAlias = store.Reference[Literal["favorites"]]
Snapshot: TypeAlias = store.Snapshot[Literal["favorites"]]
ROUNDS = 10
"""Pages read at most to fill one answer when a user's favorites are mostly inactive by now."""


def ref(user_id: int, listing_id: int) -> Reference:
    return store.document(COLLECTION, f"{user_id}_{listing_id}")


def document(user_id: int, listing_id: int, swipe: str | None = None) -> dict[str, Any]:
    """A new favorite's fields; ``swipe`` is the nonce of the action in the feed that adds it."""
    return {
        "id": store.new_id(),
        "user_id": user_id,
        "listing_id": listing_id,
        "created_at": store.SERVER_TIMESTAMP,
        "swipe": swipe,
    }


def get_or_create(user_id: int, listing_id: int, favorite_doc: Snapshot) -> FavoriteRead:
    """The user's favorite of a listing; it is made if there is none.

    One that an action of the feed has added is the user's own from now on: undo does not take it away any more.

    Args:
        user_id: Whose favorite it is.
        listing_id: An active listing.
        favorite_doc: The favorite's document as it was read.
    """

    def attempt(favorite_doc: Snapshot) -> FavoriteRead:
        batch = store.Batch()
        favorite = favorite_doc.to_dict()
        if favorite is None:
            favorite = document(user_id, listing_id)
            batch.create(favorite_doc.reference, favorite)
            favorite = favorite | {"created_at": store.server_time(batch.commit()[0])}
        elif favorite.get("swipe"):
            batch.update(favorite_doc.reference, {"swipe": None}, seen=favorite_doc)
            batch.commit()
        return FavoriteRead.model_validate(favorite)

    return store.contend((favorite_doc,), attempt)


def remove(user_id: int, listing_id: int) -> None:
    """Removes a favorite. Repeating it is harmless."""
    batch = store.Batch()
    batch.delete(ref(user_id, listing_id))
    batch.commit()


def list_by_listing(listing_id: int) -> store.Query:
    """Everybody's favorites of a listing, in an order that stays."""
    query = store.collection(COLLECTION).where(filter=store.Filter("listing_id", "==", listing_id))
    return query.order_by("id")


def list_by_user(user_id: int, page: ListingPageParams) -> Page[ListingRead]:
    """The user's favorite listings that are active, most recently added first."""
    query = store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user_id))
    active: list[ListingRead] = []
    cursor = page.cursor
    for _ in range(ROUNDS):
        favorites, cursor = documents_page(query, cursor, page.limit - len(active))
        if favorites:
            snapshots = store.get(*(listings.ref(favorite["listing_id"]) for favorite in favorites))
            documents = (snapshot.to_dict() for snapshot in snapshots)
            active += [
                listings.to_model(data, page.include) for data in documents if data and listings.is_visible(data)
            ]
        if cursor is None or len(active) == page.limit:
            break
    return Page(active, cursor)
