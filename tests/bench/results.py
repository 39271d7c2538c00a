"""What was measured so far, in a file: a run that was interrupted goes on where it was."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.emulators import ROOT

MEASURED = ("functions", "shared", "tests/bench", "tests/instruments")


def code_digest() -> str:
    """Another one after each change of what is measured, or of how."""
    digest = hashlib.sha256()
    for folder in MEASURED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class Results:
    """The figures by part.

    Args:
        path: The file. What it has is taken over if it is of the same run.
        run: What tells this run from others: the sizes, and the code.
    """

    def __init__(self, path: Path, run: dict[str, Any]) -> None:
        self._path = path
        self._run: dict[str, Any] = json.loads(json.dumps(run))
        self._parts: dict[str, Any] = {}
        if path.exists() and (stored := json.loads(path.read_text()))["run"] == self._run and not stored["complete"]:
            self._parts = stored["parts"]

    def part(self, name: str, measure: Callable[[], Any]) -> Any:
        """A part's figures, measured and written down unless they were before."""
        if name not in self._parts:
            self._parts[name] = json.loads(json.dumps(measure()))
            self._write(complete=False)
        return self._parts[name]

    def finish(self) -> None:
        """The next run begins anew."""
        self._write(complete=True)

    def _write(self, complete: bool) -> None:
        text = json.dumps({"run": self._run, "complete": complete, "parts": self._parts}, indent=1)
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(self._path)
