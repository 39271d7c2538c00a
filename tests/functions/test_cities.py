"""Listings of a time when only the spelling made a city, brought to the keys of today: no feed loses or repeats any."""

from itertools import product
from typing import Any

import pytest

from infra.cities import renew
from shared.data import listings, store
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
    assert renew() == (5, 3)
    assert [each["title"] for each in api.ok("GET", "/listings?city=Астана")] == ["Нур-Султан", "Астана", "Astana"]
    assert len(admin.ok("GET", "/admin/listings?city=Astana")) == 4
    assert [each["title"] for each in api.ok("GET", "/listings?city=village")] == ["Village"]
    assert api.ok("GET", f"/listings/{made[1]['id']}") == made[1]
    assert renew() == (5, 0)


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
