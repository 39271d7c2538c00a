"""Fixtures of all tests. The environment is set before anything of the project is imported: settings are read once."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

import pytest
from google.api_core.retry import retry_base, retry_unary
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from infra.local import sent
from infra.local.emulators import HOST, STATE, Ports, firestore
from infra.local.emulators import suite as whole_suite
from infra.local.storage import storage

PORTS = Ports.free()
PROJECT = "demo-tests"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "only")
os.environ |= PORTS.environment | {"GOOGLE_CLOUD_PROJECT": PROJECT, "BCRYPT_COST": "4"}

from shared.data import store, throttle  # noqa: E402
from shared.settings import settings  # noqa: E402
from tests.instruments import telegram  # noqa: E402
from tests.instruments.api import Api, Person  # noqa: E402
from tests.instruments.clock import StoppedClock  # noqa: E402
from tests.instruments.mail import MailServer, mail_server  # noqa: E402

Configure: TypeAlias = Callable[..., None]


class ByPlace(LoadScopeScheduling):
    """All tests of the whole system go to one process, so that it starts once; each other test to whoever is free.

    The plugin's own way, the mark xdist_group, does nothing with pytest 9.2 (pytest-xdist, issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "whole system" if nodeid.startswith(("tests/suite/", "tests/browser/")) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPlace:
    return ByPlace(config, log)


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The Firestore emulator alone; its HOST:PORT."""
    with firestore(PORTS.firestore, STATE / f"test-firestore-{WORKER}.log"):
        yield f"{HOST}:{PORTS.firestore}"


PATIENCE = {"ATTEMPT_SECONDS": 60.0, "TOTAL_SECONDS": 120.0}
OWN_TIMES = {name: getattr(store, name) for name in PATIENCE}
"""How long the product waits for Firestore, which is less."""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time: no request fails for that, and no window of a limit ends within a test."""
    for name, seconds in PATIENCE.items():
        monkeypatch.setattr(store, name, seconds)
    now = time.time()
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def own_times(_patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Firestore is waited for as long as the product does."""
    for name, seconds in OWN_TIMES.items():
        monkeypatch.setattr(store, name, seconds)


@pytest.fixture
def stopped(_patience: None, monkeypatch: pytest.MonkeyPatch) -> StoppedClock:
    """What measures the time of a request and its pauses between tries: it stands still, so these take no time."""
    return stop_clock(monkeypatch)


def stop_clock(patch: pytest.MonkeyPatch) -> StoppedClock:
    """As ``stopped``, for as long as the patch lasts. Pauses of threads at the same time add up."""
    clock = StoppedClock()
    patch.setattr(store, "TOTAL_SECONDS", OWN_TIMES["TOTAL_SECONDS"])
    for module in (store, retry_base, retry_unary):
        patch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Sets environment variables and has the settings read anew; None removes one."""

    def apply(**variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield apply
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def mail(configure: Configure) -> Iterator[MailServer]:
    """The mail server that the functions of this process are configured for."""
    with mail_server() as server:
        configure(SMTP_URL=server.url, MAIL_FROM="no-reply@example.kz")
        yield server


@pytest.fixture
def bot(configure: Configure) -> Iterator[telegram.TelegramServer]:
    """The Bot API that the functions of this process are configured for."""
    with telegram.telegram_server() as server:
        configure(TELEGRAM_API_URL=server.url, TELEGRAM_BOT_TOKEN=telegram.TOKEN)
        yield server


class System(NamedTuple):
    """Where the whole system is, and what it has sent to people."""

    base_url: str
    sent_url: str


@pytest.fixture(scope="session")
def whole_system() -> Iterator[System]:
    """The whole system as `make run` starts it, with demo data."""
    ports = Ports.free()
    os.environ |= ports.variables  # For what a test starts as an operator would.
    folder = STATE / f"test-suite-{WORKER}"
    shutil.rmtree(folder, ignore_errors=True)
    with sent.kept(ports.base_url) as sending, pytest.MonkeyPatch.context() as environment:
        for name, value in sending.environment.items():
            environment.setenv(name, value)
        with whole_suite(ports, folder):
            environment.undo()  # The functions of this process send where a test says.
            load = [sys.executable, "-c", "from infra.local import demo; demo.load()"]
            subprocess.run(load, env=os.environ | ports.environment, check=True, stdout=subprocess.DEVNULL)
            yield System(ports.base_url, sending.url)


@pytest.fixture(scope="session")
def suite(whole_system: System) -> str:
    """The whole system's base URL."""
    return whole_system.base_url


@pytest.fixture
def sent_to(whole_system: System) -> Callable[[str], list[dict[str, str]]]:
    """What the whole system has sent to an email or a telegram_id, newest first."""

    def read(address: str) -> list[dict[str, str]]:
        with urllib.request.urlopen(f"{whole_system.sent_url}/messages?to={quote(address)}", timeout=300) as answer:
            messages: list[dict[str, str]] = json.load(answer)
        return messages

    return read


@pytest.fixture(scope="session")
def bucket() -> Iterator[None]:
    """The emulator of Cloud Storage, with the bucket of the photos."""
    with storage(HOST, PORTS.storage):
        yield


@pytest.fixture
def database(emulator: str) -> str:
    """An empty database in the emulator; its HOST:PORT."""
    url = f"http://{emulator}/emulator/v1/projects/{PROJECT}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=300).close()
    return emulator


@pytest.fixture(scope="session")
def _apps() -> Api:
    return Api()


@pytest.fixture
def api(database: str, bucket: None, _apps: Api) -> Api:
    """All functions in this process, as functions-framework serves them, on an empty database."""
    return _apps


@pytest.fixture
def owner(api: Api) -> Person:
    """A landlord."""
    return api.person("landlord")


@pytest.fixture
def tenant(api: Api) -> Person:
    return api.person()
