"""Firestore's events: a document before and after the write that the event tells of."""

from typing import Any

from cloudevents.http import CloudEvent
from google.events.cloud.firestore import DocumentEventData

from shared import logs
from shared.data.firestore_values import decode_fields

Fields = dict[str, Any]


def change(event: CloudEvent) -> tuple[Fields | None, Fields | None] | None:
    """The fields before and after; None where there was, or is, no document.

    Returns:
        None if it is no such event: another delivery would be the same, so it is only logged.
    """
    try:
        data = DocumentEventData.pb(DocumentEventData.deserialize(event.get_data()))
        before, after = (
            decode_fields(document.fields) if document.fields else None for document in (data.old_value, data.value)
        )
    except Exception as error:
        logs.exception("Not an event about a document", error)
        return None
    return before, after
