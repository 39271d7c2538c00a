"""Requests at the same moment, wherever there is a rule of uniqueness or of the last write, often enough to show."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Lock
from typing import Any

import pytest

from shared import security
from shared.data import feeds, store
from tests.faults import same_objects
from tests.faults.operations import FLAT, World
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.elsewhere import Answer, Call, Elsewhere
from tests.instruments.proxy import Fault, Proxy, first_commit
from tests.security.database import check_whole, dump

TELEGRAM = "/auth/telegram/login-or-register"


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Calls everything in threads that start together; the answers, in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(300)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


@pytest.fixture(params=range(5))
def world(request: pytest.FixtureRequest, api: Api) -> Iterator[World]:
    """Each race is run on five worlds."""
    yield World.made(api)
    check_whole(dump())


def people() -> list[dict[str, Any]]:
    return [data for path, data in dump().items() if path.startswith("users/")]


@pytest.mark.parametrize("common", ["email", "phone", "both"])
def test_one_of_many_registrations_wins(api: Api, world: World, common: str) -> None:
    before = len(people())

    def register(i: int) -> Callable[[], Any]:
        email = "same@example.kz" if common in ("email", "both") else f"other{i}@example.kz"
        phone = "+77770000000" if common in ("phone", "both") else f"+7777000{i:04}"
        email = email.upper() if i % 2 else email
        body = {"name": f"N{i}", "email": email, "phone": phone, "password": PASSWORD}
        return lambda: api.call("POST", "/auth/register", json=body)

    answers = at_once(*(register(i) for i in range(8)))
    assert statuses(answers) == [200] + [409] * 7
    assert len(people()) == before + 1
    (winner,) = [answer.get_json() for answer in answers if answer.status_code == 200]
    assert winner["id"] in [data["id"] for data in people()]


def test_registrations_that_cross_leave_no_half_user(api: Api, world: World) -> None:
    """One takes the email of the second and the phone of the third."""
    pairs = [("a", "+77770000001"), ("a", "+77770000002"), ("b", "+77770000001"), ("b", "+77770000002")] * 2
    answers = at_once(
        *(
            lambda pair=pair: api.call(
                "POST",
                "/auth/register",
                json={"name": "N", "email": f"{pair[0]}@example.kz", "phone": pair[1], "password": PASSWORD},
            )
            for pair in pairs
        )
    )
    assert statuses(answers)[0] == 200
    assert set(statuses(answers)) <= {200, 409}
    assert statuses(answers).count(200) in (1, 2)


def test_one_telegram_account_becomes_one_user(api: Api, world: World) -> None:
    before = len(people())
    body = {"telegram_id": "5", "phone": "+77770000000"}
    answers = at_once(*[lambda: api.call("POST", TELEGRAM, json=body)] * 8)
    assert statuses(answers) == [200] * 8
    assert len({security.read_token(answer.get_json()["access_token"]).user_id for answer in answers}) == 1
    assert len(people()) == before + 1


def test_several_telegram_accounts_of_one_phone_end_with_one_link(api: Api, world: World) -> None:
    before = len(people())
    answers = at_once(
        *(
            lambda i=i: api.call("POST", TELEGRAM, json={"telegram_id": f"{i}", "phone": "+77000000000"})
            for i in range(6)
        )
    )
    assert set(statuses(answers)) <= {200, 503}
    assert 200 in statuses(answers)
    assert len(people()) == before


def test_the_phone_of_a_registration_and_of_telegram_is_one_user(api: Api, world: World) -> None:
    body = {"name": "N", "phone": "+77770000000", "password": PASSWORD}
    by_telegram = {"telegram_id": "5", "phone": "77770000000"}
    answers = at_once(
        *[lambda: api.call("POST", "/auth/register", json=body)] * 3,
        *[lambda: api.call("POST", TELEGRAM, json=by_telegram)] * 3,
    )
    assert set(statuses(answers)) <= {200, 409}
    assert statuses(answers[3:]) == [200] * 3
    assert [data["telegram_id"] for data in people() if data["phone"] == "+77770000000"] == ["5"]


def test_the_same_swipe_at_once_is_one(api: Api, world: World) -> None:
    at_once(*[lambda: world.act("second", "favorite")] * 6)
    found = dump()
    assert len([path for path in found if path.startswith("swipes/")]) == 1
    assert len([path for path in found if path.startswith("favorites/")]) == 1
    assert world.ok("POST", "/feed/undo", "tenant")["listing_id"] == world.ids["second"]
    assert world.ok("GET", "/favorites", "tenant") == []
    assert api.call("POST", "/feed/undo", world.tokens["tenant"]).status_code == 404


def test_different_swipes_of_one_listing_at_once_end_with_one_of_them(world: World) -> None:
    actions = ["like", "dislike", "favorite"] * 2
    at_once(*(lambda action=action: world.act("second", action) for action in actions))
    (swipe,) = [data for path, data in dump().items() if path.startswith("swipes/")]
    assert swipe["action"] in actions
    assert len(world.ok("GET", "/favorites", "tenant")) == 1


@pytest.mark.parametrize("path", ["/favorites", "/leads"])
def test_the_same_addition_at_once_is_one(world: World, path: str) -> None:
    body = {"listing_id": world.ids["second"]}
    answers = at_once(*[lambda: world.ok("POST", path, "tenant", body)] * 8)
    assert len({answer["id"] for answer in answers}) == 1


def test_no_swipe_of_many_at_once_is_lost(api: Api, world: World) -> None:
    """One tenant on many devices: whatever was acted on is gone from the feed, everything else is still to come."""
    listings = [world.ok("POST", "/listings", "landlord", FLAT)["id"] for _ in range(24)]
    swiped = random.sample(listings, 12)
    token = world.tokens["tenant"]

    def swipe(key: int) -> Any:
        api.call("GET", "/feed/next", token)
        body = {"listing_id": key, "action": random.choice(["like", "dislike"])}
        while (answer := api.call("POST", "/feed/action", token, json=body)).status_code == 503:
            pass
        return answer

    assert statuses(at_once(*(lambda key=key: swipe(key) for key in swiped))) == [200] * len(swiped)
    left = set(listings) - set(swiped) | {world.ids[name] for name in ("first", "second", "third")}
    assert rest_of_the_feed(world) == sorted(left)


def rest_of_the_feed(world: World) -> list[int]:
    """What comes up until nothing is left, sorted; a repetition shows as one."""
    shown = []
    while listing := world.ok("GET", "/feed/next", "tenant"):
        shown.append(listing["id"])
        assert len(shown) < 100, "the same again and again"
        world.ok("POST", "/feed/action", "tenant", {"listing_id": listing["id"], "action": "dislike"})
    return sorted(shown)


def test_undo_twice_at_once_takes_back_what_it_says(api: Api, world: World) -> None:
    for name in ("first", "second", "third"):
        world.act(name, "favorite")
    undone = at_once(*[lambda: world.ok("POST", "/feed/undo", "tenant")["listing_id"]] * 2)
    assert set(undone) <= {world.ids["third"], world.ids["second"]}
    assert world.ids["third"] in undone
    favorites = {listing["id"] for listing in world.ok("GET", "/favorites", "tenant")}
    assert favorites == {world.ids[name] for name in ("first", "second", "third")} - set(undone)
    assert rest_of_the_feed(world) == sorted(set(undone))


def test_undo_and_a_swipe_at_once_are_both_done(api: Api, world: World) -> None:
    world.act("first", "dislike")
    undone, _ = at_once(
        lambda: world.ok("POST", "/feed/undo", "tenant")["listing_id"], lambda: world.act("second", "dislike")
    )
    left = {world.ids["third"], undone}
    assert undone in (world.ids["first"], world.ids["second"])
    left |= {world.ids[name] for name in ("first", "second")} - {
        data["listing_id"] for path, data in dump().items() if path.startswith("swipes/")
    }
    assert rest_of_the_feed(world) == sorted(left)


def test_two_admins_cannot_depose_each_other(api: Api, world: World) -> None:
    def depose(who: str, whom: str, **change: Any) -> Callable[[], Any]:
        path = f"/admin/users/{world.ids[whom]}"
        return lambda: api.call("PATCH", path, world.tokens[who], json=change)

    answers = at_once(
        depose("admin", "admin2", role="tenant"),
        depose("admin2", "admin", is_active=False),
        depose("admin", "admin", role="agent"),
        depose("admin2", "admin2", is_active=False),
    )
    assert set(statuses(answers)) <= {200, 401, 403, 409}
    left = [data for data in people() if data["role"] == "admin" and data["is_active"]]
    assert len(left) == 1
    token = security.issue_token(left[0]["id"])
    assert api.call("PATCH", f"/admin/users/{left[0]['id']}", token, json={"role": "tenant"}).status_code == 409


def test_an_admin_cannot_go_while_another_goes(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has looked who is left; the other is gone before the first is written."""
    one, other, third = (api.person("admin") for _ in range(3))

    def depose(who: Person, whom: Person) -> int:
        return one.api.call("PATCH", f"/admin/users/{whom.id}", who.token, json={"role": "tenant"}).status_code

    assert depose(one, third) == 200  # From now on there is a document that guards them.
    run = store.run
    asked: list[Any] = []

    def run_and_lose_the_other(query: Any) -> Any:
        found = run(query)
        if not asked:
            asked.append(query)
            assert depose(one, other) == 200
        return found

    monkeypatch.setattr(store, "run", run_and_lose_the_other)
    assert depose(one, one) == 409
    assert asked
    assert len([data for data in people() if data["role"] == "admin" and data["is_active"]]) == 1


