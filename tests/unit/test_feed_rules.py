"""The feed's rules against a plain model: whatever happens, the feed shows the newest unseen match and nothing else.

The world here behaves worse than Firestore: a write carries its server timestamp at once but becomes visible later, by
up to the settling time, several processes serve one tenant, and all limits are so small that every bound is met often.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.enums import Action
from shared.feed import coverage, progress, seen
from shared.feed.coverage import Coverage, Gap
from shared.feed.criteria import Criteria
from shared.feed.positions import Position
from shared.feed.progress import Candidate, ClearedDownTo, OutOfTime, PastAction, Progress, find_next

SETTLE = 6
CRITERIA = [
    Criteria(),
    Criteria("A"),
    Criteria("B"),
    Criteria("B", "rent"),
    *(Criteria(price_min=low, price_max=high) for low, high in ((2, 4), (3, 3), (0, 3))),
    Criteria(rooms_min=1, rooms_max=2),
    Criteria("B", rooms_min=2),
    Criteria(with_photos=True),
]
KINDS = [
    ("A", "sale", 1, 0, False),
    ("A", "rent", 3, 1, True),
    ("B", "rent", 2, 0, True),
    ("B", "rent", 4, 2, False),
    ("B", "sale", 3, 2, True),
    ("B", "sale", 3, 3, True),
    ("B", "sale", 3, 3, False),
]
"""What listings are: city, deal type, price, rooms (0 is not told), with photos."""


@pytest.fixture(autouse=True, scope="module")
def small_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "MAX_GAPS", 2)
        patch.setattr(progress, "MAX_PAGE", 4)
        patch.setattr(progress, "WRITE_DOWN_AFTER", 3)
        patch.setattr(progress, "WRITE_DOWN_AFTER_MICROS", 20)
        patch.setattr(progress, "HISTORY", 4)
        patch.setattr(progress, "MAX_CRITERIA", 3)
        patch.setattr(coverage, "MAX_INTERVALS", 6)
        patch.setattr(seen, "FIRST_CAPACITY", 2)
        patch.setattr(seen, "HASHES", 2)
        patch.setattr(seen, "LARGEST_CAPACITY", 4)
        patch.setattr(seen, "MAX_BYTES", 20)
        yield


Kind = tuple[str, str, int, int, bool]


def matches(kind: Kind, wanted: Criteria) -> bool:
    city, deal_type, price, rooms, photos = kind
    return (
        wanted.city in (None, city)
        and wanted.deal_type in (None, deal_type)
        and (wanted.price_min is None or price >= wanted.price_min)
        and (wanted.price_max is None or price <= wanted.price_max)
        and (wanted.rooms_min is None or rooms >= wanted.rooms_min)
        and (wanted.rooms_max is None or rooms <= wanted.rooms_max)
        and (photos or not wanted.with_photos)
    )


@pytest.mark.parametrize("one", CRITERIA)
@pytest.mark.parametrize("other", CRITERIA)
def test_wider_preferences_are_those_that_more_matches(one: Criteria, other: Criteria) -> None:
    everything = itertools.product("ABC", ("sale", "rent"), range(6), range(5), (False, True))
    assert one.is_within(other) == all(matches(kind, other) for kind in everything if matches(kind, one))


@dataclass(frozen=True)
class Listing:
    id: int
    kind: int
    own: bool
    active: bool
    stamp: int

    @property
    def position(self) -> Position:
        return self.stamp, self.id

    @property
    def criteria(self) -> Criteria:
        city, deal_type, price, rooms, photos = KINDS[self.kind]
        return Criteria(city, deal_type, "flat", price, price, rooms, rooms, 0, 0, photos)


@dataclass
class World:
    """Listings as a reader sees them, writes not visible yet, one tenant, and the model of what they did."""

    now: int = 1000
    visible: dict[int, Listing] = field(default_factory=dict)
    pending: list[tuple[int, Listing]] = field(default_factory=list)
    criteria: Criteria = CRITERIA[0]
    progress: Progress = field(default_factory=Progress)
    version: int = 0
    clearings: dict[int, tuple[int, ClearedDownTo]] = field(default_factory=dict)
    actions: dict[int, Action] = field(default_factory=dict)
    history: list[tuple[int, Action | None]] = field(default_factory=list)
    ids: random.Random = field(default_factory=lambda: random.Random(7))
    nonce: int = 0
    searches: int | None = None
    """How many searches are left to the current request. None: any number."""

    def tick(self, by: int) -> None:
        self.now += by
        due = [listing for time, listing in self.pending if time <= self.now]
        self.pending = [(time, listing) for time, listing in self.pending if time > self.now]
        self.visible |= {listing.id: listing for listing in due}

    def write(self, listing: Listing, delay: int) -> None:
        self.pending.append((self.now + delay % (SETTLE + 1), listing))
        self.tick(0)

    def add(self, count: int, kind: int, delay: int, own: bool) -> None:
        for _ in range(count):  # One commit: all share a timestamp.
            self.write(Listing(self.ids.randrange(1, 10**6), kind % len(KINDS), own, True, self.now), delay)

    def edit(self, choice: int, kind: int, active: bool, delay: int) -> None:
        settled = sorted(self.visible.keys() - {listing.id for _, listing in self.pending})
        if not settled:
            return
        old = self.visible[settled[choice % len(settled)]]
        anew = active and (not old.active or old.kind != kind % len(KINDS))
        stamp = self.now if anew else old.stamp
        self.write(replace(old, kind=kind % len(KINDS), active=active, stamp=stamp), delay)

    def expected(self) -> list[Position]:
        wanted = (
            listing
            for listing in self.visible.values()
            if listing.active and not listing.own and matches(KINDS[listing.kind], self.criteria)
        )
        return sorted((listing.position for listing in wanted if listing.id not in self.actions), reverse=True)

    def search(self, gaps: Sequence[Gap], limit: int) -> tuple[list[Candidate], int]:
        if self.searches is not None:
            if not self.searches:
                raise OutOfTime
            self.searches -= 1
        searched = min(len(gaps), progress.MAX_GAPS)
        hits = [
            Candidate(listing.position, listing.own, listing.criteria)
            for listing in self.visible.values()
            if listing.active
            and matches(KINDS[listing.kind], self.criteria)
            and any(
                (gap.upper is None or listing.position < gap.upper)
                and (gap.lower is None or listing.position > gap.lower)
                for gap in gaps[:searched]
            )
        ]
        return sorted(hits, reverse=True)[:limit], searched

    def next(self, process: int, size: int, searches: int | None = None) -> list[Position]:
        """What is shown; with few searches allowed, after so many requests as it takes."""
        for _ in range(10):
            seen_at, self.searches = self.now, searches
            version, known = self.clearings.get(process, (None, None))
            result = find_next(
                self.progress,
                self.criteria,
                (seen_at - SETTLE, 0),
                size,
                self.search,
                lambda ids: {key for key in ids if key in self.actions},
                known if version == self.version else None,
            )
            if result.write_down:
                self.progress, self.version = result.write_down, self.version + 1
            if result.cleared:
                break
        assert result.cleared, "ten requests have not led to the end"
        self.clearings[process] = self.version, result.cleared
        shown = [hit.position for hit in result.found]
        expected = self.expected()[:size]
        assert shown == (expected if searches is None else expected[: len(shown)])
        assert shown or not expected
        return shown

    def act(self, process: int, position: Position, action: Action) -> None:
        listing_id = position[1]
        previous = self.actions.get(listing_id)
        if previous is action:
            return
        self.nonce += 1
        version, cleared = self.clearings.get(process, (None, None))
        done = PastAction(str(self.nonce), listing_id, previous, False)
        self.progress, rest = self.progress.acted(position, done, cleared if version == self.version else None)
        self.version += 1
        if version == self.version - 1 and rest:
            self.clearings[process] = self.version, rest
        self.actions[listing_id] = action
        self.history = [*self.history, (listing_id, previous)][-progress.HISTORY :]

    def undo(self) -> None:
        if not self.progress.history:
            assert not self.history
            return
        done = self.progress.history[-1]
        listing_id, previous = self.history.pop()
        assert (done.listing_id, done.previous) == (listing_id, previous)
        self.progress = self.progress.undone(done, self.visible[listing_id].position)
        self.version += 1
        if previous:
            self.actions[listing_id] = previous
        else:
            del self.actions[listing_id]

    def play(self, step: tuple[int, int, int, int]) -> None:
        what, x, y, z = step
        match what % 12:
            case 0 | 1:
                self.add(1 + x % 2, y, z, own=False)
            case 2:
                self.add(x % 7, y, z, own=y % 4 == 0)
            case 3:
                self.edit(x, y, True, z)
            case 4:
                self.edit(x, y, y % 2 == 0, z)
            case 5:
                self.criteria = CRITERIA[x % len(CRITERIA)]
            case 6 | 7 | 8:
                if shown := self.next(x % 2, 1 + y % 3, 8 if z % 5 == 0 else None):
                    self.act((x + z % 2) % 2, shown[z % len(shown)], list(Action)[y % 3])
            case 9:
                if active := sorted(each.position for each in self.visible.values() if each.active and not each.own):
                    self.act(x % 2, active[y % len(active)], list(Action)[z % 3])
            case 10:
                self.undo()
            case 11:
                self.tick(x % 9)
        self.tick(z % 2)

    def drain(self) -> None:
        """Swipes to the end: every unseen match comes, once, newest first."""
        self.tick(SETTLE)
        wanted = self.expected()
        shown: list[Position] = []
        while True:
            deck = self.next(0, 1)
            if not deck:
                break
            shown += deck
            self.act(0, deck[0], Action.DISLIKE)
            self.tick(1)
        assert shown == wanted
        assert not [key for key in self.progress.reopened if key in self.actions]
        for past in self.progress.history:
            assert PastAction.unpack(past.pack()) == past
        assert len({each.criteria for each in self.progress.covered}) == len(self.progress.covered) <= 3
        for each in self.progress.covered:
            assert Coverage.unpack(each.coverage.pack()) == each.coverage


STEP = st.tuples(st.integers(0, 11), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))


@settings(max_examples=500, deadline=None)
@given(st.lists(STEP, max_size=60))
@example([])
def test_the_feed_shows_the_newest_unseen_match_after_any_history(steps: list[tuple[int, int, int, int]]) -> None:
    world = World()
    for step in steps:
        world.play(step)
    world.drain()


def play_long_histories(count: int, seed: int) -> None:
    """Plays so many random histories, each to its end."""
    dice = random.Random(seed)
    for _ in range(count):
        world = World()
        for _ in range(dice.randrange(5, 45)):
            world.play((dice.randrange(12), dice.randrange(100), dice.randrange(100), dice.randrange(100)))
        world.drain()


def test_the_feed_shows_the_newest_unseen_match_in_long_histories() -> None:
    play_long_histories(2_000, seed=20261123)
