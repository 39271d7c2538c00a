"""Every request that writes, each from the same start, so that what is left after a fault can be compared."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared import security
from shared.data import users
from shared.enums import Role
from tests.instruments.api import Api
from tests.instruments.pictures import image, shown
from tests.security.database import Dump, comparable, dump

FLAT = {"title": "Flat", "city": "Astana", "price": 100}


@dataclass
class World:
    """One tenant, two landlords, two admins, three listings."""

    api: Api
    ids: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, api: Api) -> "World":
        world = cls(api)
        people = {"tenant": "tenant", "landlord": "landlord", "other": "landlord", "admin": "admin", "admin2": "admin"}
        for i, (name, role) in enumerate(people.items()):
            user = users.create(role=Role(role), name=name, email=f"{name}@example.kz", phone=f"+7700000000{i}")
            world.ids[name], world.tokens[name] = user.id, security.issue_token(user.id)
        for name in ("first", "second", "third"):
            world.ids[name] = world.ok("POST", "/listings", "landlord", FLAT | {"title": name})["id"]
        return world

    def ok(self, method: str, path: str, who: str, body: Any = None) -> Any:
        return self.api.ok(method, path.format_map(self.ids), self.tokens[who], **({"json": body} if body else {}))

    def act(self, listing: str, action: str, who: str = "tenant") -> None:
        self.ok("POST", "/feed/action", who, {"listing_id": self.ids[listing], "action": action})

    def state(self) -> list[tuple[str, str]]:
        """The database, comparable with that of another world."""
        return comparable(counted_out(dump()), {key: name for name, key in self.ids.items()})


def counted_out(dumped: Dump) -> Dump:
    """Without the counts of failures: a repeated registration is told 409, and that is counted."""
    return {path: data for path, data in dumped.items() if not path.startswith("throttle/")}


def _named(world: World, value: Any) -> Any:
    """The value, with the ids that names behind a dollar sign stand for."""
    if isinstance(value, list):
        return [_named(world, each) for each in value]
    return world.ids[value[1:]] if str(value)[:1] == "$" else value


def _nothing(world: World) -> None:
    pass


@dataclass(frozen=True)
class Operation:
    """One request that writes."""

    method: str
    path: str
    body: dict[str, Any]
    who: str = "tenant"
    before: Callable[[World], Any] = _nothing
    then: Callable[[World], Any] = _nothing
    """Called when it has succeeded, to show that the tenant's feed is right as well."""

    done: tuple[int, ...] = (200,)
    """What a repetition may answer: that the email is taken, or that there is nothing more to undo."""

    headers: dict[str, str] = field(default_factory=dict)

    image: bytes | None = None
    """The body instead of JSON."""

    @property
    def function(self) -> str:
        return self.path.split("/")[1]

    def request(self, world: World) -> tuple[str, str, str | None, dict[str, Any]]:
        """Method, path, token and body."""
        body = {name: _named(world, value) for name, value in self.body.items()}
        return self.method, self.path.format_map(world.ids), world.tokens.get(self.who), body

    def send(self, world: World, via: Any = None) -> Any:
        """Sends it to the functions of this process, or to one that is served."""
        method, path, token, body = self.request(world)
        content = {"json": body} if self.image is None else {"data": self.image}
        return (via or world.api).call(method, path, token, **content, headers=self.headers)


def _acts(action: str) -> dict[str, Any]:
    return {"listing_id": "$second", "action": action}


def _feed_goes_on(world: World) -> None:
    """Every listing that was not acted on comes up, once."""
    acted_on = {data["listing_id"] for path, data in dump().items() if path.startswith("swipes/")}
    active = {data["id"] for path, data in dump().items() if path.startswith("listings/") and data["is_active"]}
    left = []
    while listing := world.ok("GET", "/feed/next", "tenant"):
        left.append(listing["id"])
        world.ok("POST", "/feed/action", "tenant", {"listing_id": listing["id"], "action": "dislike"})
    assert sorted(left) == sorted(active - acted_on)


