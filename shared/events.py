"""What calls a function without a request of a client: Firestore's events, and the clock.

A failure is one line with its severity, and with the document that the event was about.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from cloudevents.http import CloudEvent
from google.events.cloud.firestore import DocumentEventData

from shared import logs
from shared.data.firestore_values import decode_fields

Fields = dict[str, Any]


def handler(handle: Callable[[CloudEvent], None]) -> Callable[[CloudEvent], None]:
    """Logs what a handler of events raises, and raises it: the platform delivers the event again."""

    @wraps(handle)
    def logged(event: CloudEvent) -> None:
        try:
            handle(event)
        except Exception as error:
            about = str(event.get("subject", "")).removeprefix("documents/")
            logs.exception("Event failed", error, event_id=event["id"], document=about)
            raise

    return logged


def schedule(work: Callable[[], None]) -> Callable[[flask.Request], tuple[str, int]]:
    """Makes a function that the clock can call out of the work to do. Only a POST does it: health checks are GETs."""

    @wraps(work)
    def answer(request: flask.Request) -> tuple[str, int]:
        if request.method != "POST":
            return "", 204
        try:
            work()
        except Exception as error:
            logs.exception("Schedule failed", error, request=request)
            return "", 500
        return "", 200

    return answer


def change(event: CloudEvent) -> tuple[Fields | None, Fields | None] | None:
    """The fields before and after the write that an event tells of; None where there was, or is, no document.

    Returns:
        None if it is no such event: another delivery would be the same, so it is only logged.
    """
    try:
        data = DocumentEventData.pb(DocumentEventData.deserialize(event.get_data()))
        before, after = (
            decode_fields(document.fields) if document.fields else None for document in (data.old_value, data.value)
        )
    except Exception as error:
        logs.exception("Not an event about a document", error, event_id=event["id"])
        return None
    return before, after
