"""What bounds a tenant's document, with the limits that the product has."""

from datetime import UTC, datetime

from shared.enums import Action
from shared.feed.coverage import Coverage, Interval
from shared.feed.criteria import Criteria
from shared.feed.positions import micros
from shared.feed.progress import PastAction, Progress

NOW = micros(datetime(2026, 12, 1, tzinfo=UTC))


def test_fifty_actions_can_be_taken_back() -> None:
    progress = Progress()
    for number in range(1, 61):
        progress, _ = progress.acted((NOW, number), PastAction(f"{number}", number, None, favorite=False), None)
    assert [past.listing_id for past in progress.history] == list(range(11, 61))
    for number in range(60, 10, -1):
        progress = progress.undone(progress.history[-1], (NOW, number))
    assert not progress.history
    assert list(progress.reopened) == list(range(11, 61))
    again = PastAction("again", 11, Action.LIKE, favorite=False)
    progress, _ = progress.acted((NOW, 11), again, None)
    assert 11 not in progress.reopened


def test_four_criteria_keep_what_is_covered_for_them() -> None:
    progress, stretch = Progress(), Coverage.of([Interval((NOW, 9), (NOW, 1))])
    cities = [Criteria(f"city{number}") for number in range(6)]
    for city in cities:
        progress = progress.with_coverage(city, stretch)
    assert [each.criteria for each in progress.covered] == cities[:1:-1]
    assert [bool(progress.coverage_for(city).intervals) for city in cities] == [False] * 2 + [True] * 4


def test_the_256_newest_intervals_are_kept() -> None:
    apart = [Interval((NOW + 10 * number, 1), (NOW + 10 * number, 1)) for number in range(300)]
    kept = Coverage.of(apart)
    assert len(kept.intervals) == 256
    assert kept.intervals[0] == apart[-1]
    assert len(kept.pack()) == 256 * 32
    assert len(kept.with_position((NOW + 5, 1)).intervals) == 256
