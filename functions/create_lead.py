"""The Firestore trigger on swipes: whenever a swipe's current action becomes a like, there is a lead.

The event carries the swipe before and after the write, and the swipe carries all that a lead needs, so nothing is read
and everything that is not a new like costs nothing. The lead's document is named after the pair, so an event that comes
twice, late or in another order makes no second one. Any failure is raised, and the platform delivers the event again.
"""

from typing import Any

import functions_framework
from cloudevents.http import CloudEvent
from google.events.cloud.firestore import DocumentEventData

from shared import logs
from shared.data import leads
from shared.enums import Action


def _fields(document: Any) -> dict[str, Any]:
    return {name: value.string_value or value.integer_value for name, value in document.fields.items()}


@functions_framework.cloud_event
def create_lead(event: CloudEvent) -> None:
    """Makes the lead of a like.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; the event must come again.
    """
    try:
        data = DocumentEventData.deserialize(event.get_data())
        before, after = _fields(data.old_value), _fields(data.value)
    except Exception as error:  # Whatever is wrong with it, another delivery would be the same.
        logs.exception("Not an event about a swipe", error)
        return
    if after.get("action") != Action.LIKE or before.get("action") == Action.LIKE:
        return
    made = leads.ensure(after["user_id"], after["listing_id"], after["owner_id"])
    logs.write("INFO", "Lead created" if made else "Lead was there", user_id=after["user_id"])
