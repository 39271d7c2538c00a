"""Leads: the tenant's, the owner's, work on them, and what the two write to each other."""

import flask

from shared.data import leads, listings, messages
from shared.data.pages import Page
from shared.data.users import User
from shared.enums import Role
from shared.errors import Invalid
from shared.models.base import Status
from shared.models.leads import (
    LeadDetails,
    LeadFilter,
    LeadRead,
    LeadUpdate,
    LeadWrite,
    ListedLead,
    MessageRead,
    MessageWrite,
)
from shared.models.listings import ListingParams
from shared.models.pages import PageParams
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("leads", __doc__)


@api.get("/leads/my")
def list_my_leads(user: User, query: LeadFilter) -> Page[ListedLead]:
    """List the leads in which the caller is the tenant, newest first."""
    return leads.list_by_tenant(user.id, query)


@api.get("/leads/for-me", roles=(Role.LANDLORD, Role.AGENT, Role.ADMIN))
def list_leads_for_me(user: User, query: LeadFilter) -> Page[ListedLead]:
    """List the leads for the caller's listings, newest first; not for tenants."""
    return leads.list_by_owner(user.id, query)


@api.post("/leads/", errors=(400, 404, 409))
def create_lead(caller: Caller, body: LeadWrite) -> LeadRead:
    """Make a lead by hand; an existing lead of the caller for this listing is answered as it is.

    A message begins the conversation. If there is one already, it is not sent again.
    """
    user, listing_doc, lead_doc = caller.load(
        listings.ref(body.listing_id), lambda user_id: leads.ref(user_id, body.listing_id)
    )
    owner_id = listings.active_of_another(listing_doc, user.id)["owner_id"]
    if body.owner_id not in (None, owner_id):
        raise Invalid.at(("body", "owner_id"), "is not the owner of this listing")
    return leads.get_or_create(lead_doc, user, owner_id, body)


@api.get("/leads/{lead_id}", errors=(404,))
def get_lead(user: User, lead_id: int, query: ListingParams) -> LeadDetails:
    """Show a lead with its listing and the other side's contacts; for its tenant, its owner and admins."""
    return leads.details(leads.get_visible(lead_id, user), user, query.include)


@api.patch("/leads/{lead_id}", errors=(403, 404))
def update_lead(user: User, lead_id: int, body: LeadUpdate) -> LeadRead:
    """Set a lead's status; for the listing's owner and admins."""
    return leads.set_status(leads.get_visible(lead_id, user), user, body.status)


@api.get("/leads/{lead_id}/messages", errors=(404,))
def list_messages(caller: Caller, lead_id: int, query: PageParams) -> Page[MessageRead]:
    """List the messages on a lead, newest first; for its tenant and its owner."""
    lead_doc = leads.find(lead_id)
    return messages.list_by_lead(leads.visible_to_side(lead_doc, caller.load()), query)


@api.post(
    "/leads/{lead_id}/messages",
    errors=(404, 409),
    headers={
        "Idempotency-Key": "Any text of the client's. The same request with the same key makes no second message; "
        "another text with the same key is 422."
    },
)
def send_message(caller: Caller, lead_id: int, body: MessageWrite) -> MessageRead:
    """Write to the other side of a lead; for its tenant and its owner.

    Nobody can write on a closed lead, or to an account that is deactivated (409).
    """
    lead_doc = leads.find(lead_id)
    user, other_doc = caller.load(lambda user_id: leads.other_side_ref(lead_doc, user_id))
    lead_doc = leads.visible_to_side(lead_doc, user)
    return messages.send(
        lead_doc, user, User.of(other_doc), body.text, flask.request.headers.get("Idempotency-Key") or None
    )


@api.post("/leads/{lead_id}/read", errors=(404,))
def read_messages(caller: Caller, lead_id: int) -> Status:
    """Mark all messages on a lead as read; for its tenant and its owner."""
    lead_doc = leads.find(lead_id)
    user = caller.load()
    messages.mark_read(leads.visible_to_side(lead_doc, user), user)
    return Status()
