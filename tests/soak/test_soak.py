"""What takes long to show. SOAK_MINUTES says how long; the figures stand at the end."""

import inspect
import itertools
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pytest

from shared import security
from shared.data import users
from shared.enums import Role
from tests.faults import same_objects
from tests.faults import test_races as race_tests
from tests.faults.operations import OPERATIONS, World
from tests.faults.test_faults import clean, finish, make_up_for, start
from tests.faults.test_trigger import deliver
from tests.functions.histories import PREFERENCES, ServedHistory, feed_processes
from tests.instruments.api import MAIN, Api
from tests.instruments.elsewhere import Elsewhere
from tests.instruments.processes import Served, served
from tests.instruments.proxy import CODES, Fault, Proxy
from tests.security import fuzzing
from tests.security.database import check_whole, dump, empty
from tests.soak.chaos import Client, Landlord, Tenant
from tests.soak.conftest import MINUTES, Figures
from tests.unit.test_feed_rules import play_long_histories, small_limits

SHARES = {"fuzzing": 0.25, "faults": 0.15, "races": 0.15, "same objects": 0.1, "histories": 0.1, "chaos": 0.25}


def repeat(step: Callable[[], object], times: int) -> None:
    for _ in range(times):
        step()


def rounds(part: str) -> Iterator[int]:
    """Counts rounds until the part's share of the time is over; at least one."""
    ends = time.monotonic() + 60 * MINUTES * SHARES[part]
    for number in itertools.count():
        yield number
        if time.monotonic() > ends:
            return


@pytest.mark.usefixtures(small_limits.__name__)
def test_twenty_thousand_histories_of_the_feeds_rules(figures: Figures) -> None:
    play_long_histories(20_000, seed=time.time_ns())
    figures.add("histories", 20_000)


@pytest.mark.filterwarnings("ignore")
def test_fuzzing(api: Api, figures: Figures, emulator: str) -> None:
    for _ in rounds("fuzzing"):
        empty(emulator)
        world = fuzzing.made(api)
        for operation in fuzzing.operations(api).values():
            figures.add("requests sent", fuzzing.fuzz(world, operation, 40, seeded=False))
        check_whole(dump())


