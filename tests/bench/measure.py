"""The measurements: worlds of two sizes, what each call costs in them, cold starts, memory."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared import security
from shared.data import preferences, store
from shared.enums import Role
from shared.models.preferences import PreferenceWrite
from shared.settings import settings
from tests.bench import calls
from tests.bench.calls import CALLS, Call, World
from tests.instruments import worlds
from tests.instruments.processes import PATIENT
from tests.instruments.servers import BARE, PLAIN, RECORDED, Request, Server, running

Figures = dict[str, float]
Tick = Callable[[str], None]
PING = Request("GET", "/no-such-path")
OWN = 60
"""Leads and favorites of the callers, so that every page is full."""


@dataclass(frozen=True)
class Size:
    """How much data there is, and how much a caller has swiped."""

    name: str
    listings: int
    history: int

    @property
    def project(self) -> str:
        return f"demo-bench-{self.name}"


@contextmanager
def project(name: str) -> Iterator[None]:
    """Makes this process work on one project's data."""
    os.environ["GOOGLE_CLOUD_PROJECT"] = name
    store.close()
    yield


def fill(size: Size, tick: Tick, veteran_history: int = 0) -> World:
    """The data of one size.

    Args:
        size: How much.
        tick: Told what was done.
        veteran_history: Swipes of one more tenant, of listings that are gone. None: there is no such tenant.
    """
    dice = random.Random(size.name)
    owner = calls.new_user(Role.LANDLORD, email="owner@example.kz", telegram_id="77")
    hashed = security.hash_password(calls.PASSWORD)
    tenant = calls.new_user(Role.TENANT, email="tenant@example.kz", password_hash=hashed)
    picky = calls.new_user(Role.TENANT, email="picky@example.kz")
    admin = calls.new_user(Role.ADMIN, email="admin@example.kz")
    for number in range(OWN):
        calls.new_user(Role.TENANT, email=f"somebody{number}@example.kz")
    veteran = None
    if veteran_history:
        veteran = calls.new_user(Role.TENANT, email="veteran@example.kz", password_hash=hashed)
        gone = worlds.gone_listings(owner.id, [worlds.some_listing(dice) for _ in range(veteran_history)])
        worlds.swipe(veteran.id, gone)
        tick(f"{veteran_history:,} swipes of listings that are gone")
    contents = [worlds.some_listing(dice) for _ in range(size.listings)]
    documents: list[worlds.Document] = []
    for at in range(0, len(contents), 5_000):
        documents = worlds.add_listings(owner.id, contents[at : at + 5_000]) + documents
        tick(f"{len(documents):,} listings")
    preferences.replace(picky.id, PreferenceWrite(city="Nowhere"))
    for each in filter(None, (tenant, veteran)):
        worlds.add_leads(each.id, documents[-OWN:])
        worlds.add_favorites(each.id, documents[-OWN:])
    time.sleep(settings().feed_settle_seconds + 0.1)
    if size.history:
        worlds.swipe(tenant.id, documents[: size.history])
        tick(f"{size.history:,} swipes")
    lead = store.run(store.collection("leads").where(filter=store.Filter("tenant_id", "==", tenant.id)).limit(1))
    return World(tenant, owner, admin, picky, veteran, documents, (lead[0].to_dict() or {})["id"])


class Counter:
    """A running function whose Firestore calls are taken down."""

    def __init__(self, server: Server, report: Path) -> None:
        self.server = server
        self._report = report

    def count(self, request: Request) -> Figures:
        before = self._lines()
        self.server.call(request)
        (line,) = self._lines()[len(before) :]
        figures: Figures = json.loads(line)
        return figures

    def _lines(self) -> list[str]:
        return self._report.read_text().splitlines() if self._report.exists() else []


@contextmanager
def counting(function: str, folder: Path) -> Iterator[Counter]:
    report = folder / f"{function}.jsonl"
    report.unlink(missing_ok=True)
    with running(function, RECORDED, folder / f"{function}.log", BENCH_RECORD=str(report)) as server:
        server.first_answer(PING)
        report.unlink(missing_ok=True)
        yield Counter(server, report)


def count_calls(world: World, function: str, folder: Path) -> dict[str, Figures]:
    """What each call of a function asks of Firestore, by the call's name."""
    found: dict[str, Figures] = {}
    with counting(function, folder) as counter:
        for call in _calls_of(function):
            call.prepare(world, counter.server, 4)
            each = [counter.count(call.request(world)) for _ in range(4)][1:]  # Without opening the channel.
            found[call.name] = {name: max(figures[name] for figures in each) for name in each[0]}
            if call.limit and call.limit.rpcs and not found[call.name]["rpcs"]:
                raise RuntimeError(f"{call.name}: none of its calls to Firestore was seen")
    return found


