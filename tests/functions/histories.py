"""Random histories of a tenant's feed, against a plain model: in one process, or in several that serve the tenant."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.data import feeds, listings, store, swipes
from shared.models.listings import ListingWrite
from shared.settings import settings
from tests.instruments.api import Api, Person
from tests.instruments.elsewhere import Answer
from tests.instruments.pictures import image
from tests.instruments.processes import Served, served

CITIES = ("Astana", "Almaty")
PREFERENCES: list[dict[str, Any]] = [
    {},
    {"city": "astana"},
    {"city": "ALMATY", "deal_type": "sale"},
    {"property_type": "room"},
    {"price_min": 200, "price_max": 400},
    {"city": "Astana", "deal_type": "rent", "property_type": "flat", "price_max": 500},
    {"filters": {"rooms_min": 2}},
    {"filters": {"rooms_max": 2, "area_min": 40.5}},
    {"city": "ASTANA", "filters": {"area_max": 60}, "price_max": 400},
    {"filters": {"with_photos": True}},
    {"city": "astana", "filters": {"with_photos": True, "rooms_min": 1}},
]

UNDOABLE = 50


class History:
    """Two owners, a tenant, and the model of what they do.

    Attributes:
        current: The tenant's current action by listing.
        favorites: By listing: the number of the action that has added it.
        log: The actions that can be taken back: listing, the action before it, its number.
    """

    def __init__(self, api: Api, seed: int) -> None:
        self.dice = random.Random(seed)
        self.owners = [api.person("landlord"), api.person("agent")]
        self.tenant: Person = api.person("landlord")
        self.listings: dict[int, dict[str, Any]] = {}
        self.photos: dict[int, list[int]] = {}
        self.current: dict[int, str] = {}
        self.favorites: dict[int, int] = {}
        self.log: list[tuple[int, str | None, int]] = []
        self.number = 0
        self.wanted: dict[str, Any] = {}

    def feed(self, method: str, path: str, body: Any = None) -> Answer:
        """One request of the tenant to the feed."""
        response = self.tenant.call(method, path, json=body)
        return Answer(response.status_code, response.get_json())

    def show_next(self) -> Any:
        return self.feed_ok("/feed/next")

    def feed_ok(self, path: str) -> Any:
        answer = self.feed("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def go_elsewhere(self) -> None:
        """The feed's next requests are perhaps another process's."""

    def details(self) -> dict[str, Any] | None:
        rooms, area = self.dice.choice((None, 1, 2, 3)), self.dice.choice((None, 40.49, 40.5, 60, 60.01))
        return self.dice.choice((None, {"rooms": rooms, "area": area}))

    def content(self) -> dict[str, Any]:
        told = {"details": self.details()} if self.dice.random() < 0.6 else {}
        return told | {
            "title": f"Listing {self.dice.randrange(1000)}",
            "city": self.dice.choice(CITIES),
            "deal_type": self.dice.choice(("rent", "sale")),
            "property_type": self.dice.choice(("flat", "room")),
            "price": self.dice.choice((100, 200, 300, 400.5)),
            "is_active": self.dice.random() < 0.9,
        }

    def matches(self, listing: dict[str, Any]) -> bool:
        wanted, price = self.wanted, float(listing["price"])
        return (
            listing["is_active"]
            and listing["owner_id"] != self.tenant.id
            and listing["id"] not in self.current
            and wanted.get("city", listing["city"]).lower() == listing["city"].lower()
            and wanted.get("deal_type", listing["deal_type"]) == listing["deal_type"]
            and wanted.get("property_type", listing["property_type"]) == listing["property_type"]
            and wanted.get("price_min", 0) <= price <= wanted.get("price_max", 10**9)
            and self.is_within(listing, "rooms")
            and self.is_within(listing, "area")
            and (bool(self.photos.get(listing["id"])) or not wanted.get("filters", {}).get("with_photos"))
        )

    def is_within(self, listing: dict[str, Any], name: str) -> bool:
        filters, value = self.wanted.get("filters", {}), (listing["details"] or {}).get(name)
        low, high = filters.get(f"{name}_min"), filters.get(f"{name}_max")
        if low is None and high is None:
            return True
        return value is not None and (low is None or value >= low) and (high is None or value <= high)

    def unseen(self) -> set[int]:
        return {key for key, listing in self.listings.items() if self.matches(listing)}

    def create(self) -> None:
        listing = self.dice.choice([*self.owners, *self.owners, self.tenant]).ok(
            "POST", "/listings?include=details", json=self.content()
        )
        self.listings[listing["id"]] = listing

    def bulk_import(self) -> None:
        batch, keys = store.Batch(), [store.new_id() for _ in range(self.dice.randrange(2, 8))]
        for key in keys:
            content = ListingWrite.model_validate(self.content())
            batch.create(listings.ref(key), listings.document(key, self.owners[0].id, content))
        batch.commit()
        for snapshot in store.get(*map(listings.ref, keys)):
            listing = listings.to_model(snapshot.to_dict() or {}, frozenset({"details"}))
            self.listings[listing.id] = listing.model_dump(mode="json")

    def edit(self) -> None:
        if not self.listings:
            return
        listing = self.dice.choice(list(self.listings.values()))
        if self.dice.random() < 0.3:
            self.owner_of(listing).ok("DELETE", f"/listings/{listing['id']}")
            listing["is_active"] = False
        else:
            self.put(listing, self.content())

    def owner_of(self, listing: dict[str, Any]) -> Person:
        return next(each for each in [*self.owners, self.tenant] if each.id == listing["owner_id"])

    def put(self, listing: dict[str, Any], content: dict[str, Any]) -> None:
        path = f"/listings/{listing['id']}?include=details"
        self.listings[listing["id"]] = self.owner_of(listing).ok("PUT", path, json=content)

    def edit_above_and_below(self) -> None:
        """A newer and an older listing than the one acted on last change; perhaps they match from now on."""
        if not self.log:
            return
        keys = list(self.listings)
        last = keys.index(self.log[-1][0])
        for side in (keys[last + 1 :], keys[:last]):
            if side:
                fitting = self.fitting() if self.dice.random() < 0.7 else {}
                self.put(self.listings[self.dice.choice(side)], self.content() | fitting)

    def fitting(self) -> dict[str, Any]:
        """What makes a listing match what the tenant looks for, but for photos."""
        told = {name: self.wanted[name] for name in ("city", "deal_type", "property_type") if name in self.wanted}
        price = self.wanted.get("price_min", self.wanted.get("price_max", 100))
        return told | {"is_active": True, "price": price, "details": {"rooms": 2, "area": 60}}

    def tell(self) -> None:
        if self.listings:
            listing = self.dice.choice(list(self.listings.values()))
            path = f"/listings/{listing['id']}/details"
            listing["details"] = self.owner_of(listing).ok("PUT", path, json=self.details() or {})

    def show(self) -> None:
        """A listing gains a photo, or loses one."""
        if self.listings:
            listing = self.dice.choice(list(self.listings.values()))
            owner = self.owner_of(listing)
            photos, path = self.photos.setdefault(listing["id"], []), f"/photos/{listing['id']}"
            if photos and self.dice.random() < 0.5:
                owner.ok("DELETE", f"{path}/{photos.pop()}")
            else:
                photos.append(owner.ok("POST", path, data=image(self.dice.randrange(60_000)))["id"])

    def prefer(self, wanted: dict[str, Any] | None = None) -> None:
        self.wanted = self.dice.choice(PREFERENCES) if wanted is None else wanted
        self.tenant.ok("POST", "/preferences", json=self.wanted)

    def prefer_back_and_forth(self) -> None:
        """Two preferences in turn, with a few swipes under each, while listings change."""
        for wanted in [self.dice.choice(PREFERENCES), self.wanted] * self.dice.randrange(1, 3):
            self.prefer(wanted)
            self.swipe()
            self.edit_above_and_below()

    def act(self, key: int, action: str | None = None) -> None:
        action = action or self.dice.choice(("like", "dislike", "favorite"))
        assert self.feed("POST", "/feed/action", {"listing_id": key, "action": action}).status == 200
        adds_favorite = action == "favorite" and key not in self.favorites
        previous = self.current.get(key)
        if previous == action and not adds_favorite:
            return
        self.number += 1
        self.log = [*self.log, (key, previous, self.number)][-UNDOABLE:]
        self.current[key] = action
        if adds_favorite:
            self.favorites[key] = self.number

    def undo(self) -> None:
        for _ in range(self.dice.choice((1, 1, 2, 5))):
            answer = self.feed("POST", "/feed/undo")
            if not self.log:
                assert answer.status == 404
                return
            key, previous, number = self.log.pop()
            assert answer == (200, {"status": "ok", "listing_id": key})
            if previous is None:
                del self.current[key]
            else:
                self.current[key] = previous
            if self.favorites.get(key) == number:
                del self.favorites[key]

    def take_back_what_was_swiped(self) -> None:
        """The tenant swipes, looks at what comes next, takes some of it back, and looks again."""
        self.wait()
        self.swipe()
        self.look()
        self.undo()
        self.look()

    def look(self) -> None:
        """All that is unseen comes up, or the part of it that a deck shows."""
        shown = {listing["id"] for listing in self.feed_ok("/feed?limit=50")}
        unseen = self.unseen()
        assert shown == unseen if len(unseen) <= 50 else shown < unseen

    def remove_favorite(self) -> None:
        if self.favorites:
            key = self.dice.choice(sorted(self.favorites))
            self.tenant.ok("DELETE", f"/favorites/{key}")
            del self.favorites[key]
            if self.listings[key]["is_active"] and self.dice.random() < 0.5:
                self.act(key, "favorite")  # Perhaps the same action again, whose favorite is gone.

    def check_actions(self) -> None:
        """The stored swipes are the current actions, and the favorites that are shown are those."""
        swipe_docs = store.get(*(swipes.ref(self.tenant.id, key) for key in self.listings))
        stored = zip(self.listings, map(swipes.current_action, swipe_docs), strict=True)
        assert {key: action for key, action in stored if action} == self.current
        shown = {listing["id"] for listing in self.tenant.ok("GET", "/favorites")}
        assert shown == {key for key in self.favorites if self.listings[key]["is_active"]}

    def swipe(self) -> None:
        for _ in range(self.dice.randrange(1, 6)):
            listing = self.show_next()
            unseen = self.unseen()
            assert listing["id"] in unseen if listing else not unseen
            if listing:
                self.act(listing["id"])

    def swipe_deck(self) -> None:
        size = self.dice.randrange(1, 6)
        deck = [listing["id"] for listing in self.feed_ok(f"/feed?limit={size}")]
        assert len(deck) == len(set(deck)) == min(size, len(self.unseen()))
        assert set(deck) <= self.unseen()
        assert deck[:1] == [self.show_next()["id"]] if deck else True
        for key in self.dice.sample(deck, len(deck)):
            self.act(key)

    def act_on_anything(self) -> None:
        active = [each for each in self.listings.values() if each["is_active"] and each["owner_id"] != self.tenant.id]
        if active:
            self.act(self.dice.choice(active)["id"])

    def undo_first_action(self) -> None:
        """Acts on one new listing and takes that back, which must leave everything as it was."""
        if unseen := sorted(self.unseen()):
            self.act(self.dice.choice(unseen), "like")
            key, _, _ = self.log.pop()
            assert self.feed("POST", "/feed/undo") == (200, {"status": "ok", "listing_id": key})
            del self.current[key]

    def wait(self) -> None:
        """Lets what was written settle. Until then time stands still for the feed, and it takes nothing for settled."""
        time.sleep(settings().feed_settle_seconds)

    def play(self, steps: int) -> None:
        moves = [self.create] * 4 + [self.bulk_import, self.edit, self.tell, self.prefer, self.act_on_anything]
        moves += [self.swipe] * 3 + [self.swipe_deck, self.undo_first_action, self.show, self.show]
        moves += [self.undo, self.edit, self.remove_favorite, self.check_actions, self.wait]
        moves += [self.edit_above_and_below, self.prefer_back_and_forth, self.take_back_what_was_swiped]
        for _ in range(steps):
            self.go_elsewhere()
            self.dice.choice(moves)()

    def drain(self) -> list[int]:
        shown = []
        while listing := self.show_next():
            shown.append(listing["id"])
            assert len(shown) <= len(self.listings)
            self.act(listing["id"], "dislike")
        return shown

    def check(self, steps: int, *preferences: dict[str, Any]) -> None:
        """Plays, and then swipes all that is left, once for each of some preferences."""
        for wanted in preferences:
            self.play(steps)
            self.prefer(wanted)
            expected = self.unseen()
            shown = self.drain()
            assert len(shown) == len(set(shown))
            assert set(shown) == expected
            self.check_actions()


class RememberedHistory(History):
    """A history in which this process passes for several: it takes over what another one remembers."""

    def __init__(self, api: Api, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(api, seed)
        self.monkeypatch = monkeypatch
        self.memories = [feeds.RecentClearings(size=9) for _ in range(3)]

    def go_elsewhere(self) -> None:
        self.monkeypatch.setattr(feeds, "recent_clearings", self.dice.choice(self.memories))


class ServedHistory(History):
    """A history in which the tenant's requests to the feed go to processes that serve nothing else."""

    def __init__(self, api: Api, seed: int, processes: Sequence[Served]) -> None:
        super().__init__(api, seed)
        self.processes, self.process = processes, processes[0]

    def feed(self, method: str, path: str, body: Any = None) -> Answer:
        if self.dice.random() < 0.4:
            self.go_elsewhere()
        response = self.process.call(method, path, self.tenant.token, json=body)
        return Answer(response.status_code, response.json())

    def go_elsewhere(self) -> None:
        self.process = self.dice.choice(self.processes)


@contextmanager
def feed_processes(folder: Path) -> Iterator[list[Served]]:
    """Runs the feed in three processes while the body runs. For the last one time stands still: nothing is settled."""
    with ExitStack() as stack:
        yield [stack.enter_context(served("feed", folder, FEED_SETTLE_SECONDS=each)) for each in ("0.05", "0.5", "999")]
