"""A Firestore that is slow, gone for seconds, or behind a dead connection: bounded answers, and back at once."""

import threading
import time

import pytest
from google.api_core.exceptions import RetryError

from shared.data import store
from shared.errors import Unavailable
from tests.conftest import OWN_TIMES
from tests.faults.operations import OPERATIONS, World
from tests.instruments.api import Api
from tests.instruments.clock import StoppedClock
from tests.instruments.proxy import Fault, Proxy, always
from tests.security.database import dump, empty

NEVER = 600.0
"""Seconds that nothing in these tests waits for."""


def test_the_whole_request_has_a_time_and_not_each_call(api: Api, proxy: Proxy, stopped: StoppedClock) -> None:
    assert OWN_TIMES["ATTEMPT_SECONDS"] == 4
    assert OWN_TIMES["TOTAL_SECONDS"] == 8
    operation = OPERATIONS["favorite that is one already"]

    def send(seconds: float) -> tuple[int, list[str]]:
        """The status when each call takes so long, and the calls."""
        empty(proxy.emulator)
        world = World.made(api)
        operation.before(world)
        with proxy.planned(always(Fault(then=lambda: stopped.sleep(seconds)))) as calls:
            return operation.send(world).status_code, calls

    status, calls = send(seconds=1.5)
    assert (status, len(calls)) == (200, 5)
    status, calls = send(seconds=2.5)
    assert (status, len(calls)) == (503, 4)


@pytest.mark.usefixtures("own_times")
def test_a_call_that_is_never_answered_ends_in_503(api: Api, proxy: Proxy) -> None:
    world = World.made(api)
    with proxy.planned(always(Fault(seconds=NEVER), "Commit")) as calls:
        response = OPERATIONS["like"].send(world)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert calls.count("Commit") >= 2, "it was not asked again"


@pytest.mark.parametrize("midway", [False, True], ids=["at once", "midway"])
def test_a_stream_that_stops_ends_in_time_and_is_given_up(
    api: Api, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, midway: bool
) -> None:
    references = [store.document("things", number) for number in range(3)]
    for read in (lambda: store.get(*references), lambda: store.run(store.collection("users"))):
        api.person()
        over = threading.Event()
        with monkeypatch.context() as patch, proxy.planned(always(Fault(seconds=NEVER, midway=midway, over=over.set))):
            patch.setattr(store, "ATTEMPT_SECONDS", 0.3)
            patch.setattr(store, "TOTAL_SECONDS", 0.6)
            with pytest.raises((*store.TRANSIENT, RetryError, Unavailable)):
                read()
            assert over.wait(60), "Firestore goes on with what nobody waits for"
        assert len(read()) > 0


def test_when_firestore_is_back_the_process_is_too(api: Api, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it has tried in vain: gRPC would by then pause for many seconds between tries to connect."""
    world = World.made(api)
    operation = OPERATIONS["like"]

    def seconds() -> float:
        """How long a request takes, which succeeds."""
        began = time.monotonic()
        assert operation.send(world).status_code == 200
        return time.monotonic() - began

    with monkeypatch.context() as patch:
        patch.setattr(store, "TOTAL_SECONDS", 0.5)
        proxy.stop()
        ends = time.monotonic() + 12
        while time.monotonic() < ends:
            assert operation.send(world).status_code == 503
        proxy.start()
    first = seconds()
    usual = seconds()  # A busy machine takes its time for both.
    assert first - 20 * usual < 2.5


def test_a_short_outage_is_not_noticed(api: Api, proxy: Proxy) -> None:
    world = World.made(api)
    proxy.stop()
    back = threading.Timer(2, proxy.start)
    back.start()
    assert OPERATIONS["like"].send(world).status_code == 200
    back.join()
    assert len([path for path in dump() if path.startswith("swipes/")]) == 1
