"""Personal data: the one table of where something of a person is stored, what of it they get to see, and what deletion
does with it.

``export`` and ``forget`` both go through the table, and a test holds it against the documents of a person who has done
everything: a new collection or field that it does not name fails there.

Not in the table, because nothing of a person is in them: ``guards`` and ``schedules`` (times), ``matches`` (how far an
event has come), ``deletions`` (a user's id, until all of it is done).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.data import (
    audit,
    codes,
    favorites,
    feeds,
    leads,
    likes,
    listings,
    messages,
    notification_settings,
    notifications,
    outbox,
    preferences,
    searches,
    sessions,
    store,
    swipes,
    throttle,
    users,
)
from shared.data.notifications import Stream
from shared.data.users import User
from shared.money import to_tenge

PAGE = 500

Pages: TypeAlias = Iterator[Sequence[store.Snapshot]]
Show: TypeAlias = Callable[[Any], Any]
"""What the export has of a field's value."""


def _as_it_is(value: Any) -> Any:
    return value


def _tenge(value: int | None) -> str | None:
    """Money is stored as integers of hundredths."""
    return None if value is None else f"{to_tenge(value):.2f}"


def _filters(stored: dict[str, Any] | None) -> dict[str, Any]:
    return preferences.filters_model(stored).model_dump(mode="json")


