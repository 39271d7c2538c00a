"""The Firestore trigger on listings: tells of those that begin to match a search, and of those that become cheaper.

Edits that do neither cost nothing. What is told follows from the event, so it may come twice, late or in any order; a
listing that cannot be seen any more is not told. Any failure is raised, and the platform delivers the event again; it
goes on where it has stopped.
"""

import functions_framework
from cloudevents.http import CloudEvent

from shared import events, logs
from shared.data import matches


@functions_framework.cloud_event
@events.handler
def match_listing(event: CloudEvent) -> None:
    """Tells of a listing's change.

    Raises:
        shared.data.matches.NotFinished: There is more to do than fits; the event must come again.
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; likewise.
    """
    before, after = events.change(event) or (None, None)
    if count := matches.tell(before, after):
        logs.write("INFO", "Told of a listing", count=count)
