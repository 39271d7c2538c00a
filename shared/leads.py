"""Leads: one document for each pair of tenant and listing, so that a repeated event cannot make two."""

from typing import Any

from shared import listings, store, users
from shared.errors import Forbidden, NotFound
from shared.models import LeadDetails, LeadFilter, LeadRead, LeadStatus, Role
from shared.pages import Page, paginate
from shared.users import User

COLLECTION = "leads"


def ref(tenant_id: int, listing_id: int) -> store.Reference:
    return store.document(COLLECTION, f"{tenant_id}_{listing_id}")


def _document(tenant_id: int, listing_id: int, owner_id: int, status: LeadStatus) -> dict[str, Any]:
    return {
        "id": store.new_id(),
        "tenant_id": tenant_id,
        "listing_id": listing_id,
        "owner_id": owner_id,
        "status": status.value,
        "created_at": store.SERVER_TIMESTAMP,
    }


def create(
    found: store.Snapshot, tenant_id: int, listing_id: int, owner_id: int, status: LeadStatus = LeadStatus.NEW
) -> LeadRead:
    """The lead of a tenant and a listing, made if there is none."""

    def attempt(found: store.Snapshot) -> LeadRead:
        if found.exists:
            return LeadRead.model_validate(found.to_dict())
        data = _document(tenant_id, listing_id, owner_id, status)
        batch = store.Batch()
        batch.create(found.reference, data)
        return LeadRead.model_validate(data | {"created_at": store.server_time(batch.commit()[0])})

    return store.contend([found], attempt)


def ensure(tenant_id: int, listing_id: int, owner_id: int) -> bool:
    """Makes the lead of a like unless it is there; whether it was made now. One write, no read."""
    batch = store.Batch()
    batch.create(ref(tenant_id, listing_id), _document(tenant_id, listing_id, owner_id, LeadStatus.NEW))
    try:
        batch.commit()
    except store.LOST_RACE:
        return False
    return True


def of_tenant(tenant_id: int, chosen: LeadFilter) -> Page[LeadRead]:
    """What a tenant is interested in, newest first."""
    return _page("tenant_id", tenant_id, chosen)


def of_owner(owner_id: int, chosen: LeadFilter) -> Page[LeadRead]:
    """Who is interested in an owner's listings, newest first."""
    return _page("owner_id", owner_id, chosen)


def _page(field: str, user_id: int, chosen: LeadFilter) -> Page[LeadRead]:
    query = store.collection(COLLECTION).where(filter=store.Filter(field, "==", user_id))
    if chosen.status is not None:
        query = query.where(filter=store.Filter("status", "==", chosen.status.value))
    return paginate(query, chosen, LeadRead.model_validate)


def visible(lead_id: int, user: User) -> store.Snapshot:
    """A lead for its tenant, its owner or an admin.

    Raises:
        NotFound: There is none, or it is none of the user's business.
    """
    query = store.collection(COLLECTION).where(filter=store.Filter("id", "==", lead_id)).limit(2)
    for snapshot in store.run(query):
        lead = snapshot.to_dict() or {}
        if user.role is Role.ADMIN or user.id in (lead["tenant_id"], lead["owner_id"]):
            return snapshot
    raise NotFound("Lead not found")


def details(found: store.Snapshot, user: User) -> LeadDetails:
    """A lead with its listing and the other side's contacts."""
    lead = found.to_dict() or {}
    other = lead["owner_id"] if user.id == lead["tenant_id"] else lead["tenant_id"]
    listing, contact = store.get(listings.ref(lead["listing_id"]), users.ref(other))
    other_side = User.of(contact)
    listed = listing.to_dict()
    if other_side is None or listed is None:
        raise NotFound("Lead not found")
    return LeadDetails.model_validate(lead | {"listing": listings.read(listed), "contact": other_side.contact()})


def set_status(found: store.Snapshot, user: User, status: LeadStatus) -> LeadRead:
    """Notes how far the owner is with a lead.

    Raises:
        Forbidden: The user is its tenant.
    """
    lead = found.to_dict() or {}
    if user.role is not Role.ADMIN and user.id != lead["owner_id"]:
        raise Forbidden("Only the listing's owner or an admin may change a lead")
    batch = store.Batch()
    batch.update(found.reference, {"status": status.value})
    batch.commit()
    return LeadRead.model_validate(lead | {"status": status.value})
