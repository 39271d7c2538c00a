"""Firestore access: one client, bounded time, whole operations retried.

The client library retries some calls for minutes and leaves a query that breaks in mid-stream to its caller.
A web request wants the opposite: everything that is safe to repeat is repeated here, within a few seconds.
Every write of this project is safe to repeat: it is a create, an update under a precondition, or an
overwrite with the same values, and callers treat "already done" as done.
"""

import hashlib
import os
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore
from google.cloud.firestore_v1 import base_client
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.errors import Unavailable

SERVER_TIMESTAMP = firestore.SERVER_TIMESTAMP
Increment = firestore.Increment
Reference = firestore.DocumentReference
Snapshot: TypeAlias = firestore.DocumentSnapshot[Any]
Query = firestore.Query
Filter = FieldFilter

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.ResourceExhausted,
    exceptions.Aborted,
    exceptions.InternalServerError,
)
"""What may go away by itself, and what a client sees as 503 when it does not."""

LOST_RACE = (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound)
"""A precondition did not hold: somebody else, or an unacknowledged try of our own, was first."""

ATTEMPT_SECONDS = 4.0
TOTAL_SECONDS = 8.0
_RETRY = Retry(if_exception_type(*TRANSIENT), initial=0.05, maximum=1.0, multiplier=2.0)
_ONCE = Retry(lambda _: False)  # An explicit policy: with none, a stream that breaks raises AttributeError.

_PAUSES = (0.0, *(min(0.01 * 2**i, 0.3) for i in range(1, 16)))
"""Seconds, at most, before each repetition after a lost race: about three in all."""

_RECONNECT = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", int(ATTEMPT_SECONDS * 1000)),  # How long one try to connect may take.
    ("grpc.max_reconnect_backoff_ms", 1000),
]
"""gRPC's own pauses between tries to connect grow to two minutes: so long would a process stay dead when Firestore is
back. The library has no parameter for its channel's options, only these two lists (emulator, Firestore)."""
for _options in (base_client._GRPC_MSG_SIZE_OPTIONS, base_client._DEFAULT_CHANNEL_OPTIONS):
    _options += _RECONNECT

MAX_ID = 2**53 - 1

T = TypeVar("T")

_ends: ContextVar[float | None] = ContextVar("ends", default=None)
"""When the time of the current request is up, on the monotonic clock."""


@lru_cache
def client() -> firestore.Client:
    """The process's only client. Creating it makes no call, so it may exist before gunicorn forks."""
    return firestore.Client(
        project=os.environ.get("GOOGLE_CLOUD_PROJECT") or os.environ.get("GCLOUD_PROJECT"),
        database=os.environ.get("FIRESTORE_DATABASE") or "(default)",
    )


def collection(name: str) -> Query:
    """All documents of a collection, to be narrowed down."""
    return Query(client().collection(name))


def document(collection: str, key: int | str) -> Reference:
    return client().collection(collection).document(str(key))


def new_id() -> int:
    """A random id from 1 to 2^53 - 1, the largest integer that a browser reads exactly (RFC 8259, section 6)."""
    return secrets.randbelow(MAX_ID) + 1


