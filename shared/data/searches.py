"""Saved searches. A listing that changes looks for the searches that it matches: they are not run one by one.

A search stores ``key``, what it asks of deal type, property type and city with ``*`` for any, and its price's bounds. A
listing belongs to eight keys, so one query finds all searches that it may match, whatever their number. A person's
searches are the documents ``{user_id}_0`` to ``{user_id}_19``: that limits them, also when many are made at once.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any, Final, Literal, TypeAlias

from shared.data import store
from shared.data.pages import Page, paginate
from shared.enums import Frequency
from shared.errors import Conflict, NotFound
from shared.feed.criteria import Criteria
from shared.models.pages import PageParams
from shared.models.searches import SearchRead, SearchWrite

COLLECTION: Final = "searches"
Reference: TypeAlias = store.Reference[Literal["searches"]]
Snapshot: TypeAlias = store.Snapshot[Literal["searches"]]
PER_USER = 20
PAGE = 100
ANY = "*"
OFF = "off"
"""The key of searches that tell nothing: no listing has it."""
HIGHEST_PRICE = 2**62


def _fields(wanted: SearchWrite) -> dict[str, Any]:
    """What is stored of a search's content."""
    asked = Criteria.of(wanted)
    return {
        "wanted": wanted.model_dump(mode="json"),
        "key": _key_of(wanted.frequency, asked),
        "lo": asked.price_min or 0,
        "hi": HIGHEST_PRICE if asked.price_max is None else asked.price_max,
    }


def _key_of(frequency: Frequency, asked: Criteria) -> str:
    return OFF if frequency is Frequency.OFF else _key(asked.deal_type, asked.property_type, asked.city)


def _key(deal_type: str | None, property_type: str | None, city: str | None) -> str:
    return "|".join(each or ANY for each in (deal_type, property_type, city))


def to_model(search: dict[str, Any]) -> SearchRead:
    """The search as its owner sees it."""
    wanted = search["wanted"]
    shown = {"id": search["id"], "created_at": search["created_at"], "filters": wanted.get("filters") or {}}
    return SearchRead.model_validate(wanted | shown)


def list_by_user(user_id: int, page: PageParams) -> Page[SearchRead]:
    """A person's searches, newest first."""
    return paginate(_by_user(user_id), page, to_model)


def _by_user(user_id: int) -> store.Query:
    return store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user_id))


def ids_that_tell(user_id: int) -> set[int]:
    """The ids of a person's searches but those that are off."""
    stored = [each.to_dict() or {} for each in store.run(store.named_from(COLLECTION, f"{user_id}_"))]
    return {search["id"] for search in stored if search["key"] != OFF}


def create(user_id: int, wanted: SearchWrite) -> SearchRead:
    """Saves a search.

    Raises:
        Conflict: The person has as many as they may have.
    """
    new = {"id": store.new_id(), "user_id": user_id, "created_at": store.SERVER_TIMESTAMP} | _fields(wanted)

    def attempt(*slot_docs: Snapshot) -> SearchRead:
        for slot_doc in slot_docs:
            if (slot_doc.to_dict() or {}).get("id") == new["id"]:
                return to_model(slot_doc.to_dict() or {})  # Made by a try whose acknowledgement was lost.
        free = next((slot_doc for slot_doc in slot_docs if not slot_doc.exists), None)
        if free is None:
            raise Conflict(f"There are {PER_USER} searches already")
        batch = store.Batch()
        batch.create(free.reference, new)
        return to_model(new | {"created_at": store.server_time(batch.commit()[0])})

    slots = [store.document(COLLECTION, f"{user_id}_{slot}") for slot in range(PER_USER)]
    return store.contend(list(store.get(*slots)), attempt)


def replace(search_id: int, user_id: int, wanted: SearchWrite) -> SearchRead:
    """Puts new content into a search.

    Raises:
        NotFound: The person has no such search.
    """
    search_doc = _find(search_id, user_id)
    if search_doc is None:
        raise NotFound("Search not found")

    def attempt(search_doc: Snapshot) -> SearchRead:
        search = search_doc.to_dict()
        if search is None or search["id"] != search_id:
            raise NotFound("Search not found")
        batch = store.Batch()
        batch.update(search_doc.reference, _fields(wanted), seen=search_doc)
        batch.commit()
        return to_model(search | _fields(wanted))

    return store.contend((search_doc,), attempt)


def remove(search_id: int, user_id: int) -> None:
    """Removes a search of the person's. Repeating it is harmless."""
    search_doc = _find(search_id, user_id)

    def attempt(search_doc: Snapshot) -> None:
        if (search_doc.to_dict() or {}).get("id") == search_id:
            batch = store.Batch()
            batch.delete(search_doc.reference, seen=search_doc)
            batch.commit()

    if search_doc is not None:
        store.contend((search_doc,), attempt)


def _find(search_id: int, user_id: int) -> Snapshot | None:
    query = store.collection(COLLECTION).where(filter=store.Filter("id", "==", search_id))
    found = store.run(query.limit(1))
    return next((each for each in found if (each.to_dict() or {})["user_id"] == user_id), None)


def renew_city_key(search_doc: Snapshot) -> bool:
    """Gives a stored search the key that its city has now, after cities have got other keys. True if it had another."""

    def attempt(search_doc: Snapshot) -> bool:
        search = search_doc.to_dict()
        if not search:
            return False
        wanted = to_model(search)  # As it is read: what is stored may break a rule that is newer than it.
        key = _key_of(wanted.frequency, Criteria.of(wanted))
        if search["key"] == key:
            return False
        batch = store.Batch()
        batch.update(search_doc.reference, {"key": key}, seen=search_doc)
        batch.commit()
        return True

    return store.contend((search_doc,), attempt)


def pages_of_all() -> Iterator[list[Snapshot]]:
    """Everybody's searches, page by page."""
    query = store.collection(COLLECTION).order_by("id")
    page = store.run(query.limit(PAGE))
    while page:
        yield page
        page = store.run(query.start_after({"id": (page[-1].to_dict() or {})["id"]}).limit(PAGE))


def candidates(criteria: Criteria) -> store.Query:
    """The searches that a listing may match: all of its keys whose bounds have its price between them.

    Args:
        criteria: Exactly the listing's own values.
    """
    choices = product((criteria.deal_type, None), (criteria.property_type, None), (criteria.city, None))
    query = store.collection(COLLECTION).where(filter=store.Filter("key", "in", [_key(*each) for each in choices]))
    query = query.where(filter=store.Filter("lo", "<=", criteria.price_min))
    query = query.where(filter=store.Filter("hi", ">=", criteria.price_min))
    for field in ORDER:
        query = query.order_by(field)
    return query


ORDER = ("lo", "hi", "id")
"""What candidates are ordered by."""


def matching(
    search_docs: list[Snapshot], criteria: Criteria, before: Criteria | None
) -> Iterator[tuple[dict[str, Any], SearchRead]]:
    """Those of the searches that a listing begins to match.

    Args:
        search_docs: Candidates.
        criteria: Exactly the listing's own values.
        before: Those that it had before; None if it was in no list.
    """
    for search_doc in search_docs:
        search = search_doc.to_dict() or {}
        wanted = to_model(search)  # As it is read: what is stored may break a rule that is newer than it.
        asked = Criteria.of(wanted, wanted.filters)
        if criteria.is_within(asked) and not (before and before.is_within(asked)):
            yield search, wanted
