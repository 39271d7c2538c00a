"""What each tenant looks for: one document a user, named by the user's id, which also is the set's id."""

from typing import Any, Final, Literal, TypeAlias

from pydantic import MISSING

from shared.data import store
from shared.feed.criteria import Criteria
from shared.models.filters import FiltersRead, FiltersWrite
from shared.models.preferences import PreferenceRead, PreferenceWrite
from shared.money import to_minor, to_tenge

COLLECTION: Final = "preferences"
Reference: TypeAlias = store.Reference[Literal["preferences"]]
Snapshot: TypeAlias = store.Snapshot[Literal["preferences"]]
PRICES = ("price_min", "price_max")
AREAS = ("area_min", "area_max")


def ref(user_id: int) -> Reference:
    return store.document(COLLECTION, user_id)


def filters_fields(filters: FiltersWrite | None) -> dict[str, Any]:
    """What is stored of filters: areas as integers of hundredths of a square metre."""
    given = dict(filters or FiltersWrite())
    return given | {name: None if given[name] is None else to_minor(given[name]) for name in AREAS}


def filters_model(stored: dict[str, Any] | None) -> FiltersRead:
    """The filters as they were given; all of them any if there are none."""
    areas = {name: to_tenge(stored[name]) for name in AREAS if stored and stored[name] is not None}
    return FiltersRead.model_validate((stored or {}) | areas)


def to_model(preference_doc: Snapshot, include: frozenset[str]) -> PreferenceRead | None:
    """The user's preferences with what is asked for besides, or None before they are first set."""
    stored = preference_doc.to_dict()
    if not stored:
        return None
    prices = {name: None if stored[name] is None else to_tenge(stored[name]) for name in PRICES}
    filters = filters_model(stored.get("filters")) if "filters" in include else MISSING
    return PreferenceRead.model_validate(stored | prices | {"filters": filters})


def criteria_of(preference_doc: Snapshot) -> Criteria:
    """What the user's feed shows; everything before preferences are first set."""
    preferences = to_model(preference_doc, frozenset())
    filters = filters_model((preference_doc.to_dict() or {}).get("filters"))
    return Criteria.of(preferences, filters) if preferences else Criteria()


def replace(user_id: int, preferences: PreferenceWrite, include: frozenset[str] = frozenset()) -> PreferenceRead:
    """Stores a whole new set in place of the old one."""
    given = dict(preferences)
    stored_filters = filters_fields(preferences.filters)
    prices = {name: None if given[name] is None else to_minor(given[name]) for name in PRICES}
    stored: dict[str, Any] = prices | {"filters": stored_filters}
    batch = store.Batch()
    batch.set(ref(user_id), {"id": user_id, "user_id": user_id} | preferences.model_dump(mode="json") | stored)
    batch.commit()
    shown = {"filters": filters_model(stored_filters) if "filters" in include else MISSING}
    return PreferenceRead.model_validate({"id": user_id, "user_id": user_id} | given | shown)
