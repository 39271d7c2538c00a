"""A tenant's way through the feed: what to show next, and what an action and an undo change. Pure rules.

Firestore comes in as two functions, so a test can drive tens of thousands of histories through these rules without it.
shared/feed/README.md says why nothing is lost and nothing is shown twice, and explains the words.

``find_next`` only reads. It also says which positions it has found to hold nothing unseen (``ClearedDownTo``). That is
true as long as the progress is unchanged, and the next action writes it down. Another process does not know it: an
action there covers just its one listing. The gaps between such listings are closed by the next action that knows more,
or by ``find_next``, which asks to be written down when the gaps become too many for one query.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.enums import Action
from shared.feed.coverage import Coverage, Gap
from shared.feed.criteria import Criteria
from shared.feed.positions import Position
from shared.feed.seen import Seen

MAX_GAPS = 6
"""Gaps in one query. Written out as an "or" of "and"s, each gap is up to three alternatives of five filters, and
Firestore takes 30 alternatives and 100 filters and sort orders in all (Firestore, "Query limitations")."""

MAX_PAGE = 256
WRITE_DOWN_AFTER = 32
"""So many listings passed over in one search (own ones, or acted on under other criteria) are worth a write."""

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

    def pack(self) -> str:
        return f"{self.nonce}:{self.listing_id}:{self.previous or ''}:{int(self.favorite)}"

    @classmethod
    def unpack(cls, packed: str) -> "PastAction":
        nonce, listing_id, previous, favorite = packed.split(":")
        return cls(nonce, int(listing_id), Action(previous) if previous else None, favorite == "1")


class ClearedDownTo(NamedTuple):
    """From the horizon down to the last of ``shown``, nothing but ``shown`` is unseen and matches the criteria."""

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
        return replace(self, covered=(Covered(criteria, coverage), *others)[:MAX_CRITERIA])

    def acted(
        self, at: Position, past: PastAction, cleared: ClearedDownTo | None
    ) -> tuple["Progress", ClearedDownTo | None]:
        """The progress after an action on the listing at a position, and what ``cleared`` still says after it."""
        after = self
        if cleared and at in cleared.shown:
            if at == cleared.shown[0]:
                after = self.with_coverage(
                    cleared.criteria, self.coverage_for(cleared.criteria).cleared(cleared.horizon, at)
                )
            cleared = cleared._replace(shown=tuple(position for position in cleared.shown if position != at))
        if after.covered:  # Other criteria lose nothing: when they are current again, this listing is passed over.
            current = after.covered[0]
            after = after.with_coverage(current.criteria, current.coverage.with_position(at))
        seen = self.seen if past.previous else self.seen.with_id(past.listing_id)
        return replace(after, seen=seen, history=(*self.history, past)[-HISTORY:]), cleared

    def undone(self, past: PastAction, at: Position | None) -> "Progress":
        """The progress without one action.

        Args:
            past: The action to take back.
            at: Where its listing stands, to be shown again if it has no action left. None: it does not exist any more.
        """
        history = tuple(other for other in self.history if other != past)
        if at is None or past.previous:
            return replace(self, history=history)
        covered = tuple(each._replace(coverage=each.coverage.without(at)) for each in self.covered)
        return replace(self, history=history, covered=covered)


class FoundNext(NamedTuple):
    """The next listings, and what the search for them has cleared."""

    found: list[Candidate]
    cleared: ClearedDownTo
    write_down: Progress | None
    """The progress to store when the search was costly, so that the next one is not. None: not worth a write."""


def find_next(
    progress: Progress,
    criteria: Criteria,
    horizon: Position,
    size: int,
    search: Callable[[Sequence[Gap], int], list[Candidate]],
    acted_on: Callable[[Iterable[int]], set[int]],
) -> FoundNext:
    """The next listings, newest first; fewer than ``size`` only when no more are left.

    Args:
        progress: How far the tenant is.
        criteria: What they look for now.
        horizon: The newest position that the searches are sure to see whole.
        size: How many listings to find.
        search: The newest matches inside some gaps, newest first, at most so many.
        acted_on: Those of some ids that the tenant has a current action on.
    """
    coverage = progress.coverage_for(criteria)
    found: list[Candidate] = []
    passed_over, page, gaps = 0, size, coverage.gaps()
    while gaps and len(found) < size:
        hits = search(gaps[:MAX_GAPS], page)
        others = [hit for hit in hits if not hit.own and not progress.is_covered(hit)]
        acted = acted_on([hit.id for hit in others if progress.seen.might_contain(hit.id)])
        unseen = [hit for hit in others if hit.id not in acted]
        found += unseen
        passed_over += len(hits) - len(unseen)
        if len(hits) < page:
            gaps = gaps[MAX_GAPS:]
        else:
            gaps, page = coverage.gaps(below=hits[-1].position), min(page * 4, MAX_PAGE)
    del found[size:]
    cleared = coverage.cleared(horizon, found[0].position if found else None)
    fragmented = len(coverage.intervals) >= MAX_GAPS and len(cleared.intervals) <= len(coverage.intervals) // 2
    # Where other processes hold what was cleared, actions alone never make new criteria the latest. Their listings
    # would then be passed over one by one in every search.
    current = bool(progress.covered) and progress.covered[0].criteria == criteria
    overdue = passed_over >= (WRITE_DOWN_AFTER if current else 1)
    worthwhile = cleared != coverage and (fragmented or overdue)
    after = progress.with_coverage(criteria, cleared) if worthwhile else None
    return FoundNext(found, ClearedDownTo(criteria, horizon, tuple(hit.position for hit in found)), after)
