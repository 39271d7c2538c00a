"""The feed in Firestore: a tenant's progress is one document, ``feeds/{user_id}``; its rules are shared/progress.py.

Every change of it is under a precondition, in one atomic write with the swipe it belongs to, so two devices of one
tenant cannot lose each other's swipes. The document stays under 300 KiB for whatever history: see shared/seen.py and
shared/coverage.py for the two parts that grow.
"""

import itertools
import json
import secrets
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Any

from shared import favorites, listings, store, swipes
from shared.coverage import Coverage
from shared.errors import BadRequest, NotFound
from shared.listings import Criteria
from shared.models import Action, PreferenceRead, PreferenceWrite
from shared.normal import city_key
from shared.pages import micros
from shared.progress import Candidate, Covered, Done, Profile, Progress, Proof, look
from shared.seen import Seen
from shared.settings import settings

COLLECTION = "feeds"
NO_PREFERENCES = PreferenceWrite()


class _Proofs:
    """The latest proof of each tenant lately seen by this process, with the version of the progress it holds for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._proofs: OrderedDict[int, tuple[datetime | None, Proof]] = OrderedDict()
        self._lock = Lock()

    def put(self, user_id: int, version: datetime | None, proof: Proof) -> None:
        with self._lock:
            self._proofs[user_id] = version, proof
            self._proofs.move_to_end(user_id)
            if len(self._proofs) > self._size:
                self._proofs.popitem(last=False)

    def get(self, user_id: int, version: datetime | None) -> Proof | None:
        known_version, proof = self._proofs.get(user_id, (None, None))
        return proof if known_version == version else None


_proofs = _Proofs(size=2000)


def ref(user_id: int) -> store.Reference:
    return store.document(COLLECTION, user_id)


def _progress(snapshot: store.Snapshot) -> Progress:
    data = snapshot.to_dict()
    if not data:
        return Progress()
    layers = data["seen"]
    return Progress(
        tuple(
            Covered(Profile(*json.loads(each["profile"])), Coverage.unpack(each["coverage"]))
            for each in data["covered"]
        ),
        Seen(tuple(layers[f"layer{i}"] for i in range(len(layers))), data["seen_count"]),
        tuple(Done.unpack(packed) for packed in data["history"]),
    )


def _write(batch: store.Batch, found: store.Snapshot, before: Progress, after: Progress) -> None:
    """Adds to a batch the change of a progress; only the layers that differ are sent."""
    data: dict[str, Any] = {
        "covered": [
            {"profile": json.dumps(each.profile, ensure_ascii=False), "coverage": each.coverage.pack()}
            for each in after.covered
        ],
        "seen_count": after.seen.count,
        "history": [done.pack() for done in after.history],
    }
    layers = {f"layer{i}": layer for i, layer in enumerate(after.seen.layers)}
    if not found.exists:
        batch.create(found.reference, data | {"seen": layers})
        return
    old = before.seen.layers
    changed = {f"seen.layer{i}": layer for i, layer in enumerate(after.seen.layers) if old[i : i + 1] != (layer,)}
    batch.update(found.reference, data | changed, seen=found)


def _profile(wanted: Criteria) -> Profile:
    prices = [None if price is None else int(price * 100) for price in (wanted.price_min, wanted.price_max)]
    return Profile(wanted.city and city_key(wanted.city), wanted.deal_type, wanted.property_type, *prices)


def _narrowest(listing: dict[str, Any]) -> Profile:
    price = listing["price"]
    return Profile(listing["city_key"], listing["deal_type"], listing["property_type"], price, price)


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
    progress = _progress(found)
    horizon = micros(found.read_time) - int(settings().feed_settle_seconds * 1_000_000), 0

    def search(gaps: Any, limit: int) -> list[Candidate]:
        hits = [hit.to_dict() or {} for hit in listings.newest_in(gaps, wanted, limit)]
        return [Candidate(listings.position(hit), hit["owner_id"] == user_id, _narrowest(hit), hit) for hit in hits]

    seen = look(progress, _profile(wanted), horizon, size, search, lambda ids: swipes.acted_on(user_id, ids))
    version = found.update_time
    if seen.write_down:
        batch = store.Batch()
        _write(batch, found, progress, seen.write_down)
        with suppress(*store.LOST_RACE):  # The tenant has acted meanwhile, which is the better progress to keep.
            version = batch.commit()[0].update_time
    _proofs.put(user_id, version, seen.proof)
    return [candidate.listing for candidate in seen.found]


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
        before = _progress(found)
        done = Done(secrets.token_hex(4), listing["id"], previous, adds_favorite)
        after, proof = before.acted(listings.position(listing), done, _proofs.get(user_id, found.update_time))
        batch = store.Batch()
        _write(batch, found, before, after)
        batch.set(swipe.reference, swipes.document(user_id, listing, action, source))
        if adds_favorite:
            batch.create(favorite, favorites.document(user_id, listing["id"], done.nonce))
        version = batch.commit()[0].update_time
        if proof:
            _proofs.put(user_id, version, proof)

    store.contend([swipe, found], attempt)


def undo(user_id: int, found: store.Snapshot, listing_id: int | None = None) -> int:
    """Takes back the user's latest action: the one before it on that listing, if any, is current again.

    Args:
        user_id: Whose action it is.
        found: Their progress, as it was read.
        listing_id: The listing that it must have been on. None: any.

    Returns:
        The listing's id.

    Raises:
        NotFound: There is nothing to take back.
    """
    latest = _progress(found).history[-1:]
    if not latest or listing_id not in (None, latest[0].listing_id):
        raise NotFound("Nothing to undo")
    done = latest[0]

    def attempt(found: store.Snapshot) -> None:
        before = _progress(found)
        if done not in before.history:
            return  # Taken back meanwhile, perhaps by a try of ours whose acknowledgement was lost.
        listing, swipe, favorite = store.get(
            listings.ref(done.listing_id),
            swipes.ref(user_id, done.listing_id),
            favorites.ref(user_id, done.listing_id),
        )
        batch = store.Batch()
        if done.previous:
            batch.update(swipe.reference, {"action": done.previous.value, "acted_at": store.SERVER_TIMESTAMP})
        else:
            batch.delete(swipe.reference)
        if done.favorite and (favorite.to_dict() or {}).get("swipe") == done.nonce:  # Not one added by hand since.
            batch.delete(favorite.reference, seen=favorite)
        data = listing.to_dict()
        _write(batch, found, before, before.undone(done, listings.position(data) if data else None))
        batch.commit()

    store.contend([found], attempt)
    return done.listing_id
