"""Swipes: what a user last did with a listing, one document for each pair."""

from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from shared.data import store
from shared.enums import Action

COLLECTION: Final = "swipes"
Reference: TypeAlias = store.Reference[Literal["swipes"]]
Snapshot: TypeAlias = store.Snapshot[Literal["swipes"]]


def ref(user_id: int, listing_id: int) -> Reference:
    return store.document(COLLECTION, f"{user_id}_{listing_id}")


def document(user_id: int, listing: dict[str, Any], action: Action, source: str) -> dict[str, Any]:
    """A swipe's document."""
    return {
        "user_id": user_id,
        "listing_id": listing["id"],
        "owner_id": listing["owner_id"],
        "action": action.value,
        "source": source,
        "acted_at": store.SERVER_TIMESTAMP,
    }


def current_action(snapshot: Snapshot) -> Action | None:
    data = snapshot.to_dict()
    return Action(data["action"]) if data else None


def acted_on(user_id: int, listing_ids: Iterable[int]) -> set[int]:
    """Those of the listings that the user has a current action on."""
    keys = list(listing_ids)
    if not keys:
        return set()
    snapshots = store.get(*(ref(user_id, key) for key in keys))
    return {key for key, snapshot in zip(keys, snapshots, strict=True) if snapshot.exists}
