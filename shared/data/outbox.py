"""The outbox: tells a person's channels of the notifications that are still open.

``outbox/{user_id}_{stream}`` exists while there is something to do for a person: ``due_at`` says when the schedule has
to look, which is the end of the quiet hours, of a pause after a failure, or of the time that a worker has. One worker
at a time tells a person. What arrives meanwhile makes the worker look again, and what arrives in one moment is told as
one.

``failing`` has the channels that did not take what they were told, each with how often and until when it pauses. The
others do not wait for them: what arrives in a pause is told by them at once.

A notification is told again rather than never: it is closed after the channel has taken it.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from shared import clock, logs
from shared.data import matches, notification_settings, notifications, store, users
from shared.data.notification_settings import Settings
from shared.data.notifications import Stream
from shared.data.users import User
from shared.delivery import DeliveryError, Failed, Gone, TryLater, email, push, telegram, texts
from shared.delivery.channels import Channel, configured
from shared.delivery.hours import next_daily, quiet_until
from shared.settings import settings

COLLECTION: Final = "outbox"
Reference: TypeAlias = store.Reference[Literal["outbox"]]
Snapshot: TypeAlias = store.Snapshot[Literal["outbox"]]
Failing: TypeAlias = dict[str, dict[str, Any]]
"""The channels that are failing: ``until`` when each pauses, and how many ``attempts`` have failed in a row."""
LEASE = timedelta(minutes=3)
"""How long a worker has; then the schedule takes over what it has left."""
AT_ONCE = 100
"""Notifications that are told as one."""
TOLD_FOR = timedelta(hours=48)
"""Channels are not told of older notifications, which are no news any more. They stay in the list."""
LONGEST_PAUSE = 3600
DUE_AT_ONCE = 200
WORKERS = 8
"""People whom the schedule tells at the same time: it mostly waits for other servers."""
RUN_SECONDS = 200.0
"""How long one run of the schedule begins with new people; it has 300 seconds."""
BEHIND = timedelta(minutes=15)
"""The operator is told of what has been due for longer (infra/cloud/alerts/messages.yaml)."""
MOST_ATTEMPTS = 10
"""Attempts are counted up to here; the pause is at its longest before that."""
LONG = 6
"""So many attempts take half an hour; from then on the operator is told."""


@dataclass(frozen=True)
class Recipient:
    """A person and how to reach them."""

    user: User
    settings: Settings

    def addresses(self) -> dict[Channel, list[str]]:
        """Where each channel that they use can reach them."""
        user, chosen = self.user, self.settings
        known = {
            Channel.TELEGRAM: [user.telegram_id] if user.telegram_id else [],
            Channel.EMAIL: [user.email] if user.email and user.email_verified else [],
            Channel.PUSH: chosen.tokens,
        }
        return {
            channel: addresses
            for channel in configured()
            if channel in chosen.on
            and (addresses := [each for each in known[channel] if each != chosen.gone.get(channel)])
        }


def ref(user_id: int, stream: Stream) -> Reference:
    return store.document(COLLECTION, f"{user_id}_{stream.value}")


def instant_ref(user_id: int) -> Reference:
    """Where it stands until when a person is not told of what is told at once."""
    return ref(user_id, Stream.INSTANT)


def wake(batch: store.Batch, outbox_doc: Snapshot) -> None:
    """Adds that what waits for the end of quiet hours is due now, so that the new settings decide.

    What is told daily has its time, and a pause of a channel is no matter of the settings.
    """
    outbox, now = outbox_doc.to_dict(), clock.now()
    # Where it says which channels are failing, they keep their pauses. A document of before knows one pause for all.
    may_wake = outbox and not outbox["working"] and (outbox.get("failing") or not outbox["attempts"])
    if outbox and may_wake and outbox["due_at"] > now:
        batch.update(outbox_doc.reference, {"due_at": now}, seen=outbox_doc)


def deliver(user_id: int, stream: Stream, notification_id: int | None = None) -> None:
    """Tells a person's channels what they have not been told yet, now or, in the quiet hours, later.

    Args:
        user_id: The person.
        stream: What to tell: what is told at once, or what is told once a day.
        notification_id: The notification that is the reason; nothing is done if it is told already. None: the schedule.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: Firestore failed; the same call may be repeated.
    """
    wanted: list[store.Reference] = [users.ref(user_id), notification_settings.ref(user_id), ref(user_id, stream)]
    if notification_id is not None:
        wanted.append(notifications.ref(user_id, notification_id))
    user_doc, settings_doc, outbox_doc, *reason = store.get(*wanted)
    if reason and not (reason[0].to_dict() or {}).get("open"):
        return
    user = User.of(user_doc)
    if user is None:  # They have deleted their account: nothing of them stays, and nobody is told.
        _drop(*reason)
    recipient = Recipient(user, Settings.of(settings_doc)) if user and user.is_active else None
    if recipient is None or not recipient.addresses():
        _drop(outbox_doc)
    elif _claim(outbox_doc, user_id, stream, recipient, scheduled=not reason):
        if reason:  # What comes in one moment is told as one. What the schedule tells has waited already.
            time.sleep(settings().gather_seconds)
        _work(user_id, stream, recipient, has_waited=not reason or outbox_doc.exists)


def deliver_due() -> int:
    """Tells everybody for whom it is time, several at once, as long as one run may take. How many there were."""
    ends = time.monotonic() + RUN_SECONDS
    query = store.collection(COLLECTION).where(filter=store.Filter("due_at", "<=", clock.now()))
    due = store.run(query.order_by("due_at").limit(DUE_AT_ONCE))
    if due and (oldest := (due[0].to_dict() or {})["due_at"]) < clock.now() - BEHIND:
        logs.write("WARNING", "Outbox is behind", due_at=oldest)
    with ThreadPoolExecutor(WORKERS, "outbox") as pool:
        tries = [pool.submit(_deliver_one, each, ends) for each in due]
    for each in tries:
        each.result()  # Raises what was not expected, after everybody has had their turn.
    return len(due)


def _deliver_one(outbox_doc: Snapshot, ends: float) -> None:
    """Tells one person for whom it is time, unless the schedule's own time is up: then the next run does it."""
    if time.monotonic() > ends:
        return
    outbox = outbox_doc.to_dict() or {}
    try:
        deliver(outbox["user_id"], Stream(outbox["stream"]))
    except store.STOPPED as error:  # It is due again later.
        logs.exception("Not delivered yet", error, severity="WARNING", user_id=outbox["user_id"])


