"""Fixtures of all tests. The environment is set before anything of the project is imported: settings are read once."""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from infra.local.emulators import HOST, STATE, Ports, firestore
from infra.local.emulators import suite as whole_suite

PORTS = Ports.free()
PROJECT = "demo-tests"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "only")
os.environ |= PORTS.environment | {"GOOGLE_CLOUD_PROJECT": PROJECT, "BCRYPT_COST": "4"}

from tests.instruments.api import Api  # noqa: E402


def pytest_itemcollected(item: pytest.Item) -> None:
    """All tests of the whole system go to one worker: it starts only once then."""
    if "suite" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.xdist_group("suite"))


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The Firestore emulator alone; its HOST:PORT."""
    with firestore(PORTS.firestore, STATE / f"test-firestore-{WORKER}.log"):
        yield f"{HOST}:{PORTS.firestore}"


@pytest.fixture(scope="session")
def suite() -> Iterator[str]:
    """The whole system as `make run` starts it, with demo data; its base URL."""
    ports = Ports.free()
    os.environ |= ports.variables  # For what a test starts as an operator would.
    folder = STATE / f"test-suite-{WORKER}"
    shutil.rmtree(folder, ignore_errors=True)
    with whole_suite(ports, folder):
        load = [sys.executable, "-c", "from infra.local import demo; demo.load()"]
        subprocess.run(load, env=os.environ | ports.environment, check=True, stdout=subprocess.DEVNULL)
        yield ports.base_url


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
