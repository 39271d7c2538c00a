"""A tenant's way through the feed: what to show next, and what an action and an undo change. Pure rules.

Firestore comes in as two functions, so a test can drive tens of thousands of histories through these rules without it.
shared/feed/README.md says why nothing is lost and nothing is shown twice, and explains the words.

``find_next`` only reads. It also says which positions it has found to hold nothing unseen (``ClearedDownTo``). That is
true as long as the progress is unchanged, and the next action writes it down. Another process does not know it: an
action there covers just its one listing. The gaps between such listings are closed by the next action that knows more,
or by ``find_next``, which asks to be written down when it would save the next search much work.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.enums import Action
from shared.feed.coverage import Coverage, Gap, Interval
from shared.feed.criteria import Criteria
from shared.feed.positions import Position, below
from shared.feed.seen import Seen

MAX_GAPS = 6
"""More gaps than this are worth closing by a write. A query takes about as many (``list_newest_in`` of listings)."""

MAX_PAGE = 512
WRITE_DOWN_AFTER = 32
"""So many listings passed over in one search (own ones, or acted on under other criteria) are worth a write."""

WRITE_DOWN_AFTER_MICROS = 3_600_000_000
"""Where prices are bounded, a search walks past all listings of a gap that do not match. An hour of new ones at most is
walked again and again; then what was found empty is worth a write."""

HISTORY = 50
"""Actions that can be taken back."""

MAX_CRITERIA = 4
"""So many criteria keep their coverage: to go back to them, or to narrower ones, costs nothing."""


class Candidate(NamedTuple):
    """An active listing that matches the tenant's criteria."""

    position: Position
    own: bool
    criteria: Criteria
    """The narrowest criteria that it matches: exactly its own values."""
    listing: Any = None
    """Its document."""

    @property
    def id(self) -> int:
        return self.position[1]


class PastAction(NamedTuple):
    """One action of the history, with what is needed to take it back."""

    nonce: str
    """Tells two actions on the same listing apart."""
    listing_id: int
    previous: Action | None
    """The action that was current on this listing before. None: there was none."""
    favorite: bool
    """True if this action added the favorite."""
    covered_from: Position | None = None
    """The action has covered the positions from here down to its listing, for the latest criteria. None: its own."""

    def pack(self) -> str:
        packed = f"{self.nonce}:{self.listing_id}:{self.previous or ''}:{int(self.favorite)}"
        return packed if self.covered_from is None else packed + ":{}:{}".format(*self.covered_from)

    @classmethod
    def unpack(cls, packed: str) -> "PastAction":
        nonce, listing_id, previous, favorite, *high = packed.split(":")
        covered_from = (int(high[0]), int(high[1])) if high else None
        return cls(nonce, int(listing_id), Action(previous) if previous else None, favorite == "1", covered_from)


class OutOfTime(Exception):
    """The request has no time left for another search."""


class ClearedDownTo(NamedTuple):
    """From the horizon down to the last of ``shown``, nothing but ``shown`` is unseen and matches the criteria.

    If ``shown`` is empty, nothing at all below the horizon is unseen and matches.
    """

    criteria: Criteria
    horizon: Position
    shown: tuple[Position, ...]


class Covered(NamedTuple):
    """A coverage, and the criteria that it holds for."""

    criteria: Criteria
    coverage: Coverage


@dataclass(frozen=True)
class Progress:
    """How far a tenant is: what is covered for which criteria, all ids acted on, and the latest actions."""

    covered: tuple[Covered, ...] = ()
    """The latest criteria first, no two the same."""
    seen: Seen = field(default_factory=Seen)
    history: tuple[PastAction, ...] = ()
    reopened: tuple[int, ...] = ()
    """Listings whose only action was taken back: they are among ``seen`` and were not acted on. The latest first."""
    taken_back: tuple[str, ...] = ()
    """The nonces of the actions that were taken back, the latest first."""

    def remembers(self, nonce: str) -> bool:
        """True if this action was done, even if it has been taken back since."""
        return nonce in self.taken_back or any(past.nonce == nonce for past in self.history)

    def might_have_seen(self, listing_id: int) -> bool:
        """False: the tenant has no current action on the listing. True: they have, or, rarely, they have not."""
        return self.seen.might_contain(listing_id) and listing_id not in self.reopened

    def coverage_for(self, criteria: Criteria) -> Coverage:
        """The coverage for these criteria.

        If wider criteria have no unseen match in an interval, narrower ones have none either.
        """
        wider = [each.coverage for each in self.covered if criteria.is_within(each.criteria)]
        return Coverage.of(interval for coverage in wider for interval in coverage.intervals)

    def is_covered(self, candidate: Candidate) -> bool:
        """True if a covered interval for criteria that this listing matches contains it."""
        return any(
            candidate.criteria.is_within(each.criteria) and candidate.position in each.coverage for each in self.covered
        )

    def with_coverage(self, criteria: Criteria, coverage: Coverage) -> "Progress":
        """The progress with this coverage for these criteria, which become the latest."""
        others = [each for each in self.covered if each.criteria != criteria]
        history = self.history
        if self.covered and self.covered[0].criteria != criteria:
            history = tuple(past._replace(covered_from=None) for past in history)
        return replace(self, covered=(Covered(criteria, coverage), *others)[:MAX_CRITERIA], history=history)

    def acted(
        self, at: Position, past: PastAction, cleared: ClearedDownTo | None
    ) -> tuple["Progress", ClearedDownTo | None]:
        """The progress after an action on the listing at a position, and what ``cleared`` still says after it."""
        after = self
        if cleared and at in cleared.shown:
            rank = cleared.shown.index(at)
            above = cleared.shown[rank - 1] if rank else None
            before = self.coverage_for(cleared.criteria)
            after = self.with_coverage(cleared.criteria, before.cleared(cleared.horizon, at, above))
            left = tuple(position for position in cleared.shown if position != at)
            cleared = cleared._replace(shown=left) if left else None
        if after.covered:  # Other criteria lose nothing: when they are current again, this listing is passed over.
            current = after.covered[0]
            before = self.coverage_for(current.criteria)
            after = after.with_coverage(current.criteria, current.coverage.with_position(at))
            past = past._replace(covered_from=_covered_from(before, after.covered[0].coverage, at))
        known = past.previous or past.listing_id in self.reopened
        seen = self.seen if known else self.seen.with_id(past.listing_id)
        reopened = tuple(key for key in self.reopened if key != past.listing_id)
        return replace(after, seen=seen, history=(*after.history, past)[-HISTORY:], reopened=reopened), cleared

    def undone(self, past: PastAction, at: Position | None) -> "Progress":
        """The progress without one action.

        What the action has covered is opened again whole. Otherwise a gap would stay for each action taken back, and
        a search for many cards would need many queries.

        Args:
            past: The action to take back.
            at: Where its listing stands, to be shown again if it has no action left. None: it does not exist any more.
        """
        history = tuple(other for other in self.history if other != past)
        after = replace(self, history=history, taken_back=(past.nonce, *self.taken_back)[:HISTORY])
        if at is None or past.previous:
            return after
        # A listing that has moved since stands above all that the action has covered.
        stretches = [Interval(max(past.covered_from or at, at), at), *[Interval(at, at)] * MAX_CRITERIA]
        covered = tuple(
            each._replace(coverage=each.coverage.without(stretch))
            for each, stretch in zip(self.covered, stretches, strict=False)
        )
        reopened = (past.listing_id, *(key for key in self.reopened if key != past.listing_id))[:HISTORY]
        return replace(after, covered=covered, reopened=reopened)


