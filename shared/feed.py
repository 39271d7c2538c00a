"""The feed: which listing a tenant sees next, what an action changes, and taking one back.

A tenant's progress is one document, ``feeds/{user_id}``: the coverage of the feed under the preferences named by
``profile`` (shared/coverage.py), the ids ever acted on (shared/seen.py) and the latest actions, for undo. Every change
of it is under a precondition, together with the swipe it belongs to, so two devices of one tenant cannot lose each
other's swipes.

``next`` only reads. What it has found out (everything above the candidate is clear) is remembered in this process as a
proof, and the action that follows writes it down. An action that comes to another instance has no proof and
covers just its one listing; the gaps between such listings are closed by the next action with a proof, or, when there
are too many for one query, by ``next`` itself.
"""

import itertools
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, NamedTuple

from shared import favorites, listings, store, swipes
from shared.coverage import Coverage
from shared.errors import BadRequest, NotFound
from shared.listings import Criteria
from shared.models import Action, PreferenceRead, PreferenceWrite
from shared.normal import city_key
from shared.pages import Position, micros
from shared.seen import Seen
from shared.settings import settings

COLLECTION = "feeds"
MAX_GAPS = 8
"""Gaps in one query. Each is up to three conditions, and Firestore takes 30 (Firestore, "OR queries", limitations)."""

MAX_PAGE = 256
WRITE_DOWN_AFTER = 32
"""Listings passed over in one call (own, or acted on under other preferences) that are worth a write."""

HISTORY = 50
"""Actions that can be taken back."""

NO_PREFERENCES = PreferenceWrite()


class Done(NamedTuple):
    """One action, as it must be known to be taken back."""

    nonce: str
    """Tells a repeated undo of this action from an undo of the one before."""
    listing_id: int
    previous: Action | None
    """The listing's current action before."""
    favorite: bool
    """Whether it added the favorite."""

    def pack(self) -> str:
        return f"{self.nonce}:{self.listing_id}:{self.previous or ''}:{int(self.favorite)}"

    @classmethod
    def unpack(cls, packed: str) -> "Done":
        nonce, listing_id, previous, favorite = packed.split(":")
        return cls(nonce, int(listing_id), Action(previous) if previous else None, favorite == "1")


@dataclass(frozen=True)
class Progress:
    """A tenant's progress, as it is stored."""

    profile: str = ""
    coverage: Coverage = field(default_factory=Coverage)
    seen: Seen = field(default_factory=Seen)
    history: tuple[Done, ...] = ()

    @classmethod
    def of(cls, snapshot: store.Snapshot) -> "Progress":
        data = snapshot.to_dict()
        if not data:
            return cls()
        layers = data["seen"]
        return cls(
            data["profile"],
            Coverage.unpack(data["coverage"]),
            Seen(tuple(layers[f"layer{i}"] for i in range(len(layers))), data["seen_count"]),
            tuple(Done.unpack(packed) for packed in data["history"]),
        )

    def write(self, batch: store.Batch, found: store.Snapshot, before: "Progress") -> None:
        """Adds to a batch the change from ``before``, which ``found`` holds, to this."""
        data: dict[str, Any] = {
            "profile": self.profile,
            "coverage": self.coverage.pack(),
            "seen_count": self.seen.count,
            "history": [done.pack() for done in self.history],
        }
        layers = {f"layer{i}": layer for i, layer in enumerate(self.seen.layers)}
        if not found.exists:
            batch.create(found.reference, data | {"seen": layers})
            return
        old = before.seen.layers
        changed = {f"seen.layer{i}": layer for i, layer in enumerate(self.seen.layers) if old[i : i + 1] != (layer,)}
        batch.update(found.reference, data | changed, seen=found)

    def under(self, profile: str) -> Coverage:
        """The coverage under these preferences; none yet when they are others."""
        return self.coverage if profile == self.profile else Coverage()


class Proof(NamedTuple):
    """What a look at the feed has shown, as long as the progress is the version it was made with."""

    version: Any
    profile: str
    horizon: Position
    upcoming: tuple[Position, ...]
    """The next listings. From the horizon down to the last of them nothing else is unseen and matching."""


