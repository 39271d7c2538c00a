"""The private bucket of the photos. Every object is written once, under a name of its own, and never changed.

Whatever is asked of it may be repeated, and is, as long as the request has time (store.py).
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared import logs
from shared.data import store
from shared.errors import NotFound, Unavailable
from shared.settings import settings

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

_GONE = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.RetryError,
    TransportError,
    OSError,  # What `requests` raises is of it.
)
"""What may go away by itself, and what a client sees as 503 when it does not."""

PARALLEL = 3


class Object(NamedTuple):
    """An object's name, and when it was written."""

    name: str
    written_at: datetime


@lru_cache
def _bucket() -> "Bucket":
    """Made at the first call: no connection may exist before gunicorn forks, and most functions need none."""
    from google.cloud.storage import Client

    return Client(project=os.environ.get("GOOGLE_CLOUD_PROJECT")).bucket(settings().photos_bucket)


def close() -> None:
    """Forgets the connection. The next call makes another one, to what the environment names by then."""
    _bucket.cache_clear()


def put(files: Mapping[str, bytes], content_type: str) -> None:
    """Writes objects, all at the same time.

    Raises:
        Unavailable: The storage cannot be reached. Some may be written.
    """

    def write(name: str) -> None:
        _bucket().blob(name).upload_from_string(files[name], content_type=content_type, **_patience())

    _all_at_once(write, list(files))


def get(name: str) -> bytes:
    """What an object has.

    Raises:
        NotFound: There is none of this name.
        Unavailable: The storage cannot be reached.
    """
    with _reached():
        try:
            data: bytes = _bucket().blob(name).download_as_bytes(**_patience())
        except exceptions.NotFound:
            raise NotFound from None
        return data


def delete(names: Sequence[str]) -> None:
    """Deletes objects, all at the same time; those that are gone already are fine.

    Raises:
        Unavailable: The storage cannot be reached. Some may be deleted.
    """

    def remove(name: str) -> None:
        with suppress(exceptions.NotFound):
            _bucket().blob(name).delete(**_patience())

    _all_at_once(remove, names)


def list_objects(begin: str = "") -> Iterator[Object]:
    """All objects from this name on, in the order of their names."""
    fields = "items(name,timeCreated),nextPageToken"
    with _reached():
        for blob in _bucket().client.list_blobs(_bucket(), start_offset=begin or None, fields=fields):
            if blob.name >= begin:
                yield Object(blob.name, blob.time_created)


def _all_at_once(work: Callable[[str], None], names: Sequence[str]) -> None:
    """Does something for each of the names, in as many threads as pay."""
    seconds = store.seconds_left()

    def bounded(name: str) -> None:
        with store.bounded(seconds):  # The time of a request is not known in other threads.
            work(name)

    with _reached(), ThreadPoolExecutor(PARALLEL) as threads:
        list(threads.map(bounded, names))


def _patience() -> dict[str, Any]:
    """How long one call is waited for, and repeated."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    seconds = max(store.seconds_left(), 0.1)
    return {
        "timeout": min(store.ATTEMPT_SECONDS, seconds),
        "retry": DEFAULT_RETRY.with_timeout(seconds).with_delay(initial=0.05, maximum=1.0, multiplier=2.0),
    }


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except _GONE as error:
        logs.exception("Storage unavailable", error, severity="WARNING")
        raise Unavailable from error