def _preferences(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    prices = {name: _tenge(stored[name]) for name in preferences.PRICES}
    return stored | prices | {"filters": _filters(stored.get("filters"))}


SECRET = None
"""Shown to nobody: whoever has it can act as the person, or guess until they can."""
DERIVED = None
"""Made of other fields for the sake of queries; it says nothing of its own."""


@dataclass(frozen=True)
class Holding:
    """What one collection has of a person.

    Attributes:
        collection: Its name, also in the export.
        fields: Every field of its documents, and how the export shows it; None if it does not.
        find: The person's documents, page by page.
        forget: What deletion does. It can be repeated, and takes up where it has stopped.
        becomes: The same in words.
    """

    collection: str
    fields: dict[str, Show | None]
    find: Callable[[int], Pages]
    forget: Callable[[int], None]
    becomes: str


def _fields(plain: str, **others: Show | None) -> dict[str, Show | None]:
    return dict.fromkeys(plain.split(), _as_it_is) | others


def _at(*references: Callable[[int], store.Reference]) -> Callable[[int], Pages]:
    """Finds documents whose names are known."""

    def find(user_id: int) -> Pages:
        found = store.get(*(reference(user_id) for reference in references))
        yield [each for each in found if each.exists]

    return find


def _named_after(collection: str) -> Callable[[int], Pages]:
    """Finds the documents of a collection whose names begin with the user's id."""

    def find(user_id: int) -> Pages:
        last: str | None = None
        while page := store.run(store.named_from(collection, f"{user_id}_", last).limit(PAGE)):
            yield page
            last = page[-1].reference.id

    return find


def _delete(find: Callable[[int], Pages]) -> Callable[[int], None]:
    def forget(user_id: int) -> None:
        for page in find(user_id):
            store.delete_all(page)

    return forget


def _delete_named_after(collection: str) -> Callable[[int], None]:
    """Deletes the documents of a collection whose names begin with the user's id; reads nothing but their names."""

    def forget(user_id: int) -> None:
        while page := store.run(store.named_from(collection, f"{user_id}_").select().limit(PAGE)):
            store.delete_all(page)

    return forget


def _nothing(_: int) -> None:
    """Goes with something else, or by itself."""


def _nowhere(_: int) -> Pages:
    return iter(())


def _named_after_user(collection: str, fields: dict[str, Show | None]) -> Holding:
    return Holding(collection, fields, _named_after(collection), _delete_named_after(collection), "deleted")


def _one_each(collection: str, reference: Callable[[int], store.Reference], fields: dict[str, Show | None]) -> Holding:
    find = _at(reference)
    return Holding(collection, fields, find, _delete(find), "deleted")


def _identities(user_id: int) -> Pages:
    user = User.of(store.get(users.ref(user_id))[0])
    given = {kind: getattr(user, kind) for kind in ("email", "phone", "telegram_id")} if user else {}
    references = [users.identity_ref(kind, value) for kind, value in given.items() if value]
    yield store.get(*references) if references else ()


def _push_tokens(user_id: int) -> Pages:
    stored = store.get(notification_settings.ref(user_id))[0].to_dict() or {}
    references = [notification_settings.token_ref(each["token"]) for each in stored.get("devices", [])]
    yield [each for each in store.get(*references) if each.exists] if references else ()


def _messages(user_id: int) -> Pages:
    for page in leads.pages_of(user_id):
        for lead_doc in page:
            lead = lead_doc.to_dict() or {}
            if lead.get("messages"):
                yield from messages.pages_of(lead["id"])


def _codes() -> Callable[[int], Pages]:
    return _at(*(lambda user_id, purpose=purpose: codes.ref(purpose, user_id) for purpose in codes.PURPOSES))


def _outbox() -> Callable[[int], Pages]:
    return _at(*(lambda user_id, stream=stream: outbox.ref(user_id, stream) for stream in Stream))


TABLE: tuple[Holding, ...] = (
    Holding(
        users.COLLECTION,
        _fields(
            "id role name email phone telegram_id is_active created_at email_verified phone_verified token_version "
            "tokens_from tokens_valid_from",
            password_hash=SECRET,
            preferences=_preferences,
        ),
        _at(users.ref),
        _nothing,
        "deleted at once, in the commit that ends the account",
    ),
    Holding(
        users.IDENTITIES,
        _fields("user_id kind"),
        _identities,
        _nothing,
        "deleted in the same commit: email, phone and Telegram account are free again",
    ),
    Holding(
        outbox.COLLECTION,
        _fields("user_id stream working due_at attempts failing more"),
        _outbox(),
        _delete(_outbox()),
        "deleted in the same commit: nothing more is told",
    ),
    Holding(
        likes.COLLECTION,
        _fields("user_id listing_id owner_id created_at"),
        _named_after(likes.COLLECTION),
        leads.forget_likes,
        "deleted, early, and so that a late event makes no lead of one",
    ),
    _named_after_user(
        sessions.COLLECTION,
        _fields(
            "id user_id version rotated_at user_agent created_at last_used_at expires_at",
            current=SECRET,
            previous=SECRET,
        ),
    ),
    Holding(
        codes.COLLECTION,
        _fields("user_id channel tries sent valid_until expires_at", hash=SECRET, nonce=SECRET, target=SECRET),
        _codes(),
        _delete(_codes()),
        "deleted",
    ),
    _one_each(
        preferences.DOCUMENTS_OF_BEFORE,
        lambda user_id: store.document(preferences.DOCUMENTS_OF_BEFORE, user_id),
        _fields("id user_id city deal_type property_type", price_min=_tenge, price_max=_tenge, filters=_filters),
    ),
    _one_each(
        feeds.COLLECTION,
        feeds.ref,
        _fields(
            "seen_count history reopened",
            covered=lambda covered: [json.loads(each["profile"]) for each in covered],
            seen=DERIVED,
            taken_back=DERIVED,  # Random marks.
        ),
    ),
    _named_after_user(swipes.COLLECTION, _fields("user_id listing_id owner_id action source acted_at")),
    _named_after_user(favorites.COLLECTION, _fields("id user_id listing_id created_at swipe")),
    _named_after_user(
        searches.COLLECTION, _fields("id user_id created_at wanted", key=DERIVED, lo=DERIVED, hi=DERIVED)
    ),
    Holding(
        notification_settings.TOKENS,
        _fields("user_id"),
        _push_tokens,
        _nothing,
        "deleted with the settings, which name the devices",
    ),
    Holding(
        notification_settings.COLLECTION,
        _fields(
            "channels quiet_hours timezone locale gone",
            devices=lambda devices: [{"id": each["id"]} for each in devices],
        ),
        _at(notification_settings.ref),
        notification_settings.forget_person,
        "deleted",
    ),
    Holding(
        messages.COLLECTION,
        _fields("id lead_id sender_id text created_at number"),
        _messages,
        _nothing,
        "deleted with their leads below: what the person has written goes, what the other side has written stays",
    ),
    Holding(
        leads.COLLECTION,
        _fields(
            "id tenant_id listing_id owner_id status created_at messages last_message "
            "unread_tenant unread_owner read_tenant read_owner",
            expires_at=DERIVED,  # Of the place of a lead that shall not be made, see leads.forget_likes.
        ),
        leads.pages_of,
        leads.forget_person,
        "kept for the other side without the person: the id of the account leads nowhere; deleted when both are gone",
    ),
    Holding(
        listings.COLLECTION,
        _fields(
            "id owner_id title city deal_type property_type is_active created_at updated_at photos",
            price=_tenge,
            details=listings.details_shown,
            **dict.fromkeys(
                ("city_key", "facets", "position", "owner_active", "made_from", *listings.FILTERED), DERIVED
            ),
        ),
        listings.pages_of,
        listings.forget_owner,
        "emptied and in no list: only kind, city and price stay, for the leads that name them; the notifications of "
        "others that repeat the title are deleted; photos go with the schedule, which has the bucket",
    ),
    Holding(
        notifications.COLLECTION,
        _fields("id user_id type data created_at unread read_at open told expires_at"),
        _named_after(notifications.COLLECTION),
        _delete_named_after(notifications.COLLECTION),
        "deleted; one that a late event makes is deleted when it is to be delivered",
    ),
    Holding(
        audit.COLLECTION,
        # Which admin it was is about the admin, not about the person.
        _fields("id action user_id listing_id lead_id before after created_at", admin_id=None),
        audit.pages_of,
        audit.forget_person,
        "kept without the values: that an admin did something, and when",
    ),
    Holding(
        throttle.COLLECTION,
        _fields("failures counts expires_at"),
        _nowhere,
        _nothing,
        "goes by itself within two windows; it knows accounts and addresses by hashes only, and nobody can look it up",
    ),
)


def export(user_id: int) -> dict[str, list[dict[str, Any]]]:
    """All that is stored about a person, by collection."""
    return {
        holding.collection: [_shown(holding, each) for page in holding.find(user_id) for each in page]
        for holding in TABLE
        if holding.find is not _nowhere
    }


def _shown(holding: Holding, document: store.Snapshot) -> dict[str, Any]:
    fields = document.to_dict() or {}
    shows = holding.fields
    return {name: show(value) for name, value in fields.items() if (show := shows.get(name)) is not None}


def forget(user_id: int) -> None:
    """Does with everything of a deleted user what the table says. It can be repeated, and goes on where it stopped."""
    for holding in TABLE:
        holding.forget(user_id)