def test_linking_and_becoming_an_admin_at_once_gives_no_way_in_later(api: Api, world: World) -> None:
    promote = {"role": "admin"}
    answers = at_once(
        lambda: api.call("PATCH", f"/admin/users/{world.ids['tenant']}", world.tokens["admin"], json=promote),
        *[lambda: api.call("POST", TELEGRAM, json={"telegram_id": "5", "phone": "+77000000000"})] * 3,
    )
    assert answers[0].status_code == 200
    assert set(statuses(answers[1:])) <= {200, 403}
    assert api.call("POST", TELEGRAM, json={"telegram_id": "5", "phone": "+77000000000"}).status_code == 403


def test_writes_of_one_listing_at_once_keep_a_third_partys_feed_exact(api: Api, world: World) -> None:
    """Owner and admin rewrite it, the owner deletes it, the tenant swipes on: what it is in the end decides."""
    world.ok("POST", "/preferences", "tenant", {"city": "Astana", "price_max": 1000})
    path = f"/listings/{world.ids['second']}"

    def put(who: str, **fields: Any) -> Callable[[], Any]:
        return lambda: api.call("PUT", path, world.tokens[who], json=FLAT | fields)

    for _ in range(4):
        answers = at_once(
            put("landlord", city="Almaty"),
            put("admin", price=2000),
            put("landlord", title="again", price=random.randrange(1, 1000)),
            lambda: api.call("DELETE", path, world.tokens["landlord"]),
            lambda: api.call("GET", "/feed/next", world.tokens["tenant"]),
            lambda: api.call("GET", "/feed", world.tokens["tenant"]),
        )
        assert set(statuses(answers)) <= {200, 503}
        third = world.ok("POST", "/listings", "landlord", FLAT)["id"]
        assert world.ok("GET", "/feed/next", "tenant")["id"] >= 0
        world.ok("POST", "/feed/action", "tenant", {"listing_id": third, "action": "dislike"})
    at_once(put("landlord", city="Almaty"), put("admin"), lambda: world.ok("GET", "/feed/next", "tenant"))
    final = next(data for name, data in dump().items() if name == f"listings/{world.ids['second']}")
    left = {world.ids["first"], world.ids["third"]}
    if final["is_active"] and final["city_key"] == "astana" and final["price"] <= 100_000:
        left.add(world.ids["second"])
    assert rest_of_the_feed(world) == sorted(left)
    assert len(final["facets"]) == (8 if final["is_active"] else 0)


