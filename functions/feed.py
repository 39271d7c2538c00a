"""The feed: the next listings, swiping them, taking a swipe back."""

from shared.data import feeds, listings, preferences, swipes
from shared.models.base import Status
from shared.models.feed import DeckParams, FeedAction, UndoParams, UndoRead
from shared.models.listings import ListingParams, ListingRead
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("feed", __doc__)


def _deck(caller: Caller, size: int, include: frozenset[str]) -> list[ListingRead]:
    user, feed_doc = caller.load(feeds.ref)
    found = feeds.next_listings(user.id, preferences.criteria_of(user), feed_doc, size)
    return [listings.to_model(listing, include) for listing in found]


@api.get("/feed")
def get_deck(caller: Caller, query: DeckParams) -> list[ListingRead]:
    """Show the next listings, in the order in which /feed/next gives them."""
    return _deck(caller, query.limit, query.include)


@api.get("/feed/next")
def get_next(caller: Caller, query: ListingParams) -> ListingRead | None:
    """Show the newest matching listing that the caller has not acted on; null when nothing is left."""
    return next(iter(_deck(caller, 1, query.include)), None)


@api.post("/feed/action", errors=(400, 404))
def act(caller: Caller, body: FeedAction) -> Status:
    """Like, dislike or favorite a listing.

    A like becomes a lead a moment later; a favorite is in the favorites at once.
    A later action replaces an earlier one.
    """
    user, listing_doc, swipe_doc, feed_doc = caller.load(
        listings.ref(body.listing_id), lambda user_id: swipes.ref(user_id, body.listing_id), feeds.ref
    )
    listing = listings.active_of_another(listing_doc, user.id)
    feeds.act(user.id, listing, body.action, body.source, swipe_doc, feed_doc)
    return Status()


@api.post("/feed/undo", errors=(404,))
def undo(caller: Caller, query: UndoParams) -> UndoRead:
    """Take back the caller's latest action.

    A favorite that it added goes; a lead that it made stays. Requests that arrive at the same time take back the same
    action; each answer names its listing.
    """
    user, feed_doc = caller.load(feeds.ref)
    return UndoRead(listing_id=feeds.undo(user.id, feed_doc, query.listing_id))
