"""Users and listings, for admins."""

from functions.http import Caller, Group
from shared import listings, users
from shared.models import AdminListingFilter, AdminListingRead, AdminUserRead, AdminUserUpdate, PageParams, Role
from shared.pages import Page

api = Group("admin")
ADMIN = (Role.ADMIN,)


@api.get("/admin/users", errors=(403,))
def list_users(caller: Caller, query: PageParams) -> Page[AdminUserRead]:
    """List all users, newest first."""
    caller.load(role=ADMIN)
    return users.everybody(query)


@api.patch("/admin/users/{user_id}", errors=(403, 404, 409))
def update_user(caller: Caller, user_id: int, body: AdminUserUpdate) -> AdminUserRead:
    """Change a user's role or activity. The last active admin stays one (409)."""
    _, guarded, found = caller.load(users.admin_guard(), users.ref(user_id), role=ADMIN)
    return users.change(found, guarded, body)


@api.get("/admin/listings", errors=(403,))
def list_all_listings(caller: Caller, query: AdminListingFilter) -> Page[AdminListingRead]:
    """List all listings, inactive ones included, newest first."""
    caller.load(role=ADMIN)
    return listings.all_of_them(query)
