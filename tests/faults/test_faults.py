"""Firestore fails in every way and at every call: what is left is what one clean request leaves."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.data import store
from tests.faults.operations import OPERATIONS, Operation, World
from tests.instruments.api import Api, Person
from tests.instruments.clock import StoppedClock
from tests.instruments.proxy import CODES, STREAMED, Fault, Proxy, always, at, gone_from, nothing
from tests.security.database import Dump, dump, empty

State = list[tuple[str, str]]


_beginnings: dict[int, tuple[World, Dump]] = {}
"""Worlds as they were before an operation, by its identity."""


def start(api: Api, proxy: Proxy, operation: Operation) -> World:
    """The world before the operation. It is made once; afterwards the database is put back, which is much faster."""
    empty(proxy.emulator)
    if id(operation) in _beginnings:
        world, documents = _beginnings[id(operation)]
        batch = store.Batch()
        for path, data in documents.items():
            batch.create(store.document(*path.split("/")), data)
        batch.commit()
        return World(api, dict(world.ids), world.tokens)
    world = World.made(api)
    operation.before(world)
    if operation.function not in ("photos", "feed"):  # These have something elsewhere, in the bucket and in memory.
        _beginnings[id(operation)] = World(api, dict(world.ids), world.tokens), dump()
    return world


def clean(api: Api, proxy: Proxy, operation: Operation) -> tuple[State, list[str]]:
    """What one request leaves when nothing fails, and the calls it makes."""
    world = start(api, proxy, operation)
    with proxy.planned(nothing) as calls:
        assert operation.send(world).status_code == 200
    return world.state(), calls


def check_unavailable(response: Any) -> None:
    assert response.status_code == 503, response.text
    assert response.get_json()["detail"] == "Service temporarily unavailable, please retry"
    assert response.get_json().keys() == {"detail", "trace"}
    assert int(response.headers["Retry-After"]) > 0


def finish(operation: Operation, world: World, first: Any, expected: State) -> None:
    """After a 503 the same request is sent again, and then everything is as it should be."""
    if first.status_code not in operation.done:
        check_unavailable(first)
        again = operation.send(world)
        assert again.status_code in operation.done, again.text
    assert world.state() == expected
    operation.then(world)


def make_up_for(api: Api, proxy: Proxy, operation: Operation, ways: Sequence[Fault]) -> int:
    """Lets each call fail once in each of the ways: the request still succeeds, and nothing is done twice.

    Returns:
        How many faults there were.
    """
    expected, calls = clean(api, proxy, operation)
    count = 0
    for number, method in enumerate(calls):
        for way in ways:
            if way.midway and method not in STREAMED:
                continue
            world = start(api, proxy, operation)
            with proxy.planned(at(number, way)) as seen:
                response = operation.send(world)
            assert response.status_code == 200, (number, method, way, response.text)
            assert len(seen) > number
            assert world.state() == expected, (number, method, way)
            count += 1
    operation.then(world)
    return count


@pytest.mark.parametrize("name", OPERATIONS)
def test_one_failed_call_is_made_up_for_within_the_request(api: Api, proxy: Proxy, name: str) -> None:
    codes = list(CODES)
    code = codes[list(OPERATIONS).index(name) % len(codes)]  # All codes with all operations: tests/soak.
    assert make_up_for(api, proxy, OPERATIONS[name], [Fault(code), Fault("UNAVAILABLE", after=True)])


def test_a_stream_that_breaks_is_read_again(api: Api, proxy: Proxy) -> None:
    assert make_up_for(api, proxy, OPERATIONS["lead, work on it"], [Fault("UNAVAILABLE", midway=True)])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_firestore_gone_in_the_middle_is_503_and_a_repetition_makes_it_whole(
    api: Api, proxy: Proxy, stopped: StoppedClock, name: str, after: bool
) -> None:
    """From each call on nothing gets through; that call itself was done, or not."""
    operation = OPERATIONS[name]
    expected, calls = clean(api, proxy, operation)
    for number in range(len(calls)):
        world = start(api, proxy, operation)
        with proxy.planned(gone_from(number, stopped, after)) as seen:
            response = operation.send(world)
        assert len(seen) > number
        check_unavailable(response)
        finish(operation, world, response, expected)


def test_what_does_not_get_better_is_503_in_time(api: Api, proxy: Proxy, stopped: StoppedClock) -> None:
    world = start(api, proxy, OPERATIONS["like"])
    before = world.state()
    with proxy.planned(always(Fault("ABORTED"))) as calls:
        began = stopped.monotonic()
        check_unavailable(OPERATIONS["like"].send(world))
    assert store.TOTAL_SECONDS - 2 < stopped.monotonic() - began <= store.TOTAL_SECONDS
    assert 5 < len(calls) < 40  # It is asked again and again, and not in a storm.
    assert world.state() == before


def test_a_repeated_request_with_its_key_makes_no_second_listing(api: Api) -> None:
    owner, other = api.person("landlord"), api.person("landlord")
    body = {"title": "T", "city": "C", "price": 1}

    def create(person: Person, key: str | None) -> int:
        headers = {} if key is None else {"Idempotency-Key": key}
        return int(person.ok("POST", "/listings", json=body, headers=headers)["id"])

    assert create(owner, "one") == create(owner, "one")
    made = [create(owner, "one"), create(owner, "two"), create(other, "one"), create(owner, None), create(owner, "")]
    assert len(set(made)) == len(made)
    assert len(owner.ok("GET", "/listings/my")) == 4


def test_a_key_with_another_body_is_refused(api: Api) -> None:
    owner = api.person("landlord")
    body: dict[str, Any] = {"title": "T", "city": "C", "price": 1, "details": {"rooms": 2, "area": 40}}

    def create(**fields: Any) -> Any:
        return owner.call("POST", "/listings", json=body | fields, headers={"Idempotency-Key": "one"})

    made = create().get_json()
    others: list[dict[str, Any]] = [
        {"title": "Another"},
        {"city": "D"},
        {"price": 1.01},
        {"deal_type": "sale"},
        {"property_type": "house"},
        {"is_active": False},
        {"details": {"rooms": 2, "area": 41}},
        {"details": {"rooms": 2, "area": 40, "furnished": True}},
        {"details": None},
    ]
    for other in others:
        refused = create(**other)
        assert refused.status_code == 422, other
        assert refused.get_json()["detail"][0]["loc"] == ["body"]
    for same in ({"title": " T "}, {"price": "1.00"}, {"deal_type": "rent"}, {"unknown": 1}):
        assert create(**same).get_json() == made, same
    owner.ok("PUT", f"/listings/{made['id']}", json=body | {"title": "Edited"})
    assert create().get_json()["title"] == "Edited"
    assert create(title="Edited").status_code == 422
    assert len(owner.ok("GET", "/listings/my")) == 1


def test_an_undo_that_names_its_listing_takes_nothing_else_back(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person("tenant")
    first, second = owner.listing()["id"], owner.listing()["id"]
    tenant.act(first)
    tenant.act(second)
    assert tenant.call("POST", f"/feed/undo?listing_id={first}").status_code == 404
    assert tenant.ok("POST", f"/feed/undo?listing_id={second}")["listing_id"] == second
    assert tenant.call("POST", f"/feed/undo?listing_id={second}").status_code == 404
    assert tenant.ok("GET", "/feed/next")["id"] == second
