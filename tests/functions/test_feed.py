"""The feed over HTTP and the real emulator, against a plain model, over random histories."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.data import feeds, listings, store
from shared.models.listings import ListingWrite
from shared.settings import settings
from tests.instruments.api import Api, Person
from tests.instruments.pictures import image

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
    """Two owners, a tenant, the processes that serve them, and the model of it.

    Attributes:
        current: The tenant's current action by listing.
        favorites: By listing: the number of the action that has added it.
        log: The actions that can be taken back: listing, the action before it, its number.
    """

    def __init__(self, api: Api, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dice = random.Random(seed)
        self.monkeypatch = monkeypatch
        self.processes = [feeds.RecentClearings(size=9) for _ in range(3)]
        self.owners = [api.person("landlord"), api.person("agent")]
        self.tenant: Person = api.person("landlord")
        self.listings: dict[int, dict[str, Any]] = {}
        self.photos: dict[int, list[int]] = {}
        self.current: dict[int, str] = {}
        self.favorites: dict[int, int] = {}
        self.log: list[tuple[int, str | None, int]] = []
        self.number = 0
        self.wanted: dict[str, Any] = {}

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
        owner = next(each for each in [*self.owners, self.tenant] if each.id == listing["owner_id"])
        if self.dice.random() < 0.3:
            owner.ok("DELETE", f"/listings/{listing['id']}")
            listing["is_active"] = False
        else:
            self.listings[listing["id"]] = owner.ok(
                "PUT", f"/listings/{listing['id']}?include=details", json=self.content()
            )

    def tell(self) -> None:
        if self.listings:
            listing = self.dice.choice(list(self.listings.values()))
            owner = next(each for each in [*self.owners, self.tenant] if each.id == listing["owner_id"])
            path = f"/listings/{listing['id']}/details"
            listing["details"] = owner.ok("PUT", path, json=self.details() or {})

    def show(self) -> None:
        """A listing gains a photo, or loses one."""
        if self.listings:
            listing = self.dice.choice(list(self.listings.values()))
            owner = next(each for each in [*self.owners, self.tenant] if each.id == listing["owner_id"])
            photos, path = self.photos.setdefault(listing["id"], []), f"/photos/{listing['id']}"
            if photos and self.dice.random() < 0.5:
                owner.ok("DELETE", f"{path}/{photos.pop()}")
            else:
                photos.append(owner.ok("POST", path, data=image(self.dice.randrange(60_000)))["id"])

    def prefer(self) -> None:
        self.wanted = self.dice.choice(PREFERENCES)
        self.tenant.ok("POST", "/preferences", json=self.wanted)

    def act(self, key: int, action: str | None = None) -> None:
        action = action or self.dice.choice(("like", "dislike", "favorite"))
        assert self.tenant.act(key, action).status_code == 200
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
            answer = self.tenant.call("POST", "/feed/undo")
            if not self.log:
                assert answer.status_code == 404
                return
            key, previous, number = self.log.pop()
            assert answer.get_json() == {"status": "ok", "listing_id": key}
            if previous is None:
                del self.current[key]
            else:
                self.current[key] = previous
            if self.favorites.get(key) == number:
                del self.favorites[key]

    def remove_favorite(self) -> None:
        if self.favorites:
            key = self.dice.choice(sorted(self.favorites))
            self.tenant.ok("DELETE", f"/favorites/{key}")
            del self.favorites[key]
            if self.listings[key]["is_active"] and self.dice.random() < 0.5:
                self.act(key, "favorite")  # Perhaps the same action again, whose favorite is gone.

    def check_favorites(self) -> None:
        shown = {listing["id"] for listing in self.tenant.ok("GET", "/favorites")}
        assert shown == {key for key in self.favorites if self.listings[key]["is_active"]}

    def swipe(self) -> None:
        for _ in range(self.dice.randrange(1, 6)):
            listing = self.tenant.ok("GET", "/feed/next")
            unseen = self.unseen()
            assert listing["id"] in unseen if listing else not unseen
            if listing:
                self.act(listing["id"])

    def swipe_deck(self) -> None:
        size = self.dice.randrange(1, 6)
        deck = [listing["id"] for listing in self.tenant.ok("GET", f"/feed?limit={size}")]
        assert len(deck) == len(set(deck)) == min(size, len(self.unseen()))
        assert set(deck) <= self.unseen()
        assert deck[:1] == [self.tenant.ok("GET", "/feed/next")["id"]] if deck else True
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
            assert self.tenant.ok("POST", "/feed/undo")["listing_id"] == key
            del self.current[key]

    def wait(self) -> None:
        """Lets what was written settle. Until then time stands still for the feed, and it takes nothing for settled."""
        time.sleep(settings().feed_settle_seconds)

    def play(self, steps: int) -> None:
        moves = [self.create] * 4 + [self.bulk_import, self.edit, self.tell, self.prefer, self.act_on_anything]
        moves += [self.swipe] * 3 + [self.swipe_deck, self.undo_first_action, self.show, self.show]
        moves += [self.undo, self.edit, self.remove_favorite, self.check_favorites, self.wait]
        for _ in range(steps):
            self.monkeypatch.setattr(feeds, "recent_clearings", self.dice.choice(self.processes))
            self.dice.choice(moves)()

    def drain(self) -> list[int]:
        shown = []
        while listing := self.tenant.ok("GET", "/feed/next"):
            shown.append(listing["id"])
            assert len(shown) <= len(self.listings)
            self.act(listing["id"], "dislike")
        return shown


@pytest.mark.parametrize("seed", range(12))
def test_any_history_shows_each_unseen_match_once(api: Api, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(api, seed, monkeypatch)
    for wanted in (PREFERENCES[seed % len(PREFERENCES)], {}):
        history.play(40)
        history.wanted = wanted
        history.tenant.ok("POST", "/preferences", json=wanted)
        expected = history.unseen()
        shown = history.drain()
        assert len(shown) == len(set(shown))
        assert set(shown) == expected
        history.check_favorites()


def test_untouched_listings_come_newest_first_and_ties_by_id(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    old = [owner.listing()["id"] for _ in range(3)]
    batch, keys = store.Batch(), [store.new_id() for _ in range(40)]
    content = ListingWrite.model_validate({"title": "t", "city": "c", "price": 1})
    for key in keys:
        batch.create(listings.ref(key), listings.document(key, owner.id, content))
    batch.commit()
    deck = [listing["id"] for listing in tenant.ok("GET", "/feed?limit=50")]
    assert deck == [*sorted(keys, reverse=True), *reversed(old)]


def test_an_edit_that_matches_anew_comes_up_and_a_mere_title_does_not_move(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    old, new = owner.listing(title="old", price=900), owner.listing(title="new", price=100)
    tenant.ok("POST", "/preferences", json={"price_max": 500})
    assert tenant.ok("GET", "/feed/next")["id"] == new["id"]
    tenant.act(new, "dislike")
    assert tenant.ok("GET", "/feed/next") is None
    owner.ok("PUT", f"/listings/{old['id']}", json={"title": "old", "city": "Astana", "price": 400})
    assert tenant.ok("GET", "/feed/next")["id"] == old["id"]
    owner.ok("PUT", f"/listings/{new['id']}", json={"title": "renamed", "city": "Astana", "price": 100})
    assert [listing["id"] for listing in tenant.ok("GET", "/feed")] == [old["id"]]


def test_what_another_process_has_changed_is_seen_by_one_that_remembers(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a search has cleared holds for one version of the tenant's progress only."""
    owner, tenant = api.person("landlord"), api.person()
    for _ in range(4):
        owner.listing()
    time.sleep(settings().feed_settle_seconds + 0.01)
    here, there = feeds.RecentClearings(size=9), feeds.RecentClearings(size=9)
    monkeypatch.setattr(feeds, "recent_clearings", here)
    first = tenant.ok("GET", "/feed/next")["id"]
    tenant.act(first, "dislike")
    second = tenant.ok("GET", "/feed/next")["id"]
    monkeypatch.setattr(feeds, "recent_clearings", there)
    tenant.ok("POST", "/feed/undo")
    monkeypatch.setattr(feeds, "recent_clearings", here)
    assert tenant.ok("GET", "/feed/next")["id"] == first
    assert second != first


