"""Likes: one document for each pair of user and listing, made in the same atomic write as the swipe that is one.

Its creation is the event that the trigger listens to, so dislikes and favorites send none. It stays when the swipe
changes or is taken back, as the lead does: a like that comes back later writes it again, which is no creation and no
event, and the lead is there already or its first event is still on its way.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from shared.data import store

COLLECTION: Final = "likes"
Reference: TypeAlias = store.Reference[Literal["likes"]]
Snapshot: TypeAlias = store.Snapshot[Literal["likes"]]


def ref(user_id: int, listing_id: int) -> Reference:
    return store.document(COLLECTION, f"{user_id}_{listing_id}")


def document(user_id: int, listing_id: int, owner_id: int) -> dict[str, Any]:
    """A like's document. It knows the owner, so that the trigger need not read the listing to make a lead."""
    return {
        "user_id": user_id,
        "listing_id": listing_id,
        "owner_id": owner_id,
        "created_at": store.SERVER_TIMESTAMP,
    }


def add(batch: store.Batch, user_id: int, listing_id: int, owner_id: int) -> None:
    """Adds a like to what a batch writes, whether there was one before or not."""
    batch.set(ref(user_id, listing_id), document(user_id, listing_id, owner_id))


def create_missing(swipes: Iterable[dict[str, Any]]) -> int:
    """Makes the likes of these swipes that have none, for data of before there were any. Can be repeated.

    Returns:
        How many were made.
    """
    liked = [swipe for swipe in swipes if swipe["action"] == "like"]
    likes = store.get(*(ref(swipe["user_id"], swipe["listing_id"]) for swipe in liked)) if liked else []
    missing = [swipe for swipe, like in zip(liked, likes, strict=True) if not like.exists]
    for swipe in missing:
        batch = store.Batch()
        batch.create(
            ref(swipe["user_id"], swipe["listing_id"]),
            document(swipe["user_id"], swipe["listing_id"], swipe["owner_id"]),
        )
        try:
            batch.commit()
        except store.LOST_RACE:  # The user has liked it meanwhile.
            continue
    return len(missing)
