"""Brings data of before to what the code of today expects.

Every like among the swipes is a document of its own, and preferences are a field of their user.

It can be repeated, and stopped at any time. Without PROJECT the running local system is meant.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from infra import target
from shared.data import likes, preferences, store, swipes, users
from shared.models.preferences import PreferenceWrite

PAGE = 300


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


def copy_preferences() -> int:
    """Copies each document of preferences to its user, if they have set none since; how many it has copied.

    The documents stay, for the release of before. They go with their users.
    """
    copied = 0
    for page in _pages(preferences.DOCUMENTS_OF_BEFORE):
        copied += sum(_copy(int(old.id), old.to_dict() or {}) for old in page)
        print(f"\r{copied:,} preferences copied", end="", flush=True)
    print()
    return copied


def _copy(user_id: int, old: dict[str, Any]) -> bool:
    def attempt(user_doc: users.Snapshot) -> bool:
        user = user_doc.to_dict()
        if user is None or user.get("preferences"):
            return False
        batch = store.Batch()
        kept = {name: old.get(name) for name in PreferenceWrite.model_fields}
        batch.update(user_doc.reference, {"preferences": kept}, seen=user_doc)
        batch.commit()
        return True

    return store.contend(store.get(users.ref(user_id)), attempt)


def main() -> None:
    """Migrates the database of PROJECT, or the local one."""
    target.choose()
    make_likes()
    copy_preferences()


if __name__ == "__main__":
    main()
