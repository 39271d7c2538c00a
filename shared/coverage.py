"""What a tenant has already been through in the feed, as a few intervals of positions. Pure rules.

Every listing has a position: the server timestamp of the last write that could make it match somebody anew, with its
id as tie-breaker (bulk imports share one timestamp). The feed runs from the newest position to the oldest.

The rule: *no listing inside the coverage is both unseen by the tenant and matching their current preferences.*
``next`` is then one query for the newest match outside, however much has been swiped. It holds because

* an interval is added only for positions that a query has just shown to hold no unseen match, or for one listing that
  is being acted on;
* a listing that begins to match gets a new position from the server, later than every query that ran before: reads
  are strongly consistent, and "any read with an equal or greater read time is guaranteed to see the effects of the
  commit" (Firestore, CommitResponse.commit_time). The timestamp that a write stores is the time at which the server
  processed it, which may precede the moment from which reads see it. So positions younger than the *horizon* (the
  query's read time less ``feed_settle_seconds``) are never covered as empty, only one acted-on listing at a time;
* other preferences mean another coverage, unless what they ask for is a part of what the earlier ones asked for
  (``Progress.under`` in shared/progress.py).

Coverage only saves work: whether a listing was acted on is decided by the tenant's swipe. Dropping an interval, as the
cap below does to bound the document, costs reads later and loses nothing.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.pages import Position

FIRST: Position = (0, 0)
MAX_INTERVALS = 256
"""8 KiB of the tenant's document, for each of the preferences remembered. Only listings that a tenant has passed over
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
        """Covers a listing that is acted on."""
        return Coverage.of((*self.intervals, Interval(position, position)))

    def cleared(self, horizon: Position, down_to: Position | None) -> "Coverage":
        """Covers what a query has shown to be empty: everything from the horizon down to above a listing.

        Args:
            horizon: The newest position that the query is sure to have seen.
            down_to: The newest unseen match, or None when there is none at all.
        """
        low = FIRST if down_to is None else _above(down_to)
        return Coverage.of((*self.intervals, Interval(horizon, low))) if low <= horizon else self

    def without(self, position: Position) -> "Coverage":
        """Opens one position again, for a listing whose action is taken back."""
        opened: list[Interval] = []
        for high, low in self.intervals:
            if low <= position <= high:
                pieces = (Interval(high, _above(position)), Interval(_below(position), low))
                opened += [piece for piece in pieces if piece.low <= piece.high]
            else:
                opened.append(Interval(high, low))
        return Coverage.of(opened)

    def gaps(self, under: Position | None = None) -> list[Gap]:
        """What is not covered, newest first; ``under`` leaves out everything at or above a position."""
        gaps: list[Gap] = []
        upper = under
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
