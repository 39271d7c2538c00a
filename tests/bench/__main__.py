"""Measures what every call costs, and prints it: ``make bench``; ``QUICK=1`` with less data and fewer repetitions."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from infra.local.emulators import STATE, Ports, firestore

PORTS = Ports.free()
os.environ |= PORTS.environment
# As deployed, not as convenient for local work. Seeding has its own connection to the same emulator.
os.environ |= {"BCRYPT_COST": "12", "FEED_SETTLE_SECONDS": "10"}

from tests.bench import measure, report  # noqa: E402  - They read the settings.
from tests.bench.measure import Size  # noqa: E402
from tests.instruments.servers import MANIFEST  # noqa: E402

FOLDER = STATE / "bench"
ORDER = ("feed", "create_lead", "preferences", "favorites", "leads", "admin", "health", "auth", "listings")
"""The feed first: later calls make and change listings."""


class Progress:
    """A bar that moves with each step, and says what was done last."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done, self._began = steps, 0, time.monotonic()

    def __call__(self, what: str) -> None:
        self._done += 1
        share = min(1.0, self._done / self._steps)
        seconds = time.monotonic() - self._began
        line = f"[{'█' * int(30 * share):·<30}] {share:4.0%} {seconds:4.0f} s  {what}"
        print(f"\r{line:<100}" if sys.stderr.isatty() else line, end="", file=sys.stderr, flush=True)
        if not sys.stderr.isatty() or self._done == self._steps:
            print(file=sys.stderr)


def main() -> int:
    quick = bool(os.environ.get("QUICK"))
    small, large = Size("small", 100, 0), Size("large", *((5_000, 1_000) if quick else (50_000, 10_000)))
    lengths = [0, 100, 500, 1_000] if quick else [0, 100, 500, 1_000, 2_000, 5_000, 10_000]
    times, rounds = (8, 3) if quick else (20, 7)
    assert set(ORDER) == set(MANIFEST), "a function is not measured"

    FOLDER.mkdir(parents=True, exist_ok=True)
    for log in FOLDER.glob("*.log"):
        log.unlink()
    seeding = sum(-(-size.listings // 5_000) + bool(size.history) for size in (small, large))
    tick = Progress(seeding + 4 * len(ORDER) + 2 * len(lengths) + 2 + rounds)
    result: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "small": vars(small),
        "large": vars(large),
    }
    with firestore(PORTS.firestore, FOLDER / "firestore.log"):
        for size in (small, large):
            with measure.project(size.project):
                world = measure.fill(size, tick)
                if size is large:
                    result["history"] = measure.history(world, lengths, FOLDER, tick)
                    result["changes"] = measure.changes_of_preferences(world, large.history, FOLDER, tick)
                result[size.name + "_calls"] = measure.measure(world, ORDER, FOLDER, times, tick)
        result["cold"] = measure.cold_starts(ORDER, FOLDER, rounds, tick)

    (FOLDER / "result.json").write_text(json.dumps(result, indent=1))
    (FOLDER / "feed.svg").write_text(report.chart(result["history"]))
    text, fine = report.text(result)
    print(text)
    print(f"\nWritten to {FOLDER}/: result.json (all figures), feed.svg (what a card costs by history)")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
