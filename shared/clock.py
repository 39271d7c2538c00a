"""The clock of this process. One place, so that tests can let time pass."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