def _drop(*documents: store.Snapshot) -> None:
    """Ends the work for somebody who cannot be told any more."""
    if there := [each for each in documents if each.exists]:
        batch = store.Batch()
        for each in there:
            batch.delete(each.reference)
        batch.commit()


def _claim(outbox_doc: Snapshot, user_id: int, stream: Stream, recipient: Recipient, scheduled: bool) -> bool:
    """Makes the caller the person's worker, or leaves the work to the one who has it or to a later time."""
    chosen = recipient.settings

    def attempt(outbox_doc: Snapshot) -> bool:
        now = clock.now()
        outbox = outbox_doc.to_dict()
        if outbox and outbox["due_at"] > now:
            if outbox["working"] and not scheduled:
                batch = store.Batch()  # That worker may have looked before this notification was there.
                batch.update(outbox_doc.reference, {"more": store.Increment(1)}, seen=outbox_doc)
                batch.commit()
            if outbox["working"] or scheduled or stream is Stream.DAILY:
                return False
            failing = outbox.get("failing", {})
            if not failing or all(failing.get(each, {}).get("until", now) > now for each in recipient.addresses()):
                return False  # It waits for the end of the quiet hours, or no channel is left that does not pause.
        if outbox and stream is Stream.DAILY and not scheduled:
            return False  # It is due, and the schedule is about to come.
        if stream is Stream.DAILY and not scheduled:
            # Not at the end of the quiet hours: there would be two messages in one morning. The schedule minds those.
            later: datetime | None = next_daily(now, chosen.timezone)
        else:
            later = quiet_until(now, chosen.quiet_hours, chosen.timezone)
        new = {
            "user_id": user_id,
            "stream": stream.value,
            "working": later is None,
            "due_at": later or now + LEASE,
            "attempts": (outbox or {}).get("attempts", 0),
            "failing": (outbox or {}).get("failing", {}),
            "more": 0,
        }
        batch = store.Batch()
        if outbox_doc.exists:
            batch.update(outbox_doc.reference, new, seen=outbox_doc)
        else:
            batch.create(outbox_doc.reference, new)
        batch.commit()
        return later is None

    return store.contend((outbox_doc,), attempt)


def _work(user_id: int, stream: Stream, recipient: Recipient, has_waited: bool) -> None:
    """Tells what is open, again and again until nothing has arrived meanwhile.

    Args:
        user_id: The person.
        stream: What to tell.
        recipient: The same person, and how to reach them.
        has_waited: Some of it may be about what is gone by now: that is closed like the rest, but not told.
    """
    addresses = recipient.addresses()
    failing: Failing = {}
    while True:
        (outbox_doc,) = store.get(ref(user_id, stream))
        outbox = outbox_doc.to_dict()
        if outbox is None or not outbox["working"]:
            return  # It took too long, and another worker has done it.
        open_docs = list_open(user_id, stream)
        failing = outbox.get("failing", {}) | failing
        news = matches.still_news(user_id, open_docs) if has_waited else open_docs
        failing = _tell(user_id, news, addresses, recipient, failing) if news else {}
        if _close(outbox_doc, open_docs, addresses, failing) and len(open_docs) < AT_ONCE:
            return


