"""The deletion of an account is interrupted anywhere: it has not begun, or it is finished in the end."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from shared import security
from shared.data import deletion, personal, store, users
from shared.errors import Unavailable
from tests.faults.operations import FLAT, World
from tests.instruments.api import PASSWORD, Api
from tests.instruments.clock import StoppedClock
from tests.instruments.processes import Served, served
from tests.instruments.proxy import Fault, Proxy, at, gone_from, nothing
from tests.security.database import dump, empty

State = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is late is over at once: no request is under way when the schedule runs here."""
    monkeypatch.setattr(deletion, "LATE", timedelta(seconds=-5))


@pytest.fixture(scope="module")
def process(_proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The function in a process of its own, which can be killed."""
    with ExitStack() as stack:
        folder = Path(tmp_path_factory.mktemp("auth"))
        yield stack.enter_context(served("auth", folder, FIRESTORE_EMULATOR_HOST=_proxy.address))


def start(api: Api, proxy: Proxy) -> World:
    """The one who leaves is both a tenant and an owner, and has something everywhere."""
    empty(proxy.emulator)
    world = World.made(api)
    batch = store.Batch()
    batch.update(users.ref(world.ids["other"]), {"password_hash": security.hash_password(PASSWORD)})
    batch.commit()
    own = world.ok("POST", "/listings", "other", FLAT | {"title": "own", "details": {"address": "Street"}})["id"]
    for name, action in (("first", "like"), ("second", "dislike"), ("third", "favorite")):
        world.act(name, action, "other")
    lead = world.ok("POST", "/leads", "other", {"listing_id": world.ids["first"], "message": "Hello"})["id"]
    world.ok("POST", f"/leads/{lead}/messages", "landlord", {"text": "Hello"})
    own_lead = world.ok("POST", "/leads", "tenant", {"listing_id": own, "message": "Hello"})["id"]
    world.ok("POST", f"/leads/{own_lead}/messages", "other", {"text": "Hello"})
    world.ok("POST", "/preferences", "other", {"city": "Astana"})
    world.ok("POST", "/searches", "other", {"name": "A"})
    world.ok("PUT", "/notifications/devices/phone", "other", {"token": "one"})
    world.ok("PUT", f"/listings/{own}", "admin", FLAT | {"title": "edited"})
    return world


def leave(world: World, via: Any = None) -> Any:
    body = {"current_password": PASSWORD}
    return (via or world.api).call("DELETE", "/auth/me", world.tokens["other"], json=body)


def finished(world: World) -> State:
    deletion.finish_due()
    assert not [path for path in dump() if path.startswith("deletions/")]
    return world.state()


def clean(api: Api, proxy: Proxy) -> tuple[State, list[str]]:
    """What an undisturbed deletion leaves, and the calls of its request."""
    world = start(api, proxy)
    with proxy.planned(nothing) as calls:
        assert leave(world).status_code == 200
    state = world.state()
    assert [each for each in finished(world) if not each[0].startswith("deletions/")] == [
        each for each in state if not each[0].startswith("deletions/")
    ], "the request has left something to do"
    return world.state(), calls


def check(world: World, expected: State) -> None:
    """Another try of the client, and the schedule: then it is as if nothing had happened."""
    again = leave(world)
    assert again.status_code in (200, 401), again.text
    assert finished(world) == expected


def test_killed_after_any_call_it_is_finished_in_the_end(api: Api, proxy: Proxy, process: Served) -> None:
    expected, calls = clean(api, proxy)
    for number, call in enumerate(calls):
        for after in (False, True) if number == 0 or call == "Commit" else (True,):
            world = start(api, proxy)
            with (
                proxy.planned(at(number, Fault("UNAVAILABLE", after=after, then=process.kill_worker))),
                pytest.raises(requests.RequestException),
            ):
                leave(world, process)
            check(world, expected)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_with_firestore_gone_in_the_middle_it_is_finished_in_the_end(
    api: Api, proxy: Proxy, stopped: StoppedClock, after: bool
) -> None:
    expected, calls = clean(api, proxy)
    has_succeeded = False
    for number in range(len(calls)):
        world = start(api, proxy)
        with proxy.planned(gone_from(number, stopped, after)) as seen:
            answer = leave(world)
        assert len(seen) > number
        has_ended = f"users/{world.ids['other']}" not in dump()
        if answer.status_code == 200:
            assert has_ended, "the answer has promised what was not done"
            has_succeeded = True
        else:
            assert answer.status_code == 503, answer.text
            assert after or not has_ended, "once the account has ended, the answer says so"
        check(world, expected)
    assert has_succeeded


def test_the_schedule_that_is_interrupted_anywhere_goes_on(api: Api, proxy: Proxy, stopped: StoppedClock) -> None:
    expected, _ = clean(api, proxy)
    world = start(api, proxy)
    deletion.begin(world.ids["other"])
    with proxy.planned(nothing) as calls:
        deletion.finish_due()
    for number in range(len(calls)):
        world = start(api, proxy)
        deletion.begin(world.ids["other"])
        with proxy.planned(gone_from(number, stopped)) as seen, suppress(*store.STOPPED):
            deletion.finish_due()
        assert len(seen) > number
        check(world, expected)


@pytest.mark.parametrize("round", range(3))
def test_whatever_arrives_with_the_deletion_nothing_stays(api: Api, proxy: Proxy, round: int) -> None:
    """Swipes, messages, listings, sessions, another deletion, all at once."""
    world = start(api, proxy)
    person, token = world.ids["other"], world.tokens["other"]
    lead = api.ok("GET", "/leads/my", token)[0]["id"]
    people = len([path for path in dump() if path.startswith("users/")])
    form = {"grant_type": "password", "username": "other@example.kz", "password": PASSWORD}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("DELETE", "/auth/me", {"json": {"current_password": PASSWORD}}),
        ("DELETE", "/auth/me", {"json": {"current_password": PASSWORD}}),
        ("POST", "/feed/action", {"json": {"listing_id": world.ids["second"], "action": "like"}}),
        ("POST", "/favorites", {"json": {"listing_id": world.ids["first"]}}),
        ("POST", f"/leads/{lead}/messages", {"json": {"text": "Late"}}),
        ("POST", "/listings", {"json": FLAT}),
        ("POST", "/searches", {"json": {"name": "Late"}}),
        ("PATCH", "/auth/me", {"json": {"name": "Late"}}),
        ("PUT", "/notifications/devices/phone", {"json": {"token": "late"}}),
        ("POST", "/auth/token", {"data": form}),
    ]
    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(api.call, method, path, token, **options) for method, path, options in calls]
        statuses = [each.result().status_code for each in running]
    assert 200 in statuses[:2]
    assert set(statuses[:2]) <= {200, 401}
    assert set(statuses) <= {200, 401, 404, 409}, statuses
    deletion.finish_due()
    left = {path: data for path, data in dump().items() if str(person) in str((path, data))}
    assert {path.partition("/")[0] for path in left} <= {"leads", "listings", "swipes", "likes", "audit"}
    assert not [path for path in left if path.startswith((f"swipes/{person}", f"likes/{person}"))]
    assert not [data for data in left.values() if data.get("sender_id") == person]
    assert len([path for path in dump() if path.startswith("users/")]) == people - 1


def test_an_account_of_very_much_data_does_not_hold_up_the_others(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = api.person(), api.person()
    forget = personal.forget

    def forget_slowly(user_id: int) -> None:
        if user_id == large.id:
            while store.seconds_left() > 0:
                time.sleep(0.01)
            raise Unavailable
        forget(user_id)

    monkeypatch.setattr(personal, "forget", forget_slowly)
    monkeypatch.setattr(deletion, "RUN_SECONDS", 4.0)
    monkeypatch.setattr(random, "sample", lambda due, _: due)  # The large one always comes first.
    for person in (large, small):
        deletion.begin(person.id)
    assert any(deletion.finish_due() for _ in range(5))
    assert [path for path in dump() if path.startswith("deletions/")] == [f"deletions/{large.id}"]
