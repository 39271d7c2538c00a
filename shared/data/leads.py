"""Leads: one document for each pair of tenant and listing, so that a repeated event cannot make two.

A lead's document also has the state of its conversation, which shared/data/messages.py keeps.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

from shared import clock
from shared.data import audit, likes, listings, messages, notifications, store, users
from shared.data.pages import Page, documents_page, walk
from shared.data.users import User
from shared.enums import AuditAction, LeadStatus, NotificationType, Role
from shared.errors import Forbidden, NotFound
from shared.models.leads import LeadDetails, LeadFilter, LeadRead, LeadWrite, ListedLead

COLLECTION: Final = "leads"
LIKES = 250
"""Likes that are deleted in one commit."""
EVENTS_END = timedelta(days=3)
"""Events come again for a day."""
Reference: TypeAlias = store.Reference[Literal["leads"]]
Snapshot: TypeAlias = store.Snapshot[Literal["leads"]]


def ref(tenant_id: int, listing_id: int) -> Reference:
    return store.document(COLLECTION, f"{tenant_id}_{listing_id}")


def document(tenant_id: int, listing_id: int, owner_id: int, status: LeadStatus) -> dict[str, Any]:
    return {
        "id": store.new_id(),
        "tenant_id": tenant_id,
        "listing_id": listing_id,
        "owner_id": owner_id,
        "status": status.value,
        "created_at": store.SERVER_TIMESTAMP,
    }


def get_or_create(lead_doc: Snapshot, tenant: User, owner_id: int, wanted: LeadWrite) -> LeadRead:
    """The lead of a tenant and a listing; it is made if there is none.

    A message is its first one: if the lead already has messages, it is not added again.

    Raises:
        Conflict: There is a message, and the lead is closed or its owner cannot read any more.
    """
    owner = User.of(store.get(users.ref(owner_id))[0]) if wanted.message else None

    def attempt(lead_doc: Snapshot) -> LeadRead:
        lead = lead_doc.to_dict()
        if lead is None:
            return _create(lead_doc.reference, tenant, owner_id, owner, wanted)
        if wanted.message and not lead.get("messages"):
            messages.send(lead_doc, tenant, owner, wanted.message, key=f"first:{wanted.message}")
        return LeadRead.model_validate(lead)

    return store.contend((lead_doc,), attempt)


def _create(reference: Reference, tenant: User, owner_id: int, owner: User | None, wanted: LeadWrite) -> LeadRead:
    lead = document(tenant.id, wanted.listing_id, owner_id, wanted.status)
    changes: dict[str, Any] = {}
    batch = store.Batch()
    if wanted.message:
        messages.check_open(lead, owner)
        message, changes = messages.new_message(lead, tenant.id, wanted.message, store.new_id())
        batch.create(messages.ref(lead["id"], message["id"]), message)
    batch.create(reference, lead | changes)
    _tell_owner(batch, lead)
    return LeadRead.model_validate(lead | {"created_at": store.server_time(batch.commit()[0])})


def ensure(tenant_id: int, listing_id: int, owner_id: int) -> bool:
    """Makes the lead of a like unless it is there, and tells its owner, without a read. True if it was made now."""
    lead = document(tenant_id, listing_id, owner_id, LeadStatus.NEW)
    batch = store.Batch()
    batch.create(ref(tenant_id, listing_id), lead)
    _tell_owner(batch, lead)
    try:
        batch.commit()
    except store.LOST_RACE:
        return False
    return True


def _tell_owner(batch: store.Batch, lead: dict[str, Any]) -> None:
    """Adds the notification of a new lead to the batch that makes it."""
    data = {"lead_id": lead["id"], "listing_id": lead["listing_id"]}
    notifications.add(batch, lead["owner_id"], NotificationType.LEAD_NEW, data, f"lead:{lead['id']}")


def list_by_tenant(tenant_id: int, chosen: LeadFilter) -> Page[ListedLead]:
    """The leads of a tenant, newest first."""
    return _page("tenant_id", tenant_id, chosen)


def list_by_owner(owner_id: int, chosen: LeadFilter) -> Page[ListedLead]:
    """The leads for an owner's listings, newest first."""
    return _page("owner_id", owner_id, chosen)