def test_acting_on_a_listing_while_it_changes_shows_it_once_only(api: Api, world: World) -> None:
    for i in range(6):
        at_once(
            lambda: world.act("second", "dislike"),
            partial(world.ok, "PUT", "/listings/{second}", "landlord", FLAT | {"price": i + 1}),
            lambda: world.ok("GET", "/feed/next", "tenant"),
        )
        assert world.ids["second"] not in [x["id"] for x in world.ok("GET", "/feed?limit=50", "tenant")]
        world.ok("POST", "/feed/undo", "tenant")
        assert world.ids["second"] in [x["id"] for x in world.ok("GET", "/feed?limit=50", "tenant")]


def test_a_write_that_was_overtaken_is_seen_by_those_who_looked_in_between(
    api: Api, elsewhere: Elsewhere, proxy: Proxy
) -> None:
    """The owner's new title is on its way while an admin moves the listing to another city and the tenant swipes on."""
    world = World.made(api)
    world.ok("POST", "/preferences", "tenant", {"city": "Astana"})
    arrives = Event()
    with (
        ThreadPoolExecutor(1) as pool,
        proxy.planned(first_commit(Fault(then=lambda: arrives.wait(50)))),
    ):
        title = pool.submit(world.ok, "PUT", "/listings/{second}", "landlord", FLAT | {"title": "new"})
        while "Commit" not in proxy.calls:
            time.sleep(0.01)
        path, moved = f"/listings/{world.ids['second']}", FLAT | {"city": "Almaty"}
        (answer,) = elsewhere.at_once([Call("PUT", path, world.tokens["admin"], moved)])
        assert answer.status == 200
        time.sleep(0.2)  # Until the feed takes the move for settled.
        assert rest_of_the_feed(world) == sorted([world.ids["first"], world.ids["third"]])
        arrives.set()
        title.result()
    assert world.ok("GET", "/listings/{second}", "landlord")["city"] == "Astana"
    assert rest_of_the_feed(world) == [world.ids["second"]]


