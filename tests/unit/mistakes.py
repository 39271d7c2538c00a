"""Mistakes that mypy must refuse. It reports an ignored error that is none, so `make check` fails once it does not.

Nothing runs this file.
"""

from shared.data import favorites, feeds, listings, store, swipes, users
from shared.data.users import User
from shared.enums import Role
from shared.models.listings import ListingWrite
from shared.web.caller import Caller


def a_snapshot_of_another_collection(caller: Caller, listing: ListingWrite) -> None:
    user, listing_doc, feed_doc = caller.load(listings.ref(1), feeds.ref)
    listings.replace(user, listing_doc, listing)  # type: ignore[arg-type]
    listings.replace(feed_doc, user, listing)  # type: ignore[arg-type]
    feeds.progress_of(listing_doc)  # type: ignore[arg-type]


def the_wrong_order_of_what_was_read(user_id: int) -> None:
    swipe_doc, favorite_doc = store.get(swipes.ref(user_id, 1), favorites.ref(user_id, 1))
    swipes.current_action(favorite_doc)  # type: ignore[arg-type]
    favorites.get_or_create(user_id, 1, swipe_doc)  # type: ignore[arg-type]


def a_retry_with_others_than_it_began_with(user_doc: users.Snapshot) -> None:
    def attempt(listing_doc: listings.Snapshot) -> Role | None:
        return None

    store.contend((user_doc,), attempt)  # type: ignore[arg-type]


def a_name_of_another_collection() -> store.Reference:
    return users.ref(1) or listings.ref("1")  # type: ignore[arg-type]


def what_is_read_is_not_the_user(caller: Caller) -> User:
    return caller.load(users.ref)  # type: ignore[return-value]
