"""Demo data for the running local system: users of all roles, listings, swipes, favorites and leads.

Everything is written by the functions' own code, so it is exactly what the API itself would have stored.
"""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice

from infra.local import demo_listings, demo_pictures
from infra.local.emulators import join_running_system
from shared.data import feeds, listings, preferences, store, swipes, users
from shared.data.users import User
from shared.enums import Action, DealType, PropertyType, Role
from shared.errors import Conflict
from shared.feed.criteria import Criteria
from shared.models.listings import ListingWrite
from shared.models.preferences import PreferenceWrite
from shared.security import hash_password
from shared.settings import settings

PASSWORD = "demo12345"
LISTINGS = 360
BATCH = 250
"""Listings per write. Each write gives its listings one timestamp, so feeds and lists show them in random order."""


@dataclass(frozen=True)
class Person:
    """A demo user; ``wants`` are their preferences in the feed."""

    role: Role
    email: str
    name: str
    phone: str
    wants: PreferenceWrite | None = None


PEOPLE = (
    Person(
        Role.TENANT, "tenant@example.com", "Айгерим Сапарова", "+77000000001",
        PreferenceWrite(city="Astana", deal_type=DealType.RENT, price_max=400_000),
    ),
    Person(Role.LANDLORD, "landlord@example.com", "Ерлан Жумабеков", "+77000000002"),
    Person(Role.AGENT, "agent@example.com", "Наталья Ким", "+77000000003"),
    Person(Role.ADMIN, "admin@example.com", "Администратор", "+77000000004"),
    Person(
        Role.TENANT, "dana@example.com", "Дана Оспанова", "+77000000005",
        PreferenceWrite(city="Almaty", property_type=PropertyType.FLAT),
    ),
    Person(
        Role.TENANT, "sergey@example.com", "Сергей Волков", "+77000000006",
        PreferenceWrite(deal_type=DealType.SALE, price_max=40_000_000),
    ),
    Person(Role.LANDLORD, "marat@example.com", "Марат Искаков", "+77000000007"),
    Person(Role.AGENT, "aliya@example.com", "Алия Нурланова", "+77000000008"),
)  # fmt: skip
"""One of each role, then the others."""

SWIPES = (Action.LIKE, Action.DISLIKE, Action.FAVORITE, Action.LIKE, Action.DISLIKE)
"""What each tenant does with the first listings of their feed."""


def logins() -> dict[str, str]:
    """One email and password for each role, to be printed at the start."""
    return {person.role: f"{person.email}  {PASSWORD}" for person in PEOPLE[: len(Role)]}


def load() -> None:
    """Fills an empty database with users, listings and some history; does nothing in one that has users."""
    if store.run(store.collection(users.COLLECTION).limit(1)):
        return
    people = [_user(person) for person in PEOPLE]
    add_listings(LISTINGS, pictures=True)
    time.sleep(settings().feed_settle_seconds)  # Swipes of what is settled leave a tenant's feed in one piece.
    for person, user in zip(PEOPLE, people, strict=True):
        if person.wants:
            preferences.replace(user.id, person.wants)
            _swipe(user, person.wants)


def add_listings(count: int, seed: int = demo_listings.SEED, pictures: bool = False) -> None:
    """Adds listings of the demo landlords and agents, showing how far it is. Photos take most of the time."""
    owners = [_user(person) for person in PEOPLE if person.role in (Role.LANDLORD, Role.AGENT)]
    offers = islice(zip(cycle(owners), demo_listings.listings(seed)), count)
    done = 0
    while chunk := list(islice(offers, BATCH)):
        _write(chunk, pictures)
        done += len(chunk)
        _show(done, count)
    print(flush=True)


def _user(person: Person) -> User:
    """The demo user, made unless they are there."""
    try:
        return users.create(
            role=person.role,
            name=person.name,
            email=person.email,
            phone=person.phone,
            password_hash=hash_password(PASSWORD),
        )
    except Conflict:
        (identity,) = store.get(users.identity_ref("email", person.email))
        (found,) = store.get(users.ref(users.owner_of(identity) or 0))
        user = User.of(found)
        assert user, f"{person.phone} belongs to another user than {person.email}"
        return user


def _write(offers: Sequence[tuple[User, ListingWrite]], pictures: bool) -> None:
    batch = store.Batch()
    for number, (owner, offer) in enumerate(offers):
        listing_id = store.new_id()
        names = demo_pictures.of(offer, number) if pictures else ()
        photos = listings.photo_fields(demo_pictures.upload(listing_id, names))
        batch.create(listings.ref(listing_id), listings.document(listing_id, owner.id, offer) | photos)
    with suppress(*store.LOST_RACE):  # Nobody else has these ids: it is done, and the emulator was slow to say so.
        batch.commit()


def _swipe(tenant: User, wants: PreferenceWrite) -> None:
    (feed_doc,) = store.get(feeds.ref(tenant.id))
    deck = feeds.next_listings(tenant.id, Criteria.of(wants, wants.filters), feed_doc, len(SWIPES))
    for listing, action in zip(deck, SWIPES, strict=False):
        swipe_doc, feed_doc = store.get(swipes.ref(tenant.id, listing["id"]), feeds.ref(tenant.id))
        feeds.act(tenant.id, listing, action, "web", swipe_doc, feed_doc)


def _show(done: int, count: int) -> None:
    bar = "█" * (30 * done // count)
    print(f"\r  {bar:░<30} {done:,} of {count:,} listings", end="", flush=True)


def main() -> None:
    """Adds N listings, or what ``make run`` loads, to the running local system."""
    join_running_system()
    count = os.environ.get("N", str(LISTINGS))
    if not count.isdecimal() or not int(count):
        sys.exit(f"N must be a number of listings, not {count!r}.")
    add_listings(int(count), seed=time.time_ns())


if __name__ == "__main__":
    main()
