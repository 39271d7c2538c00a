"""What each tenant looks for: a field of their user, which every request reads, so that a card costs no read for it."""

from typing import Any, Final

from pydantic import MISSING

from shared.data import store, users
from shared.data.users import User
from shared.errors import Unauthorized
from shared.feed.criteria import Criteria
from shared.models.filters import FiltersRead, FiltersWrite
from shared.models.preferences import PreferenceRead, PreferenceWrite
from shared.money import to_minor, to_tenge

DOCUMENTS_OF_BEFORE: Final = "preferences"
"""The collection in which an older release kept them, named by the user's id. infra/migrate.py copies from it."""
PRICES = ("price_min", "price_max")
AREAS = ("area_min", "area_max")


def filters_fields(filters: FiltersWrite | None) -> dict[str, Any]:
    """What is stored of filters: areas as integers of hundredths of a square metre."""
    given = dict(filters or FiltersWrite())
    return given | {name: None if given[name] is None else to_minor(given[name]) for name in AREAS}


def filters_model(stored: dict[str, Any] | None) -> FiltersRead:
    """The filters as they were given; all of them any if there are none."""
    areas = {name: to_tenge(stored[name]) for name in AREAS if stored and stored[name] is not None}
    return FiltersRead.model_validate((stored or {}) | areas)


def to_model(user: User, include: frozenset[str] = frozenset()) -> PreferenceRead | None:
    """The user's preferences with what is asked for besides, or None before they are first set."""
    stored = user.preferences
    if not stored:
        return None
    prices = {name: None if stored[name] is None else to_tenge(stored[name]) for name in PRICES}
    filters = filters_model(stored.get("filters")) if "filters" in include else MISSING
    ids = {"id": user.id, "user_id": user.id}
    return PreferenceRead.model_validate(ids | stored | prices | {"filters": filters})


def criteria_of(user: User) -> Criteria:
    """What the user's feed shows; everything before preferences are first set."""
    preferences = to_model(user)
    filters = filters_model((user.preferences or {}).get("filters"))
    return Criteria.of(preferences, filters) if preferences else Criteria()


def replace(user_id: int, preferences: PreferenceWrite, include: frozenset[str] = frozenset()) -> PreferenceRead:
    """Stores a whole new set in place of the old one.

    Raises:
        Unauthorized: The user is gone.
    """
    given = dict(preferences)
    stored_filters = filters_fields(preferences.filters)
    prices = {name: None if given[name] is None else to_minor(given[name]) for name in PRICES}
    stored = preferences.model_dump(mode="json") | prices | {"filters": stored_filters}
    batch = store.Batch()
    batch.update(users.ref(user_id), {"preferences": stored})
    try:
        batch.commit()
    except store.LOST_RACE:  # The one precondition: the user exists.
        raise Unauthorized from None
    shown = {"filters": filters_model(stored_filters) if "filters" in include else MISSING}
    return PreferenceRead.model_validate({"id": user_id, "user_id": user_id} | given | shown)
