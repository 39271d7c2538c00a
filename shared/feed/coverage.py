"""Coverage: the positions that a tenant is through with, as a few intervals. Pure rules.

The rule, and why nothing is lost by it, is in shared/feed/README.md. Coverage only saves work: the tenant's swipe
decides whether a listing was acted on. If an interval is dropped, as the limit below does, later searches read more
and nothing is lost.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.feed.positions import Position

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


def _above(position: Position) -> Position:
    return position[0], position[1] + 1


def _below(position: Position) -> Position:
    return position[0], position[1] - 1


@dataclass(frozen=True)
class Coverage:
    """Disjoint intervals with something between any two of them, newest first."""

    intervals: tuple[Interval, ...] = field(default=())

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "Coverage":
        merged: list[Interval] = []
        for high, low in sorted(intervals, reverse=True):
            if merged and _above(high) >= merged[-1].low:
                merged[-1] = Interval(merged[-1].high, min(low, merged[-1].low))
            else:
                merged.append(Interval(high, low))
        return cls(tuple(merged[:MAX_INTERVALS]))

    def __contains__(self, position: Position) -> bool:
        return any(low <= position <= high for high, low in self.intervals)

    def with_position(self, position: Position) -> "Coverage":
        """The coverage with one listing that is acted on."""
        return Coverage.of((*self.intervals, Interval(position, position)))

    def cleared(self, horizon: Position, down_to: Position | None) -> "Coverage":
        """The coverage with what a query has found empty: from the horizon down to just above a listing.

        Args:
            horizon: The newest position that the query surely has seen.
            down_to: The newest unseen match, or None when there is none at all.
        """
        low = FIRST if down_to is None else _above(down_to)
        return Coverage.of((*self.intervals, Interval(horizon, low))) if low <= horizon else self

    def without(self, position: Position) -> "Coverage":
        """The coverage without one position, whose listing is to be shown again."""
        opened: list[Interval] = []
        for high, low in self.intervals:
            if low <= position <= high:
                pieces = (Interval(high, _above(position)), Interval(_below(position), low))
                opened += [piece for piece in pieces if piece.low <= piece.high]
            else:
                opened.append(Interval(high, low))
        return Coverage.of(opened)

    def gaps(self, below: Position | None = None) -> list[Gap]:
        """The positions that are not covered, newest first; ``below`` leaves out everything at or above a position."""
        gaps: list[Gap] = []
        upper = below
        for high, low in self.intervals:
            if upper is None or high < _below(upper):
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
