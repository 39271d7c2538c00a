"""Feeds: one document a tenant, ``feeds/{user_id}``, with their progress. Its rules are shared/feed/progress.py.

Every change of it is under a precondition, in one atomic write with the swipe it belongs to, so two devices of one
tenant cannot lose each other's swipes. The document stays under 300 KiB for whatever history: shared/feed/seen.py and
shared/feed/coverage.py have the two parts that grow.
"""

import itertools
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Any, Final, Literal, TypeAlias, TypeVar

from google.api_core.exceptions import RetryError

from shared.data import favorites, likes, listings, store, swipes
from shared.enums import Action
from shared.errors import NotFound, Unavailable
from shared.feed.coverage import Coverage, Gap
from shared.feed.criteria import Criteria
from shared.feed.positions import micros
from shared.feed.progress import Candidate, ClearedDownTo, Covered, OutOfTime, PastAction, Progress, find_next
from shared.feed.seen import Seen
from shared.settings import settings

COLLECTION: Final = "feeds"
Reference: TypeAlias = store.Reference[Literal["feeds"]]
Snapshot: TypeAlias = store.Snapshot[Literal["feeds"]]
WRITE_DOWN_SHARE = 0.25
"""Of a request's time, kept for writing down how far a search came."""

T = TypeVar("T")


class RecentClearings:
    """What each tenant's latest search in this process has cleared, with the version of the progress that it holds for.

    Args:
        size: Tenants remembered at most; the one longest unheard of is forgotten first.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._clearings: OrderedDict[int, tuple[datetime | None, ClearedDownTo]] = OrderedDict()
        self._lock = Lock()

    def put(self, user_id: int, version: datetime | None, cleared: ClearedDownTo) -> None:
        """Remembers what was cleared when the tenant's feed document had this update time."""
        with self._lock:
            self._clearings[user_id] = version, cleared
            self._clearings.move_to_end(user_id)
            if len(self._clearings) > self._size:
                self._clearings.popitem(last=False)

    def get(self, user_id: int, version: datetime | None) -> ClearedDownTo | None:
        """What was cleared, unless the tenant's feed document has changed since."""
        known_version, cleared = self._clearings.get(user_id, (None, None))
        return cleared if known_version == version else None


recent_clearings = RecentClearings(size=2000)


def ref(user_id: int) -> Reference:
    return store.document(COLLECTION, user_id)


def progress_of(feed_doc: Snapshot) -> Progress:
    """The tenant's progress as it is stored; an empty one before their first swipe."""
    stored = feed_doc.to_dict()
    if not stored:
        return Progress()
    layers = stored["seen"]
    return Progress(
        tuple(
            Covered(Criteria(*json.loads(each["profile"])), Coverage.unpack(each["coverage"]))
            for each in stored["covered"]
        ),
        Seen(tuple(layers[f"layer{i}"] for i in range(len(layers))), stored["seen_count"]),
        tuple(PastAction.unpack(packed) for packed in stored["history"]),
        tuple(stored.get("reopened", ())),
        tuple(stored.get("taken_back", ())),
    )


def add_change(batch: store.Batch, feed_doc: Snapshot, before: Progress, after: Progress) -> None:
    """Adds the change of a progress to a batch, under a precondition. Only the layers that differ are sent."""
    fields: dict[str, Any] = {
        "covered": [
            {"profile": json.dumps(each.criteria, ensure_ascii=False), "coverage": each.coverage.pack()}
            for each in after.covered
        ],
        "seen_count": after.seen.count,
        "history": [past.pack() for past in after.history],
        "reopened": list(after.reopened),
        "taken_back": list(after.taken_back),
    }
    layers = {f"layer{i}": layer for i, layer in enumerate(after.seen.layers)}
    if not feed_doc.exists:
        batch.create(feed_doc.reference, fields | {"seen": layers})
        return
    old = before.seen.layers
    changed = {f"seen.layer{i}": layer for i, layer in enumerate(after.seen.layers) if old[i : i + 1] != (layer,)}
    batch.update(feed_doc.reference, fields | changed, seen=feed_doc)


def next_listings(user_id: int, criteria: Criteria, feed_doc: Snapshot, size: int) -> list[dict[str, Any]]:
    """The next listings for a tenant, newest first.

    A search that would take longer than the request may is written down as far as it came, so the next one goes on
    from there.

    Args:
        user_id: The tenant.
        criteria: What they look for.
        feed_doc: Their feed's document as it was read.
        size: How many listings to find.

    Returns:
        The fields of the listings; fewer than ``size`` only when no more are left, or the time is up.

    Raises:
        Unavailable: The time is up before anything was found.
    """
    progress = progress_of(feed_doc)
    horizon = micros(feed_doc.read_time) - int(settings().feed_settle_seconds * 1_000_000), 0

    def search(gaps: Sequence[Gap], limit: int) -> tuple[list[Candidate], int]:
        documents, searched = _in_time(lambda: listings.list_newest_in(gaps, criteria, limit, not_by=user_id))
        hits = [document.to_dict() or {} for document in documents]
        return [
            Candidate(listings.position(hit), hit["owner_id"] == user_id, listings.criteria_of(hit), hit)
            for hit in hits
        ], searched

    def acted_on(listing_ids: Iterable[int]) -> set[int]:
        return _in_time(lambda: swipes.acted_on(user_id, listing_ids))

    version = feed_doc.update_time
    known = recent_clearings.get(user_id, version)
    result = find_next(progress, criteria, horizon, size, search, acted_on, known)
    if result.write_down:
        batch = store.Batch()
        add_change(batch, feed_doc, progress, result.write_down)
        with suppress(*store.LOST_RACE):  # The tenant has acted meanwhile, which is the better progress to keep.
            version = batch.commit()[0].update_time
    if result.cleared is None:
        raise Unavailable
    recent_clearings.put(user_id, version, result.cleared)
    return [candidate.listing for candidate in result.found]