def _has_photos(*numbers: int) -> Callable[[World], None]:
    """Lets the second listing have these photos, by the names of photo0 and so on."""

    def before(world: World) -> None:
        path = f"/photos/{world.ids['second']}"
        for number in numbers:
            added = world.api.ok("POST", path, world.tokens["landlord"], data=image(number))
            world.ids[f"photo{number}"] = added["id"]

    return before


def _no_photo_is_missing(world: World) -> None:
    """Every file of every photo is there, and without a token."""
    for photo in world.ok("GET", "/photos/{second}", "landlord"):
        assert [shown(world.api, url).size for url in photo["urls"].values()] == [(40, 30)] * 3
    _feed_goes_on(world)


REGISTER = {"name": "N", "email": "new@example.kz", "phone": "+77770000000", "password": "password1"}
TELEGRAM = "/auth/telegram/login-or-register"

OPERATIONS = {
    "register": Operation("POST", "/auth/register", REGISTER, "", done=(200, 409)),
    "telegram, a new user": Operation("POST", TELEGRAM, {"telegram_id": "5", "phone": "+77770000000"}, ""),
    "telegram, a user without a phone": Operation("POST", TELEGRAM, {"telegram_id": "5"}, ""),
    "telegram, link": Operation("POST", TELEGRAM, {"telegram_id": "5", "phone": "+77000000000"}, ""),
    "telegram, move the link": Operation(
        "POST",
        TELEGRAM,
        {"telegram_id": "6", "phone": "+77000000000"},
        "",
        before=lambda world: world.api.ok("POST", TELEGRAM, json={"telegram_id": "5", "phone": "+77000000000"}),
    ),
    "listing": Operation("POST", "/listings", FLAT, "landlord", then=_feed_goes_on, headers={"Idempotency-Key": "k1"}),
    "listing, put": Operation("PUT", "/listings/{second}", FLAT | {"city": "Almaty"}, "landlord", then=_feed_goes_on),
    "listing, put again active": Operation(
        "PUT",
        "/listings/{second}",
        FLAT,
        "landlord",
        before=lambda world: world.ok("DELETE", "/listings/{second}", "landlord"),
        then=_feed_goes_on,
    ),
    "listing, delete": Operation("DELETE", "/listings/{second}", {}, "landlord", then=_feed_goes_on),
    "photos, the first one": Operation(
        "POST", "/photos/{second}", {}, "landlord", then=_no_photo_is_missing, image=image(1)
    ),
    "photos, one more": Operation(
        "POST", "/photos/{second}", {}, "landlord", before=_has_photos(0), then=_no_photo_is_missing, image=image(1)
    ),
    "photos, in another order": Operation(
        "PUT",
        "/photos/{second}",
        {"order": ["$photo1", "$photo0"]},
        "landlord",
        before=_has_photos(0, 1),
        then=_no_photo_is_missing,
    ),
    "photos, delete": Operation(
        "DELETE",
        "/photos/{second}/{photo0}",
        {},
        "landlord",
        before=_has_photos(0),
        then=_no_photo_is_missing,
    ),
    "preferences": Operation("POST", "/preferences", {"city": "astana", "price_max": 100}, then=_feed_goes_on),
    "like": Operation("POST", "/feed/action", _acts("like"), then=_feed_goes_on),
    "dislike": Operation("POST", "/feed/action", _acts("dislike"), then=_feed_goes_on),
    "favorite": Operation("POST", "/feed/action", _acts("favorite"), then=_feed_goes_on),
    "favorite after a like": Operation(
        "POST", "/feed/action", _acts("favorite"), before=lambda world: world.act("second", "like")
    ),
    "favorite that is one already": Operation(
        "POST",
        "/feed/action",
        _acts("favorite"),
        before=lambda world: world.ok("POST", "/favorites", "tenant", {"listing_id": world.ids["second"]}),
    ),
    "undo a like": Operation(
        "POST",
        "/feed/undo?listing_id={second}",
        {},
        before=lambda world: (world.act("first", "dislike"), world.act("second", "like")),
        done=(200, 404),
    ),
    "undo a favorite": Operation(
        "POST",
        "/feed/undo?listing_id={second}",
        {},
        before=lambda world: (world.act("first", "like"), world.act("second", "favorite")),
        done=(200, 404),
    ),
    "favorites, add": Operation("POST", "/favorites/", {"listing_id": "$second"}),
    "favorites, remove": Operation(
        "DELETE", "/favorites/{second}", {}, before=lambda world: world.act("second", "favorite")
    ),
    "lead": Operation("POST", "/leads/", {"listing_id": "$second", "owner_id": "$landlord"}),
    "lead with a message": Operation("POST", "/leads/", {"listing_id": "$second", "message": "Hello"}),
    "message": Operation(
        "POST",
        "/leads/{lead}/messages",
        {"text": "Hello"},
        "landlord",
        before=lambda world: world.ids.update(
            lead=world.ok("POST", "/leads", "tenant", {"listing_id": world.ids["first"], "message": "Hello?"})["id"]
        ),
        headers={"Idempotency-Key": "m1"},
    ),
    "messages, read": Operation(
        "POST",
        "/leads/{lead}/read",
        {},
        "landlord",
        before=lambda world: world.ids.update(
            lead=world.ok("POST", "/leads", "tenant", {"listing_id": world.ids["first"], "message": "Hello?"})["id"]
        ),
    ),
    "lead, work on it": Operation(
        "PATCH",
        "/leads/{lead}",
        {"status": "in_progress"},
        "landlord",
        before=lambda world: world.ids.update(
            lead=world.ok("POST", "/leads", "tenant", {"listing_id": world.ids["first"]})["id"]
        ),
    ),
    "search, change": Operation(
        "PUT",
        "/searches/{search}",
        {"name": "Changed", "frequency": "off"},
        before=lambda world: world.ids.update(search=world.ok("POST", "/searches", "tenant", {"name": "A"})["id"]),
    ),
    "search, delete": Operation(
        "DELETE",
        "/searches/{search}",
        {},
        before=lambda world: world.ids.update(search=world.ok("POST", "/searches", "tenant", {"name": "A"})["id"]),
    ),
    "notifications, read": Operation(
        "POST",
        "/notifications/read",
        {"all": True},
        "landlord",
        before=lambda world: world.ok("POST", "/leads", "tenant", {"listing_id": world.ids["first"]}),
    ),
    "notifications, settings": Operation("PUT", "/notifications/settings", {"locale": "kk"}),
    "notifications, a device": Operation(
        "PUT",
        "/notifications/devices/phone",
        {"token": "one"},
        before=lambda world: world.ok("PUT", "/notifications/devices/tablet", "landlord", {"token": "one"}),
    ),
    "notifications, a device goes": Operation(
        "DELETE",
        "/notifications/devices/tablet",
        {},
        before=lambda world: world.ok("PUT", "/notifications/devices/tablet", "tenant", {"token": "one"}),
    ),
    "details": Operation("PUT", "/listings/{second}/details", {"rooms": 2, "area": 50}, "landlord", then=_feed_goes_on),
    "profile": Operation("PATCH", "/auth/me", {"name": "Renamed"}),
    "profile, a new phone": Operation("PATCH", "/auth/me", {"phone": "+77770000009"}, then=_feed_goes_on),
    "admin, change a role": Operation("PATCH", "/admin/users/{other}", {"role": "agent", "is_active": False}, "admin"),
    "admin, edit a listing": Operation("PUT", "/listings/{second}", FLAT | {"city": "Almaty"}, "admin"),
    "admin, demote an admin": Operation("PATCH", "/admin/users/{admin2}", {"role": "tenant"}, "admin"),
    "feed": Operation("GET", "/feed/next", {}, then=_feed_goes_on),
}
