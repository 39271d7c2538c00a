"""Getting in by a password, and changing it."""

from typing import Any

from shared import security
from shared.data import sessions, store, throttle, users
from shared.data.users import User
from shared.errors import Conflict, Forbidden, Unauthorized
from shared.settings import settings
from shared.spelling import email_key, phone_number


def identity_of(username: str) -> tuple[str, str]:
    """The kind of identity that a username is, and its one spelling. What is neither belongs to nobody."""
    if "@" not in username:
        try:
            return "phone", phone_number(username)
        except ValueError:
            pass
    return "email", email_key(username)


def login(username: str, password: str, client_ip: str) -> User:
    """The user whom a username and a password belong to.

    Raises:
        Unauthorized: For whatever reason; all look alike, and take as long.
        TooManyRequests: Too many failures from this address.
    """
    kind, name = identity_of(username)
    counted = throttle.reference("login", client_ip)
    failures, taken = store.get(counted, users.identity_ref(kind, name))
    # Counted by the name as it was given: one limit for email and phone would tell that they belong together.
    account = f"{kind}:{name}"
    throttle.check_account(failures, account, settings().login_failures_per_account)
    # An unknown name costs the same round trip and the same hash as a known one: time must not tell them apart.
    user = User.of(store.get(users.ref(users.owner_of(taken) or 0))[0])
    matches = security.verify_password(password, user.password_hash if user else None)
    if not user or not matches or not user.is_active:
        # Wrong passwords for other accounts never refuse a right one: many people may share an address.
        if throttle.is_over(failures, settings().login_failures_per_address):
            raise throttle.refusal()
        throttle.count(counted, account)
        raise Unauthorized("Incorrect username or password")
    return user


def confirm(user: User, password: str | None, client_ip: str) -> None:
    """Makes sure that whoever holds the user's token also knows their password.

    Raises:
        Forbidden: It is wrong or absent.
        TooManyRequests: It was wrong too often, here or at the login.
    """
    counted = throttle.reference("login", client_ip)
    (failures,) = store.get(counted)
    throttle.check_account(failures, str(user.id), settings().login_failures_per_account)
    if not security.verify_password(password or "", user.password_hash):
        throttle.count(counted, str(user.id))
        raise Forbidden("The current password is wrong", code="wrong_password")


def change(user: User, current: str, new: str, client_ip: str) -> User:
    """Sets a new password; every token and session of before ends.

    Raises:
        Conflict: There is no password yet. A code sets the first one.
        Forbidden: The current password is wrong.
        TooManyRequests: It was wrong too often.
    """
    if user.password_hash is None:
        raise Conflict("There is no password yet; ask for a code to set one", code="no_password")
    confirm(user, current, client_ip)
    new_hash = security.hash_password(new)

    def set_password(now: User, _: store.Batch) -> dict[str, Any]:
        if now.password_hash == new_hash:
            return {}  # Written by a try whose acknowledgement was lost.
        if now.password_hash != user.password_hash:
            raise Forbidden("The current password is wrong", code="wrong_password")  # It has just been changed.
        return {"password_hash": new_hash} | users.all_ended(now)

    changed = users.update(user.id, set_password)
    sessions.remove_ended(changed)
    return changed
