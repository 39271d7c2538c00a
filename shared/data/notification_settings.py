"""How a person wants to be told: one document for each who has said so, ``notification_settings/{user_id}``.

It also has the person's devices, and the addresses that a channel has called gone. A device's push token stands for one
person only: ``push_tokens/{hash of the token}`` says for whom, so a phone that changes hands does not show what is for
the one before.
"""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, TypeVar

from shared.data import store, users
from shared.data.users import User
from shared.delivery.channels import Channel, configured
from shared.enums import Locale
from shared.models.notifications import ChannelsRead, QuietHours, SettingsRead, SettingsWrite

COLLECTION: Final = "notification_settings"
Reference: TypeAlias = store.Reference[Literal["notification_settings"]]
Snapshot: TypeAlias = store.Snapshot[Literal["notification_settings"]]
A = TypeVar("A", bound=str)
TOKENS: Final = "push_tokens"
MAX_DEVICES = 20
"""A person's latest devices; the one longest unheard of goes first."""


@dataclass(frozen=True)
class Settings:
    """A person's settings, or the defaults."""

    on: frozenset[Channel]
    quiet_hours: QuietHours | None
    timezone: str
    locale: Locale
    tokens: list[str] = field(default_factory=list)
    """Push tokens of the person's devices."""
    gone: dict[str, str] = field(default_factory=dict)
    """The address by which a channel cannot reach the person any more, by channel."""

    @classmethod
    def of(cls, settings_doc: Snapshot) -> "Settings":
        return cls._of(settings_doc.to_dict() or {})

    @classmethod
    def _of(cls, stored: dict[str, Any]) -> "Settings":
        chosen = SettingsWrite.model_validate(stored)
        channels = chosen.channels.model_dump()
        return cls(
            frozenset(channel for channel in Channel if channels[channel] is not False),
            chosen.quiet_hours,
            chosen.timezone,
            chosen.locale,
            [each["token"] for each in stored.get("devices", [])],
            stored.get("gone", {}),
        )

    def to_model(self) -> SettingsRead:
        offered = configured()
        return SettingsRead(
            channels=ChannelsRead.model_validate(
                {each: each in self.on if each in offered else None for each in Channel}
            ),
            quiet_hours=self.quiet_hours,
            timezone=self.timezone,
            locale=self.locale,
        )


def ref(user_id: int) -> Reference:
    return store.document(COLLECTION, user_id)


def token_ref(token: str) -> store.Reference[Literal["push_tokens"]]:
    """The document that says whose a push token is. Hashed: names of documents reach logs."""
    return store.document(TOKENS, hashlib.sha256(token.encode()).hexdigest())


def replace(
    settings_doc: Snapshot,
    waiting_doc: store.Snapshot[A],
    wanted: SettingsWrite,
    wake: Callable[[store.Batch, store.Snapshot[A]], None],
) -> SettingsRead:
    """Stores what the person wants. A channel that they turn on is tried again, though it was gone before.

    Args:
        settings_doc: The person's settings as they were read.
        waiting_doc: What says until when the person is not told, by the settings of before, as it was read.
        wanted: What the person wants.
        wake: Adds to the same commit that this is decided anew.
    """

    def attempt(settings_doc: Snapshot, waiting_doc: store.Snapshot[A]) -> SettingsRead:
        old = settings_doc.to_dict() or {}
        turned_on = {name for name, on in wanted.channels.model_dump().items() if on}
        gone = {name: address for name, address in old.get("gone", {}).items() if name not in turned_on}
        new = old | wanted.model_dump(mode="json", by_alias=True) | {"gone": gone}
        batch = store.Batch()
        _put(batch, settings_doc, new)
        wake(batch, waiting_doc)
        batch.commit()
        return Settings._of(new).to_model()

    return store.contend((settings_doc, waiting_doc), attempt)


