"""The audit: what admins and operators have changed of others, one document for each change.

Each is written in the same atomic commit as the change that it tells of, so there is none without the other. The log
has a line of each change as well: who, whom and what, but no values.
"""

from collections.abc import Iterator
from typing import Any, Final

from shared import logs
from shared.data import store
from shared.data.pages import Page, paginate, walk
from shared.enums import AuditAction
from shared.models.admin import AuditFilter, AuditRead

COLLECTION: Final = "audit"
Values = dict[str, Any]


def add(
    batch: store.Batch,
    action: AuditAction,
    admin_id: int | None,
    user_id: int,
    changed: tuple[Values, Values],
    listing_id: int | None = None,
    lead_id: int | None = None,
) -> Values:
    """Adds the entry of a change to the batch that makes it.

    Args:
        batch: Has the change itself, too.
        action: What is done.
        admin_id: Who does it. None: an operator, by a command.
        user_id: Whose account, listing or lead it is.
        changed: The fields that change, as they were and as they are then. Never a secret.
        listing_id: The listing that it is about, if it is about one.
        lead_id: The lead likewise.

    Returns:
        The entry, for ``log`` when the batch is committed.
    """
    before, after = changed
    entry: Values = {
        "id": store.new_id(),
        "action": action.value,
        "admin_id": admin_id,
        "user_id": user_id,
        "listing_id": listing_id,
        "lead_id": lead_id,
        "before": before,
        "after": after,
    }
    batch.create(store.document(COLLECTION, entry["id"]), entry | {"created_at": store.SERVER_TIMESTAMP})
    return entry


def log(entry: Values | None) -> None:
    """Writes the line of a change that is done; nothing where there was none to audit."""
    if entry is not None:
        ids = {name: entry[name] for name in ("admin_id", "user_id", "listing_id", "lead_id")}
        fields = sorted({*entry["before"], *entry["after"]})
        logs.write("NOTICE", f"Audit: {entry['action']}", audit=entry["id"], fields=fields, **ids)


def changes(before: Values, after: Values) -> tuple[Values, Values]:
    """What two versions differ in: the fields as they were, and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def list_all(chosen: AuditFilter) -> Page[AuditRead]:
    """All entries, newest first."""
    query = store.collection(COLLECTION)
    if chosen.admin_id is not None:
        query = query.where(filter=store.Filter("admin_id", "==", chosen.admin_id))
    if chosen.user_id is not None:
        query = query.where(filter=store.Filter("user_id", "==", chosen.user_id))
    return paginate(query, chosen, AuditRead.model_validate)


def pages_of(user_id: int) -> Iterator[list[store.Snapshot]]:
    """All entries about what is a person's, newest first."""
    return walk(store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user_id)))


def forget_person(user_id: int) -> None:
    """Takes the values out of the entries about what was a person's. That somebody did something, and when, stays."""
    for page in pages_of(user_id):
        batch = store.Batch()
        for entry_doc in page:
            entry = entry_doc.to_dict() or {}
            if entry["before"] or entry["after"]:
                batch.update(entry_doc.reference, {"before": {}, "after": {}})
        if batch:
            batch.commit()
