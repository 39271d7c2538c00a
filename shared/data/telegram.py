"""Getting in through Telegram, and who an account belongs to when a phone leads to it.

The rule of linking by phone. Telegram vouches for a person's own number; nothing vouches for the number that somebody
types when they register. So an account whose phone was never verified may have been made by somebody else: an attacker
who waits for the number's owner, or a person who mistyped their own. When such an account is first found by its phone:

* If its email was never verified either, it is the number's owner's from now on. Its password and its sessions end, and
  so does the Telegram account that was linked before. Its devices get no more push messages. Codes for a new password
  go to Telegram alone, and one that was mailed before is worthless. Access tokens run out, and until then change
  nothing of the account itself (``Caller.check_owner``).
* If its email was verified, two people may have a claim, and it keeps both ways in. The Telegram side is told which
  account it has joined, masked, and how to leave it: ``leave`` gives up the phone and the link.

An account whose phone is verified only moves its link: the number's owner has a new Telegram account.
An attacker with my number gains nothing: what they see afterwards is nothing of mine. My own typo costs me an account
whose email I never verified; its new owner sees what I wrote into it, which is why the page asks for the email's code.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from shared import logs
from shared.data import notification_settings, notifications, sessions, store, users
from shared.data.users import User
from shared.delivery import DeliveryError, telegram
from shared.delivery.account_texts import text
from shared.enums import Locale, NotificationType, Role
from shared.errors import Conflict, Forbidden, Unavailable

DEFAULT_NAME = "Telegram user"


class Entered(NamedTuple):
    """Who has come in, and whether they have joined an account that somebody else may use, too."""

    user: User
    joined: bool = False


def enter(telegram_id: str, phone: str | None, name: str | None, role: Role, locale: Locale) -> User:
    """The user behind a Telegram account: found by telegram_id, else by phone (which links them), else made.

    The reference's three steps. Every write states what it read, so simultaneous calls end with one user.

    Args:
        telegram_id: The account that Telegram or the bot vouches for.
        phone: The number that the account has shared with the bot.
        name: For a new user.
        role: For a new user.
        locale: The language in which to tell them what they have joined.

    Raises:
        Forbidden: The user is an admin, or inactive.
    """
    for _ in range(users.ATTEMPTS):
        try:
            user, joined = _enter(telegram_id, phone, name, role)
        except (*store.LOST_RACE, Conflict):
            continue
        if joined:
            _tell(user, locale)
        return user
    raise Unavailable


def leave(user: User) -> User:
    """Gives up the link to Telegram together with the phone, which belongs to the Telegram side.

    Every token and session of before ends, and no device of before gets push messages any more. The other side still
    has its password and its email.

    Raises:
        Conflict: There is no link, or no other way in.
    """

    def fields(now: User, batch: store.Batch) -> dict[str, Any]:
        if now.telegram_id is None:
            raise Conflict("No Telegram account is linked", code="not_linked")
        if not now.email or not (now.password_hash or now.email_verified):
            raise Conflict("Nobody could enter this account any more", code="last_way_in")
        for kind in ("telegram_id", "phone"):
            if value := getattr(now, kind):
                batch.delete(users.identity_ref(kind, value))
        notification_settings.add_removal_of_devices(batch, now.id)
        return {"telegram_id": None, "phone": None, "phone_verified": False} | users.all_ended(now)

    left = users.update(user.id, fields)
    sessions.remove_ended(left)
    return left


def _enter(telegram_id: str, phone: str | None, name: str | None, role: Role) -> Entered:
    identity = users.identity_ref("telegram_id", telegram_id)
    by_telegram, *by_phone = store.get(identity, *([users.identity_ref("phone", phone)] if phone else []))
    if (user_id := users.owner_of(by_telegram)) is not None:
        (user_doc,) = store.get(users.ref(user_id))
        user = _may_enter(User.of(user_doc), "telegram_id", telegram_id)
        return Entered(_with_verified_phone(user, user_doc) if phone and phone == user.phone else user)
    if by_phone and (user_id := users.owner_of(by_phone[0])) is not None:
        (user_doc,) = store.get(users.ref(user_id))
        return _link(_may_enter(User.of(user_doc), "phone", phone), user_doc, telegram_id)
    new_name = name or DEFAULT_NAME
    return Entered(users.create(role=role, name=new_name, phone=phone, telegram_id=telegram_id))


def _with_verified_phone(user: User, user_doc: users.Snapshot) -> User:
    if user.phone_verified:
        return user
    batch = store.Batch()
    batch.update(user_doc.reference, {"phone_verified": True}, seen=user_doc)
    batch.commit()
    return replace(user, phone_verified=True)


def _link(user: User, user_doc: users.Snapshot, telegram_id: str) -> Entered:
    """Links a user who was found by phone. See the rule above."""
    if user.telegram_id == telegram_id:
        return Entered(user)  # By another request, a moment ago: it has told them.
    batch = store.Batch()
    changes: dict[str, Any] = {"telegram_id": telegram_id, "phone_verified": True}
    if not user.phone_verified and not user.email_verified:
        changes |= {"password_hash": None, "token_version": user.token_version + 1}
        notification_settings.add_removal_of_devices(batch, user.id)
    if user.telegram_id:
        batch.delete(users.identity_ref("telegram_id", user.telegram_id))
    batch.create(users.identity_ref("telegram_id", telegram_id), {"user_id": user.id, "kind": "telegram_id"})
    batch.update(user_doc.reference, changes, seen=user_doc)
    notifications.add(batch, user.id, NotificationType.ACCOUNT_LINKED, {}, f"linked:{store.new_id()}")
    try:
        batch.commit()
    except store.LOST_RACE:
        (linked,) = store.get(users.identity_ref("telegram_id", telegram_id))
        if users.owner_of(linked) != user.id:
            raise
        # Written by a try whose acknowledgement was lost: they shall be told all the same.
    joined = not user.phone_verified and user.email_verified
    return Entered(replace(user, **changes), joined)


def _may_enter(user: User | None, kind: str, value: str | None) -> User:
    """The user that an identity leads to, if they may enter."""
    if user is None or getattr(user, kind) != value:  # Gone or given up a moment ago, with what led here: look again.
        raise Conflict(f"This {kind} leads elsewhere")
    if not user.is_active:
        raise Forbidden("This account is deactivated")
    if user.role is Role.ADMIN:
        raise Forbidden("An admin cannot enter through Telegram")
    return user


def _tell(user: User, locale: Locale) -> None:
    if not telegram.is_configured():
        return
    try:
        telegram.send(user.telegram_id or "", text("linked", locale, account=_masked(user.email or "")).body)
    except DeliveryError as error:  # The link stands all the same.
        logs.exception("Nobody was told of a link", error, severity="WARNING", user_id=user.id)


def _masked(email: str) -> str:
    """An email as its owner recognises it and nobody else learns it: ``a…@example.kz``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"
