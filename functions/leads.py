"""Leads: the tenant's, the owner's, and work on them."""

from shared.data import leads, listings
from shared.data.pages import Page
from shared.data.users import User
from shared.enums import Role
from shared.errors import Invalid
from shared.models.leads import LeadDetails, LeadFilter, LeadRead, LeadUpdate, LeadWrite
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("leads", __doc__)


@api.get("/leads/my")
def list_my_leads(user: User, query: LeadFilter) -> Page[LeadRead]:
    """List the leads in which the caller is the tenant, newest first."""
    return leads.list_by_tenant(user.id, query)


@api.get("/leads/for-me", roles=(Role.LANDLORD, Role.AGENT, Role.ADMIN))
def list_leads_for_me(user: User, query: LeadFilter) -> Page[LeadRead]:
    """List the leads for the caller's listings, newest first; not for tenants."""
    return leads.list_by_owner(user.id, query)


@api.post("/leads/", errors=(400, 404))
def create_lead(caller: Caller, body: LeadWrite) -> LeadRead:
    """Make a lead by hand; an existing lead of the caller for this listing is answered as it is."""
    user, listing_doc, lead_doc = caller.load(
        listings.ref(body.listing_id), lambda user_id: leads.ref(user_id, body.listing_id)
    )
    owner_id = listings.active_of_another(listing_doc, user.id)["owner_id"]
    if body.owner_id not in (None, owner_id):
        raise Invalid.at(("body", "owner_id"), "is not the owner of this listing")
    return leads.get_or_create(lead_doc, user.id, body.listing_id, owner_id, body.status)


@api.get("/leads/{lead_id}", errors=(404,))
def get_lead(user: User, lead_id: int) -> LeadDetails:
    """Show a lead with its listing and the other side's contacts; for its tenant, its owner and admins."""
    return leads.details(leads.get_visible(lead_id, user), user)


@api.patch("/leads/{lead_id}", errors=(403, 404))
def update_lead(user: User, lead_id: int, body: LeadUpdate) -> LeadRead:
    """Set a lead's status; for the listing's owner and admins."""
    return leads.set_status(leads.get_visible(lead_id, user), user, body.status)
