"""Fills the database fast: the documents that the product would have written, many in one commit."""

import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.data import favorites, feeds, leads, listings, store, swipes
from shared.enums import Action, DealType, LeadStatus, PropertyType
from shared.feed.criteria import Asked, Criteria
from shared.feed.positions import micros
from shared.feed.progress import ClearedDownTo, PastAction, Progress
from shared.models.listings import ListingWrite
from shared.models.preferences import PreferenceWrite
from shared.settings import settings

Document = dict[str, Any]
PER_COMMIT = 500
ANY = PreferenceWrite()
CITIES = ("Astana", "Almaty", "Shymkent", "Karaganda", "Aktobe")
ACTIONS = (Action.LIKE, *[Action.DISLIKE] * 4)
"""One swipe in five is a like."""


def some_listing(dice: random.Random) -> ListingWrite:
    """A listing as they come: any city, type and price."""
    return ListingWrite(
        title=f"{dice.randint(1, 5)}-комнатная квартира, {dice.randint(20, 200)} м², {dice.randint(1, 9)} этаж",
        city=dice.choice(CITIES),
        deal_type=dice.choice(list(DealType)),
        property_type=dice.choice(list(PropertyType)),
        price=Decimal(dice.randint(50_000, 1_000_000)),
    )


def add_listings(
    owner_id: int,
    contents: Sequence[ListingWrite],
    per_commit: int = PER_COMMIT,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Document]:
    """Creates listings, as a bulk import would: those of one commit share a timestamp.

    Args:
        owner_id: Whose they are.
        contents: What they say.
        per_commit: How many are written together.
        progress: Told how many more are there, again and again.

    Returns:
        Their documents, the newest first.
    """

    def write(part: Sequence[ListingWrite]) -> list[Document]:
        batch, documents = store.Batch(), []
        for content in part:
            key = store.new_id()
            documents.append(listings.document(key, owner_id, content))
            batch.create(listings.ref(key), documents[-1])
        time = store.server_time(batch.commit()[0])
        progress(len(part))
        return [document | dict.fromkeys(("created_at", "updated_at", "position"), time) for document in documents]

    with ThreadPoolExecutor(1 if len(contents) <= per_commit * 10 else 3) as threads:
        written = [document for part in threads.map(write, _parts(contents, per_commit)) for document in part]
    return sorted(written, key=listings.position, reverse=True)


def gone_listings(owner_id: int, contents: Sequence[ListingWrite]) -> list[Document]:
    """Documents of listings that are stored no more, the newest first; the newest is from yesterday."""
    newest = datetime.now(UTC) - timedelta(days=1)
    documents = []
    for number, content in enumerate(contents):
        stamps = dict.fromkeys(("created_at", "updated_at", "position"), newest - timedelta(seconds=number))
        documents.append(listings.document(store.new_id(), owner_id, content) | stamps)
    return documents


def swipe(user_id: int, documents: Sequence[Document], preferences: Asked = ANY) -> None:
    """Swipes listings one after the other, as ``next`` would have shown them to a tenant without a history.

    Args:
        user_id: The tenant.
        documents: The listings; they must be the newest that match, the newest first.
        preferences: What the tenant looks for.
    """
    progress = Progress()
    criteria = Criteria.of(preferences)
    horizon = micros(datetime.now(UTC)) - int(settings().feed_settle_seconds * 1_000_000), 0
    made: list[tuple[store.Reference, Document]] = []
    for number, listing in enumerate(documents):
        done = PastAction(secrets.token_hex(4), listing["id"], None, favorite=False)
        at = listings.position(listing)
        progress, _ = progress.acted(at, done, ClearedDownTo(criteria, horizon, (at,)))
        action = ACTIONS[number % len(ACTIONS)]
        made.append((swipes.ref(user_id, listing["id"]), swipes.document(user_id, listing, action, "web")))
    _create(made)
    batch = store.Batch()
    feeds.add_change(batch, store.get(feeds.ref(user_id))[0], Progress(), progress)
    batch.commit()


def add_leads(tenant_id: int, documents: Sequence[Document]) -> None:
    """The leads of a tenant who liked these listings."""
    _create(
        (
            leads.ref(tenant_id, listing["id"]),
            leads.document(tenant_id, listing["id"], listing["owner_id"], LeadStatus.NEW),
        )
        for listing in documents
    )


def add_favorites(user_id: int, documents: Sequence[Document]) -> None:
    _create(
        (favorites.ref(user_id, listing["id"]), favorites.document(user_id, listing["id"])) for listing in documents
    )


def _create(made: Any) -> None:
    for part in _parts(list(made), PER_COMMIT):
        batch = store.Batch()
        for reference, data in part:
            batch.create(reference, data)
        batch.commit()


def _parts(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (things[at : at + size] for at in range(0, len(things), size))
