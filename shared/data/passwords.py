"""Accounts with a password: making one, getting in, and changing it."""

from collections.abc import Callable
from typing import Any

from shared import security
from shared.data import sessions, store, throttle, users
from shared.data.throttle import Guess
from shared.data.users import User
from shared.enums import Role
from shared.errors import Conflict, Forbidden, Unauthorized
from shared.models.auth import Register
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
    # Counted by the name as it was given: one limit for email and phone would tell that they belong together.
    with Guess.of(f"{kind}:{name}", client_ip) as guess:
        counted, taken = store.get(guess.document, users.identity_ref(kind, name))
        guess.begin(counted)
        # An unknown name costs the same round trip and the same hash as a known one: time must not tell them apart.
        user = User.of(store.get(users.ref(users.owner_of(taken) or 0))[0])
        matches = security.verify_password(password, user.password_hash if user else None)
        if not user or not matches or not user.is_active:
            guess.wrong()
            raise Unauthorized("Incorrect username or password")
        guess.right()
        return user


def register(wanted: Register, client_ip: str) -> User:
    """Makes a user who has a password.

    Raises:
        Conflict: The email or phone is taken.
        TooManyRequests: Too many conflicts, or too many new users, from this address.
    """
    limit = settings().registrations_per_address
    made = throttle.reference("registered", client_ip)

    def create(count: Callable[[store.Batch, int], object]) -> User:
        try:
            return users.create(
                role=Role(wanted.role),
                name=wanted.name,
                email=wanted.email,
                phone=wanted.phone,
                password_hash=security.hash_password(wanted.password),
                also=count,
            )
        except Conflict:
            # Taken names never refuse a free one: many people may share an address.
            throttle.count_failure("register", client_ip, settings().register_failures_per_address)
            raise

    if not limit:
        return create(lambda *_: None)
    with throttle.in_turn(made.path):
        throttle.check(store.get(made)[0], client_ip, limit)
        return create(lambda batch, _: throttle.add(batch, made, client_ip))


def confirm(user: User, password: str | None, client_ip: str) -> None:
    """Makes sure that whoever holds the user's token also knows their password.

    Raises:
        Forbidden: It is wrong or absent.
        TooManyRequests: It was wrong too often, here or at the login.
    """
    with Guess.of(str(user.id), client_ip) as guess:
        guess.begin(store.get(guess.document)[0])
        if not security.verify_password(password or "", user.password_hash):
            guess.wrong()
            raise Forbidden("The current password is wrong", code="wrong_password")
        guess.right()


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
