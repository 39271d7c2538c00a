"""Firestore access: one connection, bounded time, whole operations retried.

The client library retries some calls for minutes and leaves a query that breaks in mid-stream to its caller.
A web request wants the opposite: everything that is safe to repeat is repeated here, within a few seconds.
Every write of this project is safe to repeat: it is a create, an update under a precondition, or an
overwrite with the same values, and callers treat "already done" as done.

What is asked on every request goes past the client library, whose objects cost several times the CPU of the answer:
messages and calls are its own, see firestore_values.py and firestore_service.py.
"""

import hashlib
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Generic, overload

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from typing_extensions import TypeVar

from shared.data import firestore_service
from shared.data.firestore_messages import REQUEST_TIME, message_class
from shared.data.firestore_query import And, Condition, Filter, Or, Query
from shared.data.firestore_values import (
    DocumentName,
    Message,
    decode,
    decode_fields,
    decode_time,
    encode,
    encode_fields,
    encode_time,
    field_names,
    field_path,
)
from shared.errors import Unavailable

if TYPE_CHECKING:
    from google.cloud import firestore

__all__ = ["And", "Condition", "Filter", "Or", "Query"]  # What callers say in queries; the rest is defined here.

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.ResourceExhausted,
    exceptions.Aborted,
    exceptions.InternalServerError,
)
"""What may go away by itself, and what a client sees as 503 when it does not."""

STOPPED = (*TRANSIENT, exceptions.RetryError, Unavailable)
"""What ends a step that may be repeated later: the same, and that the time for repeating it was up."""

LOST_RACE = (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound)
"""A precondition did not hold: another request was first, or an own try whose acknowledgement was lost."""

ATTEMPT_SECONDS = 4.0
TOTAL_SECONDS = 8.0
_RETRY = Retry(if_exception_type(*TRANSIENT), initial=0.05, maximum=1.0, multiplier=2.0)

_PAUSES = (0.0, *(min(0.01 * 2**i, 0.3) for i in range(1, 16)))
"""Seconds, at most, before each repetition after a lost race: about three in all."""

MAX_ID = 2**53 - 1

T = TypeVar("T")
Name = TypeVar("Name", bound=str, default=Any)
"""The collection of a document, as a Literal: the type checker then tells a user's document from a listing's."""
A = TypeVar("A", bound=str)
B = TypeVar("B", bound=str)
C = TypeVar("C", bound=str)

_ends: ContextVar[float | None] = ContextVar("ends", default=None)
"""When the time of the current request is up, on the monotonic clock."""


class ServerValue(Enum):
    """What Firestore itself fills in."""

    TIMESTAMP = "the time of the commit"


SERVER_TIMESTAMP: Final = ServerValue.TIMESTAMP


@dataclass(frozen=True, slots=True)
class Increment:
    """Adds to a stored number, which is 0 when there is none."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Reference(Generic[Name]):
    """Where a document stands, whether it exists or not: its collection and its name."""

    path: str

    @property
    def id(self) -> str:
        """The document's name in its collection."""
        return self.path.rpartition("/")[2]


class Snapshot(Generic[Name]):
    """A document as it was when it was read, perhaps a missing one."""

    __slots__ = ("_data", "_document", "_read_time", "reference")

    def __init__(self, reference: Reference[Name], document: Message | None, read_time: Message) -> None:
        self.reference = reference
        self._document = document
        self._read_time = read_time
        self._data: dict[str, Any] | None = None

    @property
    def exists(self) -> bool:
        return self._document is not None

    @property
    def update_time(self) -> datetime | None:
        """When the document was last changed; None for a missing one."""
        return None if self._document is None else decode_time(self._document.update_time)

    @property
    def read_time(self) -> datetime:
        """When Firestore has read it, by its own clock."""
        return decode_time(self._read_time)

    def to_dict(self) -> dict[str, Any] | None:
        """What the document says, the same dict each time: not to be changed. None for a missing one."""
        if self._data is None and self._document is not None:
            self._data = decode_fields(self._document.fields)
        return self._data


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one write: when it was done (None after a delete), and what the server's values are."""

    update_time: datetime | None
    transform_results: list[Any]


_service: firestore_service.Service | None = None
_opening = threading.Lock()


def _connection() -> firestore_service.Service:
    """The process's only connection, made at the first call: a channel must not exist before gunicorn forks."""
    global _service
    if _service is None:
        with _opening:
            _service = _service or firestore_service.connect()
    return _service


