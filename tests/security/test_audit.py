"""The check for known vulnerabilities: it fails for a vulnerable package, and for nothing else."""

import re
from typing import Any

import pytest

from infra import audit

GOOD: dict[str, Any] = {"name": "flask", "version": "3.1.3", "vulns": []}
BAD: dict[str, Any] = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}]}
UNKNOWN: dict[str, Any] = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([GOOD], 0, "none known in 1 packages"),
        ([GOOD, BAD], 1, "old 1.0: PYSEC-2026-1, fixed in 1.1"),
        ([GOOD, UNKNOWN], 0, "1 of 2 packages could not be checked"),
        ([BAD, UNKNOWN], 1, "PYSEC-2026-1"),
    ],
)
def test_a_vulnerable_package_fails_the_check(
    capsys: pytest.CaptureFixture[str], packages: list[dict[str, Any]], status: int, said: str
) -> None:
    assert audit.judge(packages) == status
    assert said in capsys.readouterr().out


def test_without_a_network_it_says_so_and_is_no_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert audit.main() == 0
    assert "not checked" in capsys.readouterr().out


def test_every_package_is_pinned_to_one_version() -> None:
    for name in audit.FILES:
        for line in (audit.ROOT / name).read_text().splitlines():
            assert not line.strip() or line.startswith("#") or re.fullmatch(r"[a-z0-9.-]+(\[[a-z]+\])?==[0-9.]+", line)
