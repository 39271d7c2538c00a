"""What goes in and out of /feed."""

from typing import Annotated

from pydantic import Field

from shared.characters import one_line
from shared.enums import Action
from shared.models.base import Body, Params, Status
from shared.models.fields import IN_ONE_LINE, WHOLE, Id, null_is, text_by
from shared.models.listings import ListingParams


class DeckParams(ListingParams):
    """How many of the next listings to answer with, and what each shall contain besides."""

    limit: Annotated[int, Field(ge=1, le=50, description="How many listings at most."), WHOLE] = 10


class UndoParams(Params):
    """What is to be taken back."""

    listing_id: Id | None = Field(
        default=None,
        description="Take the latest action back only if it was on this listing; so the request may be repeated.",
    )


_Source = Annotated[
    str,
    Field(min_length=1, max_length=32, description="Where it was made: web, telegram, …"),
    IN_ONE_LINE,
    text_by(one_line),
]


class FeedAction(Body):
    """A swipe."""

    listing_id: Id
    action: Action
    source: Annotated[_Source, null_is("web", _Source)] = "web"


class UndoRead(Status):
    """The listing whose latest action was taken back."""

    listing_id: Id
