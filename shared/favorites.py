"""Favorites: one document for each pair of user and listing, so that adding twice cannot make two."""

from typing import Any

from shared import listings, store
from shared.models import FavoriteRead, ListingRead, PageParams
from shared.pages import Page, documents_page

COLLECTION = "favorites"
ROUNDS = 10
"""Pages read at most to fill one answer when a user's favorites are mostly inactive by now."""


def ref(user_id: int, listing_id: int) -> store.Reference:
    return store.document(COLLECTION, f"{user_id}_{listing_id}")


def document(user_id: int, listing_id: int, swipe: str | None = None) -> dict[str, Any]:
    """A new favorite's document; ``swipe`` names the action in the feed that has added it."""
    return {
        "id": store.new_id(),
        "user_id": user_id,
        "listing_id": listing_id,
        "created_at": store.SERVER_TIMESTAMP,
        "swipe": swipe,
    }


def add(user_id: int, listing_id: int, found: store.Snapshot) -> FavoriteRead:
    """The user's favorite of a listing, made if there is none.

    Args:
        user_id: Whose favorite it is.
        listing_id: An active listing.
        found: The favorite's document as it was read.
    """

    def attempt(found: store.Snapshot) -> FavoriteRead:
        if found.exists:
            return FavoriteRead.model_validate(found.to_dict())
        data = document(user_id, listing_id)
        batch = store.Batch()
        batch.create(found.reference, data)
        return FavoriteRead.model_validate(data | {"created_at": store.server_time(batch.commit()[0])})

    return store.contend([found], attempt)


def remove(user_id: int, listing_id: int) -> None:
    """Forgets a favorite. Repeating it is harmless."""
    batch = store.Batch()
    batch.delete(ref(user_id, listing_id))
    batch.commit()


def of_user(user_id: int, page: PageParams) -> Page[ListingRead]:
    """The user's favorite listings that are active, most recently added first."""
    query = store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user_id))
    found: list[ListingRead] = []
    cursor = page.cursor
    for _ in range(ROUNDS):
        favorites, cursor = documents_page(query, cursor, page.limit - len(found))
        if favorites:
            snapshots = store.get(*(listings.ref(favorite["listing_id"]) for favorite in favorites))
            documents = (snapshot.to_dict() for snapshot in snapshots)
            found += [listings.read(data) for data in documents if data and data["is_active"]]
        if cursor is None or len(found) == page.limit:
            break
    return Page(found, cursor)
