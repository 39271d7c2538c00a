"""A Firestore that is slow, gone for seconds, or behind a dead connection: bounded answers, and back at once."""

import threading
import time

import pytest
from google.api_core.exceptions import RetryError

from shared.data import store
from shared.errors import Unavailable
from tests.faults.operations import OPERATIONS, World
from tests.instruments.api import Api
from tests.instruments.proxy import Fault, Proxy, always
from tests.security.database import dump


def test_the_whole_request_has_a_time_and_not_each_call(
    api: Api, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (store.ATTEMPT_SECONDS, store.TOTAL_SECONDS) == (4, 8)
    monkeypatch.setattr(store, "ATTEMPT_SECONDS", 1.0)
    monkeypatch.setattr(store, "TOTAL_SECONDS", 2.0)
    operation = OPERATIONS["favorite that is one already"]
    world = World.made(api)
    operation.before(world)
    with proxy.planned(always(Fault(seconds=0.3))) as calls:
        assert operation.send(world).status_code == 200
    assert len(calls) == 5
    with proxy.planned(always(Fault(seconds=0.8))):
        began = time.monotonic()
        assert OPERATIONS["undo a like"].send(world).status_code == 503
    assert time.monotonic() - began < 2.5


def test_a_call_that_is_never_answered_ends_in_503(api: Api, proxy: Proxy) -> None:
    world = World.made(api)
    with proxy.planned(always(Fault(seconds=60), "Commit")):
        began = time.monotonic()
        response = OPERATIONS["like"].send(world)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert 7 < time.monotonic() - began < 10


@pytest.mark.parametrize("midway", [False, True], ids=["at once", "midway"])
def test_a_stream_that_stops_ends_in_time_and_is_given_up(
    api: Api, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, midway: bool
) -> None:
    references = [store.document("things", number) for number in range(3)]
    for read in (lambda: store.get(*references), lambda: store.run(store.collection("users"))):
        api.person()
        over = threading.Event()
        with monkeypatch.context() as patch, proxy.planned(always(Fault(seconds=60, midway=midway, over=over.set))):
            patch.setattr(store, "ATTEMPT_SECONDS", 0.3)
            patch.setattr(store, "TOTAL_SECONDS", 0.6)
            began = time.monotonic()
            with pytest.raises((*store.TRANSIENT, RetryError, Unavailable)):
                read()
            assert time.monotonic() - began < 2
            assert over.wait(5), "Firestore goes on with what nobody waits for"
        assert len(read()) > 0


def test_when_firestore_is_back_the_process_is_too(api: Api, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it has tried in vain: gRPC would by then pause for many seconds between tries to connect."""
    world = World.made(api)
    operation = OPERATIONS["like"]
    with monkeypatch.context() as patch:
        patch.setattr(store, "TOTAL_SECONDS", 0.5)
        proxy.stop()
        ends = time.monotonic() + 12
        while time.monotonic() < ends:
            assert operation.send(world).status_code == 503
        proxy.start()
    began = time.monotonic()
    assert operation.send(world).status_code == 200
    assert time.monotonic() - began < 2.5


def test_a_short_outage_is_not_noticed(api: Api, proxy: Proxy) -> None:
    world = World.made(api)
    proxy.stop()
    back = threading.Timer(2, proxy.start)
    back.start()
    assert OPERATIONS["like"].send(world).status_code == 200
    back.join()
    assert len([path for path in dump() if path.startswith("swipes/")]) == 1
