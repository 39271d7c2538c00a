"""Listings and searches of a time when only the spelling made a city, brought to the keys of today.

No feed loses or repeats any listing, and searches go on telling.
"""

from itertools import product
from typing import Any

import pytest

from infra.cities import renew
from shared.data import listings, searches, store
from tests.instruments import events
from tests.instruments.api import Api, Person


def as_stored_before(listing: dict[str, Any]) -> None:
    """Puts the listing where the spelling of its city alone had it."""
    city = listing["city"].casefold()
    values = {"deal": listing["deal_type"], "property": listing["property_type"], "city": city}
    facets = {}
    for chosen in product((True, False), repeat=3):
        given = {name: value for (name, value), wanted in zip(values.items(), chosen, strict=True) if wanted}
        facets["_".join(given) or "any"] = "|".join(given.values())
    batch = store.Batch()
    batch.update(listings.ref(listing["id"]), {"city_key": city, "facets": facets if listing["is_active"] else {}})
    batch.commit()


def saved_before(monkeypatch: pytest.MonkeyPatch, person: Person, **wanted: Any) -> dict[str, Any]:
    """A search that was saved when the spelling of its city alone made its key."""
    with monkeypatch.context() as before:
        before.setattr("shared.feed.criteria.city_key", str.casefold)
        search: dict[str, Any] = person.ok("POST", "/searches", json={"name": "Mine"} | wanted)
    return search


def told(api: Api, person: Person, listing: dict[str, Any]) -> int:
    """How many notifications a person has after the event of a new listing."""
    after = store.get(listings.ref(listing["id"]))[0].to_dict()
    assert events.deliver(api, "match_listing", events.event(None, after)) == 200
    return len(person.ok("GET", "/notifications"))


def feed(tenant: Person) -> list[str]:
    """The titles of all that the feed shows; each is disliked."""
    shown = []
    while listing := tenant.ok("GET", "/feed/next"):
        shown.append(listing["title"])
        assert len(shown) < 20
        tenant.act(listing, "dislike")
    return shown


def test_listings_of_all_spellings_come_together_and_it_can_be_repeated(api: Api) -> None:
    owner, admin = api.person("landlord"), api.person("admin")
    made = [owner.listing(title=city, city=city) for city in ("Astana", "Астана", "Нур-Султан", "Village")]
    made.append(owner.listing(title="gone", city="Астана", is_active=False))
    for listing in made:
        as_stored_before(listing)
    assert [each["title"] for each in api.ok("GET", "/listings?city=Астана")] == ["Astana"]
    assert renew()[0] == (5, 3)
    assert [each["title"] for each in api.ok("GET", "/listings?city=Астана")] == ["Нур-Султан", "Астана", "Astana"]
    assert len(admin.ok("GET", "/admin/listings?city=Astana")) == 4
    assert [each["title"] for each in api.ok("GET", "/listings?city=village")] == ["Village"]
    assert api.ok("GET", f"/listings/{made[1]['id']}") == made[1]
    assert renew()[0] == (5, 0)


@pytest.mark.parametrize("city", [None, "Astana", "Астана"])
def test_no_feed_loses_or_repeats_any(api: Api, city: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, tenant = api.person("landlord"), api.person()
    names = ("Astana", "Астана", "Нур-Султан", "Astana", "Астана", "Алматы")
    made = [owner.listing(title=f"{number} {name}", city=name) for number, name in enumerate(names)]
    with monkeypatch.context() as before:
        for module in ("shared.data.listings", "shared.feed.criteria"):
            before.setattr(f"{module}.city_key", str.casefold)
        for listing in made:
            as_stored_before(listing)
        tenant.ok("POST", "/preferences", json={"city": city})
        acted = [tenant.ok("GET", "/feed/next")["title"]]
        tenant.act(next(each for each in made if each["title"] in acted), "like")
        tenant.ok("GET", "/feed?limit=50")
        tenant.act(made[2], "dislike")
        acted.append(made[2]["title"])
    renew()
    expected = {each["title"] for each in made if city is None or each["city"] != "Алматы"} - set(acted)
    shown = feed(tenant)
    assert set(shown) == expected
    assert len(shown) == len(expected)
    tenant.ok("POST", "/preferences", json={})
    assert feed(tenant) == ([] if city is None else ["5 Алматы"])


def test_a_search_of_any_spelling_is_told_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, tenant = api.person("landlord"), api.person()
    monkeypatch.setattr(searches, "PAGE", 2)
    for wanted in ({"city": "Нур-Султан"}, {"city": "Village"}, {}, {"city": "Астана", "frequency": "off"}):
        saved_before(monkeypatch, api.person(), **wanted)
    mine = saved_before(monkeypatch, tenant, city="Астана", deal_type="rent", price_max=500)
    assert told(api, tenant, owner.listing(city="Астана", price=400)) == 0
    assert renew()[1] == (5, 2)
    assert tenant.ok("GET", "/searches") == [mine]
    assert told(api, tenant, owner.listing(city="Астана", price=400)) == 1
    assert told(api, tenant, owner.listing(city="Astana", price=600)) == 1
    assert renew()[1] == (5, 0)


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_what_its_owner_does_to_a_search_meanwhile_stays(
    api: Api, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    tenant = api.person()
    path = f"/searches/{saved_before(monkeypatch, tenant, city='Астана')['id']}"
    wanted = {"name": "Edited", "city": "Алматы"}
    page = next(searches.pages_of_all())
    tenant.ok("PUT", path, json=wanted) if change == "edited" else tenant.ok("DELETE", path)
    monkeypatch.setattr(searches, "pages_of_all", lambda: iter([page]))
    assert renew()[1] == (1, 0)
    assert [each["city"] for each in tenant.ok("GET", "/searches")] == (["Алматы"] if change == "edited" else [])
    listing = api.person("landlord").listing(city="Almaty")
    assert told(api, tenant, listing) == (change == "edited")
