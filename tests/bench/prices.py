"""What it costs: the price list, and the sums. Free tiers are left out, but for Cloud Scheduler's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CHECKED = "2026-11-24"
REGION = "us-central1"
SOURCES = (
    "https://cloud.google.com/firestore/pricing",
    "https://cloud.google.com/run/pricing",
    "https://cloud.google.com/scheduler/pricing",
)

# US dollars. Firestore Standard edition, one region; Cloud Run functions, tier 1, billed per request.
READ = 0.03 / 100_000
WRITE = 0.09 / 100_000
DELETE = 0.01 / 100_000
STORED_GIB_MONTH = 0.15
INVOCATION = 0.40 / 1_000_000
VCPU_SECOND = 0.000_024
GIB_SECOND = 0.000_002_5
JOB_MONTH = 0.10
"""One job of Cloud Scheduler, however often it runs."""
FREE_JOBS = 3
"""Of a billing account. This free tier is counted, because more jobs than these are never free."""

# What is assumed, because a machine without Google's network cannot measure it.
ROUND_TRIP_MS = 20.0
"""One call of Firestore from a function in its region."""
BILLED_MS = 100
"""Cloud Run bills an instance's busy time in steps of this."""
MEMORY_GIB = 0.25
VCPUS = 1
SWIPE_BYTES = 400
"""One stored swipe, with Firestore's overhead for names; it has no index."""

IDLE_RUN = {"reads": 1, "index_reads": 0, "writes": 0, "deletes": 0, "rpcs": 1, "cpu_ms": 4}
"""A run of a schedule that finds nothing to do: one query, which is billed as a read though it finds nothing."""

LIKES = 1 / 5
DAYS_A_MONTH = 30
VOLUMES = (1_000, 100_000, 10_000_000)
"""Swipes a day."""

Figures = Mapping[str, float]
"""Of one call: reads, index_reads, writes, deletes, rpcs, and cpu_ms."""


@dataclass(frozen=True)
class Bill:
    """US dollars."""

    firestore: float
    functions_alone: float
    """Every request alone on its instance: the most that the functions can cost."""
    functions_shared: float
    """Instances always full: what is left is CPU time."""

    def __mul__(self, factor: float) -> "Bill":
        return Bill(*(getattr(self, name) * factor for name in self.__dataclass_fields__))

    __rmul__ = __mul__

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def of_call(figures: Figures) -> Bill:
    """What one call costs."""
    firestore = (figures["reads"] + figures["index_reads"]) * READ
    firestore += figures["writes"] * WRITE + figures["deletes"] * DELETE
    milliseconds = figures["cpu_ms"] + figures["rpcs"] * ROUND_TRIP_MS
    alone = -(-milliseconds // BILLED_MS) * BILLED_MS / 1000
    second = VCPUS * VCPU_SECOND + MEMORY_GIB * GIB_SECOND
    return Bill(firestore, INVOCATION + alone * second, INVOCATION + figures["cpu_ms"] / 1000 * second)


def of_swipe(shown: Figures, dislike: Figures, like: Figures, trigger: Figures, cards: int = 1) -> Bill:
    """One card: shown, with so many others at a time, and acted on, one in five a like, whose event is delivered."""
    acted = (1 - LIKES) * of_call(dislike) + LIKES * (of_call(like) + of_call(trigger))
    return (1 / cards) * of_call(shown) + acted


def schedules_a_month(intervals: Sequence[int]) -> tuple[Bill, float]:
    """What the functions cost that the clock calls, when there is nothing to do, and what their jobs cost.

    Args:
        intervals: The seconds from one call to the next, of each schedule.
    """
    runs = sum(DAYS_A_MONTH * 86_400 / seconds for seconds in intervals)
    return runs * of_call(IDLE_RUN), max(0, len(intervals) - FREE_JOBS) * JOB_MONTH


def storage_a_month(swipes: float) -> float:
    """What it costs to keep so many swipes for a month."""
    return swipes * SWIPE_BYTES / 2**30 * STORED_GIB_MONTH
