"""What goes in and out of /favorites."""

from datetime import datetime

from shared.models.base import Body, Model
from shared.models.fields import Id


class FavoriteWrite(Body):
    """The listing to remember."""

    listing_id: Id


class FavoriteRead(Model):
    """A remembered listing."""

    id: Id
    user_id: Id
    listing_id: Id
    created_at: datetime
