"""What goes in and out of /admin."""

from datetime import datetime
from typing import Any

from pydantic import Field, StrictBool

from shared.enums import AuditAction, DealType, PropertyType, Role
from shared.models.base import Body, Model
from shared.models.fields import City, Email, Id, Phone, PriceNumber
from shared.models.pages import PageParams


class AdminUserFilter(PageParams):
    """Narrows the list of all users; absent means any. An email or a phone is meant whole, in any spelling."""

    role: Role | None = None
    email: Email | None = None
    phone: Phone | None = None


class AdminUserRead(Model):
    """A user as an admin sees them."""

    id: Id
    name: str
    role: Role
    email: str | None
    phone: str | None
    is_active: bool
    created_at: datetime


class AdminUserUpdate(Body):
    """What to change; an absent field stays as it is."""

    role: Role | None = None
    is_active: StrictBool | None = None


class AdminListingFilter(PageParams):
    """Narrows the list of all listings; absent means any."""

    city: City | None = None
    owner_id: Id | None = None
    is_active: bool | None = None


class AdminListingRead(Model):
    """A listing as an admin sees it; the price is a number."""

    id: Id
    title: str
    city: str
    deal_type: DealType
    property_type: PropertyType
    price: PriceNumber
    is_active: bool
    owner_id: Id
    created_at: datetime


class AuditFilter(PageParams):
    """Narrows the audit; absent means any."""

    admin_id: Id | None = Field(default=None, description="Who has changed something.")
    user_id: Id | None = Field(default=None, description="Whose account, listing or lead it was.")


class AuditRead(Model):
    """A change that an admin has made of what is another's. `admin_id` is null for operators, who use commands."""

    id: Id
    created_at: datetime
    action: AuditAction
    admin_id: Id | None
    user_id: Id
    listing_id: Id | None
    lead_id: Id | None
    before: dict[str, Any] = Field(description="The fields that have changed, as they were.")
    after: dict[str, Any] = Field(description="The same fields as they are since then.")
