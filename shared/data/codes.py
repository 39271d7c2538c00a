"""Codes that show that somebody reads an account's mail or Telegram messages: six digits, 15 minutes, five tries.

One document for each user and purpose; a new code replaces the old one. Only a keyed hash of the code is stored. Every
wrong try is written down under a precondition before it is answered, so tries at once are all counted. For a username
that nobody has, the same documents are read and written, so that neither time nor limits tell it apart.
Firestore's TTL policy on ``expires_at`` removes what is over.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from shared import clock, logs, security
from shared.data import passwords, sessions, store, throttle, users
from shared.data.users import User
from shared.delivery import DeliveryError, Gone, TryLater, email, telegram
from shared.delivery.account_texts import text
from shared.enums import Locale
from shared.errors import Conflict, TooManyRequests, Unauthorized, Unavailable
from shared.settings import settings
from shared.spelling import email_key

COLLECTION: Final = "codes"
Reference: TypeAlias = store.Reference[Literal["codes"]]
Snapshot: TypeAlias = store.Snapshot[Literal["codes"]]
LIFETIME = timedelta(minutes=15)
TRIES = 5
NEVER = datetime.min.replace(tzinfo=UTC)
SENT_AT_MOST = 5
"""Codes for one user and purpose within SENT_WITHIN: what bounds guesses to 25 an hour, and mail nobody asked for."""
SENT_WITHIN = timedelta(hours=1)

Channel = Literal["email", "telegram"]
Purpose = Literal["reset", "email", "telegram"]


@dataclass(frozen=True)
class _Code:
    """A new code on its way."""

    user: User
    channel: Channel
    digits: str
    locale: Locale


PURPOSES: tuple[Purpose, ...] = ("reset", "email", "telegram")


def ref(purpose: Purpose, user_id: int | str) -> Reference:
    return store.document(COLLECTION, f"{purpose}_{user_id}")


def channel_for_reset(user: User) -> Channel | None:
    """Where a code for a new password goes: to Telegram, else by mail.

    An account that is linked and whose email was never verified gets it by Telegram alone: the address may be of
    somebody else, who made the account with this person's number.
    """
    if user.telegram_id and telegram.is_configured():
        return "telegram"
    if user.email and email.is_configured() and _may_reset_by(user, "email"):
        return "email"
    return None


def _may_reset_by(user: User, channel: Channel) -> bool:
    return channel == "telegram" or user.email_verified or not user.telegram_id


def send_for_reset(username: str, client_ip: str, locale: Locale) -> None:
    """Sends a code for a new password, if there is such an account; the answer and its time are the same if not.

    Raises:
        Unavailable: Neither mail nor Telegram is configured.
        TooManyRequests: Too many codes were asked for from this address.
    """
    if not email.is_configured() and not telegram.is_configured():
        raise not_configured()
    started = time.monotonic()
    kind, name = passwords.identity_of(username)
    counted = throttle.reference("code", client_ip)
    asked, taken = store.get(counted, users.identity_ref(kind, name))
    throttle.check(asked, client_ip, settings().codes_per_address)
    user_id = users.owner_of(taken)
    code_doc, user_doc = store.get(ref("reset", user_id or _nobody(kind, name)), users.ref(user_id or 0))
    user = User.of(user_doc)
    channel = channel_for_reset(user) if user and user.is_active else None
    throttle.count(counted, client_ip)
    code = _write(code_doc, user, channel, locale)
    _deliver_in_equal_time(code, started)


def send_to_user(user: User, channel: Channel, client_ip: str, locale: Locale) -> None:
    """Sends a code to the user's own email or Telegram.

    Raises:
        Unavailable: The channel is not configured, or fails.
        Conflict: The user has no such address, or it does not exist any more.
        TooManyRequests: Too many codes were asked for.
    """
    if not (email if channel == "email" else telegram).is_configured():
        raise not_configured()
    if not _target(user, channel):
        raise Conflict(f"There is no {channel} to send a code to", code=f"no_{channel}")
    counted = throttle.reference("code", client_ip)
    asked, code_doc = store.get(counted, ref(channel, user.id))
    throttle.check(asked, client_ip, settings().codes_per_address)
    throttle.count(counted, client_ip)
    code = _write(code_doc, user, channel, locale)
    if code is None:
        raise TooManyRequests(int(SENT_WITHIN.total_seconds()))
    try:
        _deliver(code)
    except Gone:
        raise Conflict("This address cannot be reached", code="unreachable") from None
    except DeliveryError as error:
        logs.exception("A code was not delivered", error, severity="WARNING", user_id=user.id)
        pause = error.seconds if isinstance(error, TryLater) else 60
        raise Unavailable("The message could not be sent", code="not_delivered", retry_after=pause) from None


def reset_password(username: str, digits: str, password: str) -> User:
    """Sets a new password by a code; every token and session of before ends.

    Raises:
        Unauthorized: The code is wrong, used or expired, or there is no such account.
        TooManyRequests: Too many wrong tries.
    """
    kind, name = passwords.identity_of(username)
    (taken,) = store.get(users.identity_ref(kind, name))
    user_id = users.owner_of(taken)
    hashes: list[str] = []

    def fields(user: User, channel: Channel) -> dict[str, Any]:
        if not _may_reset_by(user, channel):  # Mailed before the account was linked, perhaps to somebody else.
            raise _wrong()
        if not hashes:
            hashes.append(security.hash_password(password))
        verified = {"email_verified": True} if channel == "email" else {}
        return {"password_hash": hashes[0]} | verified | users.all_ended(user)

    snapshots = store.get(ref("reset", user_id or _nobody(kind, name)), users.ref(user_id or 0))
    user = _redeem(snapshots, digits, fields, lambda user: user.password_hash in hashes)
    sessions.remove_ended(user)
    return user


def verify_email(user: User, digits: str) -> None:
    """Notes that the user reads mail to their address.

    Raises:
        Unauthorized: The code is wrong, used, expired, or was sent to another address.
        TooManyRequests: Too many wrong tries.
    """

    def fields(now: User, _: Channel) -> dict[str, Any]:
        if now.token_version != user.token_version:  # The account has found its owner a moment ago.
            raise _wrong()
        return {"email_verified": True}

    snapshots = store.get(ref("email", user.id), users.ref(user.id))
    _redeem(snapshots, digits, fields, lambda now: now.email_verified)


def use(user: User, digits: str, batch: store.Batch) -> None:
    """Adds the use of the latest code that was sent to the user to what a batch does.

    Raises:
        Unauthorized: The code is wrong, used, expired, or was sent to another address.
        TooManyRequests: Too many wrong tries.
    """
    found = store.get(*(ref(channel, user.id) for channel in ("telegram", "email")))
    code_doc = max(found, key=lambda each: (each.to_dict() or {}).get("valid_until", NEVER))
    code = _valid(code_doc)
    if not _fits(code_doc, code, user, digits):
        _count_wrong(code_doc, code)
        raise _wrong()
    batch.delete(code_doc.reference, seen=code_doc)


def not_configured() -> Unavailable:
    return Unavailable("Messages are not configured here", code="not_configured", retry_after=3600)


def _write(code_doc: Snapshot, user: User | None, channel: Channel | None, locale: Locale) -> _Code | None:
    """Stores a new code, and returns it if it may be sent. If there is nobody to send it to, no code fits it."""
    digits, nonce, now = f"{secrets.randbelow(10**6):06}", secrets.token_hex(8), clock.now()
    code = _Code(user, channel, digits, locale) if user and channel else None
    fields: dict[str, Any] = {
        "user_id": code.user.id if code else None,
        "channel": code.channel if code else None,
        "target": _target(code.user, code.channel) if code else None,
        "nonce": nonce,
        "hash": _hash(code_doc.reference.id, nonce, digits) if code else secrets.token_hex(32),
        "tries": 0,
        "valid_until": now + LIFETIME,
        "expires_at": now + SENT_WITHIN,
    }

    def attempt(code_doc: Snapshot) -> _Code | None:
        before = code_doc.to_dict() or {}
        if before.get("nonce") == nonce:
            return code  # Written by a try whose acknowledgement was lost.
        sent = [each for each in before.get("sent", []) if now - each < SENT_WITHIN]
        may_send = len(sent) < SENT_AT_MOST
        batch = store.Batch()
        if not code_doc.exists:
            batch.create(code_doc.reference, fields | {"sent": [now]})
        else:
            # No new code is the same write, of what is there: time must not tell who has an account.
            new = fields | {"sent": [*sent, now]} if may_send else before
            batch.update(code_doc.reference, new, seen=code_doc)
        batch.commit()
        return code if may_send else None

    return store.contend((code_doc,), attempt)


def _redeem(
    snapshots: tuple[Snapshot, users.Snapshot],
    digits: str,
    fields: Callable[[User, Channel], dict[str, Any]],
    is_done: Callable[[User], bool],
) -> User:
    """Uses a code up, in one atomic commit with the change of the user that it is for."""
    tried = False

    def attempt(code_doc: Snapshot, user_doc: users.Snapshot) -> User:
        nonlocal tried
        user = User.of(user_doc)
        if tried and user and is_done(user):
            return user  # Written by a try whose acknowledgement was lost.
        code = _valid(code_doc)
        if user is None or not _fits(code_doc, code, user, digits):
            _count_wrong(code_doc, code)
            raise _wrong()
        changes = fields(user, code["channel"])
        tried = True
        batch = store.Batch()
        batch.delete(code_doc.reference, seen=code_doc)
        if changes:
            batch.update(user_doc.reference, changes, seen=user_doc)
        batch.commit()
        return replace(user, **changes)

    return store.contend(snapshots, attempt)


def _valid(code_doc: Snapshot) -> dict[str, Any]:
    """The fields of a code that may be tried.

    Raises:
        Unauthorized: There is none, or it has expired.
        TooManyRequests: Too many wrong tries.
    """
    code, now = code_doc.to_dict(), clock.now()
    if code is None or code["valid_until"] <= now:
        raise _wrong()
    if code["tries"] >= TRIES:
        raise TooManyRequests(int((code["valid_until"] - now).total_seconds()))
    return code


def _fits(code_doc: Snapshot, code: dict[str, Any], user: User, digits: str) -> bool:
    """True if these are the digits that were sent, to an address that the user still has."""
    right = security.same_secret(_hash(code_doc.reference.id, code["nonce"], digits), code["hash"])
    return right and user.is_active and code["target"] == _target(user, code["channel"])


def _count_wrong(code_doc: Snapshot, code: dict[str, Any]) -> None:
    batch = store.Batch()
    batch.update(code_doc.reference, {"tries": code["tries"] + 1}, seen=code_doc)
    batch.commit()


def _wrong() -> Unauthorized:
    return Unauthorized("The code is wrong or has expired", code="wrong_code")


def _nobody(kind: str, name: str) -> str:
    """Stands for the user whom a username does not have. Keyed: names of documents reach logs."""
    return "x" + security.keyed("nobody", f"{kind}:{name}").hex()[:24]


def _hash(key: str, nonce: str, digits: str) -> str:
    return security.keyed("code", f"{key}:{nonce}:{digits}").hex()


def _target(user: User, channel: Channel) -> str | None:
    """What stands for the address that a code goes to: another one makes the code worthless."""
    address = user.telegram_id if channel == "telegram" else user.email and email_key(user.email)
    return security.keyed("target", address).hex()[:24] if address else None


def _deliver(code: _Code) -> None:
    subject, body = text("code", code.locale, code=code.digits)
    if code.channel == "telegram":
        telegram.send(code.user.telegram_id or "", body)
    else:
        email.send(code.user.email or "", subject, body)


def _deliver_in_equal_time(code: _Code | None, started: float) -> None:
    """Delivers a code, if there is one, and returns after ``reset_seconds`` in any case."""

    def deliver() -> None:
        try:
            if code:
                _deliver(code)
        except DeliveryError as error:
            logs.exception("A code was not delivered", error, severity="WARNING")

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    seconds = settings().reset_seconds
    thread.join(seconds if seconds else None)
    time.sleep(max(0.0, started + seconds - time.monotonic()))
