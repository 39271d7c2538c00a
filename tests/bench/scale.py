"""How many index entries a card walks, by how many of the listings a tenant's prices match.

``python -m tests.bench.scale``. These are the rules of the feed themselves, over listings that are only numbers; what
Firestore would walk is counted. README.md ("Scale") has the arithmetic.
"""

import random
import sys
from collections.abc import Sequence

from shared.feed.coverage import Gap
from shared.feed.criteria import Criteria
from shared.feed.positions import Position
from shared.feed.progress import Candidate, ClearedDownTo, PastAction, Progress, find_next

LISTINGS = 200_000
CARDS = 200
SHARES = (0.5, 0.1, 0.01, 0.001, 0.0)
"""Of the listings in the city: those within the tenant's prices."""
CRITERIA = Criteria("astana", None, None, 1, 2)
STEP = 60 * 24 * 3600 * 1_000_000 // LISTINGS
"""Microseconds between two listings: all of them came within sixty days."""
HORIZON: Position = ((LISTINGS + 1) * STEP, 0)


def walked(share: float) -> tuple[float, int]:
    """Index entries walked for each card, and by one more search afterwards, in another process."""
    dice = random.Random(1)
    matches = [dice.random() < share for _ in range(LISTINGS + 1)]
    entries = 0

    def search(gaps: Sequence[Gap], limit: int) -> tuple[list[Candidate], int]:
        nonlocal entries
        found: list[Candidate] = []
        for gap in gaps:
            newest = min((gap.upper[0] - 1) // STEP, LISTINGS) if gap.upper else LISTINGS
            oldest = gap.lower[0] // STEP + 1 if gap.lower else 1
            for number in range(newest, oldest - 1, -1):
                entries += 1
                if matches[number]:
                    found.append(Candidate((number * STEP, number), False, CRITERIA))
                    if len(found) == limit:
                        return found, len(gaps)
        return found, len(gaps)

    progress, cards = Progress(), 0
    known: ClearedDownTo | None = None
    while cards < CARDS:
        result = find_next(progress, CRITERIA, HORIZON, 1, search, lambda _: set(), known)
        progress = result.write_down or progress
        if not result.found:
            break
        past = PastAction(str(cards), result.found[0].id, None, favorite=False)
        progress, known = progress.acted(result.found[0].position, past, result.cleared)
        cards += 1
    each = entries / max(1, cards)
    entries = 0
    find_next(progress, CRITERIA, HORIZON, 1, search, lambda _: set())
    return each, entries


def main() -> int:
    print(f"{LISTINGS:,} listings, up to {CARDS} cards: share that matches, entries for each card, for the next look")
    for share in SHARES:
        each, after = walked(share)
        print(f"{share:7.3%}  {each:12,.1f}  {after:8,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
