"""Brings data of before to what the code of today expects: every like among the swipes is a document of its own.

It can be repeated, and stopped at any time. Without PROJECT the running local system is meant.
"""

from infra import target
from shared.data import likes, store, swipes

PAGE = 300


def migrate() -> int:
    """Makes the missing likes, page by page in the order of the swipes' names; how many."""
    made, last = 0, None
    while True:
        query = store.client().collection(swipes.COLLECTION).order_by("__name__").limit(PAGE)
        snapshots = list((query.start_after(last) if last else query).stream())
        made += likes.create_missing(snapshot.to_dict() or {} for snapshot in snapshots)
        print(f"\r{made:,} likes made", end="", flush=True)
        if len(snapshots) < PAGE:
            print()
            return made
        last = snapshots[-1]


def main() -> None:
    """Migrates the database of PROJECT, or the local one."""
    target.choose()
    migrate()


if __name__ == "__main__":
    main()
