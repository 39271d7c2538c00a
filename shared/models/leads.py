"""What goes in and out of /leads."""

from datetime import datetime
from typing import Annotated

from shared.enums import LeadStatus
from shared.models.base import Body, Model
from shared.models.fields import Id, null_is
from shared.models.listings import ListingRead
from shared.models.pages import PageParams


class LeadWrite(Body):
    """A lead made by hand. `owner_id` is only compared with the listing's owner."""

    listing_id: Id
    owner_id: Id | None = None
    status: Annotated[LeadStatus, null_is("new", LeadStatus)] = LeadStatus.NEW


class LeadUpdate(Body):
    """How far the owner is with a lead."""

    status: LeadStatus


class LeadFilter(PageParams):
    """Narrows a list of leads; absent means any."""

    status: LeadStatus | None = None


class LeadRead(Model):
    """A tenant's interest in a listing, as its owner works on it."""

    id: Id
    tenant_id: Id
    listing_id: Id
    owner_id: Id
    status: LeadStatus
    created_at: datetime


class Contact(Model):
    """How to reach the other side of a lead."""

    name: str
    phone: str | None
    email: str | None
    telegram_id: str | None


class LeadDetails(LeadRead):
    """A lead with its listing and the other side: the owner for the tenant, the tenant for owner and admin."""

    listing: ListingRead
    contact: Contact
