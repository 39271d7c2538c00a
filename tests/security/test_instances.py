"""Instances of a deployed function, as Cloud Run starts them: what they share, and what they do not need to."""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest

from tests.instruments.api import PASSWORD, Api
from tests.instruments.processes import Served, served
from tests.instruments.proxy import Fault, Proxy, running

OLD, NEW = "o" * 32, "n" * 32
LIMIT = 4
DEPLOYED = {
    "ENVIRONMENT": "production",
    "PASSWORD_PEPPER": "p" * 32,
    "CORS_ORIGINS": "https://app.example",
    "LOGIN_FAILURES_PER_ACCOUNT": str(LIMIT),
    "THROTTLE_WINDOW_SECONDS": "1000000000",  # No window ends within a test.
}
USER = {"name": "N", "email": "victim@example.kz", "password": PASSWORD}


@pytest.fixture(scope="module")
def proxy(emulator: str) -> Iterator[Proxy]:
    with running(emulator) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def instances(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    """One from before the signing key was changed, two from after; the first two reach Firestore through the proxy."""
    folder = Path(tmp_path_factory.mktemp("auth"))
    slow = {"FIRESTORE_EMULATOR_HOST": proxy.address}
    with ExitStack() as stack:
        yield [
            stack.enter_context(served("auth", folder, **DEPLOYED, JWT_KEYS=keys, **way))
            for keys, way in ((OLD, slow), (f"{NEW},{OLD}", slow), (f"{NEW},{OLD}", {}))
        ]


def login(instance: Served, password: str, *forwarded: str) -> tuple[int, dict[str, str]]:
    """Logs in with any number of X-Forwarded-For headers."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=300)
    body = urlencode({"username": USER["email"], "password": password}).encode()
    connection.putrequest("POST", "/auth/login")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    for value in forwarded:
        connection.putheader("X-Forwarded-For", value)
    connection.endheaders(body)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, dict(response.getheaders())


def test_guesses_are_counted_over_all_instances(api: Api, instances: list[Served]) -> None:
    assert instances[0].call("POST", "/auth/register", json=USER).status_code == 200
    guesses = [login(instances[i % 2], f"guess{i}", f"10.0.0.{i}, 203.0.113.7")[0] for i in range(5)]
    assert guesses == [401, 401, 401, 401, 429]
    for instance in instances:
        status, headers = login(instance, PASSWORD, "203.0.113.7")
        assert status == 429
        assert int(headers["Retry-After"]) > 0
        assert login(instance, PASSWORD, "198.51.100.9")[0] == 200


def guess(instance: Served) -> int:
    return login(instance, "guess", "203.0.113.7")[0]


def test_parallel_guesses_add_one_for_each_further_instance_at_most(api: Api, instances: list[Served]) -> None:
    instances[0].call("POST", "/auth/register", json=USER)
    with ThreadPoolExecutor(24) as pool:
        guesses = list(pool.map(guess, instances * 12))
    assert LIMIT <= guesses.count(401) <= LIMIT + len(instances) - 1
    assert guesses.count(401) + guesses.count(429) == len(guesses)


@pytest.mark.parametrize(("failed", "passing", "more"), [(0, 1, 2), (LIMIT // 2, 2, 0)])
def test_a_guess_adds_to_the_limit_only_if_it_began_before_half_of_it_had_failed(
    api: Api, instances: list[Served], proxy: Proxy, failed: int, passing: int, more: int
) -> None:
    """Two instances begin a guess each and are slow; the third one's guesses fail to the limit.

    Args:
        failed: How many have failed before.
        passing: The calls of Firestore that a slow guess makes before it waits: it reads, and is perhaps written down.
        more: How many are hashed beyond the limit.
    """
    *slow, fast = instances
    fast.call("POST", "/auth/register", json=USER)
    assert [guess(fast) for _ in range(failed)] == [401] * failed
    go_on = Event()

    def wait() -> None:
        assert go_on.wait(30)

    def plan(number: int, _: str) -> Fault | None:
        passes = number < 2 * passing + 1 and number != passing
        return None if passes or go_on.is_set() else Fault(then=wait)

    with proxy.planned(plan) as calls, ThreadPoolExecutor(8) as pool:
        answers = []
        for begun, instance in enumerate(slow, 1):
            answers.append(pool.submit(guess, instance))
            while len(calls) < (passing + 1) * begun:
                assert not answers[-1].done()
                time.sleep(0.01)
        left = LIMIT + more - len(slow) - failed
        assert [guess(fast) for _ in range(left + 1)] == [401] * left + [429]
        answers += [pool.submit(guess, instance) for instance in slow * 3]
        go_on.set()
        assert [answer.result() for answer in answers] == [401] * len(slow) + [429] * 3 * len(slow)
    assert [guess(instance) for instance in instances] == [429] * 3


def test_a_second_header_is_part_of_the_first(api: Api, instances: list[Served]) -> None:
    instances[0].call("POST", "/auth/register", json=USER)
    guesses = [login(instances[0], f"guess{i}", f"10.0.0.{i}", "203.0.113.7")[0] for i in range(5)]
    assert guesses == [401, 401, 401, 401, 429]
    assert login(instances[0], PASSWORD, "203.0.113.7", "198.51.100.9")[0] == 200


def test_a_new_signing_key_logs_nobody_out(api: Api, instances: list[Served]) -> None:
    before, after, _ = instances
    before.call("POST", "/auth/register", json=USER)
    form = {"username": USER["email"], "password": PASSWORD}
    old, new = (each.call("POST", "/auth/login", data=form).json()["access_token"] for each in (before, after))
    assert [after.call("GET", "/auth/me", token).status_code for token in (old, new)] == [200, 200]
    assert [before.call("GET", "/auth/me", token).status_code for token in (old, new)] == [200, 401]


def test_only_the_configured_origin_may_call(api: Api, instances: list[Served]) -> None:
    def allowed(origin: str, method: str = "GET") -> str | None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        return instances[0].call(method, "/auth/me", headers=headers).headers.get("Access-Control-Allow-Origin")

    for method in ("GET", "OPTIONS"):
        assert allowed("https://app.example", method) == "https://app.example"
        for origin in ("https://evil.example", "null", "http://app.example", "https://app.example.evil.example", "*"):
            assert allowed(origin, method) is None
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "https://app.example"}):
        assert "Origin" in instances[0].call("GET", "/auth/me", headers=headers).headers["Vary"]


def test_deployed_without_its_secret_the_bots_endpoint_is_closed(api: Api, instances: list[Served]) -> None:
    answer = instances[0].call("POST", "/auth/telegram/login-or-register", json={"telegram_id": "1"})
    assert answer.status_code == 403
    assert answer.json().keys() <= {"detail", "code"}
