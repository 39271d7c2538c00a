"""Saved searches: a listing that begins to match tells each of them once for each version, whatever the events do."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.data import listings, matches, store
from tests.instruments.api import Api, Person
from tests.instruments.costs import Cost, Meter
from tests.instruments.events import deliver, event
from tests.instruments.pictures import image
from tests.security.database import delete, dump

Fields = dict[str, Any] | None
NEVER = {"name": "Off", "frequency": "off"}


class Landlord:
    """Somebody who writes listings, and the events of that."""

    def __init__(self, api: Api) -> None:
        self.api, self.person = api, api.person("landlord")
        self.events: list[tuple[Fields, Fields]] = []

    def put(self, listing_id: int | None = None, **fields: Any) -> int:
        body = {"title": "Flat", "city": "Astana", "price": 100} | fields
        before = listing_id and self.stored(listing_id)
        if listing_id is None:
            listing_id = self.person.ok("POST", "/listings", json=body)["id"]
        else:
            self.person.ok("PUT", f"/listings/{listing_id}", json=body)
        self.events.append((before or None, self.stored(listing_id)))
        return listing_id

    def show(self, listing_id: int, number: int) -> None:
        """Adds a photo to a listing."""
        before = self.stored(listing_id)
        self.person.ok("POST", f"/photos/{listing_id}", data=image(number))
        self.events.append((before, self.stored(listing_id)))

    def stored(self, listing_id: int) -> Fields:
        return store.get(listings.ref(listing_id))[0].to_dict()

    def deliver(self) -> None:
        """Delivers all events so far."""
        for each in self.events:
            assert tell(self.api, each) == 200


def tell(api: Api, change: tuple[Fields, Fields]) -> int:
    return deliver(api, "match_listing", event(*change))


@pytest.fixture
def landlord(api: Api) -> Landlord:
    return Landlord(api)


def save(person: Person, **fields: Any) -> dict[str, Any]:
    search: dict[str, Any] = person.ok("POST", "/searches", json={"name": "Mine"} | fields)
    return search


def told(person: Person, kind: str = "listing.match") -> list[dict[str, Any]]:
    return [each["data"] for each in person.ok("GET", "/notifications") if each["type"] == kind]


def test_a_search_keeps_what_was_asked_for(api: Api) -> None:
    tenant = api.person()
    body = {"city": "Алматы", "deal_type": "rent", "property_type": None, "price_min": 1.5, "price_max": 10}
    search = save(tenant, **body, name=" Центр ")
    assert search.items() >= (body | {"name": "Центр", "frequency": "instant"}).items()
    changed = tenant.ok("PUT", f"/searches/{search['id']}", json={"name": "Any", "frequency": "daily"})
    assert changed == search | dict.fromkeys(body) | {"name": "Any", "frequency": "daily"}
    assert tenant.ok("GET", "/searches") == [changed]
    for wrong in ({"name": ""}, {}, {"name": "A", "price_min": 2, "price_max": 1}, {"name": "A", "frequency": "often"}):
        assert tenant.call("POST", "/searches", json=wrong).status_code == 422
    for _ in range(2):
        assert tenant.ok("DELETE", f"/searches/{search['id']}") == {"status": "ok"}
    assert tenant.ok("GET", "/searches") == []


def test_filters_are_kept_and_decide(api: Api, landlord: Landlord) -> None:
    tenant = api.person()
    filters = {"rooms_min": 2, "rooms_max": 3, "area_min": 40.5, "area_max": None, "with_photos": None}
    search = save(tenant, filters=filters)
    assert search["filters"] == filters
    assert tenant.ok("GET", "/searches") == [search]
    assert save(tenant, name="Other", frequency="off")["filters"] == dict.fromkeys(filters)
    listing = landlord.put()
    for rooms, area in ((1, 50), (2, 40), (4, 50)):
        landlord.put(listing, details={"rooms": rooms, "area": area})
    landlord.deliver()
    assert told(tenant) == []
    for rooms, area in ((2, 41), (3, 60)):
        landlord.put(listing, details={"rooms": rooms, "area": area})
    landlord.deliver()
    assert len(told(tenant)) == 1


def test_nobody_has_more_than_twenty_also_not_at_once(api: Api) -> None:
    tenant = api.person()
    for number in range(17):
        save(tenant, name=f"{number}")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: tenant.call("POST", "/searches", json={"name": "More"}), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3
    tenant.ok("DELETE", f"/searches/{tenant.ok('GET', '/searches')[5]['id']}")
    save(tenant)


def test_another_persons_search_is_out_of_reach(api: Api) -> None:
    search = save(owner := api.person())
    other = api.person()
    assert other.call("PUT", f"/searches/{search['id']}", json={"name": "A"}).status_code == 404
    other.ok("DELETE", f"/searches/{search['id']}")
    assert owner.ok("GET", "/searches") == [search]


@pytest.mark.parametrize(
    ("asked", "matches_it"),
    [
        ({}, True),
        ({"city": "Нур-Султан"}, True),
        ({"city": "Almaty"}, False),
        ({"deal_type": "rent", "property_type": "flat", "city": "Астана"}, True),
        ({"deal_type": "sale"}, False),
        ({"price_min": 100, "price_max": 100}, True),
        ({"price_min": 100.01}, False),
        ({"price_max": 99.99}, False),
        (NEVER, False),
    ],
)
def test_a_new_listing_tells_the_searches_that_it_matches(
    api: Api, landlord: Landlord, asked: dict[str, Any], matches_it: bool
) -> None:
    tenant = api.person()
    search = save(tenant, **asked)
    listing = landlord.put(title="Уютная")
    landlord.deliver()
    landlord.deliver()
    expected = {
        "listing_id": listing,
        "title": "Уютная",
        "price": "100.00",
        "search_id": search["id"],
        "search": search["name"],
    }
    assert told(tenant) == ([expected] if matches_it else [])


def test_only_what_begins_to_match_is_told(api: Api, landlord: Landlord) -> None:
    tenant = api.person()
    save(tenant, price_max=100)
    listing = landlord.put(price=150)
    for fields, count in (
        ({"price": 90}, 1),  # It has become cheaper,
        ({"price": 80}, 1),  # has matched before,
        ({"price": 80, "title": "New title"}, 1),
        ({"price": 150}, 1),
        ({"price": 90}, 2),  # and begins again.
        ({"price": 90, "is_active": False}, 2),
        ({"price": 90}, 3),
        ({"price": 90, "city": "Almaty"}, 3),
    ):
        landlord.put(listing, **fields)
        landlord.deliver()
        assert len(told(tenant)) == count, fields


def test_the_first_photo_of_a_listing_tells_those_who_ask_for_photos(api: Api, landlord: Landlord) -> None:
    tenant, other = api.person(), api.person()
    save(tenant, filters={"with_photos": True})
    save(other)
    listing = landlord.put()
    for number in range(3):
        landlord.deliver()
        assert (len(told(tenant)), len(told(other))) == (int(number > 0), 1)
        landlord.show(listing, number)


def test_an_owner_is_not_told_of_their_own(landlord: Landlord) -> None:
    save(landlord.person)
    landlord.put()
    landlord.deliver()
    assert told(landlord.person) == []


def test_a_price_that_falls_is_told_to_those_who_have_it_in_their_favorites(api: Api, landlord: Landlord) -> None:
    fan, other = api.person(), api.person()
    listing = landlord.put(price=150)
    fan.ok("POST", "/favorites", json={"listing_id": listing})
    for price in (120, 130, 130, 110.5):
        landlord.put(listing, price=price)
    landlord.deliver()
    landlord.deliver()
    drops = [(each["old_price"], each["price"]) for each in told(fan, "price.drop")]
    assert sorted(drops) == [("130.00", "110.50"), ("150.00", "120.00")]
    assert told(other, "price.drop") == []


def test_a_sale_that_becomes_a_rent_is_no_fall_of_its_price(api: Api, landlord: Landlord) -> None:
    fan = api.person()
    listing = landlord.put(price=30_000_000, deal_type="sale")
    fan.ok("POST", "/favorites", json={"listing_id": listing})
    landlord.put(listing, price=250_000, deal_type="rent")
    landlord.deliver()
    assert told(fan, "price.drop") == []


@pytest.mark.parametrize("gone", ["deleted", "deactivated", "owner deactivated"])
def test_a_late_event_does_not_tell_of_what_is_gone(api: Api, landlord: Landlord, gone: str) -> None:
    fan = api.person()
    listing = landlord.put(price=150)
    save(fan, price_max=130)
    fan.ok("POST", "/favorites", json={"listing_id": listing})
    landlord.put(listing, price=120)
    if gone == "deleted":
        delete(listings.ref(listing))
    elif gone == "deactivated":
        landlord.person.ok("DELETE", f"/listings/{listing}")
    else:
        batch = store.Batch()
        batch.update(listings.ref(listing), {"owner_active": False})
        batch.commit()
    landlord.deliver()
    assert fan.ok("GET", "/notifications") == []


def test_a_listing_that_tells_many_is_read_once_more(api: Api, landlord: Landlord, meter: Meter) -> None:
    fan = api.person()
    for number in range(3):
        save(fan, name=f"{number}")
    landlord.put()
    cost, _ = meter.of(tell, api, landlord.events[0])
    assert cost == Cost(rpcs=3, reads=3 + 1, writes=3)


def test_edits_that_tell_nobody_cost_nothing(landlord: Landlord, api: Api, meter: Meter) -> None:
    save(api.person(), price_max=100)
    listing = landlord.put(price=150)
    landlord.put(listing, price=150, title="Another")
    landlord.put(listing, price=150, is_active=False)
    cost, _ = meter.of(tell, api, landlord.events[0])
    assert cost == Cost(rpcs=1, reads=1)
    for change in landlord.events[1:]:
        cost, _ = meter.of(tell, api, change)
        assert cost == Cost(rpcs=0, reads=0)


def test_more_than_a_page_goes_on_where_it_has_stopped(
    api: Api, landlord: Landlord, monkeypatch: pytest.MonkeyPatch, meter: Meter
) -> None:
    monkeypatch.setattr(matches, "PAGE", 4)
    people = [api.person() for _ in range(3)]
    for person in people:
        for number in range(6):
            save(person, name=f"{number}", price_min=number)
    landlord.put()
    with monkeypatch.context() as patch:
        patch.setattr(matches, "SECONDS", 0)
        tries = 0
        while tell(api, landlord.events[0]) != 200:
            tries += 1
            assert tries < 10
    assert tries == 4
    assert [len(told(person)) for person in people] == [6] * 3
    cost, _ = meter.of(tell, api, landlord.events[0])
    assert cost.writes == 0 or cost.rpcs < 8
    assert [len(told(person)) for person in people] == [6] * 3


@pytest.mark.parametrize("seed", range(4))
def test_any_history_tells_each_search_once_for_each_version(
    api: Api, landlord: Landlord, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events in any order, twice, with deaths before and after each commit; held against a plain model."""
    monkeypatch.setattr(matches, "PAGE", 3)
    dice = random.Random(seed)
    people = [api.person() for _ in range(3)]
    asked = []
    for person in people:
        for _ in range(4):
            low = dice.choice([None, 50, 100])
            fields = {
                "city": dice.choice([None, "Astana", "Almaty"]),
                "price_min": low,
                "price_max": dice.choice([None, 120, 200]),
                "frequency": dice.choice(["instant", "daily", "off"]),
            }
            asked.append((person.id, save(person, **fields)))
    ids: list[int] = []
    for _ in range(12):
        fields = {
            "city": dice.choice(["Astana", "Алматы"]),
            "price": dice.choice([40, 90, 150, 250]),
            "is_active": dice.random() < 0.8,
        }
        listing = dice.choice([None, *ids])
        made = landlord.put(listing, **fields)
        ids = [*ids, made] if listing is None else ids

    class Died(BaseException):
        pass

    commit = store.Batch.commit

    def dying(batch: store.Batch) -> Any:
        at = dice.random()
        if at < 0.2:
            raise Died
        result = commit(batch)
        if at > 0.8:
            raise Died
        return result

    pending = landlord.events * 2
    dice.shuffle(pending)
    with monkeypatch.context() as patch:
        patch.setattr(store.Batch, "commit", dying)
        while pending:
            change = pending.pop()
            try:
                matches.tell(*change)
            except Died:
                pending.insert(0, change)

    def fits(search: dict[str, Any], listing: Fields) -> bool:
        if not listing or not listing["is_active"]:
            return False
        price, cities = listing["price"] / 100, {"Astana": "Astana", "Алматы": "Almaty"}
        return (
            search["city"] in (None, cities[listing["city"]])
            and (search["price_min"] or 0) <= price
            and price <= (search["price_max"] or 10**9)
        )

    visible = {listing: (landlord.stored(listing) or {})["is_active"] for listing in ids}  # All events have come late.
    expected = sorted(
        (user_id, search["id"], after["id"], after["price"])
        for user_id, search in asked
        for before, after in landlord.events
        if after
        and visible[after["id"]]
        and search["frequency"] != "off"
        and fits(search, after)
        and not fits(search, before)
    )
    found = sorted(
        (
            data["user_id"],
            data["data"]["search_id"],
            data["data"]["listing_id"],
            round(float(data["data"]["price"]) * 100),
        )
        for path, data in dump().items()
        if path.startswith("notifications/") and data["type"] == "listing.match"
    )
    assert found == expected
