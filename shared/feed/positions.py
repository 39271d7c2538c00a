"""Positions: where a listing stands in the order of time. Pure rules.

shared/data/listings.py decides when a listing gets a new position (``_change``, ``follow_owner``)."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Position = tuple[int, int]
"""Microseconds since the epoch, then the id, because the listings of a bulk import share one timestamp."""


def micros(time: datetime) -> int:
    """Microseconds since the epoch, exactly (a float second loses some)."""
    return (time - EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """The time that is so many microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=microseconds)


def above(position: Position) -> Position:
    """The position next to this one, newer."""
    return position[0], position[1] + 1


def below(position: Position) -> Position:
    """The position next to this one, older."""
    return position[0], position[1] - 1
