"""The Firestore trigger on notifications: tells the person's channels of a new one.

The notification is the outbox's entry, so an event that comes twice, late or in another order tells nothing twice. What
a channel does not take now, the schedule deliver_due repeats. Any failure of Firestore is raised, and the platform
delivers the event again.
"""

import functions_framework
from cloudevents.http import CloudEvent

from shared import events
from shared.data import outbox
from shared.data.notifications import Stream


@functions_framework.cloud_event
@events.handler
def deliver_notification(event: CloudEvent) -> None:
    """Tells of a new notification.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; the event must come again.
    """
    _, notification = events.change(event) or (None, None)
    if notification and notification.get("open"):
        outbox.deliver(notification["user_id"], Stream(notification["open"]), notification["id"])