def list_open(user_id: int, stream: Stream) -> list[notifications.Snapshot]:
    """A person's notifications that a channel may still have to be told of, the newest first."""
    query = store.collection(notifications.COLLECTION).where(filter=store.Filter("user_id", "==", user_id))
    query = query.where(filter=store.Filter("open", "==", stream.value))
    query = query.where(filter=store.Filter("created_at", ">", clock.now() - TOLD_FOR))
    query = query.order_by("created_at", direction="DESCENDING").order_by("id", direction="DESCENDING")
    return store.run(query.limit(AT_ONCE))


def _tell(
    user_id: int,
    news: Sequence[notifications.Snapshot],
    addresses: dict[Channel, list[str]],
    recipient: Recipient,
    failing: Failing,
) -> Failing:
    """Tells each channel what it has not taken yet, unless it pauses; the channels that are failing now."""
    still: Failing = {}
    for channel, reachable in list(addresses.items()):
        untold = [fields for each in news if channel not in (fields := each.to_dict() or {})["told"]]
        before = failing.get(channel)
        if untold and before and before["until"] > clock.now():
            still[channel.value] = before
            continue
        taken, failure = False, None
        for address in reachable if untold else []:
            try:
                SEND[channel](address, untold, recipient.settings)
                taken = True
            except Gone:
                _note_gone(user_id, channel, address)
                addresses[channel] = [each for each in addresses[channel] if each != address]
                logs.write("INFO", "Channel gone", user_id=user_id, channel=channel.value)
            except DeliveryError as error:
                failure = _failure(error, before["attempts"] if before else 0)
                severity = "ERROR" if isinstance(error, Failed) else "WARNING"
                logs.write(severity, f"Notification not delivered: {error}", user_id=user_id, channel=channel.value)
        if failure and not taken:  # A device that takes nothing does not make the others ring again and again.
            still[channel.value] = failure
            if failure["attempts"] >= LONG:
                logs.write("WARNING", "Not reached for half an hour", user_id=user_id, channel=channel.value)
    return still


def _failure(error: DeliveryError, attempts: int) -> dict[str, Any]:
    """What is noted of a channel that has just failed, after so many attempts that failed before."""
    asked = error.seconds if isinstance(error, TryLater) else LONGEST_PAUSE
    pause = max(asked, min(30 * 2**attempts, LONGEST_PAUSE))
    return {"until": clock.now() + timedelta(seconds=pause), "attempts": min(attempts + 1, MOST_ATTEMPTS)}


def _note_gone(user_id: int, channel: Channel, address: str) -> None:
    if channel is Channel.PUSH:
        notification_settings.forget_token(user_id, address)
    else:
        notification_settings.note_gone(user_id, channel, address)


def _close(
    outbox_doc: Snapshot,
    open_docs: Sequence[notifications.Snapshot],
    addresses: dict[Channel, list[str]],
    failing: Failing,
) -> bool:
    """Notes what was told, and ends the work or puts it off; False if something has arrived meanwhile."""
    told = {channel.value for channel in addresses if channel not in failing}

    def marks(batch: store.Batch, docs: Sequence[notifications.Snapshot]) -> None:
        for each in docs:
            before = set((each.to_dict() or {})["told"])
            fields = {"told": sorted(before | told)} | ({"open": None} if before | told >= addresses.keys() else {})
            if "open" in fields or not before >= told:
                batch.update(each.reference, fields)

    batch = store.Batch()
    if failing:
        due = min(each["until"] for each in failing.values())
        attempts = max(each["attempts"] for each in failing.values())
        put_off = {"working": False, "due_at": due, "attempts": attempts, "failing": failing}
        batch.update(outbox_doc.reference, put_off, seen=outbox_doc)
    elif len(open_docs) < AT_ONCE:
        batch.delete(outbox_doc.reference, seen=outbox_doc)
    marks(batch, open_docs)
    try:
        batch.commit()
    except store.LOST_RACE:
        # What was told is told, whatever has arrived. A notification may be deleted by now.
        batch = store.Batch()
        if open_docs:
            marks(batch, [each for each in store.get(*(each.reference for each in open_docs)) if each.exists])
        if batch:
            batch.commit()
        return False
    return True


def _telegram(address: str, untold: Sequence[dict[str, Any]], chosen: Settings) -> None:
    telegram.send(address, "\n".join([texts.text(untold, chosen.locale), *_link()]))


def _email(address: str, untold: Sequence[dict[str, Any]], chosen: Settings) -> None:
    email.send(address, texts.title(chosen.locale), "\n".join([texts.text(untold, chosen.locale), *_link()]))


def _push(address: str, untold: Sequence[dict[str, Any]], chosen: Settings) -> None:
    newest = untold[0]
    data = {"type": newest["type"]} | {name: str(value) for name, value in newest["data"].items() if name[-3:] == "_id"}
    push.send(address, texts.title(chosen.locale), texts.text(untold, chosen.locale), data)


def _link() -> list[str]:
    return [settings().public_url or ""] if settings().public_url else []


SEND: dict[Channel, Callable[[str, Sequence[dict[str, Any]], Settings], None]] = {
    Channel.TELEGRAM: _telegram,
    Channel.EMAIL: _email,
    Channel.PUSH: _push,
}
