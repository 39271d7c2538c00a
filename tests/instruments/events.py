"""Firestore's events, handed to a function as Eventarc does."""

from typing import Any

from google.cloud.firestore_v1.types import Value
from google.events.cloud.firestore import DocumentEventData

from shared.data.firestore_values import encode
from tests.instruments.api import Api

Fields = dict[str, Any]


def event(before: Fields | None, after: Fields | None, name: str = "any/1") -> bytes:
    """The event of a document's change."""
    data = DocumentEventData.pb(DocumentEventData())
    for fields, document in ((before, data.old_value), (after, data.value)):
        if fields is not None:
            document.name = f"projects/p/databases/(default)/documents/{name}"
            for key, value in fields.items():
                message = Value.pb(Value())
                encode(value, message)
                document.fields[key].ParseFromString(message.SerializeToString())
    return bytes(data.SerializeToString())


def deliver(api: Api, function: str, data: bytes, kind: str = "written", document: str = "any/1") -> int:
    """Hands an event to a function; the status that says whether it must come again."""
    headers = {
        "ce-id": "1",
        "ce-source": "//firestore.googleapis.com/projects/p/databases/(default)",
        "ce-specversion": "1.0",
        "ce-subject": f"documents/{document}",
        "ce-type": f"google.cloud.firestore.document.v1.{kind}",
        "Content-Type": "application/protobuf",
    }
    return api.client(function).post("/", data=data, headers=headers).status_code
