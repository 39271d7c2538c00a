"""What each tenant looks for: one document a user, named by the user's id, which also is the set's id."""

from shared.data import store
from shared.feed.criteria import Criteria
from shared.models.preferences import PreferenceRead, PreferenceWrite
from shared.money import to_minor, to_tenge

COLLECTION = "preferences"
PRICES = ("price_min", "price_max")


def ref(user_id: int) -> store.Reference:
    return store.document(COLLECTION, user_id)


def to_model(preference_doc: store.Snapshot) -> PreferenceRead | None:
    """The user's preferences, or None before they are first set."""
    stored = preference_doc.to_dict()
    if not stored:
        return None
    prices = {name: None if stored[name] is None else to_tenge(stored[name]) for name in PRICES}
    return PreferenceRead.model_validate(stored | prices)


def criteria_of(preference_doc: store.Snapshot) -> Criteria:
    """What the user's feed shows; everything before preferences are first set."""
    preferences = to_model(preference_doc)
    return Criteria.of(preferences) if preferences else Criteria()


def replace(user_id: int, preferences: PreferenceWrite) -> PreferenceRead:
    """Stores a whole new set in place of the old one."""
    given = dict(preferences)
    prices = {name: None if given[name] is None else to_minor(given[name]) for name in PRICES}
    batch = store.Batch()
    batch.set(ref(user_id), {"id": user_id, "user_id": user_id} | preferences.model_dump(mode="json") | prices)
    batch.commit()
    return PreferenceRead(id=user_id, user_id=user_id, **given)