def id_of(name: str) -> int:
    """The same id for the same name, as hard to guess as the name."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()) % MAX_ID + 1


@contextmanager
def bounded() -> Iterator[None]:
    """Gives everything that the body asks of Firestore TOTAL_SECONDS together, not each."""
    token = _ends.set(time.monotonic() + TOTAL_SECONDS)
    try:
        yield
    finally:
        _ends.reset(token)


def _patiently(call: Callable[[float], T]) -> T:
    """Repeats a call as long as it fails with what may go away by itself and there is time.

    Args:
        call: Is told how many seconds it may take.

    Raises:
        Unavailable: The time was up before.
        google.api_core.exceptions.RetryError: The time is up now.
    """
    ends = _ends.get() or time.monotonic() + TOTAL_SECONDS

    def attempt() -> T:
        left = ends - time.monotonic()
        if left <= 0:
            raise Unavailable
        return call(min(ATTEMPT_SECONDS, left))

    return _RETRY.with_timeout(max(0.0, ends - time.monotonic()))(attempt)()


def get(*references: Reference) -> list[Snapshot]:
    """Reads documents in one round trip, answered in the order asked for; a missing one has ``exists`` False."""

    def read(seconds: float) -> dict[str, Snapshot]:
        found = client().get_all(list(references), retry=_ONCE, timeout=seconds)
        return {snapshot.reference.path: snapshot for snapshot in found}

    snapshots = _patiently(read)
    return [snapshots[reference.path] for reference in references]


def run(query: Query) -> list[Snapshot]:
    """Runs a query in one round trip."""
    return _patiently(lambda seconds: list(query.stream(retry=_ONCE, timeout=seconds)))


def contend(snapshots: Sequence[Snapshot], attempt: Callable[..., T]) -> T:
    """Optimistic locking: calls ``attempt`` with the snapshots, and again with fresh ones as long as it loses a race.

    Args:
        snapshots: Documents as they were read; the first attempt trusts them.
        attempt: Decides and commits under preconditions on them; lets LOST_RACE escape.

    Raises:
        Unavailable: Others were first again and again, for about three seconds.
    """
    for pause in _PAUSES:
        try:
            return attempt(*snapshots)
        except LOST_RACE:
            time.sleep(random.uniform(0, pause))  # noqa: S311 - Spreads the contenders; no secret.
            snapshots = get(*(snapshot.reference for snapshot in snapshots))
    raise Unavailable


class Batch:
    """Writes that happen together or not at all."""

    def __init__(self) -> None:
        self._batch = client().batch()

    def create(self, reference: Reference, data: dict[str, Any]) -> None:
        """Writes a document that must not exist yet."""
        self._batch.create(reference, data)

    def set(self, reference: Reference, data: dict[str, Any], merge: bool = False) -> None:
        """Writes a document, whatever was there."""
        self._batch.set(reference, data, merge=merge)

    def update(self, reference: Reference, data: dict[str, Any], seen: Snapshot | None = None) -> None:
        """Changes fields of a document that must exist, and be unchanged since ``seen`` when that is given."""
        option = client().write_option(last_update_time=seen.update_time) if seen else None
        self._batch.update(reference, data, option)

    def delete(self, reference: Reference, seen: Snapshot | None = None) -> None:
        """Deletes a document, which must be unchanged since ``seen`` when that is given."""
        option = client().write_option(last_update_time=seen.update_time) if seen else None
        self._batch.delete(reference, option)

    def commit(self) -> Sequence[Any]:
        """Writes everything in one round trip.

        Returns:
            One write result for each write, in order.

        Raises:
            google.api_core.exceptions.AlreadyExists: A ``create`` found its document. It may be our own, from a
                try whose acknowledgement was lost.
            google.api_core.exceptions.FailedPrecondition: A document changed since it was read; likewise.
            google.api_core.exceptions.NotFound: An ``update`` found nothing.
        """
        results: Sequence[Any] = _patiently(lambda seconds: self._batch.commit(retry=_ONCE, timeout=seconds))
        return results


def server_time(result: Any) -> datetime:
    """The value that SERVER_TIMESTAMP got in a write: the server puts timestamps first among its results."""
    value: datetime = result.transform_results[0].timestamp_value
    return value


def get_or_create(snapshot: Snapshot, new: dict[str, Any]) -> dict[str, Any]:
    """The fields of a document that is made only once.

    Args:
        snapshot: The document as it was read.
        new: Its fields if it does not exist. ``created_at`` must be SERVER_TIMESTAMP, the only one.
    """

    def attempt(snapshot: Snapshot) -> dict[str, Any]:
        if (fields := snapshot.to_dict()) is not None:
            return fields
        batch = Batch()
        batch.create(snapshot.reference, new)
        return new | {"created_at": server_time(batch.commit()[0])}

    return contend([snapshot], attempt)
