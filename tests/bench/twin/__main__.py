"""Compares five calls with an ordinary server's: ``make bench-twin``. Exit status 0 also where there is no PostgreSQL.

What is compared is the CPU of the process that answers: neither database counts, for neither runs in it. Both stand
under gunicorn with one worker, and their requests come in turns, so that both meet the same noise. There are few
listings, because Firestore's emulator goes through all of them for each query. A process that has waited longer finds
its caches cold: beside 2,000 listings the same look at the feed took 1 ms of CPU more than beside 100.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from infra.local.emulators import HOST, ROOT, STATE, Ports, firestore, free_ports

PORTS = Ports.free()
os.environ |= PORTS.environment
os.environ |= {"FEED_SETTLE_SECONDS": "0.05", "GOOGLE_CLOUD_PROJECT": "demo-twin"}

from shared import security  # noqa: E402  - They read the settings.
from shared.enums import Role  # noqa: E402
from shared.settings import settings  # noqa: E402
from tests.bench import calls, report  # noqa: E402
from tests.bench.twin.postgres import NoPostgresError, postgres  # noqa: E402
from tests.instruments import worlds  # noqa: E402
from tests.instruments.patience import be_patient  # noqa: E402
from tests.instruments.servers import PLAIN, Request, Server, running  # noqa: E402

FOLDER = STATE / "bench"
TARGET = 0.7
LISTINGS = 300
ROUNDS, TIMES = (4, 10) if os.environ.get("QUICK") else (10, 20)
WARM = 50
"""Requests before the first that is measured."""
CALLS = {
    "GET /auth/me": "auth",
    "GET /listings/{id}": "listings",
    "GET /feed/next": "feed",
    "POST /feed/action": "feed",
    "POST /listings": "listings",
}
"""What is compared, and the function that answers it."""


class Side:
    """The functions, or the other server: who calls it, and what listings it has.

    Args:
        listings: Their ids, the newest first.
    """

    def __init__(self, owner: int, tenant: int, listings: list[int]) -> None:
        self._owner, self._tenant = security.issue_token(owner), security.issue_token(tenant)
        self._listings = listings
        self._unseen = iter(listings)

    def request(self, call: str) -> Request:
        if call == "GET /auth/me":
            return Request("GET", "/auth/me", self._tenant)
        if call == "GET /listings/{id}":
            return Request("GET", f"/listings/{self._listings[-1]}")
        if call == "GET /feed/next":
            return Request("GET", "/feed/next", self._tenant)
        if call == "POST /feed/action":
            body = {"listing_id": next(self._unseen), "action": "dislike"}
            return Request("POST", "/feed/action", self._tenant, body)
        return Request("POST", "/listings", self._owner, calls.NEW_LISTING)


def functions_side() -> Side:
    owner, tenant = (calls.new_user(role, email=f"{role}@example.kz") for role in (Role.LANDLORD, Role.TENANT))
    documents = worlds.add_listings(owner.id, [calls.some_flat(number) for number in range(LISTINGS)])
    time.sleep(settings().feed_settle_seconds + 0.1)
    return Side(owner.id, tenant.id, [document["id"] for document in documents])


@contextmanager
def twin(python: str, environment: dict[str, str]) -> Iterator[Server]:
    """Runs the other server while the body runs."""
    (port,) = free_ports(1)
    command = [python, "-m", "gunicorn", "--workers=1", "--worker-class=uvicorn_worker.UvicornWorker"]
    with (FOLDER / "twin.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--bind={HOST}:{port}", "tests.bench.twin.server:app"],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait()


def cpu_ms(server: Server, requests: list[Request]) -> float:
    """CPU time of one of these requests."""
    before = server.cpu_seconds()
    for request in requests:
        server.call(request)
    return (server.cpu_seconds() - before) / len(requests) * 1000


def compare(python: str) -> dict[str, list[tuple[float, float]]]:
    """The CPU milliseconds of each call in each round, ours and the twin's."""
    found: dict[str, list[tuple[float, float]]] = {call: [] for call in CALLS}
    with ExitStack() as stack:
        database = stack.enter_context(postgres())
        environment = os.environ | {
            "TWIN_DATABASE": database,
            "JWT_KEYS": settings().jwt_keys[0],
            "PYTHONPATH": str(ROOT),
        }
        filled = subprocess.run(
            [python, "-m", "tests.bench.twin.server", str(LISTINGS)],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        stack.enter_context(firestore(PORTS.firestore, FOLDER / "firestore.log"))
        sides = functions_side(), Side(**json.loads(filled.stdout))
        other = stack.enter_context(twin(python, environment))
        ours = {
            name: stack.enter_context(running(name, PLAIN, FOLDER / f"{name}.log"))
            for name in dict.fromkeys(CALLS.values())
        }
        for server in (other, *ours.values()):
            server.first_answer(Request("GET", "/no-such-path"))
        for call, function in CALLS.items():
            pair = ours[function], other
            for server, side in zip(pair, sides, strict=True):
                cpu_ms(server, [side.request(call) for _ in range(WARM)])
            for _ in range(ROUNDS):
                one, two = (
                    cpu_ms(server, [side.request(call) for _ in range(TIMES)])
                    for server, side in zip(pair, sides, strict=True)
                )
                found[call].append((one, two))
    return found


def table(found: dict[str, list[tuple[float, float]]], load: tuple[float, float]) -> tuple[str, bool]:
    """What was found, ratios first, and whether each is within the target."""
    rows, fine = [], True
    for call, rounds in found.items():
        ratios = sorted(one / two for one, two in rounds)
        ratio = median(ratios)
        fine = fine and ratio <= TARGET
        figures = (f"{median(each):.2f}" for each in zip(*rounds, strict=True))
        verdict = "ok" if ratio <= TARGET else "OVER"
        rows.append([call, f"{ratio:.2f}", f"{ratios[0]:.2f} - {ratios[-1]:.2f}", *figures, verdict])
    title = (
        "CPU of a request beside FastAPI + SQLAlchemy + PostgreSQL, of the answering process alone: ratio (target:\n"
        f"at most {TARGET}), its range over {ROUNDS} rounds of {TIMES} requests in turns, then median milliseconds.\n"
        f"{report.machine()}, load average {load[0]:.1f} before and {load[1]:.1f} after."
    )
    return report.table(title, ["call", "ratio", "range", "functions ms", "twin ms", ""], rows), fine


def main(python: str) -> int:
    be_patient()
    FOLDER.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    try:
        found = compare(python)
    except NoPostgresError as error:
        print(f"Skipped: no comparison without PostgreSQL: {error}.")
        return 0
    result: dict[str, Any] = {"load": load, "rounds": found}
    (FOLDER / "twin.json").write_text(json.dumps(result, indent=1))
    text, fine = table(found, (load, os.getloadavg()[0]))
    print(text)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).absolute())))