# --- The same objects, from several processes ----------------------------------------------------------------------


def test_calls_on_the_same_objects_have_an_order_that_explains_them(world: World, elsewhere: Elsewhere) -> None:
    same_objects.race(world, elsewhere, random.Random(), rounds=6)


def test_so_they_have_while_acknowledgements_are_lost(api: Api, behind_proxy: Elsewhere, proxy: Proxy) -> None:
    lost = Fault("UNAVAILABLE", after=True)
    with proxy.planned(lambda _, method: lost if method == "Commit" and random.random() < 0.3 else None):
        same_objects.race(World.made(api), behind_proxy, random.Random(), rounds=12, lossy=True)
    check_whole(dump())


def test_an_undo_that_meets_an_action_on_its_listing(world: World, elsewhere: Elsewhere) -> None:
    """The action is acknowledged: it is the one to take back, or the undo came before it."""
    token, key = world.tokens["tenant"], world.ids["second"]
    for number in range(5):
        world.act("second", "like")
        later = number % 3 / 200
        undo, act = elsewhere.at_once(
            [
                Call("POST", "/feed/undo", token, later=later),
                Call("POST", "/feed/action", token, {"listing_id": key, "action": "dislike"}),
            ]
        )
        assert (undo.status, act.status) == (200, 200)
        assert undo.json["listing_id"] == key
        actions = [data["action"] for path, data in dump().items() if path.startswith("swipes/")]
        assert actions in (["like"], ["dislike"])
        while (answer := world.api.call("POST", "/feed/undo", token)).status_code == 200:
            pass
        assert answer.status_code == 404
        assert world.ids["second"] in [listing["id"] for listing in world.ok("GET", "/feed", "tenant")]


def test_an_undo_asked_for_one_listing_leaves_a_later_action_on_another_alone(
    world: World, elsewhere: Elsewhere
) -> None:
    token, first, second = world.tokens["tenant"], world.ids["first"], world.ids["second"]
    for number in range(3):
        world.act("first", "like")
        undo, act = elsewhere.at_once(
            [
                Call("POST", f"/feed/undo?listing_id={first}", token, later=number % 3 / 200),
                Call("POST", "/feed/action", token, {"listing_id": second, "action": "dislike"}),
            ]
        )
        assert act.status == 200
        left = {data["listing_id"] for path, data in dump().items() if path.startswith("swipes/")}
        assert left == ({second} if undo.status == 200 else {first, second})
        assert undo.status in (200, 404)
        for _ in left:
            world.ok("POST", "/feed/undo", "tenant")


