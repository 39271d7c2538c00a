"""Fixtures of all tests. The environment is set before anything of the project is imported: settings are read once."""

import os
import urllib.request
from collections.abc import Iterator

import pytest

from infra.emulators import HOST, STATE, Ports, firestore

PORTS = Ports.free()
PROJECT = "demo-tests"
os.environ |= PORTS.environment | {"GOOGLE_CLOUD_PROJECT": PROJECT, "BCRYPT_COST": "4"}

from tests.harness import Api  # noqa: E402


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The Firestore emulator alone; its HOST:PORT."""
    with firestore(PORTS.firestore, STATE / f"test-firestore-{PORTS.firestore}.log"):
        yield f"{HOST}:{PORTS.firestore}"


@pytest.fixture
def database(emulator: str) -> str:
    """An empty database in the emulator; its HOST:PORT."""
    url = f"http://{emulator}/emulator/v1/projects/{PROJECT}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=30).close()
    return emulator


@pytest.fixture(scope="session")
def _apps() -> Api:
    return Api()


@pytest.fixture
def api(database: str, _apps: Api) -> Api:
    """All functions in this process, as functions-framework serves them, on an empty database."""
    return _apps


