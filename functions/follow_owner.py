"""The Firestore trigger on changed users: the listings of a deactivated owner leave lists and feeds, and come back.

It can be repeated, and its events may come in any order (shared/data/owners.py).
"""

import functions_framework
from cloudevents.http import CloudEvent

from shared import events, logs
from shared.data import owners


@functions_framework.cloud_event
@events.handler
def follow_owner(event: CloudEvent) -> None:
    """Brings an owner's listings to how the owner is now, if that is what has changed.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; the event must come again.
    """
    before, after = events.change(event) or (None, None)
    if before and after and before["is_active"] != after["is_active"]:
        owners.follow(after["id"])
        logs.write("INFO", "Listings follow their owner", user_id=after["id"])
