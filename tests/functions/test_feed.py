"""The feed over HTTP and the real emulator, against a plain model, over random histories."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.data import feeds, listings, store
from shared.models.listings import ListingWrite
from shared.settings import settings
from tests.functions.histories import PREFERENCES, RememberedHistory, ServedHistory, feed_processes
from tests.instruments.api import Api
from tests.instruments.processes import Served


@pytest.mark.parametrize("seed", range(12))
def test_any_history_shows_each_unseen_match_once(api: Api, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    RememberedHistory(api, seed, monkeypatch).check(40, PREFERENCES[seed % len(PREFERENCES)], {})


@pytest.fixture(scope="module")
def processes(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    with feed_processes(Path(tmp_path_factory.mktemp("feed"))) as processes:
        yield processes


@pytest.mark.parametrize("seed", range(6))
def test_a_history_that_goes_through_three_processes(api: Api, seed: int, processes: list[Served]) -> None:
    ServedHistory(api, seed, processes).check(40, PREFERENCES[seed % len(PREFERENCES)], {})


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
