"""What a user changes of their own account."""

from typing import Any

from shared.data import store, users
from shared.data.users import User
from shared.models.auth import ProfileUpdate


def needs_password(user: User, wanted: ProfileUpdate) -> bool:
    """True if the change would let somebody in who could not get in before."""
    return user.password_hash is not None and bool(_new_identities(user, wanted))


def change(user: User, wanted: ProfileUpdate) -> User:
    """Changes name, email and phone. A new email or phone is not verified.

    Raises:
        Conflict: The email or phone is another user's.
        Unauthorized: The account has found its owner, or has another password, since the user was read.
    """

    def fields(now: User, batch: store.Batch) -> dict[str, Any]:
        users.check_version(now, user.token_version)  # Whoever was let in a moment ago may not be any more.
        given = wanted.model_dump(include={"name", "email", "phone"}, exclude_none=True)
        changed = {name: value for name, value in given.items() if value != getattr(now, name)}
        for kind, value in _new_identities(now, wanted).items():
            _move_identity(now, kind, value, batch)
            changed[f"{kind}_verified"] = False
        return changed

    return users.update(user.id, fields)


def _new_identities(user: User, wanted: ProfileUpdate) -> dict[str, str]:
    """The email and phone that are to change, by more than their case."""
    given = {"email": wanted.email, "phone": wanted.phone}
    return {kind: value for kind, value in given.items() if value and not _is_same(kind, value, getattr(user, kind))}


def _is_same(kind: str, one: str, other: str | None) -> bool:
    return other is not None and users.identity_ref(kind, one).id == users.identity_ref(kind, other).id


def _move_identity(user: User, kind: str, value: str, batch: store.Batch) -> None:
    reference = users.identity_ref(kind, value)
    (taken,) = store.get(reference)
    if taken.exists and users.owner_of(taken) != user.id:
        raise users.taken_by_another(kind)
    batch.create(reference, {"user_id": user.id, "kind": kind})
    if old := getattr(user, kind):
        batch.delete(users.identity_ref(kind, old))
