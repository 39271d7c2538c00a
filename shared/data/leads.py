"""Leads: one document for each pair of tenant and listing, so that a repeated event cannot make two."""

from typing import Any

from shared.data import listings, store, users
from shared.data.pages import Page, paginate
from shared.data.users import User
from shared.enums import LeadStatus, Role
from shared.errors import Forbidden, NotFound
from shared.models.leads import LeadDetails, LeadFilter, LeadRead

COLLECTION = "leads"


def ref(tenant_id: int, listing_id: int) -> store.Reference:
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


def get_or_create(
    lead_doc: store.Snapshot, tenant_id: int, listing_id: int, owner_id: int, status: LeadStatus = LeadStatus.NEW
) -> LeadRead:
    """The lead of a tenant and a listing; it is made if there is none."""
    new = document(tenant_id, listing_id, owner_id, status)
    return LeadRead.model_validate(store.get_or_create(lead_doc, new))


def ensure(tenant_id: int, listing_id: int, owner_id: int) -> bool:
    """Makes the lead of a like unless it is there, by one write and no read. True if it was made now."""
    batch = store.Batch()
    batch.create(ref(tenant_id, listing_id), document(tenant_id, listing_id, owner_id, LeadStatus.NEW))
    try:
        batch.commit()
    except store.LOST_RACE:
        return False
    return True


def list_by_tenant(tenant_id: int, chosen: LeadFilter) -> Page[LeadRead]:
    """The leads of a tenant, newest first."""
    return _page("tenant_id", tenant_id, chosen)


def list_by_owner(owner_id: int, chosen: LeadFilter) -> Page[LeadRead]:
    """The leads for an owner's listings, newest first."""
    return _page("owner_id", owner_id, chosen)


def _page(field: str, user_id: int, chosen: LeadFilter) -> Page[LeadRead]:
    query = store.collection(COLLECTION).where(filter=store.Filter(field, "==", user_id))
    if chosen.status is not None:
        query = query.where(filter=store.Filter("status", "==", chosen.status.value))
    return paginate(query, chosen, LeadRead.model_validate)


def get_visible(lead_id: int, user: User) -> store.Snapshot:
    """A lead for its tenant, its owner or an admin.

    Raises:
        NotFound: There is no such lead, or the user is neither of its sides and no admin.
    """
    query = store.collection(COLLECTION).where(filter=store.Filter("id", "==", lead_id)).limit(2)
    for lead_doc in store.run(query):
        lead = lead_doc.to_dict() or {}
        if user.role is Role.ADMIN or user.id in (lead["tenant_id"], lead["owner_id"]):
            return lead_doc
    raise NotFound("Lead not found")


def details(lead_doc: store.Snapshot, user: User) -> LeadDetails:
    """A lead with its listing and the other side's contacts."""
    lead = lead_doc.to_dict() or {}
    other = lead["owner_id"] if user.id == lead["tenant_id"] else lead["tenant_id"]
    listing_doc, user_doc = store.get(listings.ref(lead["listing_id"]), users.ref(other))
    other_side, listing = User.of(user_doc), listing_doc.to_dict()
    if other_side is None or listing is None:
        raise NotFound("Lead not found")
    return LeadDetails.model_validate(
        lead | {"listing": listings.to_model(listing), "contact": other_side.to_contact()}
    )


def set_status(lead_doc: store.Snapshot, user: User, status: LeadStatus) -> LeadRead:
    """Notes how far the owner is with a lead.

    Raises:
        Forbidden: The user is its tenant.
    """
    lead = lead_doc.to_dict() or {}
    if user.role is not Role.ADMIN and user.id != lead["owner_id"]:
        raise Forbidden("Only the listing's owner or an admin may change a lead")
    batch = store.Batch()
    batch.update(lead_doc.reference, {"status": status.value})
    batch.commit()
    return LeadRead.model_validate(lead | {"status": status.value})