def add_device(
    settings_doc: Snapshot, token_doc: store.Snapshot[Literal["push_tokens"]], user: User, name: str, token: str
) -> None:
    """Remembers a person's device by its push token, and takes the token from whom it was before.

    Args:
        settings_doc: The person's settings as they were read.
        token_doc: The document of ``token_ref`` as it was read.
        user: The person, as they were read with the settings.
        name: What the device is called.
        token: Its push token now.

    Raises:
        Unauthorized: The account has found its owner since then, or every token of before has ended.
    """
    tries = itertools.count()

    def attempt(settings_doc: Snapshot, token_doc: store.Snapshot[Literal["push_tokens"]]) -> None:
        if next(tries):
            users.check_version(User.of(store.get(users.ref(user.id))[0]), user.token_version)
        batch = store.Batch()
        old = settings_doc.to_dict() or {}
        devices = [each for each in old.get("devices", []) if each["id"] != name and each["token"] != token]
        devices = [*devices, {"id": name, "token": token}][-MAX_DEVICES:]
        if devices == old.get("devices"):
            return
        _forget_others(batch, old, devices)
        _put(batch, settings_doc, old | {"devices": devices})
        owner_id = (token_doc.to_dict() or {}).get("user_id")
        if owner_id is None:
            batch.create(token_doc.reference, {"user_id": user.id})
        else:
            batch.update(token_doc.reference, {"user_id": user.id}, seen=token_doc)
        if owner_id not in (None, user.id):
            _remove_token(batch, store.get(ref(owner_id))[0], token)
        batch.commit()

    store.contend((settings_doc, token_doc), attempt)


def remove_device(settings_doc: Snapshot, name: str) -> None:
    """Forgets a person's device. Repeating it is harmless."""

    def attempt(settings_doc: Snapshot) -> None:
        old = settings_doc.to_dict() or {}
        devices = [each for each in old.get("devices", []) if each["id"] != name]
        if devices != old.get("devices", []):
            batch = store.Batch()
            _forget_others(batch, old, devices)
            _put(batch, settings_doc, old | {"devices": devices})
            batch.commit()

    store.contend((settings_doc,), attempt)


def add_removal_of_devices(batch: store.Batch, user_id: int) -> None:
    """Adds to a batch that a person has no devices any more, with what is known of their push tokens."""
    (settings_doc,) = store.get(ref(user_id))
    _forget_others(batch, settings_doc.to_dict() or {}, [])
    _put(batch, settings_doc, {"devices": []})  # Whoever is about to add one loses the race, and looks again.


def forget_token(user_id: int, token: str) -> None:
    """Forgets the device of a push token that is not in use any more."""

    def attempt(settings_doc: Snapshot) -> None:
        batch = store.Batch()
        if _remove_token(batch, settings_doc, token):
            batch.delete(token_ref(token))
            batch.commit()

    store.contend(store.get(ref(user_id)), attempt)


def note_gone(user_id: int, channel: Channel, address: str) -> None:
    """Notes that a channel cannot reach the person by an address any more, so that it is not used again."""
    batch = store.Batch()
    batch.set(ref(user_id), {"gone": {channel.value: address}}, merge=True)
    batch.commit()


def forget_person(user_id: int) -> None:
    """Deletes a person's settings and devices, with what is known of the devices' push tokens."""

    def attempt(settings_doc: Snapshot) -> None:
        if not settings_doc.exists:
            return
        batch = store.Batch()
        tokens = [each["token"] for each in (settings_doc.to_dict() or {}).get("devices", [])]
        for token_doc in store.get(*map(token_ref, tokens)) if tokens else ():
            if (token_doc.to_dict() or {}).get("user_id") == user_id:
                batch.delete(token_doc.reference, seen=token_doc)
        batch.delete(settings_doc.reference, seen=settings_doc)
        batch.commit()

    store.contend(store.get(ref(user_id)), attempt)


def _put(batch: store.Batch, settings_doc: Snapshot, new: dict[str, Any]) -> None:
    if settings_doc.exists:
        batch.update(settings_doc.reference, new, seen=settings_doc)
    else:
        batch.create(settings_doc.reference, new)


def _forget_others(batch: store.Batch, old: dict[str, Any], devices: list[dict[str, str]]) -> None:
    """Adds the deletion of what is known of tokens that are not among the devices any more."""
    kept = {each["token"] for each in devices}
    for each in old.get("devices", []):
        if each["token"] not in kept:
            batch.delete(token_ref(each["token"]))


def _remove_token(batch: store.Batch, settings_doc: Snapshot, token: str) -> bool:
    """Adds the removal of a token's device from settings; False if there is none."""
    devices = (settings_doc.to_dict() or {}).get("devices", [])
    kept = [each for each in devices if each["token"] != token]
    if kept != devices:
        batch.update(settings_doc.reference, {"devices": kept}, seen=settings_doc)
    return bool(kept != devices)
