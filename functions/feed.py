"""The feed: the next listings, swiping them, taking a swipe back."""

from functions.http import Caller, Group
from shared import feed, listings, preferences, swipes
from shared.models import DeckParams, FeedAction, ListingRead, Status, UndoParams, UndoRead

api = Group("feed")


def _deck(caller: Caller, size: int) -> list[ListingRead]:
    user, wanted, found = caller.load(preferences.ref, feed.ref)
    return [listings.read(data) for data in feed.upcoming(user.id, preferences.read(wanted), found, size)]


@api.get("/feed")
def get_deck(caller: Caller, query: DeckParams) -> list[ListingRead]:
    """Show the next listings, in the order in which /feed/next gives them."""
    return _deck(caller, query.limit)


@api.get("/feed/next")
def get_next(caller: Caller) -> ListingRead | None:
    """Show the newest matching listing that the caller has not acted on; null when nothing is left."""
    return next(iter(_deck(caller, 1)), None)


@api.post("/feed/action", errors=(400, 404))
def act(caller: Caller, body: FeedAction) -> Status:
    """Like, dislike or favorite a listing.

    A like becomes a lead a moment later; a favorite is in the favorites at once.
    A later action replaces an earlier one.
    """
    user, listing, swipe, found = caller.load(
        listings.ref(body.listing_id), lambda user_id: swipes.ref(user_id, body.listing_id), feed.ref
    )
    feed.act(user.id, listings.active(listing), body.action, body.source, swipe, found)
    return Status()


@api.post("/feed/undo", errors=(404,))
def undo(caller: Caller, query: UndoParams) -> UndoRead:
    """Take back the caller's latest action.

    A favorite that it added goes; a lead that it made stays. Requests that arrive at the same time take back the same
    action; each answer names its listing.
    """
    user, found = caller.load(feed.ref)
    return UndoRead(listing_id=feed.undo(user.id, found, query.listing_id))
