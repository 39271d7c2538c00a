"""Users, and the identities (email, phone, telegram_id) that must be unique among them.

Firestore has no unique constraint, so each identity is a document of its own, created in the same atomic write as
the user it belongs to: of two simultaneous registrations only one can create it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Final, Literal, TypeAlias

from shared.data import audit, store
from shared.data.pages import Page, decode_cursor, paginate
from shared.enums import AuditAction, Role
from shared.errors import Conflict, NotFound, Unauthorized, Unavailable
from shared.feed.positions import micros
from shared.models.admin import AdminUserFilter, AdminUserRead, AdminUserUpdate
from shared.models.auth import UserRead, Verification
from shared.models.leads import Contact
from shared.spelling import email_key

COLLECTION: Final = "users"
Reference: TypeAlias = store.Reference[Literal["users"]]
Snapshot: TypeAlias = store.Snapshot[Literal["users"]]
GuardSnapshot: TypeAlias = store.Snapshot[Literal["guards"]]
IDENTITIES: Final = "identities"
ATTEMPTS = 8


@dataclass(frozen=True)
class User:
    """A stored user.

    Attributes:
        password_hash: None for those who only come through Telegram.
        email_verified: They have shown that they read mail to this address.
        phone_verified: Their phone was shared with the bot by the Telegram account that has it.
        token_version: What tokens and sessions that are issued now belong to. Every session of an earlier version has
            ended. A counter, not a time: clocks of two instances differ, and a token of the same second must live on.
        tokens_from: The earliest version whose access tokens still count.
        tokens_valid_from: When all tokens were last ended; what Telegram has signed before lets nobody in either.
        preferences: What they look for, as shared/data/preferences.py stores it. None before it is first set.
    """

    id: int
    role: Role
    name: str
    email: str | None
    phone: str | None
    telegram_id: str | None
    password_hash: str | None
    is_active: bool
    created_at: Any
    email_verified: bool = False
    phone_verified: bool = False
    token_version: int = 0
    tokens_from: int = 0
    tokens_valid_from: Any = None
    preferences: dict[str, Any] | None = None

    @classmethod
    def of(cls, snapshot: Snapshot) -> "User | None":
        data: Any = snapshot.to_dict()
        if not data:
            return None
        # Users of before this was noted down: a phone beside a Telegram account came from the bot.
        known: Any = {"phone_verified": data.get("telegram_id") is not None}
        known |= {name: data.get(name) for name in _ALWAYS} | {name: data[name] for name in _LATER if name in data}
        return cls(**known | {"role": Role(data["role"])})

    @property
    def is_active_admin(self) -> bool:
        return self.is_active and self.role is Role.ADMIN

    def to_model(self) -> UserRead:
        return UserRead.model_validate(self, from_attributes=True)

    def to_verified_model(self) -> UserRead:
        """With what the user has shown to be theirs."""
        verification = Verification(email=self.email_verified, phone=self.phone_verified)
        return self.to_model().model_copy(update={"verification": verification})

    def to_contact(self) -> Contact:
        return Contact.model_validate(self, from_attributes=True)


_ALWAYS = tuple(field.name for field in fields(User) if field.default is MISSING)
_LATER = tuple(field.name for field in fields(User) if field.default is not MISSING)
"""Fields that users of before do not have."""


def ref(user_id: int) -> Reference:
    return store.document(COLLECTION, user_id)


def admin_guard_ref() -> store.Reference[Literal["guards"]]:
    """The document that every loss of an admin touches, so that such changes happen one after the other."""
    return store.document("guards", "admins")


def identity_ref(kind: str, value: str) -> store.Reference[Literal["identities"]]:
    """The document that makes an email, phone or telegram_id unique. Hashed: names of documents reach logs."""
    key = email_key(value) if kind == "email" else value
    return store.document(IDENTITIES, hashlib.sha256(f"{kind}:{key}".encode()).hexdigest())


def owner_of(identity_snapshot: store.Snapshot[Literal["identities"]]) -> int | None:
    """The user that an identity belongs to, if it is taken."""
    data = identity_snapshot.to_dict()
    return data["user_id"] if data else None


def create(
    *,
    role: Role,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    telegram_id: str | None = None,
    password_hash: str | None = None,
    also: Callable[[store.Batch, int], object] = lambda *_: None,
) -> User:
    """Makes a user together with their identities, in one atomic write.

    ``also`` is given that write's batch and the user's id, and may add more to it.

    Raises:
        Conflict: The email, phone or telegram_id is taken.
    """
    given = {"email": email, "phone": phone, "telegram_id": telegram_id}
    identities = {kind: identity_ref(kind, value) for kind, value in given.items() if value}
    for _ in range(ATTEMPTS):
        user_id = store.new_id()
        data: Any = {
            "id": user_id,
            "role": role.value,
            "name": name,
            "password_hash": password_hash,
            "is_active": True,
            **given,
            # Only the bot gives both, and it has the phone from Telegram.
            "phone_verified": bool(phone and telegram_id),
        }
        batch = store.Batch()
        batch.create(ref(user_id), data | {"created_at": store.SERVER_TIMESTAMP})
        for kind, document in identities.items():
            batch.create(document, {"user_id": user_id, "kind": kind})
        also(batch, user_id)
        try:
            created_at = store.server_time(batch.commit()[0])
        except store.LOST_RACE:
            documents: list[store.Reference] = [ref(user_id), *identities.values()]
            user, *taken = store.get(*documents)
            mine = User.of(user)
            if mine and all(owner_of(snapshot) == user_id for snapshot in taken):
                return mine  # Written by a try whose acknowledgement was lost.
            for kind, snapshot in zip(identities, taken, strict=True):
                if snapshot.exists:
                    raise taken_by_another(kind) from None
            continue  # The id itself was taken, or the one who held an identity has just let go of it.
        return User(**data | {"role": role, "created_at": created_at})
    raise Unavailable


def taken_by_another(kind: str) -> Conflict:
    return Conflict(f"This {kind} is already registered", code=f"{kind}_taken")


def update(user_id: int, change: Callable[[User, store.Batch], Mapping[str, Any]]) -> User:
    """Changes a user's own fields in one atomic commit, repeated with fresh data as long as others are faster.

    Args:
        user_id: An active user.
        change: Decides by the user as they are now which fields to set; may add further writes to the batch. It is
            called again after a lost race, which may be a try of our own whose acknowledgement was lost.

    Raises:
        Unauthorized: The user is gone, or inactive.
    """

    def attempt(user_doc: Snapshot) -> User:
        user = User.of(user_doc)
        if user is None or not user.is_active:
            raise Unauthorized
        batch = store.Batch()
        changed = change(user, batch)
        if changed:
            batch.update(user_doc.reference, dict(changed), seen=user_doc)
            batch.commit()
        return replace(user, **changed)

    return store.contend(store.get(ref(user_id)), attempt)


def check_version(user: User | None, version: int) -> None:
    """Refuses whoever was let in by an earlier version of the user's tokens than they have now.

    Raises:
        Unauthorized: The account has found its owner since then, or has ended all tokens, or is gone.
    """
    if user is None or user.token_version != version:
        raise Unauthorized("Sign in again", code="sign_in_again")


def all_ended(user: User) -> dict[str, Any]:
    """The fields that end every access token and every session that was issued before."""
    version = user.token_version + 1
    return {"token_version": version, "tokens_from": version, "tokens_valid_from": store.SERVER_TIMESTAMP}


def list_all(chosen: AdminUserFilter) -> Page[AdminUserRead]:
    """All users, newest first."""
    if chosen.email is not None or chosen.phone is not None:
        last = decode_cursor(chosen.cursor) if chosen.cursor else None
        user = find(chosen.email, chosen.phone)
        if (
            user is None
            or chosen.role not in (None, user.role)
            or (last and (micros(user.created_at), user.id) >= last)
        ):
            return Page([])
        return Page([AdminUserRead.model_validate(user, from_attributes=True)])
    query = store.collection(COLLECTION)
    if chosen.role is not None:
        query = query.where(filter=store.Filter("role", "==", chosen.role.value))
    return paginate(query, chosen, AdminUserRead.model_validate)


def find(email: str | None, phone: str | None) -> User | None:
    """The user who has this email and this phone; None stands for any."""
    given = {"email": email, "phone": phone}
    owners = {
        owner_of(each) for each in store.get(*(identity_ref(kind, value) for kind, value in given.items() if value))
    }
    user_id = owners.pop()
    return User.of(store.get(ref(user_id))[0]) if user_id and not owners else None


def change(
    user_doc: Snapshot, guard_doc: GuardSnapshot, update: AdminUserUpdate, admin_id: int | None = None
) -> AdminUserRead:
    """Sets role and activity of a user.

    Every change that takes an admin away also touches one guard document under a precondition, so two admins who
    demote each other at once cannot both succeed.

    Args:
        user_doc: The user's document as it was read.
        guard_doc: The document of ``admin_guard_ref`` as it was read, at the same time or before.
        update: What to change.
        admin_id: Who changes it. None: an operator.

    Raises:
        NotFound: There is no such user.
        Conflict: It would leave the system without an active admin.
    """

    def attempt(guard_doc: GuardSnapshot, user_doc: Snapshot) -> AdminUserRead:
        user = User.of(user_doc)
        if user is None:
            raise NotFound("User not found")
        after = replace(user, **update.model_dump(exclude_none=True))
        was, will_be = ({"role": each.role.value, "is_active": each.is_active} for each in (user, after))
        batch = store.Batch()
        batch.update(user_doc.reference, will_be, seen=user_doc)
        if user.is_active_admin and not after.is_active_admin:
            _add_loss_of_admin(batch, guard_doc)
        if after != user:
            entry = audit.add(batch, AuditAction.USER_UPDATE, admin_id, user.id, audit.changes(was, will_be))
            batch.commit()
            audit.log(entry)
        return AdminUserRead.model_validate(after, from_attributes=True)

    return store.contend((guard_doc, user_doc), attempt)


def _add_loss_of_admin(batch: store.Batch, guard_doc: GuardSnapshot) -> None:
    """Adds what makes the losses of admins happen one after the other.

    Raises:
        Conflict: This is the last active one.
    """
    if len(_active_admins(limit=2)) < 2:
        raise Conflict("The last active admin cannot be demoted, deactivated or deleted", code="last_admin")
    if guard_doc.exists:
        batch.update(guard_doc.reference, {"changed_at": store.SERVER_TIMESTAMP}, seen=guard_doc)
    else:
        batch.create(guard_doc.reference, {"changed_at": store.SERVER_TIMESTAMP})


def remove(user_id: int, also: Callable[[User, store.Batch], None]) -> bool:
    """Deletes a user together with their identities, in one atomic write: nobody can enter or use the account then.

    Args:
        user_id: Who it is.
        also: Is given the user as they are now and that write's batch. It adds more to it, or refuses by raising. It is
            called again after a lost race.

    Returns:
        False if there is no such user, because another try or request was first.

    Raises:
        Conflict: It is the last active admin.
    """

    def attempt(guard_doc: GuardSnapshot, user_doc: Snapshot) -> bool:
        user = User.of(user_doc)
        if user is None:
            return bool(tried)
        batch = store.Batch()
        batch.delete(user_doc.reference, seen=user_doc)
        for kind in ("email", "phone", "telegram_id"):
            if value := getattr(user, kind):
                batch.delete(identity_ref(kind, value))
        also(user, batch)
        if user.is_active_admin:
            _add_loss_of_admin(batch, guard_doc)
        tried.append(user_id)
        batch.commit()
        return True

    tried: list[int] = []
    return store.contend(store.get(admin_guard_ref(), ref(user_id)), attempt)


def _active_admins(limit: int) -> list[Snapshot]:
    users = store.collection(COLLECTION)
    admins = users.where(filter=store.Filter("role", "==", Role.ADMIN.value))
    return store.run(admins.where(filter=store.Filter("is_active", "==", True)).limit(limit))


class AccountExists(Exception):
    """An admin was to be made of an account that exists. Its owner may be anybody who typed that email first."""

    def __init__(self, user: User) -> None:
        super().__init__(user.id)
        self.user = user


def make_admin(email: str, password_hash: str | None, take_over: bool = False) -> User:
    """Makes an active admin with this email. For ops, never for HTTP.

    An account that is taken over may have been made by anybody who typed that email first. So every token and session
    of before ends, and the other ways in (phone and Telegram) are removed.

    Args:
        email: The admin's.
        password_hash: Their new password's; None keeps the one they have.
        take_over: True if an account that exists may become the admin's.

    Raises:
        AccountExists: There is one, and ``take_over`` does not allow it.
    """
    (taken,) = store.get(identity_ref("email", email))
    user_id = owner_of(taken)
    if user_id is None:
        return _create_admin(email, password_hash)

    def attempt(user_doc: Snapshot) -> User:
        user = User.of(user_doc)
        if user is None:
            raise NotFound("User not found")
        if not take_over:
            raise AccountExists(user)
        changes: dict[str, Any] = {"role": Role.ADMIN, "is_active": True, "phone": None, "telegram_id": None}
        changes |= {"phone_verified": False} | ({"password_hash": password_hash} if password_hash else {})
        batch = store.Batch()
        batch.update(user_doc.reference, changes | all_ended(user), seen=user_doc)
        for kind in ("phone", "telegram_id"):
            if value := getattr(user, kind):
                batch.delete(identity_ref(kind, value))
        was, will_be = (
            {"role": each.role.value, "is_active": each.is_active} for each in (user, replace(user, **changes))
        )
        entry = audit.add(batch, AuditAction.ADMIN_MAKE, None, user.id, audit.changes(was, will_be))
        batch.commit()
        audit.log(entry)
        return replace(user, **changes)

    return store.contend(store.get(ref(user_id)), attempt)


def _create_admin(email: str, password_hash: str | None) -> User:
    entries: list[dict[str, Any]] = []

    def audited(batch: store.Batch, user_id: int) -> None:
        entries.append(audit.add(batch, AuditAction.ADMIN_MAKE, None, user_id, ({}, {"role": Role.ADMIN.value})))

    user = create(role=Role.ADMIN, name="Admin", email=email, password_hash=password_hash, also=audited)
    audit.log(entries[-1])
    return user
