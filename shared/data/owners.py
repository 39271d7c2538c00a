"""Owners: their listings leave all lists and feeds while they are deactivated, and come back with them.

A trigger does that after the change, because an owner may have thousands of listings. The event only says that there is
something to do: what counts is how the owner is now. Whoever has written looks at the owner once more at the end, so
events in any order, twice or at once end with the listings as the owner is.
"""

import time

from shared.data import listings, store, users
from shared.data.users import User

PAGE = 100
LATE_SECONDS = store.TOTAL_SECONDS + 2
"""A request that began before its owner was deactivated may still write a listing for so long."""


def follow(user_id: int) -> None:
    """Brings all listings of a user to how the user is."""
    is_active = _is_active(user_id)
    while True:
        _bring_all(user_id, is_active)
        if not is_active:
            time.sleep(LATE_SECONDS)
            _bring_all(user_id, is_active)
        if (now := _is_active(user_id)) == is_active:
            return
        is_active = now


def _is_active(user_id: int) -> bool:
    user = User.of(store.get(users.ref(user_id))[0])
    return bool(user and user.is_active)


def _bring_all(user_id: int, is_active: bool) -> None:
    query = store.collection(listings.COLLECTION).where(filter=store.Filter("owner_id", "==", user_id))
    query = query.order_by("created_at", direction="DESCENDING").order_by("id", direction="DESCENDING").limit(PAGE)
    page = store.run(query)
    while page:
        for listing_doc in page:
            listings.follow_owner(listing_doc, is_active)
        last = page[-1].to_dict() or {}
        page = store.run(query.start_after({"created_at": last["created_at"], "id": last["id"]}))