def measure_cpu(world: World, function: str, folder: Path, times: int) -> dict[str, Any]:
    """CPU milliseconds of each call of a function by its name, for a new tenant and for one with a history; its memory.

    In the small world, where the emulator answers at once: a process that waits for it uses CPU too.
    """
    assert world.veteran is not None
    found: dict[str, Any] = {}
    with running(function, PATIENT, folder / f"{function}.log") as server:
        server.first_answer(PING)
        for call in _calls_of(function):
            found[call.name] = [
                _cpu_ms(call, replace(world, tenant=tenant), server, times) for tenant in (world.tenant, world.veteran)
            ]
        server.call_in_parallel(_calls_of(function)[0].request(replace(world, tenant=world.veteran)), 16)
        found["memory_mib"] = server.memory_bytes() / 2**20
    return found


def _calls_of(function: str) -> list[Call]:
    return [call for call in CALLS if call.function == function]


def _cpu_ms(call: Call, world: World, server: Server, times: int) -> float:
    """CPU time of one warm request: the function's processes, nothing of Firestore's."""
    call.prepare(world, server, times + 2)
    for _ in range(2):
        server.call(call.request(world))
    before = server.cpu_seconds()
    for _ in range(times):
        server.call(call.request(world))
    return (server.cpu_seconds() - before) / times * 1000


def history(world: World, lengths: Sequence[int], folder: Path, tick: Tick) -> list[dict[str, Any]]:
    """What a card costs after so many swipes: ``GET /feed/next`` and ``POST /feed/action``."""
    rows = []
    tenants = {length: calls.new_user(Role.TENANT, email=f"swiped{length}@example.kz") for length in lengths}
    for length, tenant in tenants.items():
        if length:
            worlds.swipe(tenant.id, world.listings[:length])
        tick(f"{length:,} swipes")
    with counting("feed", folder) as counter:
        for length, tenant in tenants.items():
            for card in counter.server.call(world.get(tenant, "/feed?limit=2")):
                following = counter.count(world.get(tenant, "/feed/next"))
                body = {"listing_id": card["id"], "action": "dislike"}
                action = counter.count(world.send(tenant, "POST", "/feed/action", body))
            rows.append({"history": length, "next": following, "action": action})
            tick(f"cards after {length:,} swipes")
    return rows


def changes_of_preferences(world: World, length: int, folder: Path, tick: Tick) -> list[dict[str, Any]]:
    """What the first two cards after a change of preferences cost a tenant with so many swipes."""
    rows: list[dict[str, Any]] = []
    everything = PreferenceWrite(price_max=Decimal(10**9))
    for title, before, after in (
        ("narrower: one city of five", PreferenceWrite(), PreferenceWrite(city="Astana")),
        ("wider: all that was seen matches", everything, PreferenceWrite()),
    ):
        tenant = calls.new_user(Role.TENANT, email=f"changed{len(rows)}@example.kz")
        worlds.swipe(tenant.id, world.listings[:length], before)
        preferences.replace(tenant.id, after)
        with counting("feed", folder) as counter:
            began, cpu = time.perf_counter(), counter.server.cpu_seconds()
            first = counter.count(world.get(tenant, "/feed/next"))
            spent = {"seconds": time.perf_counter() - began, "cpu_s": counter.server.cpu_seconds() - cpu}
            second = counter.count(world.get(tenant, "/feed/next"))
            memory = counter.server.memory_bytes() / 2**20
        row = {"change": title, "history": length, "first": first, "second": second, "memory_mib": memory}
        rows.append(row | spent)
        tick(f"a change of preferences: {title}")
    return rows


def cold_starts(world: World, functions: Sequence[str], folder: Path) -> dict[str, list[float]]:
    """Seconds from starting each process to its first answer made of a document, and the CPU seconds until then.

    "bare" is a function that does nothing else.
    """
    found: dict[str, list[float]] = {}
    for name in ("bare", *functions):
        request = PING if name == "bare" else calls.first_call(name).request(world)
        began = time.perf_counter()
        with running(name, BARE if name == "bare" else PLAIN, folder / f"{name}.log") as server:
            status = server.first_answer(request)
            found[name] = [time.perf_counter() - began, server.cpu_seconds()]
        if status != 200:
            raise RuntimeError(f"{name}: {request.method} {request.path} answers {status} after a cold start")
    return found