class _Proofs:
    """The latest proof of each tenant seen lately by this process."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._proofs: OrderedDict[int, Proof] = OrderedDict()
        self._lock = Lock()

    def put(self, user_id: int, proof: Proof) -> None:
        with self._lock:
            self._proofs[user_id] = proof
            self._proofs.move_to_end(user_id)
            if len(self._proofs) > self._size:
                self._proofs.popitem(last=False)

    def get(self, user_id: int, version: Any) -> Proof | None:
        proof = self._proofs.get(user_id)
        return proof if proof and proof.version == version else None


_proofs = _Proofs(size=2000)


def ref(user_id: int) -> store.Reference:
    return store.document(COLLECTION, user_id)


def _profile(wanted: Criteria) -> str:
    parts = [wanted.city and city_key(wanted.city), wanted.deal_type, wanted.property_type]
    prices = [None if price is None else int(price * 100) for price in (wanted.price_min, wanted.price_max)]
    return json.dumps(parts + prices, ensure_ascii=False)


def upcoming(
    user_id: int, preferences: PreferenceRead | None, found: store.Snapshot, size: int
) -> list[dict[str, Any]]:
    """The next listings for a tenant, newest first.

    Args:
        user_id: The tenant.
        preferences: What they look for.
        found: Their progress as it was read.
        size: How many listings are wanted.

    Returns:
        Listing documents; fewer than ``size`` only when no more are left.
    """
    wanted = preferences or NO_PREFERENCES
    progress, profile = Progress.of(found), _profile(wanted)
    coverage = progress.under(profile)
    horizon = micros(found.read_time) - int(settings().feed_settle_seconds * 1_000_000), 0
    chosen: list[dict[str, Any]] = []
    passed_over, page, gaps = 0, size, coverage.gaps()
    while gaps and len(chosen) < size:
        candidates = [hit.to_dict() or {} for hit in listings.newest_in(gaps[:MAX_GAPS], wanted, page)]
        perhaps = (c["id"] for c in candidates if c["owner_id"] != user_id and progress.seen.perhaps(c["id"]))
        acted_on = swipes.acted_on(user_id, perhaps)
        for candidate in candidates:
            if candidate["owner_id"] == user_id or candidate["id"] in acted_on:
                passed_over += 1
            else:
                chosen.append(candidate)
        exhausted = len(candidates) < page
        gaps = gaps[MAX_GAPS:] if exhausted else coverage.gaps(under=listings.position(candidates[-1]))
        page = min(page * 4, MAX_PAGE)
    positions = tuple(listings.position(candidate) for candidate in chosen[:size])
    cleared = coverage.cleared(horizon, positions[0] if positions else None)
    fragmented = len(cleared.intervals) + MAX_GAPS <= len(coverage.intervals)
    version = found.update_time
    if cleared != coverage and (fragmented or passed_over >= WRITE_DOWN_AFTER):
        version = _write_down(found, progress, replace(progress, profile=profile, coverage=cleared))
    _proofs.put(user_id, Proof(version, profile, horizon, positions))
    return chosen[:size]


def _write_down(found: store.Snapshot, before: Progress, after: Progress) -> Any:
    """Saves the next call the work of this one. Somebody else's change meanwhile is the better one to keep."""
    batch = store.Batch()
    after.write(batch, found, before)
    try:
        return batch.commit()[0].update_time
    except store.LOST_RACE:
        return found.update_time


def act(
    user_id: int,
    listing: dict[str, Any],
    action: Action,
    source: str,
    swipe: store.Snapshot,
    found: store.Snapshot,
) -> None:
    """Makes an action the user's current one on a listing. Repeating it is harmless.

    Args:
        user_id: Who acts.
        listing: The document of an active listing.
        action: What they do.
        source: Where they did it.
        swipe: Their swipe of this listing, as it was read.
        found: Their progress, as it was read.

    Raises:
        BadRequest: The listing is the user's own.
    """
    if listing["owner_id"] == user_id:
        raise BadRequest("You cannot act on your own listing")
    favorite = favorites.ref(user_id, listing["id"])
    tries = itertools.count()

    def attempt(swipe: store.Snapshot, found: store.Snapshot) -> None:
        previous = swipes.current_action(swipe)
        # The first try takes it that the favorite is not there yet, which saves reading it; a wrong guess fails whole.
        adds_favorite = action is Action.FAVORITE and not (next(tries) and store.get(favorite)[0].exists)
        if previous is action and not adds_favorite:
            return
        progress = Progress.of(found)
        proof = _proofs.get(user_id, found.update_time)
        done = Done(secrets.token_hex(4), listing["id"], previous, adds_favorite)
        after, proof = _advance(progress, listings.position(listing), done, proof)
        batch = store.Batch()
        after.write(batch, found, progress)
        batch.set(
            swipe.reference,
            {
                "user_id": user_id,
                "listing_id": listing["id"],
                "owner_id": listing["owner_id"],
                "action": action.value,
                "source": source,
                "acted_at": store.SERVER_TIMESTAMP,
            },
        )
        if adds_favorite:
            batch.create(favorite, favorites.document(user_id, listing["id"]))
        version = batch.commit()[0].update_time
        if proof:
            _proofs.put(user_id, proof._replace(version=version))

    store.contend([swipe, found], attempt)


def _advance(progress: Progress, at: Position, done: Done, proof: Proof | None) -> tuple[Progress, Proof | None]:
    """The progress after an action at a position, and what is left of the proof."""
    profile, coverage = progress.profile, progress.coverage
    if proof and at in proof.upcoming:
        if at == proof.upcoming[0]:
            profile, coverage = proof.profile, progress.under(proof.profile).cleared(proof.horizon, at)
        proof = proof._replace(upcoming=tuple(position for position in proof.upcoming if position != at))
    seen = progress.seen if done.previous else progress.seen.adding(done.listing_id)
    history = (*progress.history, done)[-HISTORY:]
    return Progress(profile, coverage.with_position(at), seen, history), proof


def undo(user_id: int, found: store.Snapshot) -> int:
    """Takes back the user's latest action: the one before it on that listing, if any, is current again.

    Returns:
        The listing's id.

    Raises:
        NotFound: There is nothing to take back.
    """
    latest = Progress.of(found).history[-1:]
    if not latest:
        raise NotFound("Nothing to undo")
    done = latest[0]

    def attempt(found: store.Snapshot) -> None:
        progress = Progress.of(found)
        if done not in progress.history:
            return  # Taken back meanwhile, perhaps by a try of ours whose acknowledgement was lost.
        listing, swipe = store.get(listings.ref(done.listing_id), swipes.ref(user_id, done.listing_id))
        history = tuple(other for other in progress.history if other != done)
        after = replace(progress, history=history)
        batch = store.Batch()
        if done.previous:
            batch.update(swipe.reference, {"action": done.previous.value, "acted_at": store.SERVER_TIMESTAMP})
        else:
            batch.delete(swipe.reference)
            if data := listing.to_dict():
                after = replace(after, coverage=progress.coverage.without(listings.position(data)))
        if done.favorite:
            batch.delete(favorites.ref(user_id, done.listing_id))
        after.write(batch, found, progress)
        batch.commit()

    store.contend([found], attempt)
    return done.listing_id
