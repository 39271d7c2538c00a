"""A tenant's way through the feed: what to show next, what an action changes, what undo changes. Pure rules.

What is asked of Firestore comes in as two functions, so that a test can drive tens of thousands of histories through
these rules without it. Why nothing is lost and nothing comes twice is told in shared/coverage.py.

``look`` only reads. What it has shown (everything newer than the candidate is clear) is a proof, good as long as the
progress is unchanged, and the action that follows writes it down. An action without a proof, because another process
has it, covers just its one listing; the gaps between such listings are closed by the next action that has a proof, or,
when they become too many for one query, by ``look`` asking to be written down.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.coverage import Coverage, Gap
from shared.models import Action
from shared.pages import Position
from shared.seen import Seen

MAX_GAPS = 6
"""Gaps in one query. Written out as an "or" of "and"s, each gap is up to three alternatives of five filters, and
Firestore takes 30 alternatives and 100 filters and sort orders in all (Firestore, "Query limitations")."""

MAX_PAGE = 256
WRITE_DOWN_AFTER = 32
"""Listings passed over in one look (own, or acted on under other preferences) that are worth a write."""

HISTORY = 50
"""Actions that can be taken back."""

MAX_PROFILES = 4
"""Preferences whose coverage is kept, so that going back to them, or to narrower ones, costs nothing."""


class Profile(NamedTuple):
    """What a tenant looks for; None is any. Prices in hundredths."""

    city: str | None = None
    deal_type: str | None = None
    property_type: str | None = None
    price_min: int | None = None
    price_max: int | None = None

    def within(self, other: "Profile") -> bool:
        """Whether all that matches this matches the other, too."""
        return (
            all(theirs in (None, ours) for ours, theirs in zip(self[:3], other[:3], strict=True))
            and (other.price_min or 0) <= (self.price_min or 0)
            and (other.price_max is None or (self.price_max is not None and self.price_max <= other.price_max))
        )


class Candidate(NamedTuple):
    """An active listing that matches the tenant's preferences."""

    position: Position
    own: bool
    profile: Profile
    """The narrowest that it matches: just its own values."""
    listing: Any = None
    """Its document, for whoever has asked for candidates."""

    @property
    def id(self) -> int:
        return self.position[1]


class Done(NamedTuple):
    """One action, as it must be known to be taken back."""

    nonce: str
    """Tells a repeated undo of this action from an undo of the one before."""
    listing_id: int
    previous: Action | None
    """The listing's current action before."""
    favorite: bool
    """Whether it added the favorite."""

    def pack(self) -> str:
        return f"{self.nonce}:{self.listing_id}:{self.previous or ''}:{int(self.favorite)}"

    @classmethod
    def unpack(cls, packed: str) -> "Done":
        nonce, listing_id, previous, favorite = packed.split(":")
        return cls(nonce, int(listing_id), Action(previous) if previous else None, favorite == "1")


class Proof(NamedTuple):
    """What a look has shown: from the horizon down to the last of ``upcoming`` nothing else is unseen and matching."""

    profile: Profile
    horizon: Position
    upcoming: tuple[Position, ...]


class Covered(NamedTuple):
    """A coverage, and the preferences that it holds for."""

    profile: Profile
    coverage: Coverage