def _in_time(call: Callable[[], T]) -> T:
    """Calls something that reads, in the part of the request's time that leaves enough to write down how far it came.

    Raises:
        OutOfTime: The time is up.
    """
    left = store.seconds_left() - store.TOTAL_SECONDS * WRITE_DOWN_SHARE
    if left <= 0:
        raise OutOfTime
    try:
        with store.bounded(left):
            return call()
    except (Unavailable, RetryError) as error:
        raise OutOfTime from error


def act(
    user_id: int,
    listing: dict[str, Any],
    action: Action,
    source: str,
    swipe_doc: swipes.Snapshot,
    feed_doc: Snapshot,
) -> None:
    """Makes an action the user's current one on a listing. Repeating it is harmless.

    Args:
        user_id: Who acts.
        listing: The fields of an active listing of somebody else.
        action: What they do.
        source: Where they did it.
        swipe_doc: Their swipe of this listing, as it was read.
        feed_doc: Their feed's document, as it was read.
    """
    favorite = favorites.ref(user_id, listing["id"])
    tries = itertools.count()
    nonce = secrets.token_hex(4)

    def attempt(swipe_doc: swipes.Snapshot, feed_doc: Snapshot) -> None:
        before = progress_of(feed_doc)
        if before.remembers(nonce):
            return  # Written by a try whose acknowledgement was lost. Others may have replaced or undone it since.
        previous = swipes.current_action(swipe_doc)
        # A first favorite is taken for new, which saves reading it; a wrong guess fails whole and is made up for.
        unsure = bool(next(tries)) or previous is action
        adds_favorite = action is Action.FAVORITE and not (unsure and store.get(favorite)[0].exists)
        if previous is action and not adds_favorite:
            return
        past = PastAction(nonce, listing["id"], previous, adds_favorite)
        cleared = recent_clearings.get(user_id, feed_doc.update_time)
        after, still_cleared = before.acted(listings.position(listing), past, cleared)
        batch = store.Batch()
        add_change(batch, feed_doc, before, after)
        batch.set(swipe_doc.reference, swipes.document(user_id, listing, action, source))
        if action is Action.LIKE:
            likes.add(batch, user_id, listing["id"], listing["owner_id"])
        if adds_favorite:
            batch.create(favorite, favorites.document(user_id, listing["id"], past.nonce))
        version = batch.commit()[0].update_time
        if still_cleared:
            recent_clearings.put(user_id, version, still_cleared)

    store.contend((swipe_doc, feed_doc), attempt)


def undo(user_id: int, feed_doc: Snapshot, listing_id: int | None = None) -> int:
    """Takes back the user's latest action: the one before it on that listing, if any, is current again.

    While this waits for its turn, another action may be acknowledged: it is the latest one then. The action that was
    chosen first may also be gone by then: another undo has taken it back, or an earlier try of this one has, whose
    acknowledgement was lost. Then there is nothing left to do.

    Args:
        user_id: Whose action it is.
        feed_doc: Their feed's document, as it was read.
        listing_id: The listing that it must have been on. None: any.

    Returns:
        The listing's id.

    Raises:
        NotFound: There is nothing to take back.
    """
    chosen: list[PastAction] = []

    def attempt(feed_doc: Snapshot) -> int:
        before = progress_of(feed_doc)
        if chosen and chosen[-1].nonce in before.taken_back:
            return chosen[-1].listing_id
        if not before.history or listing_id not in (None, before.history[-1].listing_id):
            raise NotFound("Nothing to undo")
        chosen.append(before.history[-1])
        _take_back(user_id, before, feed_doc)
        return chosen[-1].listing_id

    return store.contend((feed_doc,), attempt)


def _take_back(user_id: int, before: Progress, feed_doc: Snapshot) -> None:
    """Writes the progress without its latest action, together with the swipe and the favorite as they were before."""
    past = before.history[-1]
    listing_doc, swipe_doc, favorite_doc = store.get(
        listings.ref(past.listing_id),
        swipes.ref(user_id, past.listing_id),
        favorites.ref(user_id, past.listing_id),
    )
    listing = listing_doc.to_dict()
    batch = store.Batch()
    if past.previous and swipe_doc.exists:
        batch.update(swipe_doc.reference, {"action": past.previous.value, "acted_at": store.SERVER_TIMESTAMP})
    elif not past.previous:
        batch.delete(swipe_doc.reference)
    # A favorite that was added by hand, or repeated by hand since then, stays.
    if past.favorite and (favorite_doc.to_dict() or {}).get("swipe") == past.nonce:
        batch.delete(favorite_doc.reference, seen=favorite_doc)
    add_change(batch, feed_doc, before, before.undone(past, listings.position(listing) if listing else None))
    batch.commit()
