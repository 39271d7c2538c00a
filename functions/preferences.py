"""What the caller looks for."""

from functions.http import Caller, Group
from shared import preferences
from shared.models import PreferenceRead, PreferenceWrite

api = Group("preferences")


@api.get("/preferences")
def get_preferences(caller: Caller) -> PreferenceRead | None:
    """Show the caller's preferences; null before they are first set."""
    _, found = caller.load(preferences.ref)
    return preferences.read(found)


@api.post("/preferences")
def set_preferences(caller: Caller, body: PreferenceWrite) -> PreferenceRead:
    """Replace the caller's preferences. A field that is null or absent means any."""
    return preferences.replace(caller.load().id, body)
