"""Coverage: the positions that a tenant is through with, as a few intervals. Pure rules.

The rule, and why nothing is lost by it, is in shared/feed/README.md. Coverage only saves work: the tenant's swipe
decides whether a listing was acted on. If an interval is dropped, as the limit below does, later searches read more
and nothing is lost.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.feed.positions import Position, above, below

FIRST: Position = (0, 0)
MAX_INTERVALS = 256
"""8 KiB of the tenant's document, for each of the criteria remembered. Only listings that a tenant has passed over
leave intervals apart."""

_PACKED = struct.Struct(">4q")


class Gap(NamedTuple):
    """The positions strictly between two ends; None is no end."""

    upper: Position | None
    lower: Position | None


class Interval(NamedTuple):
    """The positions from ``low`` to ``high``, both included."""

    high: Position
    low: Position


@dataclass(frozen=True)
class Coverage:
    """Disjoint intervals with something between any two of them, newest first."""

    intervals: tuple[Interval, ...] = field(default=())

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "Coverage":
        merged: list[Interval] = []
        for high, low in sorted(intervals, reverse=True):
            if merged and above(high) >= merged[-1].low:
                merged[-1] = Interval(merged[-1].high, min(low, merged[-1].low))
            else:
                merged.append(Interval(high, low))
        return cls(tuple(merged[:MAX_INTERVALS]))

    def __contains__(self, position: Position) -> bool:
        return any(low <= position <= high for high, low in self.intervals)

    def with_position(self, position: Position) -> "Coverage":
        """The coverage with one listing that is acted on."""
        return Coverage.of((*self.intervals, Interval(position, position)))

    def cleared(self, horizon: Position, down_to: Position | None, under: Position | None = None) -> "Coverage":
        """The coverage with what a query has found empty: from the horizon down to just above a listing.

        Args:
            horizon: The newest position that the query surely has seen.
            down_to: The newest unseen match, or None when there is none at all.
            under: Another unseen match. What was found empty begins below it.
        """
        high = horizon if under is None else min(horizon, below(under))
        low = FIRST if down_to is None else above(down_to)
        return Coverage.of((*self.intervals, Interval(high, low))) if low <= high else self

    def without(self, stretch: Interval) -> "Coverage":
        """The coverage without the positions of a stretch: a listing in it is to be shown again."""
        opened: list[Interval] = []
        for high, low in self.intervals:
            opened += [Interval(high, max(low, above(stretch.high))), Interval(min(high, below(stretch.low)), low)]
        return Coverage.of(piece for piece in opened if piece.low <= piece.high)

    def gap_around(self, position: Position) -> Gap:
        """The positions around one that are not covered either; without an end where nothing is covered."""
        newer = [low for _, low in self.intervals if low > position]
        older = [high for high, _ in self.intervals if high < position]
        return Gap(newer[-1] if newer else None, older[0] if older else None)

    def open_time(self, horizon: Position, down_to: Position | None) -> int:
        """Microseconds of the gaps that lie whole between the horizon and a listing; down to the end if it is None."""
        return sum(
            max(0, (gap.upper or horizon)[0] - (gap.lower or FIRST)[0])
            for gap in self.gaps()
            if down_to is None or (gap.lower or FIRST) >= down_to
        )

    def gaps(self, start: Position | None = None) -> list[Gap]:
        """The positions that are not covered, newest first; those strictly below ``start`` if it is given."""
        gaps: list[Gap] = []
        upper = start
        for high, low in self.intervals:
            if upper is None or high < below(upper):
                gaps.append(Gap(upper, high))
            upper = low if upper is None else min(upper, low)
        if upper is None or upper > FIRST:
            gaps.append(Gap(upper, None))
        return gaps

    def pack(self) -> bytes:
        return b"".join(_PACKED.pack(*interval.high, *interval.low) for interval in self.intervals)

    @classmethod
    def unpack(cls, packed: bytes) -> "Coverage":
        return cls(tuple(Interval((a, b), (c, d)) for a, b, c, d in _PACKED.iter_unpack(packed)))
