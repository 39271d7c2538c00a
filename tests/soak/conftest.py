"""How long the soak runs, and the figures that it ends with."""

import os
from collections import Counter
from threading import Lock

import pytest

from tests.faults.conftest import _behind_proxy, _elsewhere, _proxy, behind_proxy, elsewhere, proxy  # noqa: F401 - Fixtures.

MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
"""For the whole soak; each of its parts takes a share."""

_figures: Counter[str] = Counter()
_lock = Lock()


@pytest.fixture
def _patience() -> None:
    """Hours of real time: the product's own times and windows."""


class Figures:
    """What the soak has done so far, over all its parts and threads."""

    def add(self, name: str, count: int = 1) -> None:
        with _lock:
            _figures[name] += count


@pytest.fixture(scope="session")
def figures() -> Figures:
    return Figures()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    violations = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    terminalreporter.section("soak")
    for name, count in sorted(_figures.items()):
        terminalreporter.write_line(f"{name:28} {count:>10,}")
    terminalreporter.write_line(f"{'violations found':28} {violations:>10,}")
