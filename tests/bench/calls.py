"""What is measured: every endpoint, as a request to make, and what it may cost at most."""

import itertools
import random
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from google.events.cloud.firestore import DocumentEventData

from shared import security
from shared.data import users
from shared.data.users import User
from shared.enums import Role
from shared.models.listings import ListingWrite
from tests.instruments import worlds
from tests.instruments.servers import Request, Server

PAGE = 20
PASSWORD = "secret-password"
CARDS = 50


@dataclass
class World:
    """A database full of data, and the people who call."""

    tenant: User
    owner: User
    admin: User
    picky: User
    """Looks for what is not there."""
    veteran: User | None
    """In the small world: a tenant with the large one's history, of listings that are gone."""
    listings: list[worlds.Document]
    """The newest first."""
    lead_id: int
    cards: deque[int] = field(default_factory=deque)
    """Listings that the tenant has not acted on yet, the next one first."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def get(self, who: User, path: str) -> Request:
        return Request("GET", path, security.issue_token(who.id))

    def send(self, who: User | None, method: str, path: str, body: Any = None) -> Request:
        return Request(method, path, security.issue_token(who.id) if who else None, body)

    def any_listing(self) -> int:
        """One listing after another, the oldest first: nobody has acted on those."""
        listing_id: int = self.listings[-next(self.numbers) % len(self.listings)]["id"]
        return listing_id

    def own_listing(self) -> int:
        """A new listing of the owner's."""
        (document,) = worlds.add_listings(self.owner.id, [worlds.some_listing(random.Random(1))])
        listing_id: int = document["id"]
        return listing_id


@dataclass(frozen=True)
class Limit:
    """What a call may cost at most; the table that this project promises."""

    rpcs: int
    reads: int
    writes: int = 0


@dataclass(frozen=True)
class Call:
    """One endpoint in one typical use."""

    function: str
    name: str
    request: Callable[[World], Request]
    limit: Limit | None = None
    prepare: Callable[[World, Server, int], None] = lambda *_: None
    """Sets the scene for so many requests; not measured."""


def some_flat(number: int) -> ListingWrite:
    """A flat for rent."""
    return ListingWrite(title=f"Квартира {number}", city="Astana", price=Decimal(100_000 + number))


def new_user(role: Role, **fields: Any) -> User:
    return users.create(role=role, name=role.value.title(), **fields)


def _deal_cards(world: World, server: Server, count: int) -> None:
    assert count <= CARDS
    deck = server.call(world.get(world.tenant, f"/feed?limit={count}"))
    world.cards = deque(listing["id"] for listing in deck)


def _act(world: World, action: str) -> Request:
    body = {"listing_id": world.cards.popleft(), "action": action}
    return world.send(world.tenant, "POST", "/feed/action", body)


def _act_before(world: World, server: Server, count: int) -> None:
    _deal_cards(world, server, count)
    for _ in range(count):
        server.call(_act(world, "favorite"))


def _event(world: World) -> Request:
    """The delivery of a new like, as Eventarc makes it."""
    numbers = {"user_id": world.tenant.id, "listing_id": secrets.randbelow(10**15), "owner_id": world.owner.id}
    fields = {name: {"integer_value": value} for name, value in numbers.items()}
    headers = {
        "ce-id": secrets.token_hex(8),
        "ce-specversion": "1.0",
        "ce-source": "//firestore.googleapis.com/projects/demo/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.created",
        "Content-Type": "application/protobuf",
    }
    event = DocumentEventData({"value": {"fields": fields}})
    return Request("POST", "/", body=DocumentEventData.serialize(event), headers=headers)


def _phone(world: World) -> str:
    return f"+7701{next(world.numbers):07}"


FILTERS = "city=astana&deal_type=rent&property_type=flat&price_min=60000&price_max=900000"
NEW_LISTING = {"title": "Квартира в Астане", "city": "Astana", "price": 250000}
PAGE_OF_OWN = Limit(rpcs=2, reads=PAGE + 2)

NEXT = Call("feed", "GET /feed/next", lambda w: w.get(w.tenant, "/feed/next"), Limit(2, 4))
ACTION = Call("feed", "POST /feed/action", lambda w: _act(w, "dislike"), Limit(2, 4, 2), _deal_cards)
LIKE = Call("feed", "POST /feed/action, a like", lambda w: _act(w, "like"), Limit(2, 4, 3), _deal_cards)
TRIGGER = Call("create_lead", "trigger: a new like", _event, Limit(2, 2, 2))
DECK_SIZE = 10
"""Cards that the page asks for at a time."""
DECK = Call("feed", f"GET /feed, {DECK_SIZE} cards", lambda w: w.get(w.tenant, f"/feed?limit={DECK_SIZE}"))

