"""Tells of listings: the searches that a listing begins to match, and the favorites whose price falls.

All of it follows from the listing before and after one write, so an event that comes again, late or in another order
makes the same notifications under the same names, as long as the listing can still be seen. Where there are more of
them than one page, ``matches/…`` has how far it has come, in the same atomic write, and a repetition goes on there.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

from shared import clock
from shared.data import favorites, listings, notifications, searches, store
from shared.data.notifications import Stream
from shared.enums import Frequency, NotificationType
from shared.feed.positions import micros
from shared.money import to_tenge

COLLECTION: Final = "matches"
PAGE = 200
SECONDS = 240.0
"""How long one try may go on; the event comes again after that."""
KEPT = timedelta(days=2)
"""Longer than an event is repeated."""


class NotFinished(Exception):
    """There is more to tell than fits into one try."""


class Told(NamedTuple):
    """One notification to be made."""

    user_id: int
    kind: NotificationType
    data: dict[str, Any]
    name: str
    stream: Stream = Stream.INSTANT


def tell(before: dict[str, Any] | None, after: dict[str, Any] | None) -> int:
    """Tells of what a write has made of a listing. How many notifications that are.

    Nothing is read unless the listing may match somebody anew or has become cheaper. Where there is somebody to tell,
    the listing itself is read, too: an event may come late, and what nobody can see any more is not told.

    Raises:
        NotFinished: The same event must come again.
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; likewise.
    """
    if after is None or not _is_listed(after):
        return 0
    old = before if before is not None and _is_listed(before) else None
    criteria, criteria_before = listings.criteria_of(after), listings.criteria_of(old) if old else None
    if criteria == criteria_before:
        return 0
    version = f"{after['id']}:{micros(after['position'])}"
    shown = {"listing_id": after["id"], "title": after["title"], "price": f"{to_tenge(after['price']):.2f}"}
    ends = time.monotonic() + SECONDS

    def of_searches(found: list[searches.Snapshot]) -> list[Told]:
        return [
            Told(
                search["user_id"],
                NotificationType.LISTING_MATCH,
                shown | {"search_id": search["id"], "search": wanted.name},
                f"match:{search['id']}:{version}",
                Stream.DAILY if wanted.frequency is Frequency.DAILY else Stream.INSTANT,
            )
            for search, wanted in searches.matching(found, criteria, criteria_before)
            if search["user_id"] != after["owner_id"]
        ]

    def of_favorites(found: list[favorites.Snapshot]) -> list[Told]:
        data = shown | {"old_price": f"{to_tenge((old or after)['price']):.2f}"}
        users = [(each.to_dict() or {})["user_id"] for each in found]
        return [Told(user_id, NotificationType.PRICE_DROP, data, f"drop:{version}") for user_id in users]

    listing = listings.ref(after["id"])
    count = _walk(listing, searches.candidates(criteria), searches.ORDER, of_searches, f"{version}:searches", ends)
    # A rent is far below the price of a sale, and no fall of it.
    if old and after["deal_type"] == old["deal_type"] and after["price"] < old["price"]:
        query = favorites.list_by_listing(after["id"])
        count += _walk(listing, query, ("id",), of_favorites, f"{version}:favorites", ends)
    return count


def still_news(user_id: int, notification_docs: Sequence[notifications.Snapshot]) -> list[notifications.Snapshot]:
    """Those of a person's notifications that do not tell of a listing or a search that is gone or off.

    It costs a read for each listing and each search, and nothing where no notification is of a listing.
    """
    told_of = [each.to_dict() or {} for each in notification_docs]
    listing_ids = {each["data"]["listing_id"] for each in told_of if each["type"] in notifications.OF_LISTINGS}
    if not listing_ids:
        return list(notification_docs)
    public = {each.reference.id for each in store.get(*map(listings.ref, listing_ids)) if listings.is_public(each)}
    has_match = any(each["type"] == NotificationType.LISTING_MATCH for each in told_of)
    telling = searches.ids_that_tell(user_id) if has_match else set()

    def is_news(told: dict[str, Any]) -> bool:
        kind, data = told["type"], told["data"]
        if kind == NotificationType.LISTING_MATCH and data["search_id"] not in telling:
            return False
        return kind not in notifications.OF_LISTINGS or str(data["listing_id"]) in public

    return [each for each, told in zip(notification_docs, told_of, strict=True) if is_news(told)]


def _is_listed(listing: dict[str, Any]) -> bool:
    """True if the listing can be found by a filter."""
    return bool(listing["is_active"] and listing.get("facets"))


def _walk(
    listing: listings.Reference,
    query: store.Query,
    order: Sequence[str],
    read: Callable[[list[store.Snapshot]], list[Told]],
    name: str,
    ends: float,
) -> int:
    """Makes the notifications of all that a query finds, page by page, from where an earlier try has stopped.

    It ends early if the listing is gone, or not visible any more.
    """
    reached: store.Reference[Literal["matches"]] = store.document(COLLECTION, name)
    after: list[int] | None = None
    first, count = True, 0
    while True:
        start = query if after is None else query.start_after(dict(zip(order, after, strict=True)))
        found = store.run(start.limit(PAGE))
        is_last = len(found) < PAGE
        if first and not is_last and (known := store.get(reached)[0].to_dict()):
            first, after = False, known["after"]
            continue
        first = False
        if found:
            last = found[-1].to_dict() or {}
            after = [last[field] for field in order]
        told = read(found)
        if told and not listings.is_public(store.get(listing)[0]):
            return count
        _make(told, reached, None if is_last else after)
        count += len(told)
        if is_last:
            return count
        if time.monotonic() > ends:
            raise NotFinished


def _make(told: list[Told], reached: store.Reference[Literal["matches"]], after: list[int] | None) -> None:
    """Makes those of the notifications that are not there yet, and notes how far it has come."""
    missing = told
    while missing or after:
        batch = store.Batch()
        for each in missing:
            notifications.add(batch, *each)
        if after:
            batch.set(reached, {"after": after, "expires_at": clock.now() + KEPT})
        try:
            batch.commit()
        except store.LOST_RACE:
            there = store.get(*(notifications.ref(each.user_id, notifications.id_of(each.name)) for each in missing))
            missing = [each for each, found in zip(missing, there, strict=True) if not found.exists]
        else:
            return
