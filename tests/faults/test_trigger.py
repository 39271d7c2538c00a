"""The trigger's events: twice, in parallel, late, in any order, for what is gone, into a Firestore that fails."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.events.cloud.firestore import Document, DocumentEventData, Value

from shared.data import likes, listings, store, users
from tests.faults.operations import World
from tests.instruments.api import Api
from tests.instruments.clock import StoppedClock
from tests.instruments.proxy import CODES, Fault, Proxy, always, at, gone_from
from tests.security.database import delete, dump

Event = dict[str, Any]
"""The fields of a new like."""


def deliver(api: Api, event: Event | bytes) -> int:
    """Hands an event to the function as Eventarc does; the status that tells it whether to come again."""
    data = event if isinstance(event, bytes) else DocumentEventData.serialize(_data(event))
    headers = {
        "ce-id": "1",
        "ce-source": "//firestore.googleapis.com/projects/p/databases/(default)",
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.firestore.document.v1.created",
        "Content-Type": "application/protobuf",
    }
    return api.client("create_lead").post("/", data=data, headers=headers).status_code


def _data(like: Event) -> DocumentEventData:
    def value(plain: Any) -> Value:
        return Value(integer_value=plain) if isinstance(plain, int) else Value(timestamp_value=plain)

    fields = {name: value(plain) for name, plain in like.items()}
    return DocumentEventData(value=Document(name="likes/1_2", fields=fields))


@dataclass
class History:
    """What a tenant does with a listing, and the events of it."""

    world: World
    events: list[Event] = field(default_factory=list)

    def _like(self) -> dict[str, Any] | None:
        return store.get(likes.ref(self.world.ids["tenant"], self.world.ids["second"]))[0].to_dict()

    def do(self, *actions: str) -> None:
        for action in actions:
            before = self._like()
            if action == "undo":
                self.world.ok("POST", "/feed/undo", "tenant")
            else:
                self.world.act("second", action)
            if before is None and (after := self._like()):
                self.events.append(after)


def leads() -> list[dict[str, Any]]:
    return [data for path, data in dump().items() if path.startswith("leads/")]


@pytest.fixture
def history(api: Api) -> History:
    return History(World.made(api))


def check_one(history: History) -> None:
    (lead,) = leads()
    ids = history.world.ids
    assert (lead["tenant_id"], lead["listing_id"], lead["owner_id"]) == (ids["tenant"], ids["second"], ids["landlord"])
    assert lead["status"] == "new"
    told = [data for path, data in dump().items() if path.startswith("notifications/")]
    assert [(each["user_id"], each["data"]["lead_id"]) for each in told if each["type"] == "lead.new"] == [
        (ids["landlord"], lead["id"])
    ]
    (seen,) = history.world.ok("GET", "/leads/for-me", "landlord")
    assert seen["id"] == lead["id"]


@pytest.mark.parametrize("times", [1, 2, 10])
def test_an_event_delivered_again_makes_no_second_lead(api: Api, history: History, times: int) -> None:
    history.do("like")
    assert {deliver(api, history.events[0]) for _ in range(times)} == {200}
    check_one(history)


def test_an_event_delivered_in_parallel_makes_one_lead(api: Api, history: History) -> None:
    history.do("like")
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda _: deliver(api, history.events[0]), range(30))) == {200}
    check_one(history)


def test_an_event_and_the_lead_by_hand_at_once_make_one_lead(api: Api, history: History) -> None:
    history.do("like")
    body = {"listing_id": history.world.ids["second"]}
    with ThreadPoolExecutor(10) as pool:
        by_event = [pool.submit(deliver, api, history.events[0]) for _ in range(10)]
        by_hand = [pool.submit(history.world.ok, "POST", "/leads", "tenant", body) for _ in range(10)]
        assert {each.result() for each in by_event} == {200}
        assert len({each.result()["id"] for each in by_hand}) == 1
    check_one(history)


@pytest.mark.parametrize(
    "actions",
    [
        ("like", "dislike", "like"),
        ("dislike", "like"),
        ("favorite", "like", "dislike"),
        ("like", "undo", "like"),
        ("like", "undo"),
        ("dislike", "like", "undo"),
    ],
)
def test_the_order_of_the_events_makes_no_difference(api: Api, history: History, actions: tuple[str, ...]) -> None:
    history.do(*actions)
    for order in itertools.permutations(history.events):
        for path in dump():
            if path.startswith(("leads/", "notifications/")):
                delete(store.document(*path.split("/")))
        for event in order:
            assert deliver(api, event) == 200
            assert deliver(api, order[0]) == 200
        check_one(history)


@pytest.mark.parametrize("actions", [("dislike",), ("favorite",), ("dislike", "undo"), ("favorite", "dislike")])
def test_without_a_like_there_is_no_lead(api: Api, history: History, actions: tuple[str, ...]) -> None:
    history.do(*actions)
    assert history.events == []
    assert leads() == []


def test_a_late_event_leaves_the_work_on_the_lead_alone(api: Api, history: History) -> None:
    history.do("like")
    deliver(api, history.events[0])
    lead = history.world.ok("GET", "/leads/my", "tenant")[0]["id"]
    history.world.api.ok("PATCH", f"/leads/{lead}", history.world.tokens["landlord"], json={"status": "closed"})
    before = dump()
    assert deliver(api, history.events[0]) == 200
    assert dump() == before


@pytest.mark.parametrize("gone", ["deactivated", "deleted", "tenant", "owner"])
def test_an_event_about_what_is_gone_is_no_failure(api: Api, history: History, gone: str) -> None:
    history.do("like")
    if gone == "deactivated":
        history.world.ok("DELETE", "/listings/{second}", "landlord")
    elif gone == "deleted":
        delete(listings.ref(history.world.ids["second"]))
    else:
        delete(users.ref(history.world.ids["tenant" if gone == "tenant" else "landlord"]))
    assert deliver(api, history.events[0]) == 200
    assert len(leads()) == 1


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a protobuf", b"\xff" * 1000, b"\x0a\x02\x08"])
def test_what_is_no_event_about_a_like_is_not_asked_for_again(api: Api, data: bytes) -> None:
    assert deliver(api, data) == 200
    assert not dump()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_failed_write_is_made_up_for_at_once(
    api: Api, history: History, proxy: Proxy, code: str, after: bool
) -> None:
    history.do("like")
    with proxy.planned(at(0, Fault(code, after=after))) as calls:
        assert deliver(api, history.events[0]) == 200
    assert calls == ["Commit", "Commit"]
    check_one(history)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_while_firestore_is_gone_the_event_is_asked_for_again(
    api: Api, history: History, proxy: Proxy, stopped: StoppedClock, after: bool
) -> None:
    history.do("like")
    with proxy.planned(gone_from(0, stopped, after)):
        assert deliver(api, history.events[0]) >= 500
    assert len(leads()) == after
    with proxy.planned(always(Fault("ABORTED"))):
        assert deliver(api, history.events[0]) >= 500
    assert deliver(api, history.events[0]) == 200
    check_one(history)
