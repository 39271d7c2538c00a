"""Notifications: what a person is told, one document for each, named after the person and what it tells of.

They are an outbox: each is made in the same atomic write as what it tells of, or by a trigger under a name that the
repeated event makes again, so it is made exactly once. ``open`` says that channels may still have to be told of it;
shared/data/outbox.py does that. What no channel takes is still in the person's list.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from shared import clock
from shared.data import store
from shared.data.pages import Page, paginate
from shared.enums import NotificationType
from shared.models.notifications import NotificationFilter, NotificationRead

COLLECTION: Final = "notifications"
Reference: TypeAlias = store.Reference[Literal["notifications"]]
Snapshot: TypeAlias = store.Snapshot[Literal["notifications"]]
KEPT = timedelta(days=90)
PER_COMMIT = 500
OF_LISTINGS: Final = (NotificationType.LISTING_MATCH, NotificationType.PRICE_DROP)
"""What tells of a listing, and repeats what it says."""


class Stream(StrEnum):
    """When channels are told: at once, or once a day."""

    INSTANT = "instant"
    DAILY = "daily"


def ref(user_id: int, notification_id: int) -> Reference:
    return store.document(COLLECTION, f"{user_id}_{notification_id}")


def add(
    batch: store.Batch,
    user_id: int,
    kind: NotificationType,
    data: dict[str, Any],
    name: str,
    stream: Stream = Stream.INSTANT,
) -> None:
    """Adds the creation of a notification to a batch; it fails as a whole if there is one of this name.

    Args:
        batch: Has the write of what the notification tells of, too.
        user_id: Who is told.
        kind: What it tells.
        data: What a client needs to show it. Nothing personal of anybody else.
        name: Names what it tells of, so that the same is not told twice.
        stream: When channels are told.
    """
    key = id_of(name)
    batch.create(
        ref(user_id, key),
        {
            "id": key,
            "user_id": user_id,
            "type": kind.value,
            "data": data,
            "created_at": store.SERVER_TIMESTAMP,
            "unread": True,
            "read_at": None,
            "open": stream.value,
            "told": [],
            # Firestore's TTL policy removes it some time after that; nothing relies on it.
            "expires_at": clock.now() + KEPT,
        },
    )


def id_of(name: str) -> int:
    """The id of the notification that tells of what has this name."""
    return store.id_of(f"notification:{name}")


def list_by_user(user_id: int, chosen: NotificationFilter) -> Page[NotificationRead]:
    """A person's notifications, newest first."""
    query = store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user_id))
    if chosen.unread:
        query = query.where(filter=store.Filter("unread", "==", True))
    return paginate(query, chosen, NotificationRead.model_validate)


def mark_read(user_id: int, ids: list[int]) -> None:
    """Marks those of the notifications that are the person's as read. Repeating it is harmless."""
    if ids:
        _mark_read(store.get(*(ref(user_id, key) for key in dict.fromkeys(ids))))


def mark_all_read(user_id: int) -> None:
    """Marks all of a person's notifications as read. If time runs out, a repetition goes on."""
    query = store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user_id))
    query = query.where(filter=store.Filter("unread", "==", True))
    query = query.order_by("created_at", direction="DESCENDING").order_by("id", direction="DESCENDING")
    while unread := store.run(query.limit(PER_COMMIT)):
        _mark_read(unread)
        if len(unread) < PER_COMMIT:
            break


def _mark_read(notification_docs: Sequence[Snapshot]) -> None:
    while unread := [each.reference for each in notification_docs if (each.to_dict() or {}).get("unread")]:
        batch = store.Batch()
        for reference in unread:
            batch.update(reference, {"unread": False, "read_at": store.SERVER_TIMESTAMP})
        try:
            batch.commit()
        except store.LOST_RACE:  # Some are gone by now, which is as good as read: the others are marked.
            notification_docs = store.get(*unread)
        else:
            return


def forget_listing(listing_id: int) -> None:
    """Deletes everybody's notifications that repeat what a listing said."""
    query = store.collection(COLLECTION).where(filter=store.Filter("data.listing_id", "==", listing_id))
    query = query.where(filter=store.Filter("type", "in", list(OF_LISTINGS)))
    while told := store.run(query.select().limit(PER_COMMIT)):
        store.delete_all(told)