@pytest.mark.parametrize("change", [{"deal_type": "sale"}, {"property_type": "room"}, {"city": "Almaty"}, {"price": 9}])
def test_a_listing_below_what_is_covered_comes_up_when_it_begins_to_match(api: Api, change: dict[str, Any]) -> None:
    owner, tenant = api.person("landlord"), api.person()
    before = {"title": "t", "city": "Astana", "deal_type": "rent", "property_type": "flat", "price": 1}
    below = owner.ok("POST", "/listings", json=before)
    seen = owner.ok("POST", "/listings", json=before | change)
    time.sleep(settings().feed_settle_seconds + 0.01)
    wanted = {"price_min": 9} if "price" in change else change
    tenant.ok("POST", "/preferences", json=wanted)
    assert tenant.ok("GET", "/feed/next")["id"] == seen["id"]
    tenant.act(seen, "dislike")
    assert tenant.ok("GET", "/feed/next") is None
    tenant.ok("GET", "/feed/next")
    owner.ok("PUT", f"/listings/{below['id']}", json=before | change)
    assert tenant.ok("GET", "/feed/next")["id"] == below["id"]


def test_prices_of_preferences_are_compared_in_the_unit_of_listings(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    for price in (99.99, 200.01):
        owner.listing(price=price)
    fits = {owner.listing(price=100)["id"], owner.listing(price=200)["id"]}
    tenant.ok("POST", "/preferences", json={"price_min": 100, "price_max": 200})
    assert {listing["id"] for listing in tenant.ok("GET", "/feed")} == fits


def test_what_becomes_visible_after_its_time_is_not_lost(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that got its timestamp before somebody looked may be seen only afterwards, within the settling time."""
    monkeypatch.setenv("FEED_SETTLE_SECONDS", "10")
    settings.cache_clear()
    owner, tenant = api.person("landlord"), api.person()
    tenant.act(owner.listing(), "dislike")
    began = datetime.now(UTC)
    assert tenant.ok("GET", "/feed/next") is None
    stamps = dict.fromkeys(("created_at", "updated_at", "position"), began - timedelta(seconds=1))
    late, batch = store.new_id(), store.Batch()
    content = ListingWrite.model_validate({"title": "Late", "city": "Astana", "price": 1})
    batch.create(listings.ref(late), listings.document(late, owner.id, content) | stamps)
    batch.commit()
    tenant.act(owner.listing(), "dislike")
    assert tenant.ok("GET", "/feed/next")["id"] == late
    monkeypatch.undo()
    settings.cache_clear()
