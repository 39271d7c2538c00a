"""Other processes that serve the API: what two instances do at the same moment, threads of one cannot show."""

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.instruments.patience import be_patient

PROCESSES = 3
TOGETHER_SECONDS = 0.02
"""So long after it was asked for, a round of calls begins in all processes."""


class Call(NamedTuple):
    """One request; ``later`` is how many seconds after the others of its round it is sent."""

    method: str
    path: str
    token: str
    body: Any = None
    later: float = 0


class Answer(NamedTuple):
    status: int
    json: Any


def _send(call: Call, begins: float) -> Answer:
    # Imported there and kept: the process has its own apps, its own client, its own memory.
    from tests.instruments.api import Api

    global _api
    if _api is None:
        be_patient()
        _api = Api()
    time.sleep(max(0.0, begins + call.later - time.time()))
    options = {} if call.body is None else {"json": call.body}
    response = _api.call(call.method, call.path, call.token, **options)
    return Answer(response.status_code, response.get_json())


_api: Any = None


class Elsewhere:
    """Some processes, each of which answers one request at a time."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def at_once(self, calls: Sequence[Call]) -> list[Answer]:
        """Sends requests together, each from a process of its own as far as there are enough; the answers, in order."""
        begins = time.time() + TOGETHER_SECONDS
        return [future.result(300) for future in [self._pool.submit(_send, call, begins) for call in calls]]


def _set(variable: str, value: str) -> None:
    os.environ[variable] = value


@contextmanager
def processes(database: str, count: int = PROCESSES) -> Iterator[Elsewhere]:
    """Runs processes with the settings of this one while the body runs.

    Args:
        database: HOST:PORT of their Firestore.
        count: How many.
    """
    spawn, variable = multiprocessing.get_context("spawn"), ("FIRESTORE_EMULATOR_HOST", database)
    with ProcessPoolExecutor(count, spawn, initializer=_set, initargs=variable) as pool:
        yield Elsewhere(pool)
