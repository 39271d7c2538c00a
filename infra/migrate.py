"""Brings data of before to what the code of today expects.

Every like among the swipes is a document of its own, and preferences are a field of their user.

It can be repeated, and stopped at any time. Without PROJECT the running local system is meant.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from infra import target
from shared.data import likes, store, swipes, users

PAGE = 300
OF_PREFERENCES = ("city", "deal_type", "property_type", "price_min", "price_max", "filters")


def _pages(collection: str) -> Iterator[Sequence[Any]]:
    """All documents of a collection, page by page in the order of their names."""
    last = None
    while True:
        query = store.client().collection(collection).order_by("__name__").limit(PAGE)
        page = list((query.start_after(last) if last else query).stream())
        yield page
        if len(page) < PAGE:
            return
        last = page[-1]


def make_likes() -> int:
    """Makes the missing likes; how many."""
    made = 0
    for page in _pages(swipes.COLLECTION):
        made += likes.create_missing(snapshot.to_dict() or {} for snapshot in page)
        print(f"\r{made:,} likes made", end="", flush=True)
    print()
    return made


def move_preferences() -> int:
    """Moves each document of preferences to its user, unless they have set others since; how many there were."""
    moved = 0
    for page in _pages("preferences"):
        for old in page:
            _move(int(old.id), old.to_dict() or {})
        moved += len(page)
        print(f"\r{moved:,} preferences moved", end="", flush=True)
    print()
    return moved


def _move(user_id: int, old: dict[str, Any]) -> None:
    def attempt(user_doc: users.Snapshot) -> None:
        batch = store.Batch()
        user = user_doc.to_dict()
        if user and not user.get("preferences"):
            kept = {name: old.get(name) for name in OF_PREFERENCES}
            batch.update(user_doc.reference, {"preferences": kept}, seen=user_doc)
        batch.delete(store.document("preferences", user_id))
        batch.commit()

    store.contend(store.get(users.ref(user_id)), attempt)


def main() -> None:
    """Migrates the database of PROJECT, or the local one."""
    target.choose()
    make_likes()
    move_preferences()


if __name__ == "__main__":
    main()
