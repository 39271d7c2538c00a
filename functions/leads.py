"""Leads: the tenant's, the owner's, and work on them."""

from functions.http import Caller, Group
from shared import leads, listings
from shared.errors import BadRequest, Invalid
from shared.models import LeadDetails, LeadFilter, LeadRead, LeadUpdate, LeadWrite, Role
from shared.pages import Page

api = Group("leads")


@api.get("/leads/my")
def list_my_leads(caller: Caller, query: LeadFilter) -> Page[LeadRead]:
    """List the leads in which the caller is the tenant, newest first."""
    return leads.of_tenant(caller.load().id, query)


@api.get("/leads/for-me", errors=(403,))
def list_leads_for_me(caller: Caller, query: LeadFilter) -> Page[LeadRead]:
    """List the leads for the caller's listings, newest first; not for tenants."""
    return leads.of_owner(caller.load(role=(Role.LANDLORD, Role.AGENT, Role.ADMIN)).id, query)


@api.post("/leads/", errors=(400, 404))
def create_lead(caller: Caller, body: LeadWrite) -> LeadRead:
    """Make a lead by hand; an existing lead of the caller for this listing is answered as it is."""
    user, listing, found = caller.load(
        listings.ref(body.listing_id), lambda user_id: leads.ref(user_id, body.listing_id)
    )
    owner_id = listings.active(listing)["owner_id"]
    if owner_id == user.id:
        raise BadRequest("You cannot be a lead for your own listing")
    if body.owner_id not in (None, owner_id):
        raise Invalid(("body", "owner_id"), "is not the owner of this listing")
    return leads.create(found, user.id, body.listing_id, owner_id, body.status)


@api.get("/leads/{lead_id}", errors=(404,))
def get_lead(caller: Caller, lead_id: int) -> LeadDetails:
    """Show a lead with its listing and the other side's contacts; for its tenant, its owner and admins."""
    user = caller.load()
    return leads.details(leads.visible(lead_id, user), user)


@api.patch("/leads/{lead_id}", errors=(403, 404))
def update_lead(caller: Caller, lead_id: int, body: LeadUpdate) -> LeadRead:
    """Set a lead's status; for the listing's owner and admins."""
    user = caller.load()
    return leads.set_status(leads.visible(lead_id, user), user, body.status)