def _page(field: str, user_id: int, chosen: LeadFilter) -> Page[ListedLead]:
    query = store.collection(COLLECTION).where(filter=store.Filter(field, "==", user_id))
    if chosen.status is not None:
        query = query.where(filter=store.Filter("status", "==", chosen.status.value))
    documents, cursor = documents_page(query, chosen.cursor, chosen.limit)
    return Page(_with_included(documents, user_id, chosen.include), cursor)


def _with_included(documents: Sequence[dict[str, Any]], user_id: int, names: frozenset[str]) -> list[ListedLead]:
    """The leads as one of their sides sees them, with what is asked for besides; that is read in one round trip."""
    wanted: list[store.Reference] = [listings.ref(lead["listing_id"]) for lead in documents if "listing" in names]
    wanted += [users.ref(messages.other_side(lead, user_id)) for lead in documents if "contact" in names]
    references = {reference.path: reference for reference in wanted}
    found = dict(zip(references, store.get(*references.values()), strict=True)) if references else {}

    def included(lead: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if "listing" in names:
            listing = found[listings.ref(lead["listing_id"]).path].to_dict()
            given["listing"] = listing and listings.to_model(listing, names)
        if "contact" in names:
            other = User.of(found[users.ref(messages.other_side(lead, user_id)).path])
            given["contact"] = other and other.to_contact()
        if "conversation" in names:
            given["conversation"] = messages.conversation(lead, user_id)
        return given

    return [ListedLead.model_validate(lead | included(lead)) for lead in documents]


def find(lead_id: int) -> Snapshot | None:
    """The document of the lead with this id; nobody's rights are checked."""
    query = store.collection(COLLECTION).where(filter=store.Filter("id", "==", lead_id))
    return next(iter(store.run(query.limit(1))), None)


def get_visible(lead_id: int, user: User) -> Snapshot:
    """A lead for its tenant, its owner or an admin.

    Raises:
        NotFound: There is no such lead, or the user is neither of its sides and no admin.
    """
    lead_doc = find(lead_id)
    if lead_doc is not None and user.role is Role.ADMIN:
        return lead_doc
    return visible_to_side(lead_doc, user)


def other_side_ref(lead_doc: Snapshot | None, user_id: int) -> users.Reference:
    """The user on the other side of a lead, to be read along with the caller; nobody when there is no such lead."""
    lead = lead_doc.to_dict() if lead_doc else None
    return users.ref(messages.other_side(lead, user_id) if lead else 0)


def visible_to_side(lead_doc: Snapshot | None, user: User) -> Snapshot:
    """A lead for one of its two sides, its tenant or its owner.

    Raises:
        NotFound: There is no such lead, or the user is neither of its sides.
    """
    if lead_doc is None or user.id not in ((lead := lead_doc.to_dict() or {})["tenant_id"], lead["owner_id"]):
        raise NotFound("Lead not found")
    return lead_doc


def details(lead_doc: Snapshot, user: User, include: frozenset[str]) -> LeadDetails:
    """A lead with its listing (``include``: what that shall contain besides) and the other side's contacts.

    The contact is None when the other side has deleted their account.
    """
    lead = lead_doc.to_dict() or {}
    listing_doc, user_doc = store.get(listings.ref(lead["listing_id"]), users.ref(messages.other_side(lead, user.id)))
    other_side, listing = User.of(user_doc), listing_doc.to_dict()
    if listing is None:
        raise NotFound("Lead not found")
    contact = other_side and other_side.to_contact()
    return LeadDetails.model_validate(lead | {"listing": listings.to_model(listing, include), "contact": contact})


def set_status(lead_doc: Snapshot, user: User, status: LeadStatus) -> LeadRead:
    """Notes how far the owner is with a lead, and tells its tenant when that changes.

    Raises:
        NotFound: The lead has just been deleted.
        Forbidden: The user is its tenant.
    """
    if user.role is not Role.ADMIN and user.id != (lead_doc.to_dict() or {})["owner_id"]:
        raise Forbidden("Only the listing's owner or an admin may change a lead")
    told = f"status:{store.new_id()}"
    tries = itertools.count()

    def attempt(lead_doc: Snapshot) -> LeadRead:
        lead = lead_doc.to_dict()
        if lead is None:
            raise NotFound("Lead not found")
        repeats = next(tries) > 0
        # Another request may have changed the status since a try of our own whose acknowledgement was lost.
        if lead["status"] != status and not (repeats and _is_told(lead["tenant_id"], told)):
            data = {"lead_id": lead["id"], "listing_id": lead["listing_id"], "status": status.value}
            batch = store.Batch()
            batch.update(lead_doc.reference, {"status": status.value}, seen=lead_doc)
            notifications.add(batch, lead["tenant_id"], NotificationType.LEAD_STATUS, data, told)
            entry = _audited(batch, lead, user, status) if user.id != lead["owner_id"] else None
            batch.commit()
            audit.log(entry)
        return LeadRead.model_validate(lead | {"status": status.value})

    return store.contend((lead_doc,), attempt)


def _is_told(user_id: int, name: str) -> bool:
    """True if the user has the notification of this name."""
    return store.get(notifications.ref(user_id, notifications.id_of(name)))[0].exists


def pages_of(user_id: int) -> Iterator[list[Snapshot]]:
    """All leads in which a person is the tenant or the owner."""
    for field in ("tenant_id", "owner_id"):
        yield from walk(store.collection(COLLECTION).where(filter=store.Filter(field, "==", user_id)), size=100)


def forget_person(user_id: int) -> None:
    """Takes what a person has written out of their leads. A lead stays for its other side, if that is still there."""
    for page in pages_of(user_id):
        leads = [lead_doc.to_dict() or {} for lead_doc in page]
        others = store.get(*(users.ref(messages.other_side(lead, user_id)) for lead in leads))
        for lead_doc, lead, other_doc in zip(page, leads, others, strict=True):
            if lead.get("messages"):
                messages.forget_sender(lead_doc, user_id)
            if not other_doc.exists:
                _remove(lead_doc, lead)


def forget_likes(user_id: int) -> None:
    """Deletes a person's likes, and sees to it that no late event makes a lead of one.

    Where there is no lead, an empty document takes its place, which no list finds: so the trigger, which only creates,
    needs no look at the user. Firestore's TTL policy on ``expires_at`` removes it when no event can come any more.
    """
    while page := store.run(store.named_from(likes.COLLECTION, f"{user_id}_").limit(LIKES)):
        references = [ref(user_id, (like.to_dict() or {})["listing_id"]) for like in page]
        batch = store.Batch()
        for like, lead_doc in zip(page, store.get(*references), strict=True):
            batch.delete(like.reference)
            if not lead_doc.exists:
                batch.create(lead_doc.reference, {"expires_at": clock.now() + EVENTS_END})
        with suppress(*store.LOST_RACE):  # An event was just in time, or this is done twice at once: look again.
            batch.commit()


def _remove(lead_doc: Snapshot, lead: dict[str, Any]) -> None:
    """Deletes a lead of which both sides are gone, the messages first."""
    for page in messages.pages_of(lead["id"]):
        store.delete_all(page)
    store.delete_all([lead_doc])


def _audited(batch: store.Batch, lead: dict[str, Any], admin: User, status: LeadStatus) -> dict[str, Any]:
    """Adds the audit's entry of an admin's work on another's lead."""
    changed = {"status": lead["status"]}, {"status": status.value}
    ids = {"listing_id": lead["listing_id"], "lead_id": lead["id"]}
    return audit.add(batch, AuditAction.LEAD_STATUS, admin.id, lead["owner_id"], changed, **ids)