def close() -> None:
    """Ends the connection. The next call makes another one, to what the environment names by then."""
    global _service
    with _opening:
        if _service is not None:
            _service.close()
        _service = None
    client.cache_clear()


@lru_cache
def client() -> "firestore.Client":
    """The client library's own client, for what is not asked on requests, such as which collections there are."""
    from google.cloud import firestore  # Importing it takes 0.1 s of CPU, and no request needs it.

    return firestore.Client(
        project=os.environ.get("GOOGLE_CLOUD_PROJECT") or os.environ.get("GCLOUD_PROJECT"),
        database=os.environ.get("FIRESTORE_DATABASE") or "(default)",
    )


def collection(name: str) -> Query:
    """All documents of a collection, to be narrowed down."""
    return Query(name)


def document(collection: Name, key: int | str) -> Reference[Name]:
    """The document of this name in a collection.

    Raises:
        ValueError: No document can have this name.
    """
    if "/" in (name := str(key)) or not name:
        raise ValueError(f"not the name of a document: {name!r}")
    return Reference(f"{collection}/{name}")


def named_from(collection: str, prefix: str, after: str | None = None) -> Query:
    """The documents of a collection whose names begin with a prefix, in the order of their names.

    No index is needed, and none could be missing: documents are stored in this order.

    Args:
        collection: The collection.
        prefix: How the names begin; it ends with an underscore.
        after: Only names that come after this one.
    """
    first, op = (prefix, ">=") if after is None else (after, ">")
    last = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    query = Query(collection)
    for name, comparison in ((first, op), (last, "<")):
        value = DocumentName(_connection().name(f"{collection}/{name}"))
        query = query.where(filter=Filter("__name__", comparison, value))
    return query


def new_id() -> int:
    """A random id from 1 to 2^53 - 1, the largest integer that a browser reads exactly (RFC 8259, section 6)."""
    return secrets.randbelow(MAX_ID) + 1


