"""Likes whose event was lost, so that they have no lead: found page by page in the order of time, and made up for.

Where the last page ended is kept in a document, so every run goes on there. Pages may be looked through twice, or by
two runs at once: a lead that is there stays as it is.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared import clock
from shared.data import leads, likes, store

COLLECTION: Final = "schedules"
GRACE = timedelta(minutes=10)
"""A younger like may still wait for its event."""

PAGE = 300
MAX_PAGES = 200
"""In one run, which has five minutes."""


def _cursor_ref() -> store.Reference[Literal["schedules"]]:
    return store.document(COLLECTION, "find_lost_leads")


def make_up_for() -> int:
    """Makes the missing leads of likes that are old enough; how many."""
    cursor = store.get(_cursor_ref())[0].to_dict() or {}
    begins: datetime | None = cursor.get("checked_to")
    made = 0
    for _ in range(MAX_PAGES):
        page = _page(begins)
        made += _make_missing(page)
        if page:
            begins = page[-1]["created_at"]
            batch = store.Batch()
            batch.set(_cursor_ref(), {"checked_to": begins})
            batch.commit()
        if len(page) < PAGE:
            break
    return made


def _page(begins: datetime | None) -> list[dict[str, Any]]:
    """The likes from a time on, that time included: several may share it."""
    query = store.collection(likes.COLLECTION)
    query = query.where(filter=store.Filter("created_at", "<=", clock.now() - GRACE))
    if begins:
        query = query.where(filter=store.Filter("created_at", ">=", begins))
    return [like.to_dict() or {} for like in store.run(query.order_by("created_at").limit(PAGE))]


def _make_missing(page: list[dict[str, Any]]) -> int:
    if not page:
        return 0
    found = store.get(*(leads.ref(like["user_id"], like["listing_id"]) for like in page))
    missing = [like for like, lead in zip(page, found, strict=True) if not lead.exists]
    return sum(leads.ensure(like["user_id"], like["listing_id"], like["owner_id"]) for like in missing)
