"""Two instances of a deployed function, as Cloud Run starts them: what they share, and what they do not need to."""

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.instruments.api import PASSWORD, Api
from tests.instruments.processes import Served, served

OLD, NEW = "o" * 32, "n" * 32
DEPLOYED = {
    "ENVIRONMENT": "production",
    "PASSWORD_PEPPER": "p" * 32,
    "CORS_ORIGINS": "https://app.example",
    "LOGIN_FAILURES_PER_ACCOUNT": "4",
}
USER = {"name": "N", "email": "victim@example.kz", "password": PASSWORD}


@pytest.fixture(scope="module")
def instances(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """One from before the signing key was changed, one from after."""
    folder = Path(tmp_path_factory.mktemp("auth"))
    with (
        served("auth", folder, **DEPLOYED, JWT_KEYS=OLD) as before,
        served("auth", folder, **DEPLOYED, JWT_KEYS=f"{NEW},{OLD}") as after,
    ):
        yield before, after


def login(instance: Served, password: str, *forwarded: str) -> tuple[int, dict[str, str]]:
    """Logs in with any number of X-Forwarded-For headers."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=15)
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


def test_guesses_are_counted_over_all_instances(api: Api, instances: tuple[Served, Served]) -> None:
    assert instances[0].call("POST", "/auth/register", json=USER).status_code == 200
    guesses = [login(instances[i % 2], f"guess{i}", f"10.0.0.{i}, 203.0.113.7")[0] for i in range(5)]
    assert guesses == [401, 401, 401, 401, 429]
    for instance in instances:
        status, headers = login(instance, PASSWORD, "203.0.113.7")
        assert status == 429
        assert int(headers["Retry-After"]) > 0
        assert login(instance, PASSWORD, "198.51.100.9")[0] == 200


def test_parallel_guesses_at_both_instances_are_hardly_more_than_allowed(
    api: Api, instances: tuple[Served, Served]
) -> None:
    instances[0].call("POST", "/auth/register", json=USER)
    with ThreadPoolExecutor(16) as pool:
        guesses = list(pool.map(lambda i: login(instances[i % 2], f"guess{i}", "203.0.113.7")[0], range(24)))
    assert 4 <= guesses.count(401) <= 5
    assert guesses.count(401) + guesses.count(429) == 24


def test_a_second_header_is_part_of_the_first(api: Api, instances: tuple[Served, Served]) -> None:
    instances[0].call("POST", "/auth/register", json=USER)
    guesses = [login(instances[0], f"guess{i}", f"10.0.0.{i}", "203.0.113.7")[0] for i in range(5)]
    assert guesses == [401, 401, 401, 401, 429]
    assert login(instances[0], PASSWORD, "203.0.113.7", "198.51.100.9")[0] == 200


def test_a_new_signing_key_logs_nobody_out(api: Api, instances: tuple[Served, Served]) -> None:
    before, after = instances
    before.call("POST", "/auth/register", json=USER)
    form = {"username": USER["email"], "password": PASSWORD}
    old, new = (each.call("POST", "/auth/login", data=form).json()["access_token"] for each in instances)
    assert [after.call("GET", "/auth/me", token).status_code for token in (old, new)] == [200, 200]
    assert [before.call("GET", "/auth/me", token).status_code for token in (old, new)] == [200, 401]


def test_only_the_configured_origin_may_call(api: Api, instances: tuple[Served, Served]) -> None:
    def allowed(origin: str, method: str = "GET") -> str | None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        return instances[0].call(method, "/auth/me", headers=headers).headers.get("Access-Control-Allow-Origin")

    for method in ("GET", "OPTIONS"):
        assert allowed("https://app.example", method) == "https://app.example"
        for origin in ("https://evil.example", "null", "http://app.example", "https://app.example.evil.example", "*"):
            assert allowed(origin, method) is None


def test_deployed_without_its_secret_the_bots_endpoint_is_closed(api: Api, instances: tuple[Served, Served]) -> None:
    answer = instances[0].call("POST", "/auth/telegram/login-or-register", json={"telegram_id": "1"})
    assert answer.status_code == 403
    assert answer.json().keys() <= {"detail", "code"}