CALLS = [
    NEXT,
    Call("feed", "GET /feed/next, nothing left", lambda w: w.get(w.picky, "/feed/next"), Limit(2, 4)),
    DECK,
    Call("feed", f"GET /feed, {PAGE} cards", lambda w: w.get(w.tenant, f"/feed?limit={PAGE}")),
    ACTION,
    LIKE,
    Call("feed", "POST /feed/action, favorite", lambda w: _act(w, "favorite"), Limit(2, 4, 3), _deal_cards),
    Call("feed", "POST /feed/undo", lambda w: w.send(w.tenant, "POST", "/feed/undo"), None, _act_before),
    TRIGGER,
    Call("notifications", f"GET /notifications, page of {PAGE}", lambda w: w.get(w.tenant, "/notifications")),
    Call("preferences", "GET /preferences", lambda w: w.get(w.owner, "/preferences")),
    Call("preferences", "POST /preferences", lambda w: w.send(w.owner, "POST", "/preferences", {"city": "Astana"})),
    Call(
        "favorites",
        f"GET /favorites, page of {PAGE}",
        lambda w: w.get(w.tenant, f"/favorites?limit={PAGE}"),
        Limit(3, 2 * PAGE + 2),
    ),
    Call(
        "favorites",
        "POST /favorites",
        lambda w: w.send(w.picky, "POST", "/favorites", {"listing_id": w.any_listing()}),
    ),
    Call(
        "favorites",
        "DELETE /favorites/{id}",
        lambda w: w.send(w.picky, "DELETE", f"/favorites/{w.any_listing()}"),
    ),
    Call("leads", f"GET /leads/my, page of {PAGE}", lambda w: w.get(w.tenant, f"/leads/my?limit={PAGE}"), PAGE_OF_OWN),
    Call(
        "leads",
        f"GET /leads/for-me, page of {PAGE}",
        lambda w: w.get(w.owner, f"/leads/for-me?status=new&limit={PAGE}"),
        PAGE_OF_OWN,
    ),
    Call("leads", "GET /leads/{id}", lambda w: w.get(w.owner, f"/leads/{w.lead_id}")),
    Call("leads", "PATCH /leads/{id}", lambda w: w.send(w.owner, "PATCH", f"/leads/{w.lead_id}", {"status": "new"})),
    Call("leads", "POST /leads", lambda w: w.send(w.picky, "POST", "/leads", {"listing_id": w.any_listing()})),
    Call("admin", f"GET /admin/users, page of {PAGE}", lambda w: w.get(w.admin, f"/admin/users?limit={PAGE}")),
    Call("admin", f"GET /admin/listings, page of {PAGE}", lambda w: w.get(w.admin, f"/admin/listings?limit={PAGE}")),
    Call(
        "admin",
        "GET /admin/listings, filtered",
        lambda w: w.get(w.admin, f"/admin/listings?limit={PAGE}&city=astana&owner_id={w.owner.id}&is_active=true"),
    ),
    Call(
        "admin",
        "PATCH /admin/users/{id}",
        lambda w: w.send(
            w.admin, "PATCH", f"/admin/users/{w.picky.id}", {"role": ("agent", "tenant")[next(w.numbers) % 2]}
        ),
    ),
    Call("health", "GET /health", lambda _: Request("GET", "/health")),
    Call("auth", "GET /auth/me", lambda w: w.get(w.tenant, "/auth/me"), Limit(1, 1)),
    Call(
        "auth",
        "POST /auth/login",
        lambda w: Request(
            "POST",
            "/auth/login",
            body=f"username={w.tenant.email}&password={PASSWORD}".encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
        Limit(2, 3),
    ),
    Call(
        "auth",
        "POST /auth/register",
        lambda w: w.send(
            None,
            "POST",
            "/auth/register",
            {"name": "New", "phone": _phone(w), "email": f"{secrets.token_hex(6)}@example.kz", "password": PASSWORD},
        ),
        Limit(2, 3, 3),
    ),
    Call(
        "auth",
        "POST /auth/telegram/…, known",
        lambda w: w.send(None, "POST", "/auth/telegram/login-or-register", {"telegram_id": w.owner.telegram_id}),
    ),
    Call(
        "listings",
        f"GET /listings, page of {PAGE}",
        lambda _: Request("GET", f"/listings?limit={PAGE}"),
        Limit(1, PAGE + 1),
    ),
    Call(
        "listings",
        "GET /listings, all filters",
        lambda _: Request("GET", f"/listings?limit={PAGE}&{FILTERS}"),
        Limit(1, PAGE + 1),
    ),
    Call("listings", "GET /listings/{id}", lambda w: Request("GET", f"/listings/{w.any_listing()}"), Limit(1, 1)),
    Call(
        "listings",
        f"GET /listings/my, page of {PAGE}",
        lambda w: w.get(w.owner, f"/listings/my?limit={PAGE}"),
        PAGE_OF_OWN,
    ),
    Call("listings", "POST /listings", lambda w: w.send(w.owner, "POST", "/listings", NEW_LISTING)),
    Call(
        "listings",
        "PUT /listings/{id}",
        lambda w: w.send(w.owner, "PUT", f"/listings/{w.any_listing()}", NEW_LISTING | {"price": 1 + next(w.numbers)}),
    ),
    Call("listings", "DELETE /listings/{id}", lambda w: w.send(w.owner, "DELETE", f"/listings/{w.own_listing()}")),
]

FIRST_CALLS = {
    "auth": "GET /auth/me",
    "listings": "GET /listings/{id}",
    "leads": f"GET /leads/my, page of {PAGE}",
}
"""Which call is the first after a cold start, where it is not the function's first above."""


def first_call(function: str) -> Call:
    """A call of a function that reads or writes a document, if the function does at all."""
    calls = [call for call in CALLS if call.function == function]
    return next((call for call in calls if call.name == FIRST_CALLS.get(function)), calls[0])
