"""Limits on guessed passwords, taken names, codes and registrations, shared by all instances.

The limits themselves are settings: ``…_PER_ACCOUNT``, ``…_PER_ADDRESS`` and THROTTLE_WINDOW_SECONDS in
shared/settings.py. The five tries of one code are in codes.py.

A document counts one kind of thing from one network in one window. The window's number is part of its name, so counting
is one blind increment. If its acknowledgement is lost it may count twice: it cannot be made conditional without a
further read. Firestore's TTL policy on ``expires_at`` removes what is over. A subscriber of IPv6 has a whole /64, often
a /56 or a /48, so those are counted together. A document that is read before it is added to stays small, so one named
by the widest network counts all three; otherwise each network has its own. Accounts and addresses are hashes here.

**Guesses at an account** count by the account and the network that they come from, so an attacker elsewhere cannot lock
its owner out, and what fails for other accounts refuses nobody. A try is written down when it has failed: a right
password costs nothing. Once half of what is allowed has failed, each try is written down before it is hashed, and taken
back if it was right. In one process the tries at an account come one after the other. So of many at once, one instance
hashes no more than are allowed. Several together may hash one more for each further instance, and never more than that:
the try that each had begun before half of them had failed. Counting every try first would be exact, and would make each
right password wait for a write.

**An account under attack from everywhere** allows each network fewer wrong tries, the more there have been in all, but
always two: what an attacker has left is two tries for each network that they have. Its owner, who comes from another
one, enters as ever.
"""

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal, TypeAlias

from shared.client_ip import neighbourhoods
from shared.data import store
from shared.errors import TooManyRequests, Unavailable
from shared.feed.positions import moment
from shared.settings import settings

COLLECTION: Final = "throttle"
Reference: TypeAlias = store.Reference[Literal["throttle"]]
Snapshot: TypeAlias = store.Snapshot[Literal["throttle"]]

WIDER = (1, 2, 4)
"""How many times the limit an address, a /56 and a /48 have: many people may share the wider ones."""
UNDER_ATTACK = 10
"""After this many times the limit of an account in all, each failure weighs one more, and so on."""
COUNTED_FIRST = 0.5
"""The part of an account's limit from which a try counts before it is hashed."""

_turns = tuple(threading.Lock() for _ in range(64))


def _digest(text: str) -> str:
    return "a" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _window() -> tuple[int, int]:
    """The current window's number, and the seconds until it ends."""
    length = settings().throttle_window_seconds
    number, passed = divmod(int(time.time()), length)
    return number, length - passed


def _document(kind: str, what: str) -> Reference:
    return store.document(COLLECTION, f"{kind}-{_digest(what)}-{_window()[0]}")


def reference(kind: str, address: str) -> Reference:
    """The document that counts one kind of thing from an address, and the networks around it, in this window."""
    return _document(kind, neighbourhoods(address)[-1])


def check(counted: Snapshot, address: str, limit: int) -> None:
    """Refuses when an address, or a network around it, has reached its limit.

    Raises:
        TooManyRequests: Until the window ends.
    """
    if _used(counted, address, limit) >= 1:
        raise refusal()


def _used(counted: Snapshot, address: str, limit: int) -> float:
    """The part of its limit that an address, or a network around it, has used up."""
    counts = (counted.to_dict() or {}).get("counts", {})
    networks = zip(neighbourhoods(address), WIDER, strict=False)
    return max(int(counts.get(_digest(network), 0)) / (limit * times) for network, times in networks)


def refusal() -> TooManyRequests:
    return TooManyRequests(_window()[1])


def add(batch: store.Batch, document: Reference, address: str, by: int = 1) -> None:
    """Adds to what is counted for an address and the networks around it, in a document that stays small."""
    counts = {_digest(network): store.Increment(by) for network in neighbourhoods(address)}
    batch.set(document, {"counts": counts, **_expiry()}, merge=True)


