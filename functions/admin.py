"""Users, listings and the audit, for admins."""

from shared.data import audit, listings, users
from shared.data.pages import Page
from shared.enums import Role
from shared.models.admin import (
    AdminListingFilter,
    AdminListingRead,
    AdminUserFilter,
    AdminUserRead,
    AdminUserUpdate,
    AuditFilter,
    AuditRead,
)
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("admin", __doc__)
ADMIN = (Role.ADMIN,)


@api.get("/admin/users", roles=ADMIN)
def list_users(query: AdminUserFilter) -> Page[AdminUserRead]:
    """List all users, newest first; narrowed down by role, email and phone, which combine."""
    return users.list_all(query)


@api.patch("/admin/users/{user_id}", roles=ADMIN, errors=(404, 409))
def update_user(caller: Caller, user_id: int, body: AdminUserUpdate) -> AdminUserRead:
    """Change a user's role or activity. The last active admin stays one (409)."""
    admin, guard_doc, user_doc = caller.load(users.admin_guard_ref(), users.ref(user_id))
    return users.change(user_doc, guard_doc, body, admin.id)


@api.get("/admin/listings", roles=ADMIN)
def list_all_listings(query: AdminListingFilter) -> Page[AdminListingRead]:
    """List all listings, inactive ones included, newest first."""
    return listings.list_all(query)


@api.get("/admin/audit", roles=ADMIN)
def list_audit(query: AuditFilter) -> Page[AuditRead]:
    """List what admins and operators have changed of others, newest first."""
    return audit.list_all(query)