def test_every_fault_at_every_call(api: Api, proxy: Proxy, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    """First each alone; then several in one request."""
    ways = [Fault(code, after=after) for code in CODES for after in (False, True)] + [Fault("UNAVAILABLE", midway=True)]
    for operation in OPERATIONS.values():
        injected = make_up_for(api, proxy, operation, ways)
        figures.add("faults injected", injected)
        figures.add("requests sent", injected)
    monkeypatch.setattr("shared.data.store.TOTAL_SECONDS", 1.0)
    for _ in rounds("faults"):
        for operation in OPERATIONS.values():
            expected, _ = clean(api, proxy, operation)
            world = start(api, proxy, operation)
            injected = proxy.injected
            with proxy.planned(lambda *_: random.choice(ways) if random.random() < 0.6 else None):
                response = operation.send(world)
            figures.add("faults injected", proxy.injected - injected)
            figures.add("requests sent", 2)
            finish(operation, world, response, expected)


def test_races(
    api: Api, proxy: Proxy, elsewhere: Elsewhere, behind_proxy: Elsewhere, figures: Figures, emulator: str
) -> None:
    races: list[Callable[..., None]] = [race for name, race in vars(race_tests).items() if name.startswith("test_")]
    for _ in rounds("races"):
        for race in races:
            empty(emulator)
            wanted = inspect.signature(race).parameters
            known: dict[str, Any] = {"api": api, "proxy": proxy, "path": "/leads", "common": "both"}
            known |= {"elsewhere": elsewhere, "behind_proxy": behind_proxy, "action": "favorite", "before": "dislike"}
            if "world" in wanted:
                known["world"] = World.made(api)
            with pytest.MonkeyPatch.context() as patch:
                known["monkeypatch"] = patch
                race(**{name: known[name] for name in wanted})
            check_whole(dump())
            figures.add("races run")


def test_races_on_the_same_objects(api: Api, elsewhere: Elsewhere, figures: Figures, emulator: str) -> None:
    """Undo, action, favorites, preferences and edits from several processes, for minutes."""
    for number in rounds("same objects"):
        empty(emulator)
        same_objects.race(World.made(api), elsewhere, random.Random(number), rounds=20)
        check_whole(dump())
        figures.add("rounds on the same objects", 20)


def test_histories_through_three_processes(api: Api, figures: Figures, emulator: str, tmp_path: Path) -> None:
    """Longer ones than the suite's, other ones each time; a failure shows the seed."""
    with feed_processes(tmp_path) as processes:
        for _ in rounds("histories"):
            empty(emulator)
            seed = time.time_ns()
            ServedHistory(api, seed, processes).check(50, *PREFERENCES)
            figures.add("histories of processes")


def test_chaos(api: Api, proxy: Proxy, figures: Figures, tmp_path: Path) -> None:
    """Clients at work in parallel, every few calls a fault, now and then an outage, processes killed."""
    with ExitStack() as stack:
        names = ("listings", "preferences", "feed", "favorites")
        functions = {
            name: stack.enter_context(served(name, tmp_path, Path(MAIN), FIRESTORE_EMULATOR_HOST=proxy.address))
            for name in names
        }
        for number in rounds("chaos"):
            empty(proxy.emulator)
            _chaos(api, proxy, figures, functions, seed=number)


def _chaos(api: Api, proxy: Proxy, figures: Figures, functions: dict[str, Served], seed: int, steps: int = 60) -> None:
    dice = random.Random(seed)
    events: list[dict[str, Any]] = []
    lock = Lock()

    def client(role: Role) -> tuple[int, Client]:
        user = users.create(role=role, name=role.value, email=f"{dice.random()}@example.kz")
        return user.id, Client(functions, security.issue_token(user.id), figures)

    landlords = {}
    for _ in range(2):
        owner_id, owner = client(Role.LANDLORD)
        landlords[owner_id] = Landlord(owner, random.Random(dice.random()))
        for _ in range(15):
            landlords[owner_id].create()

    def choices() -> list[int]:
        return [key for landlord in landlords.values() for key in list(landlord.listings)]

    def event(like: dict[str, Any]) -> None:
        with lock:
            events.append(like)

    tenants = []
    for _ in range(5):
        tenant_id, tenant_client = client(Role.TENANT)
        tenants.append(Tenant(tenant_id, tenant_client, random.Random(dice.random()), choices, event))

    stop, outage = Event(), [0.0]
    chance = random.Random(dice.random())

    def plan(_: int, method: str) -> Fault | None:
        if time.monotonic() < outage[0]:
            return Fault("UNAVAILABLE")
        if chance.random() > 0.08:
            return None
        code = chance.choice([*CODES, None])
        return Fault(code, after=chance.random() < 0.5, seconds=0 if code else 0.5)

    def havoc() -> None:
        while not stop.wait(chance.uniform(0.5, 3)):
            if chance.random() < 0.6:
                chance.choice(list(functions.values())).kill_worker()
                figures.add("processes killed")
            else:
                outage[0] = time.monotonic() + chance.uniform(0.5, 3)
                figures.add("outages")

    injected = proxy.injected
    breaker = Thread(target=havoc)
    try:
        with proxy.planned(plan), ThreadPoolExecutor(16) as pool:
            breaker.start()
            workers = [pool.submit(repeat, who.step, steps) for who in tenants]
            workers += [pool.submit(repeat, who.step, steps) for who in landlords.values()]
            for worker in workers:
                worker.result()
    finally:
        stop.set()
        breaker.join()
    figures.add("faults injected", proxy.injected - injected)

    owner_of = {key: owner_id for owner_id, landlord in landlords.items() for key in landlord.listings}
    for like in events:
        like["owner_id"] = owner_of[like["listing_id"]]
    late = events * 2
    dice.shuffle(late)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda each: deliver(api, each), late)) <= {200}
    figures.add("events delivered", len(late))
    listings = {key: body for landlord in landlords.values() for key, body in landlord.listings.items()}
    _check(tenants, listings, owner_of)


def _check(tenants: list[Tenant], listings: dict[int, dict[str, Any]], owner_of: dict[int, int]) -> None:
    """What is stored, and what is shown, is what everybody knows of their own."""
    found = dump()
    check_whole(found)
    kept = {
        collection: [data for path, data in found.items() if path.startswith(collection)]
        for collection in ("swipes/", "favorites/", "leads/", "listings/")
    }
    content = {
        data["id"]: {
            "title": data["title"],
            "city": data["city"],
            "price": data["price"] / 100,
            "is_active": data["is_active"],
        }
        for data in kept["listings/"]
    }
    assert content == listings
    for tenant in tenants:
        swiped = {data["listing_id"]: data["action"] for data in kept["swipes/"] if data["user_id"] == tenant.id}
        assert swiped == tenant.actions
        assert {data["listing_id"] for data in kept["favorites/"] if data["user_id"] == tenant.id} == tenant.favorites
        led = {data["listing_id"]: data["owner_id"] for data in kept["leads/"] if data["tenant_id"] == tenant.id}
        assert led == {key: owner_of[key] for key in tenant.liked}
        expected = {
            key
            for key, body in listings.items()
            if body["is_active"] and key not in tenant.actions and tenant.wanted.get("city") in (None, body["city"])
        }
        shown = []
        while listing := tenant.client.ok("GET", "/feed/next"):
            shown.append(listing["id"])
            tenant.client.ok("POST", "/feed/action", {"listing_id": listing["id"], "action": "dislike"})
        assert sorted(shown) == sorted(expected)