def id_of(name: str) -> int:
    """The same id for the same name, as hard to guess as the name."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()) % MAX_ID + 1


def seconds_left() -> float:
    """How much time is left for what the current request asks of Firestore."""
    ends = _ends.get()
    return TOTAL_SECONDS if ends is None else ends - time.monotonic()


@contextmanager
def bounded(seconds: float | None = None) -> Iterator[None]:
    """Gives everything that the body asks of Firestore some time together, not each.

    Args:
        seconds: How much. None: TOTAL_SECONDS. What is around it may leave less.
    """
    ends = time.monotonic() + (TOTAL_SECONDS if seconds is None else seconds)
    token = _ends.set(min(ends, _ends.get() or ends))
    try:
        yield
    finally:
        _ends.reset(token)


def restart_clock() -> None:
    """Gives the current request all the time again: reading or decoding what was sent has taken some of it."""
    if _ends.get() is not None:
        _ends.set(time.monotonic() + TOTAL_SECONDS)


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


@overload
def get(first: Reference[A], /) -> tuple[Snapshot[A]]: ...
@overload
def get(first: Reference[A], second: Reference[B], /) -> tuple[Snapshot[A], Snapshot[B]]: ...
@overload
def get(
    first: Reference[A], second: Reference[B], third: Reference[C], /
) -> tuple[Snapshot[A], Snapshot[B], Snapshot[C]]: ...
@overload
def get(*references: Reference[A]) -> tuple[Snapshot[A], ...]: ...
def get(*references: Reference) -> tuple[Snapshot, ...]:
    """Reads documents in one round trip, answered in the order asked for; a missing one has ``exists`` False."""
    service = _connection()
    names = [service.name(reference.path) for reference in references]
    snapshots: dict[str, tuple[Message | None, Message]] = {}
    for answer in _patiently(lambda seconds: service.get(names, seconds)):
        if answer.HasField("found"):
            snapshots[answer.found.name] = answer.found, answer.read_time
        elif answer.missing:
            snapshots[answer.missing] = None, answer.read_time
    return tuple(Snapshot(reference, *snapshots[name]) for reference, name in zip(references, names, strict=True))


def run(query: Query) -> list[Snapshot]:
    """Runs a query in one round trip."""
    service = _connection()
    message = query.message()
    answers = _patiently(lambda seconds: service.run(message, seconds))
    return [
        Snapshot(Reference(service.path(answer.document.name)), answer.document, answer.read_time)
        for answer in answers
        if answer.HasField("document")
    ]


@overload
def contend(snapshots: tuple[Snapshot[A]], attempt: Callable[[Snapshot[A]], T]) -> T: ...
@overload
def contend(snapshots: tuple[Snapshot[A], Snapshot[B]], attempt: Callable[[Snapshot[A], Snapshot[B]], T]) -> T: ...
@overload
def contend(snapshots: list[Snapshot[A]], attempt: Callable[..., T]) -> T: ...
def contend(snapshots: Sequence[Snapshot], attempt: Callable[..., T]) -> T:
    """Optimistic locking: calls ``attempt`` with the snapshots, and again with fresh ones as long as it loses a race.

    Args:
        snapshots: Documents as they were read; the first attempt trusts them.
        attempt: Decides and commits under preconditions on them; lets LOST_RACE escape.

    Raises:
        Unavailable: Others were first again and again, for about three seconds.
    """
    with _turn(snapshots) as waited:
        for pause in _PAUSES:
            if waited:
                time.sleep(random.uniform(0, pause))  # noqa: S311 - Spreads the contenders; no secret.
                snapshots = get(*(snapshot.reference for snapshot in snapshots))
            try:
                return attempt(*snapshots)
            except LOST_RACE:
                waited = True
    raise Unavailable


TURN_SECONDS = 1.5
_TURNS = [threading.RLock() for _ in range(64)]


@contextmanager
def _turn(snapshots: Sequence[Snapshot]) -> Iterator[bool]:
    """Lets those who contend for a document in this process try one after the other: together, all but one would lose.

    It only saves time: eight devices of one tenant need 3 calls an action instead of 7. Preconditions keep order, so
    whoever waits too long goes on without a turn. The body is given True if another had it: what was read may be old.
    """
    waited = False
    with ExitStack() as stack:
        for turn in sorted({hash(snapshot.reference.path) % len(_TURNS) for snapshot in snapshots}):
            if not _TURNS[turn].acquire(blocking=False):
                waited = True
                if not _TURNS[turn].acquire(timeout=TURN_SECONDS):
                    continue
            stack.callback(_TURNS[turn].release)
        yield waited


_Write = message_class("Write")
Path = tuple[str, ...]
"""Where a field is: the names of the maps around it, and its own."""


class Batch:
    """Writes that happen together or not at all."""

    def __init__(self) -> None:
        self._writes: list[Message] = []

    def __len__(self) -> int:
        return len(self._writes)

    def create(self, reference: Reference, data: dict[str, Any]) -> None:
        """Writes a document that must not exist yet."""
        self._put(reference, data).current_document.exists = False

    def set(self, reference: Reference, data: dict[str, Any], merge: bool = False) -> None:
        """Writes a document, whatever was there; with ``merge``, fields that ``data`` does not name stay."""
        write = self._put(reference, data)
        if merge:
            write.update_mask.SetInParent()
            write.update_mask.field_paths.extend(map(field_path, _leaves(_plain(data, (), {}))))

    def update(self, reference: Reference[A], data: dict[str, Any], seen: Snapshot[A] | None = None) -> None:
        """Changes fields of a document that must exist, and be unchanged since ``seen`` when that is given.

        Args:
            reference: The document.
            data: New values by the paths of their fields. What a map holds besides stays only if the path leads into
                it.
            seen: The document as it was read.

        Raises:
            ValueError: There is no path, or one leads into the value of another.
        """
        paths = sorted(map(field_names, data))
        if not paths or any(inner[: len(outer)] == outer for outer, inner in pairwise(paths)):
            raise ValueError("an update needs paths, and none of them inside another")
        write = self._put(reference, _nested(data))
        transformed = {transform.field_path for transform in write.update_transforms}
        write.update_mask.SetInParent()
        write.update_mask.field_paths.extend(name for name in map(field_path, paths) if name not in transformed)
        if seen is None:
            write.current_document.exists = True
        else:
            _must_be(seen, write)

    def delete(self, reference: Reference[A], seen: Snapshot[A] | None = None) -> None:
        """Deletes a document, which must be unchanged since ``seen`` when that is given."""
        write = _Write(delete=_connection().name(reference.path))
        if seen is not None:
            _must_be(seen, write)
        self._writes.append(write)

    def _put(self, reference: Reference, data: dict[str, Any]) -> Message:
        write = _Write()
        write.update.name = _connection().name(reference.path)
        transforms: dict[Path, ServerValue | Increment] = {}
        encode_fields(_plain(data, (), transforms), write.update.fields)
        # Timestamps come first, so that they do among the results, too: see server_time.
        for path, value in sorted(transforms.items(), key=lambda item: isinstance(item[1], Increment)):
            transform = write.update_transforms.add(field_path=field_path(path))
            if isinstance(value, Increment):
                encode(value.value, transform.increment)
            else:
                transform.set_to_server_value = REQUEST_TIME
        self._writes.append(write)
        return write

    def commit(self) -> Sequence[WriteResult]:
        """Writes everything in one round trip.

        Returns:
            One write result for each write, in order.

        Raises:
            google.api_core.exceptions.AlreadyExists: A ``create`` found its document. It may be our own, from a
                try whose acknowledgement was lost.
            google.api_core.exceptions.FailedPrecondition: A document changed since it was read; likewise.
            google.api_core.exceptions.NotFound: An ``update`` found nothing.
        """
        service = _connection()
        answer = _patiently(lambda seconds: service.commit(self._writes, seconds))
        return [
            WriteResult(
                decode_time(result.update_time) if result.HasField("update_time") else None,
                [decode(value) for value in result.transform_results],
            )
            for result in answer.write_results
        ]


def _must_be(seen: Snapshot, write: Message) -> None:
    """Makes it a condition of a write that the document is still as it was read."""
    if seen.update_time is None:
        raise ValueError(f"{seen.reference.path} was missing: it cannot have stayed unchanged")
    encode_time(seen.update_time, write.current_document.update_time)


def _plain(data: dict[str, Any], where: Path, transforms: dict[Path, ServerValue | Increment]) -> dict[str, Any]:
    """The data without what the server fills in, which is added to ``transforms``."""
    plain: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, ServerValue | Increment):
            transforms[(*where, name)] = value
        elif isinstance(value, dict) and value:
            if inner := _plain(value, (*where, name), transforms):
                plain[name] = inner
        else:
            plain[name] = value
    return plain


def _leaves(data: dict[str, Any], where: Path = ()) -> Iterator[Path]:
    """The paths of all values that are not maps, and of empty maps."""
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*where, name))
        else:
            yield *where, name


def _nested(data: dict[str, Any]) -> dict[str, Any]:
    """The document that has these values at these paths."""
    whole: dict[str, Any] = {}
    for path, value in data.items():
        *outer, name = field_names(path)
        inner = whole
        for each in outer:
            inner = inner.setdefault(each, {})
        inner[name] = value
    return whole


def delete_all(snapshots: Sequence[Snapshot]) -> None:
    """Deletes documents in one round trip, whatever has become of them since they were read. Not more than 500."""
    if snapshots:
        batch = Batch()
        for snapshot in snapshots:
            batch.delete(snapshot.reference)
        batch.commit()


def server_time(result: WriteResult) -> datetime:
    """The value that SERVER_TIMESTAMP got in a write."""
    time: datetime = result.transform_results[0]
    return time


def get_or_create(snapshot: Snapshot[A], new: dict[str, Any]) -> dict[str, Any]:
    """The fields of a document that is made only once.

    Args:
        snapshot: The document as it was read.
        new: Its fields if it does not exist. ``created_at`` must be SERVER_TIMESTAMP, the only one.
    """

    def attempt(snapshot: Snapshot[A]) -> dict[str, Any]:
        if (fields := snapshot.to_dict()) is not None:
            return fields
        batch = Batch()
        batch.create(snapshot.reference, new)
        return new | {"created_at": server_time(batch.commit()[0])}

    return contend((snapshot,), attempt)


def bring_to(snapshot: Snapshot[A], fields: dict[str, Any]) -> None:
    """Gives fields of a document these values; nothing where they have them already, or where it does not exist.

    Args:
        snapshot: The document as it was read.
        fields: Values by the names of their fields.
    """

    def attempt(snapshot: Snapshot[A]) -> None:
        stored = snapshot.to_dict()
        if stored is not None and stored | fields != stored:
            batch = Batch()
            batch.update(snapshot.reference, fields, seen=snapshot)
            batch.commit()

    contend((snapshot,), attempt)
