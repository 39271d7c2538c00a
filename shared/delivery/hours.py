"""When somebody wants to hear of something, by the clock of their own time zone. Pure rules."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.models.notifications import QuietHours

DAILY_AT = time(9)


def quiet_until(now: datetime, quiet: QuietHours | None, timezone: str) -> datetime | None:
    """When the quiet hours that it is in are over; None if it is in none."""
    if quiet is None:
        return None
    local = now.astimezone(ZoneInfo(timezone))
    begin, end = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    clock = local.time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    return _next(now, end, timezone) if is_quiet else None


def next_daily(now: datetime, timezone: str) -> datetime:
    """When the next daily message is due."""
    return _next(now, DAILY_AT, timezone)


def _next(now: datetime, at: time, timezone: str) -> datetime:
    """The next moment at which a clock there shows this time."""
    local = now.astimezone(ZoneInfo(timezone))
    for days in (0, 1):
        # The wall clock's day first, then its moment: a day with a change of the clock has not 24 hours.
        moment = datetime.combine(local.date() + timedelta(days), at, ZoneInfo(timezone)).astimezone(now.tzinfo)
        if moment > now:
            return moment
    raise AssertionError("unreachable: tomorrow's is later")
