"""The clock of the local system: nothing else calls its schedules, as Cloud Scheduler does where it is deployed."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from infra.cloud.manifest import functions
from infra.local.emulators import HOST, PROJECT, REGION, Ports


def intervals() -> dict[str, int]:
    """The seconds between two calls of each schedule in functions.yaml."""
    return {each.name: each.interval for each in functions() if each.schedule}


def call(ports: Ports, name: str) -> int:
    """Calls a schedule's function now.

    Returns:
        The HTTP status of its answer, 599 when there is none.
    """
    url = f"http://{HOST}:{ports.functions}/functions/projects/{PROJECT}/triggers/{REGION}-{name}-0"
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 599


@contextmanager
def kept(ports: Ports) -> Iterator[None]:
    """Calls every schedule at its time while the body runs; what one answers stands in the log of the system."""
    ended = threading.Event()

    def keep(name: str, seconds: int) -> None:
        due = time.monotonic() + seconds
        while not ended.wait(due - time.monotonic()):
            call(ports, name)
            due += seconds

    for name, seconds in intervals().items():
        threading.Thread(target=keep, args=(name, seconds), daemon=True).start()
    try:
        yield
    finally:
        ended.set()