def count(document: Reference, address: str) -> None:
    """Counts one thing from an address."""
    batch = store.Batch()
    add(batch, document, address)
    batch.commit()


def count_failure(kind: str, address: str, limit: int) -> None:
    """Counts a failure, and refuses if there are too many by now. A request that succeeds is never refused by it.

    Raises:
        TooManyRequests: Until the window ends.
    """
    batch = store.Batch()
    _add_apart(batch, kind, address)
    _refuse_above(limit, batch.commit())


@contextmanager
def in_turn(what: str) -> Iterator[None]:
    """Lets the threads of this process work on the same thing, such as an account, one after the other.

    Raises:
        Unavailable: Its turn has not come in time.
    """
    turn = _turns[hash(what) % len(_turns)]
    if not turn.acquire(timeout=max(0.0, store.seconds_left())):
        raise Unavailable
    try:
        yield
    finally:
        turn.release()


class Guess:
    """One try at an account's password from an address.

    Attributes:
        document: What counts the tries; to be read before ``begin``.
    """

    def __init__(self, account: str, address: str) -> None:
        self._account, self._address = account, address
        self.document = _document("login", f"{account} {neighbourhoods(address)[-1]}")
        self._is_counted = False

    @classmethod
    @contextmanager
    def of(cls, account: str, address: str) -> Iterator["Guess"]:
        """A try in its turn."""
        with in_turn(f"{account} {neighbourhoods(address)[-1]}"):
            yield cls(account, address)

    def begin(self, counted: Snapshot) -> None:
        """Refuses if there were too many wrong ones. If there were many, this one counts before it is hashed.

        Raises:
            TooManyRequests: Until the window ends.
        """
        limit = settings().login_failures_per_account
        check(counted, self._address, limit)
        if _used(counted, self._address, limit) < COUNTED_FIRST:
            return
        batch = store.Batch()
        add(batch, self.document, self._address)
        try:
            _refuse_above(limit, batch.commit())
        except TooManyRequests:
            self._add(-1)  # Others were faster; those that are in flight may yet be right.
            raise
        self._is_counted = True

    def right(self) -> None:
        """Takes back what was counted."""
        if self._is_counted:
            self._add(-1)

    def wrong(self) -> None:
        """Counts it, for the account and for the address.

        Raises:
            TooManyRequests: The address has too many failures over all accounts.
        """
        limit = settings().login_failures_per_account
        batch = store.Batch()
        batch.set(_document("account", self._account), {"failures": store.Increment(1), **_expiry()}, merge=True)
        _add_apart(batch, "address", self._address)
        if not self._is_counted:
            add(batch, self.document, self._address)
        in_all, *others = batch.commit()
        weight = min(1 + in_all.transform_results[0] // (UNDER_ATTACK * limit), max(1, limit // 2))
        if weight > 1:
            self._add(weight - 1)
        by_network = others[: len(neighbourhoods(self._address))]
        _refuse_above(settings().login_failures_per_address, by_network)

    def _add(self, by: int) -> None:
        batch = store.Batch()
        add(batch, self.document, self._address, by)
        batch.commit()


def _add_apart(batch: store.Batch, kind: str, address: str) -> None:
    """Counts an address and the networks around it, each in a document of its own: nothing bounds how many fail."""
    for network in neighbourhoods(address):
        batch.set(_document(kind, network), {"failures": store.Increment(1), **_expiry()}, merge=True)


def _refuse_above(limit: int, results: Sequence[store.WriteResult]) -> None:
    """Refuses if a network has more than its limit now: the results are of its writes, the narrowest first.

    Raises:
        TooManyRequests: Until the window ends.
    """
    counts = [count for result in results for count in result.transform_results]
    if any(count > limit * times for count, times in zip(counts, WIDER, strict=False)):
        raise refusal()


def _expiry() -> dict[str, datetime]:
    """When Firestore may remove a document of this window."""
    return {"expires_at": moment((_window()[0] + 2) * settings().throttle_window_seconds * 1_000_000)}