def test_many_devices_of_one_tenant_do_not_make_each_other_repeat(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, tenant = api.person("landlord"), api.person("tenant")
    listings = [owner.listing()["id"] for _ in range(40)]
    act = {"action": "like"}
    tenant.ok("POST", "/feed/action", json=act | {"listing_id": owner.listing()["id"]})
    calls, counting, get, commit = 0, Lock(), store.get, store.Batch.commit

    def count() -> None:
        nonlocal calls
        with counting:
            calls += 1
        time.sleep(0.01)  # As far away as Firestore is: so that the actions do meet.

    def slow_get(*references: Any) -> Any:
        count()
        return get(*references)

    def slow_commit(batch: store.Batch) -> Any:
        count()
        return commit(batch)

    monkeypatch.setattr(store, "get", slow_get)
    monkeypatch.setattr(store.Batch, "commit", slow_commit)
    monkeypatch.setattr(store, "TURN_SECONDS", 60.0)  # On a busy machine, too, each waits for its turn.

    def device(mine: list[int]) -> None:
        for each in mine:
            tenant.ok("POST", "/feed/action", json=act | {"listing_id": each})

    at_once(*(partial(device, listings[number::8]) for number in range(8)))
    assert calls / len(listings) < 4


def acted_meanwhile(world: World, elsewhere: Elsewhere, proxy: Proxy, action: str, *others: Call) -> list[Answer]:
    """The tenant acts on the second listing. Others call before its acknowledgement comes, which is lost.

    Returns:
        The answers to the others, one after the other.
    """
    answers: list[Answer] = []
    lost = Fault(
        "UNAVAILABLE", after=True, then=lambda: answers.extend(elsewhere.at_once([each])[0] for each in others)
    )
    with proxy.planned(first_commit(lost)):
        world.act("second", action)
    return answers


@pytest.mark.parametrize("before", ["", "dislike"])
@pytest.mark.parametrize("action", ["like", "favorite"])
def test_an_action_that_was_undone_before_its_acknowledgement_is_not_done_again(
    api: Api, elsewhere: Elsewhere, proxy: Proxy, action: str, before: str
) -> None:
    world = World.made(api)
    if before:
        world.act("second", before)
    undo = Call("POST", "/feed/undo", world.tokens["tenant"])
    (undone,) = acted_meanwhile(world, elsewhere, proxy, action, undo)
    assert undone == (200, {"status": "ok", "listing_id": world.ids["second"]})
    current, favorites, history, _ = same_objects.stored(world)
    assert current == ({"second": before} if before else {})
    assert (favorites, history) == (set(), [("second", None, False)] if before else [])


def test_an_action_that_was_replaced_before_its_acknowledgement_is_not_done_again(
    api: Api, elsewhere: Elsewhere, proxy: Proxy
) -> None:
    world = World.made(api)
    body = {"listing_id": world.ids["second"], "action": "dislike"}
    replace = Call("POST", "/feed/action", world.tokens["tenant"], body)
    assert acted_meanwhile(world, elsewhere, proxy, "like", replace)[0].status == 200
    current, _, history, _ = same_objects.stored(world)
    assert current == {"second": "dislike"}
    assert history == [("second", None, False), ("second", "like", False)]


def test_an_undo_that_loses_against_other_preferences_takes_back_what_it_says(
    api: Api, elsewhere: Elsewhere, proxy: Proxy
) -> None:
    """The tenant has acted under other preferences meanwhile, which changes what the history says of older actions."""
    world = World.made(api)
    token = world.tokens["tenant"]
    time.sleep(0.2)  # Until the feed takes the listings for settled.
    world.ok("GET", "/feed/next", "tenant")
    world.act("third", "like")
    assert feeds.progress_of(store.get(feeds.ref(world.ids["tenant"]))[0]).history[0].covered_from
    others = [
        Call("POST", "/preferences", token, {"price_max": 300}),
        Call("GET", "/feed/next", token),
        Call("POST", "/feed/action", token, {"listing_id": world.ids["second"], "action": "dislike"}),
    ]
    answers: list[Answer] = []
    beaten = Fault("ABORTED", then=lambda: answers.extend(elsewhere.at_once([each])[0] for each in others))
    with proxy.planned(first_commit(beaten)):
        undone = world.ok("POST", "/feed/undo", "tenant")["listing_id"]
    assert [answer.status for answer in answers] == [200] * 3
    assert undone == world.ids["second"]
    assert {data["listing_id"] for path, data in dump().items() if path.startswith("swipes/")} == {world.ids["third"]}
