"""Fixtures of the fault tests: a Firestore that fails when told to."""

from collections.abc import Iterator

import pytest

from shared.data import store
from tests.instruments.api import Api
from tests.instruments.elsewhere import Elsewhere, processes
from tests.instruments.proxy import Proxy, running


@pytest.fixture(scope="session")
def _proxy(emulator: str) -> Iterator[Proxy]:
    with running(emulator) as proxy:
        yield proxy


@pytest.fixture
def proxy(api: Api, _proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The functions of this process talk to the emulator through a proxy, with a channel of their own."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", _proxy.address)
    store.close()
    yield _proxy
    store.close()


@pytest.fixture(scope="session")
def _elsewhere(emulator: str) -> Iterator[Elsewhere]:
    with processes(emulator) as elsewhere:
        yield elsewhere


@pytest.fixture
def elsewhere(api: Api, _elsewhere: Elsewhere) -> Elsewhere:
    """Other processes that serve the same database."""
    return _elsewhere


@pytest.fixture(scope="session")
def _behind_proxy(_proxy: Proxy) -> Iterator[Elsewhere]:
    with processes(_proxy.address) as elsewhere:
        yield elsewhere


@pytest.fixture
def behind_proxy(proxy: Proxy, _behind_proxy: Elsewhere) -> Elsewhere:
    """Other processes that serve the same database through the proxy."""
    return _behind_proxy
