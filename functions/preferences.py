"""What the caller looks for."""

from shared.data import preferences
from shared.data.users import User
from shared.models.preferences import PreferenceRead, PreferenceWrite
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("preferences", __doc__)


@api.get("/preferences")
def get_preferences(caller: Caller) -> PreferenceRead | None:
    """Show the caller's preferences; null before they are first set."""
    _, preference_doc = caller.load(preferences.ref)
    return preferences.to_model(preference_doc)


@api.post("/preferences")
def set_preferences(user: User, body: PreferenceWrite) -> PreferenceRead:
    """Replace the caller's preferences. A field that is null or absent means any."""
    return preferences.replace(user.id, body)
