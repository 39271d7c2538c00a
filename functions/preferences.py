"""What the caller looks for."""

from shared.data import preferences
from shared.data.users import User
from shared.models.preferences import PreferenceParams, PreferenceRead, PreferenceWrite
from shared.web.group import Group

api = Group("preferences", __doc__)


@api.get("/preferences")
def get_preferences(user: User, query: PreferenceParams) -> PreferenceRead | None:
    """Show the caller's preferences; null before they are first set."""
    return preferences.to_model(user, query.include)


@api.post("/preferences")
def set_preferences(user: User, body: PreferenceWrite, query: PreferenceParams) -> PreferenceRead:
    """Replace the caller's preferences. A field that is null or absent means any."""
    return preferences.replace(user.id, body, query.include)
