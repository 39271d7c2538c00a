"""What goes in and out of /leads."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import MISSING, BeforeValidator, Field, model_validator

from shared.enums import LeadStatus
from shared.models.base import Body, Model
from shared.models.fields import Id, MessageText, empty_is_none, null_is
from shared.models.include import Include
from shared.models.listings import ListingRead
from shared.models.pages import PageParams


class LeadWrite(Body):
    """A lead made by hand. `owner_id` is only compared with the listing's owner; `message` begins the conversation."""

    listing_id: Id
    owner_id: Annotated[Id | None, BeforeValidator(empty_is_none)] = None
    status: Annotated[LeadStatus, null_is("new", LeadStatus)] = LeadStatus.NEW
    message: Annotated[MessageText | None, BeforeValidator(empty_is_none)] = None


class LeadUpdate(Body):
    """How far the owner is with a lead."""

    status: LeadStatus


class LeadFilter(PageParams):
    """Narrows a list of leads; absent means any. Included `details` and `photos` are those of the included listing."""

    status: LeadStatus | None = None
    include: Include[Literal["listing", "contact", "conversation", "details", "photos"]] = frozenset()

    @model_validator(mode="after")
    def _of_a_listing(self) -> Self:
        if self.include & {"details", "photos"} and "listing" not in self.include:
            raise ValueError("details and photos are the listing's: include listing too")
        return self


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


class MessageWrite(Body):
    """What one side of a lead writes to the other."""

    text: MessageText


class MessageRead(Model):
    """A message on a lead."""

    id: Id
    lead_id: Id
    sender_id: Id
    text: str
    created_at: datetime


class Conversation(Model):
    """How far the caller is with the messages of a lead."""

    unread: int
    last_message: MessageRead | None


class ListedLead(LeadRead):
    """A lead in a list, with what the request's `include` names."""

    listing: ListingRead | MISSING | None = MISSING
    contact: Contact | MISSING | None = MISSING
    conversation: Conversation | MISSING = MISSING


class LeadDetails(LeadRead):
    """A lead with its listing and the other side: the owner for the tenant, the tenant for owner and admin."""

    listing: ListingRead
    contact: Contact | None = Field(description="Null when the other side has deleted their account.")
