"""Messages on a lead: what its tenant and its owner write to each other, one document for each message.

The lead's own document has the state of the conversation: how many messages there are, the last one, and for each side
how many of the other's it has read and has not read. It changes under a precondition, in one atomic write with the
message. So messages have numbers without gaps, which are their order, and the counts agree with them whatever arrives
at once.
"""

import itertools
from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

from shared.data import notifications, store
from shared.data.pages import Page, paginate, walk
from shared.data.users import User
from shared.enums import LeadStatus, NotificationType
from shared.errors import Conflict, Invalid, NotFound
from shared.models.leads import Conversation, MessageRead
from shared.models.pages import PageParams

COLLECTION: Final = "messages"
Reference: TypeAlias = store.Reference[Literal["messages"]]
Snapshot: TypeAlias = store.Snapshot[Literal["messages"]]
LeadSnapshot: TypeAlias = store.Snapshot[Literal["leads"]]


def ref(lead_id: int, message_id: int) -> Reference:
    return store.document(COLLECTION, f"{lead_id}_{message_id}")


def other_side(lead: dict[str, Any], user_id: int) -> int:
    """Who a user talks to on a lead: its owner for the tenant, its tenant for the owner and for admins."""
    other: int = lead["owner_id"] if user_id == lead["tenant_id"] else lead["tenant_id"]
    return other


def _count_field(kind: Literal["read", "unread"], lead: dict[str, Any], user_id: int) -> str:
    """The field that counts what one side of a lead has read or not; a lead of before has none of what was read."""
    return f"{kind}_tenant" if user_id == lead["tenant_id"] else f"{kind}_owner"


def conversation(lead: dict[str, Any], user_id: int) -> Conversation:
    """How far one side of a lead is with its messages."""
    last = lead.get("last_message")
    return Conversation(
        unread=lead.get(_count_field("unread", lead, user_id), 0),
        last_message=last and MessageRead.model_validate(last | {"lead_id": lead["id"]}),
    )


def check_open(lead: dict[str, Any], other: User | None) -> None:
    """Refuses where nobody can write.

    Raises:
        Conflict: The lead is closed, or the other side cannot read any more.
    """
    if lead["status"] == LeadStatus.CLOSED:
        raise Conflict("This lead is closed")
    if other is None or not other.is_active:
        raise Conflict("The other side's account is deactivated")


def send(lead_doc: LeadSnapshot, sender: User, other: User | None, text: str, key: str | None) -> MessageRead:
    """Adds a message to a lead.

    Args:
        lead_doc: The lead's document as it was read.
        sender: One of its sides.
        other: The other side; None if that account is gone.
        text: What the message says.
        key: The client's name for this request. Its repetition answers the message that it has made.

    Raises:
        NotFound: The lead has just been deleted.
        Conflict: The lead is closed, or the other side cannot read any more.
        Invalid: The key was used for another text.
    """
    lead_id = (lead_doc.to_dict() or {})["id"]
    message_id = store.new_id() if key is None else store.id_of(f"message:{lead_id}:{sender.id}:{key}")
    tries = itertools.count()

    def attempt(lead_doc: LeadSnapshot) -> MessageRead:
        lead = lead_doc.to_dict()
        if lead is None:
            raise NotFound("Lead not found")
        repeats = next(tries) > 0
        try:
            check_open(lead, other)
        except Conflict:
            # Sent before the lead was closed: by an earlier request, or by a try whose acknowledgement was lost.
            if (key or repeats) and (sent := _sent(lead_id, message_id, text)):
                return sent
            raise
        # Few messages are repetitions, so the first try reads nothing; `create` notices those.
        if repeats and (sent := _sent(lead_id, message_id, text)):
            return sent
        batch = store.Batch()
        message, changes = new_message(lead, sender.id, text, message_id)
        batch.update(lead_doc.reference, changes, seen=lead_doc)
        batch.create(ref(lead_id, message_id), message)
        data = {"lead_id": lead_id, "listing_id": lead["listing_id"], "message_id": message_id}
        name = f"message:{lead_id}:{message_id}"
        notifications.add(batch, other_side(lead, sender.id), NotificationType.MESSAGE_NEW, data, name)
        return MessageRead.model_validate(message | {"created_at": store.server_time(batch.commit()[0])})

    return store.contend((lead_doc,), attempt)