def _covered_from(before: Coverage, after: Coverage, at: Position) -> Position | None:
    """The newest of the positions down to one listing that are covered after an action, and were not before."""
    if at in before:
        return None
    upper = before.gap_around(at).upper
    (high,) = [high for high, low in after.intervals if low <= at <= high] or [at]
    newest = high if upper is None else min(high, below(upper))
    return None if newest == at else newest


class FoundNext(NamedTuple):
    """The next listings, and what the search for them has cleared."""

    found: list[Candidate]
    cleared: ClearedDownTo | None
    """None: the search came to no listing before its time was up."""
    write_down: Progress | None
    """The progress to store when the search was costly, so that the next one is not. None: not worth a write."""


def find_next(
    progress: Progress,
    criteria: Criteria,
    horizon: Position,
    size: int,
    search: Callable[[Sequence[Gap], int], tuple[list[Candidate], int]],
    acted_on: Callable[[Iterable[int]], set[int]],
    known: ClearedDownTo | None = None,
) -> FoundNext:
    """The next listings, newest first; fewer than ``size`` only when no more are left, or the time is up.

    Args:
        progress: How far the tenant is.
        criteria: What they look for now.
        horizon: The newest position that the searches are sure to see whole.
        size: How many listings to find.
        search: The newest matches inside the first few of some gaps, newest first, at most so many; and how many of
            the gaps it has searched. May raise OutOfTime.
        acted_on: Those of some ids that the tenant has a current action on. May raise OutOfTime.
        known: What an earlier search has cleared, if the progress is still the same.
    """
    stored = progress.coverage_for(criteria)
    coverage = stored
    if known and known.criteria == criteria:
        coverage = stored.cleared(known.horizon, known.shown[0] if known.shown else None)
    found: list[Candidate] = []
    passed_over, page, gaps = 0, size, coverage.gaps()
    in_time = True
    try:
        while gaps and len(found) < size:
            hits, searched = search(gaps, page)
            others = [hit for hit in hits if not hit.own and not progress.is_covered(hit)]
            acted = acted_on([hit.id for hit in others if progress.might_have_seen(hit.id)])
            unseen = [hit for hit in others if hit.id not in acted]
            found += unseen
            passed_over += len(hits) - len(unseen)
            if len(hits) < page:
                gaps = gaps[searched:]
            else:
                gaps, page = coverage.gaps(start=hits[-1].position), min(page * 4, MAX_PAGE)
    except OutOfTime:
        in_time = False
    del found[size:]
    if found or in_time:
        cleared = coverage.cleared(horizon, found[0].position if found else None)
        clearing = ClearedDownTo(criteria, horizon, tuple(hit.position for hit in found))
    else:
        reached = gaps[0].upper
        cleared = coverage.cleared(horizon, reached).with_position(reached) if reached else coverage
        return FoundNext([], None, progress.with_coverage(criteria, cleared) if cleared != stored else None)
    fragmented = len(stored.intervals) >= MAX_GAPS and len(cleared.intervals) <= len(stored.intervals) // 2
    # Where other processes hold what was cleared, actions alone never make new criteria the latest. Their listings
    # would then be passed over one by one in every search.
    current = bool(progress.covered) and progress.covered[0].criteria == criteria
    overdue = passed_over >= (WRITE_DOWN_AFTER if current else 1)
    walked = stored.open_time(horizon, found[0].position if found else None) if criteria.has_bounds else 0
    worthwhile = cleared != stored and (fragmented or overdue or walked > WRITE_DOWN_AFTER_MICROS)
    return FoundNext(found, clearing, progress.with_coverage(criteria, cleared) if worthwhile else None)
