"""What each tenant looks for: one document a user, named by the user's id, which also is the set's id."""

from typing import Any

from shared import store
from shared.models import PreferenceRead, PreferenceWrite

COLLECTION = "preferences"


def ref(user_id: int) -> store.Reference:
    return store.document(COLLECTION, user_id)


def read(snapshot: store.Snapshot) -> PreferenceRead | None:
    """The user's preferences, or None before they are first set."""
    data = snapshot.to_dict()
    if not data:
        return None
    prices = {name: None if data[name] is None else f"{data[name] / 100:.2f}" for name in ("price_min", "price_max")}
    return PreferenceRead.model_validate(data | prices)


def replace(user_id: int, wanted: PreferenceWrite) -> PreferenceRead:
    """Stores a whole new set in place of the old one."""
    data: dict[str, Any] = wanted.model_dump(mode="json") | {
        name: None if price is None else int(price * 100)
        for name, price in (("price_min", wanted.price_min), ("price_max", wanted.price_max))
    }
    batch = store.Batch()
    batch.set(ref(user_id), {"id": user_id, "user_id": user_id} | data)
    batch.commit()
    return PreferenceRead(id=user_id, user_id=user_id, **dict(wanted))
