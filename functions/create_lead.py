"""The Firestore trigger on new likes: each becomes a lead.

The event carries the like, and the like carries all that a lead needs, so nothing is read. The lead's document is named
after the pair, so an event that comes twice, late or in another order makes no second one. Any failure is raised, and
the platform delivers the event again. What is lost all the same, find_lost_leads makes up for.
"""

import functions_framework
from cloudevents.http import CloudEvent
from google.events.cloud.firestore import DocumentEventData

from shared import events, logs
from shared.data import leads


@functions_framework.cloud_event
@events.handler
def create_lead(event: CloudEvent) -> None:
    """Makes the lead of a like.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; the event must come again.
    """
    try:
        like = DocumentEventData.deserialize(event.get_data()).value
        user_id, listing_id, owner_id = (
            like.fields[name].integer_value for name in ("user_id", "listing_id", "owner_id")
        )
    except Exception as error:  # Whatever is wrong with it, another delivery would be the same.
        logs.exception("Not an event about a like", error)
        return
    if not (user_id and listing_id and owner_id):
        logs.write("ERROR", "Not an event about a like")
        return
    made = leads.ensure(user_id, listing_id, owner_id)
    logs.write("INFO", "Lead created" if made else "Lead was there", user_id=user_id)