@dataclass(frozen=True)
class Progress:
    """How far a tenant is: what is covered under which preferences, all ids acted on, the latest actions."""

    covered: tuple[Covered, ...] = ()
    """The preferences of the latest proof first, no two the same."""
    seen: Seen = field(default_factory=Seen)
    history: tuple[Done, ...] = ()

    def under(self, profile: Profile) -> Coverage:
        """The coverage under these preferences. What holds no unseen match of wider ones holds none of theirs."""
        wider = [each.coverage for each in self.covered if profile.within(each.profile)]
        return Coverage.of(interval for coverage in wider for interval in coverage.intervals)

    def surely_seen(self, candidate: Candidate) -> bool:
        """Whether it lies where nothing unseen is left of what it belongs to."""
        return any(
            candidate.profile.within(each.profile) and candidate.position in each.coverage for each in self.covered
        )

    def covering(self, profile: Profile, coverage: Coverage) -> "Progress":
        """The progress with this coverage for these preferences."""
        others = [each for each in self.covered if each.profile != profile]
        return replace(self, covered=(Covered(profile, coverage), *others)[:MAX_PROFILES])

    def acted(self, at: Position, done: Done, proof: Proof | None) -> tuple["Progress", Proof | None]:
        """The progress after an action on the listing at a position, and what is left of the proof."""
        after = self
        if proof and at in proof.upcoming:
            if at == proof.upcoming[0]:
                after = self.covering(proof.profile, self.under(proof.profile).cleared(proof.horizon, at))
            proof = proof._replace(upcoming=tuple(position for position in proof.upcoming if position != at))
        if after.covered:  # Others are not the poorer: where they are current again, this listing is passed over.
            current = after.covered[0]
            after = after.covering(current.profile, current.coverage.with_position(at))
        seen = self.seen if done.previous else self.seen.adding(done.listing_id)
        return replace(after, seen=seen, history=(*self.history, done)[-HISTORY:]), proof

    def undone(self, done: Done, at: Position | None) -> "Progress":
        """The progress without one action; a listing that is unseen by that is at a position, and shown again."""
        history = tuple(other for other in self.history if other != done)
        if at is None or done.previous:
            return replace(self, history=history)
        covered = tuple(each._replace(coverage=each.coverage.without(at)) for each in self.covered)
        return replace(self, history=history, covered=covered)


class Look(NamedTuple):
    """What a look at the feed has found."""

    found: list[Candidate]
    proof: Proof
    write_down: Progress | None
    """Set when this look was costly: storing it saves the next one the work."""


def look(
    progress: Progress,
    profile: Profile,
    horizon: Position,
    size: int,
    search: Callable[[Sequence[Gap], int], list[Candidate]],
    acted_on: Callable[[Iterable[int]], set[int]],
) -> Look:
    """The next listings, newest first; fewer than ``size`` only when no more are left.

    Args:
        progress: How far the tenant is.
        profile: Their current preferences.
        horizon: The newest position that the searches are sure to see whole.
        size: How many listings are wanted.
        search: The newest matches inside some gaps, newest first, at most so many.
        acted_on: Those of some ids that the tenant has a current action on.
    """
    coverage = progress.under(profile)
    found: list[Candidate] = []
    passed_over, page, gaps = 0, size, coverage.gaps()
    while gaps and len(found) < size:
        hits = search(gaps[:MAX_GAPS], page)
        others = [hit for hit in hits if not hit.own and not progress.surely_seen(hit)]
        acted = acted_on([hit.id for hit in others if progress.seen.perhaps(hit.id)])
        unseen = [hit for hit in others if hit.id not in acted]
        found += unseen
        passed_over += len(hits) - len(unseen)
        if len(hits) < page:
            gaps = gaps[MAX_GAPS:]
        else:
            gaps, page = coverage.gaps(under=hits[-1].position), min(page * 4, MAX_PAGE)
    del found[size:]
    cleared = coverage.cleared(horizon, found[0].position if found else None)
    fragmented = len(coverage.intervals) >= MAX_GAPS and len(cleared.intervals) <= len(coverage.intervals) // 2
    # Actions alone never make new preferences current when other processes hold the proofs, and would be passed over
    # one by one in every look from then on.
    current = bool(progress.covered) and progress.covered[0].profile == profile
    overdue = passed_over >= (WRITE_DOWN_AFTER if current else 1)
    worthwhile = cleared != coverage and (fragmented or overdue)
    after = progress.covering(profile, cleared) if worthwhile else None
    return Look(found, Proof(profile, horizon, tuple(hit.position for hit in found)), after)
