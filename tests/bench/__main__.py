"""Measures what every call costs, and prints it: ``make bench``; ``QUICK=1`` with less data and fewer repetitions.

Each part is written down when it is measured: a run that was interrupted goes on when it is started again.
"""

import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from infra.local.emulators import STATE, Ports, firestore

PORTS = Ports.free()
os.environ |= PORTS.environment
# As deployed, not as convenient for local work. Seeding has its own connection to the same emulator.
os.environ |= {"BCRYPT_COST": "12", "FEED_SETTLE_SECONDS": "10"}

from tests.bench import measure, report  # noqa: E402  - They read the settings.
from tests.bench.calls import World  # noqa: E402
from tests.bench.measure import Size  # noqa: E402
from tests.bench.results import Results, code_digest  # noqa: E402
from tests.instruments.patience import be_patient  # noqa: E402
from tests.instruments.servers import MANIFEST  # noqa: E402

FOLDER = STATE / "bench"
ORDER = (
    "feed", "create_lead", "notifications", "preferences", "favorites", "leads", "admin", "health", "auth", "listings",
)  # fmt: skip
"""The feed first: later calls make and change listings."""
FULL = {"listings": 50_000, "history": 10_000, "times": 20, "rounds": 7}
QUICK = {"listings": 5_000, "history": 1_000, "times": 8, "rounds": 3}
WORDS = {
    "listings": "listings of the large world",
    "history": "swipes of its tenant",
    "times": "requests for each CPU figure",
    "rounds": "cold starts of each function",
}


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


def left_out(chosen: dict[str, int]) -> str:
    """What this run does not measure."""
    parts = [f"{chosen[name]:,} {WORDS[name]} instead of {FULL[name]:,}" for name in FULL if chosen[name] != FULL[name]]
    if missing := sorted(set(MANIFEST) - set(ORDER)):
        parts.append(f"nothing of {', '.join(missing)}")
    return f"Left out: {'; '.join(parts)}." if parts else "Nothing was left out."


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # What runs besides ends with it, as after Ctrl-C.
    be_patient()
    chosen = QUICK if os.environ.get("QUICK") else FULL
    small, large = Size("small", 200, 0), Size("large", chosen["listings"], chosen["history"])
    lengths = [length for length in (0, 100, 500, 1_000, 2_000, 5_000, 10_000) if length <= large.history]
    cold = [f"cold/{number}" for number in range(chosen["rounds"])]
    parts = {
        small: [f"{kind}/{name}" for name in ORDER for kind in ("small", "cpu")] + cold,
        large: ["history", "changes", *(f"large/{name}" for name in ORDER)],
    }

    FOLDER.mkdir(parents=True, exist_ok=True)
    for log in FOLDER.glob("*.log"):
        log.unlink()
    results = Results(FOLDER / "result.json", {"chosen": chosen, "code": code_digest()})
    tick = Progress(4 + -(-large.listings // 5_000) + 3 * len(lengths) + 3 + sum(map(len, parts.values())))
    load = os.getloadavg()[0]

    def measured(name: str, filled: Callable[[], World]) -> Any:
        world = filled()
        kind, _, function = name.partition("/")
        if kind == "history":
            return measure.history(world, lengths, FOLDER, tick)
        if kind == "changes":
            return measure.changes_of_preferences(world, large.history, FOLDER, tick)
        if kind == "cpu":
            return measure.measure_cpu(world, function, FOLDER, chosen["times"])
        if kind == "cold":
            return measure.cold_starts(world, ORDER, FOLDER)
        return measure.count_calls(world, function, FOLDER)

    found: dict[str, Any] = {}
    with firestore(PORTS.firestore, FOLDER / "firestore.log"):
        for size, names in parts.items():
            with measure.project(size.project):
                # Filled when it is first needed: perhaps all of it was measured before an interruption.
                world = functools.cache(functools.partial(measure.fill, size, tick, large.history * (size is small)))
                for name in names:
                    found[name] = results.part(name, functools.partial(measured, name, world))
                    tick(name)
    results.finish()

    result = report.result_of(found, ORDER, vars(small), vars(large))
    (FOLDER / "feed.svg").write_text(report.chart(result["history"]))
    text, fine = report.text(result)
    print(text)
    print(
        f"\n{left_out(chosen)}\n{report.machine()}, load average {load:.1f} before and {os.getloadavg()[0]:.1f} after."
    )
    print(f"Written to {FOLDER}/: result.json (all figures), feed.svg (what a card costs by history)")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