def _sent(lead_id: int, message_id: int, text: str) -> MessageRead | None:
    """The message as an earlier try or request has made it, if there is one."""
    sent = store.get(ref(lead_id, message_id))[0].to_dict()
    if sent is not None and sent["text"] != text:
        raise Invalid.at(("body", "text"), "differs from what was first sent with this Idempotency-Key")
    return MessageRead.model_validate(sent) if sent else None


def new_message(
    lead: dict[str, Any], sender_id: int, text: str, message_id: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A message's document, and what it changes in the document of its lead."""
    shown = {"id": message_id, "sender_id": sender_id, "text": text, "created_at": store.SERVER_TIMESTAMP}
    number = lead.get("messages", 0) + 1
    unread = _count_field("unread", lead, other_side(lead, sender_id))
    changes = {"messages": number, "last_message": shown, unread: lead.get(unread, 0) + 1}
    return shown | {"lead_id": lead["id"], "number": number}, changes


def list_by_lead(lead_doc: LeadSnapshot, page: PageParams) -> Page[MessageRead]:
    """The messages of a lead, newest first."""
    lead_id = (lead_doc.to_dict() or {})["id"]
    query = store.collection(COLLECTION).where(filter=store.Filter("lead_id", "==", lead_id))
    return paginate(query, page, MessageRead.model_validate, order="number")


def mark_read(lead_doc: LeadSnapshot, user: User) -> None:
    """Notes that one side of a lead has read all its messages. Repeating it is harmless.

    A message that comes later than ``lead_doc`` was read stays unread, also when this is repeated within the request.

    Raises:
        NotFound: The lead has just been deleted.
    """
    lead = lead_doc.to_dict() or {}
    unread_field, read_field = _count_field("unread", lead, user.id), _count_field("read", lead, user.id)
    read = lead.get(read_field, 0) + lead.get(unread_field, 0)

    def attempt(lead_doc: LeadSnapshot) -> None:
        lead = lead_doc.to_dict()
        if lead is None:
            raise NotFound("Lead not found")
        if (read_before := lead.get(read_field, 0)) < read:
            unread = max(0, read_before + lead.get(unread_field, 0) - read)
            batch = store.Batch()
            batch.update(lead_doc.reference, {read_field: read, unread_field: unread}, seen=lead_doc)
            batch.commit()

    store.contend((lead_doc,), attempt)


def forget_sender(lead_doc: LeadSnapshot, user_id: int) -> None:
    """Deletes what a person has written on a lead. What the other side has written stays, all of it read."""
    lead_id = (lead_doc.to_dict() or {})["id"]
    newest: dict[str, Any] | None = None
    for page in pages_of(lead_id):
        batch = store.Batch()
        for message_doc in page:
            message = message_doc.to_dict() or {}
            if message["sender_id"] == user_id:
                batch.delete(message_doc.reference)
            else:
                newest = newest or message
        if batch:
            batch.commit()
    shown = newest and {name: newest[name] for name in ("id", "sender_id", "text", "created_at")}
    store.bring_to(lead_doc, {"last_message": shown, "unread_tenant": 0, "unread_owner": 0})


def pages_of(lead_id: int) -> Iterator[list[store.Snapshot]]:
    """All messages of a lead, newest first, page by page. What was read may be deleted before the next page."""
    query = store.collection(COLLECTION).where(filter=store.Filter("lead_id", "==", lead_id))
    return walk(query, order="number")
