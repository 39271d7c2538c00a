"""Limits on failed logins and registrations, shared by all instances.

One document counts the failures of one client address in one window, in all and per account. Only failures are
written, so a right password costs nothing, and an attacker elsewhere cannot lock an account's owner out. The window's
number is part of the document's name: counting is one blind increment, and Firestore's TTL policy on ``expires_at``
removes what is over. An account is known here by a hash only.
"""

import hashlib
import time
from typing import Final, Literal, TypeAlias

from shared.client_ip import neighbourhood
from shared.data import store
from shared.errors import TooManyRequests
from shared.feed.positions import moment
from shared.settings import settings

COLLECTION: Final = "throttle"
Reference: TypeAlias = store.Reference[Literal["throttle"]]
Snapshot: TypeAlias = store.Snapshot[Literal["throttle"]]


def _digest(text: str) -> str:
    return "a" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _window() -> tuple[int, int]:
    """The current window's number, and the seconds until it ends."""
    length = settings().throttle_window_seconds
    number, passed = divmod(int(time.time()), length)
    return number, length - passed


def reference(kind: str, address: str) -> Reference:
    """The document that counts the failures of ``kind`` (login, register) from an address in the current window."""
    return store.document(COLLECTION, f"{kind}-{_digest(neighbourhood(address))}-{_window()[0]}")


def is_over(counted: Snapshot, per_address: int) -> bool:
    """True if this many are counted for an address. To ask about what has failed: what is right is never refused."""
    return bool((counted.to_dict() or {}).get("failures", 0) >= per_address)


def check(counted: Snapshot, per_address: int) -> None:
    """Refuses when an address has reached its limit.

    Raises:
        TooManyRequests: Until the window ends.
    """
    if is_over(counted, per_address):
        raise refusal()


def check_account(counted: Snapshot, account: str, per_account: int) -> None:
    """Refuses further tries for one account from one address.

    Raises:
        TooManyRequests: Until the window ends.
    """
    if (counted.to_dict() or {}).get("accounts", {}).get(_digest(account), 0) >= per_account:
        raise refusal()


def refusal() -> TooManyRequests:
    return TooManyRequests(_window()[1])


def count(document: Reference, account: str | None = None) -> None:
    """Counts one failure."""
    number, _ = _window()
    batch = store.Batch()
    batch.set(
        document,
        {
            "failures": store.Increment(1),
            "accounts": {_digest(account): store.Increment(1)} if account else {},
            "expires_at": moment((number + 2) * settings().throttle_window_seconds * 1_000_000),
        },
        merge=True,
    )
    batch.commit()
