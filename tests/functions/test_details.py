"""A listing's details, and the opt-in that shows them; without it, every answer keeps the reference's keys."""

from typing import Any

import pytest

from shared.data import listings, store
from tests.functions.test_contract import FLAT, LEAD, LISTING
from tests.instruments.api import Api, Person

TOLD: dict[str, Any] = {
    "description": "Две строки,\nи вторая.",
    "district": "Есильский район",
    "address": "ул. Сыганак, 10",
    "rooms": 2,
    "area": 54.55,
    "kitchen_area": 11,
    "floor": -1,
    "floors": 12,
    "year_built": 2019,
    "furnished": True,
    "pets_allowed": False,
    "children_allowed": True,
    "deposit": 0,
    "available_from": "2026-12-01",
    "latitude": 51.128207,
    "longitude": 71.430411,
}
NOT_TOLD = dict.fromkeys(TOLD)


def everywhere(api: Api, owner: Person, tenant: Person, include: str = "") -> dict[str, list[dict[str, Any]]]:
    """The listings in the answer of every endpoint that answers with listings, by endpoint."""
    query = {"include": include}
    made = owner.ok("POST", "/listings", json=FLAT | {"details": TOLD}, query_string=query)
    key = made["id"]
    tenant.ok("POST", "/favorites", json={"listing_id": key})
    lead = tenant.ok("POST", "/leads", json={"listing_id": key})["id"]
    answers: dict[str, Any] = {
        "POST /listings": [made],
        "PUT /listings": [owner.ok("PUT", f"/listings/{key}", json=FLAT, query_string=query)],
        "GET /listings": api.ok("GET", "/listings", query_string=query),
        "GET /listings/{id}": [api.ok("GET", f"/listings/{key}", query_string=query)],
        "GET /listings/my": owner.ok("GET", "/listings/my", query_string=query),
        "GET /feed": tenant.ok("GET", "/feed", query_string=query),
        "GET /feed/next": [tenant.ok("GET", "/feed/next", query_string=query)],
        "GET /favorites/": tenant.ok("GET", "/favorites/", query_string=query),
        "GET /leads/{id}": [tenant.ok("GET", f"/leads/{lead}", query_string=query)["listing"]],
    }
    return answers


def test_without_the_opt_in_every_answer_has_exactly_the_keys_of_the_reference(api: Api) -> None:
    for found in everywhere(api, api.person("landlord"), api.person()).values():
        assert [listing.keys() for listing in found] == [LISTING]


def test_the_opt_in_adds_the_details_to_every_answer(api: Api) -> None:
    for where, found in everywhere(api, api.person("landlord"), api.person(), "details").items():
        assert [listing.keys() for listing in found] == [LISTING | {"details"}], where
        assert [listing["details"] for listing in found] == [TOLD], where


def test_nothing_else_has_more_keys_for_a_listing_with_details(api: Api) -> None:
    owner, tenant, admin = api.person("landlord"), api.person(), api.person("admin")
    key = owner.listing(details=TOLD)["id"]
    (listing,) = admin.ok("GET", "/admin/listings")
    assert listing.keys() == LISTING - {"updated_at"}
    lead = tenant.ok("POST", "/leads", json={"listing_id": key})
    assert lead.keys() == LEAD
    (listed,) = tenant.ok("GET", "/leads/my?include=listing")
    assert listed["listing"].keys() == LISTING
    (listed,) = owner.ok("GET", "/leads/for-me?include=listing,details")
    assert listed.keys() == LEAD | {"listing"}
    assert listed["listing"].keys() == LISTING | {"details"}
    assert owner.call("GET", "/leads/for-me?include=contact,details").status_code == 422


@pytest.mark.parametrize(
    "path", ["/listings", "/listings/1", "/listings/my", "/feed", "/feed/next", "/favorites/", "/leads/1"]
)
def test_an_unknown_name_is_422(api: Api, path: str) -> None:
    answer = api.person().call("GET", path, query_string={"include": "details,secrets"})
    assert answer.status_code == 422
    assert answer.get_json()["detail"][0]["loc"][:2] == ["query", "include"]


def test_put_without_details_leaves_them_and_null_removes_them(api: Api) -> None:
    owner = api.person("landlord")
    path = f"/listings/{owner.listing()['id']}"

    def details(**body: Any) -> Any:
        return owner.ok("PUT", path, json=FLAT | body, query_string={"include": "details"})["details"]

    assert details() is None
    assert details(details={"rooms": 3, "description": " "}) == NOT_TOLD | {"rooms": 3}
    assert details(title="renamed") == NOT_TOLD | {"rooms": 3}
    assert details(details={}) == NOT_TOLD
    assert details(details=None) is None
    assert owner.ok("PUT", f"{path}/details", json=TOLD) == TOLD
    owner.ok("DELETE", path)
    assert details() == TOLD


def test_only_owner_and_admins_replace_the_details(api: Api) -> None:
    owner, other, admin = api.person("landlord"), api.person("agent"), api.person("admin")
    path = f"/listings/{owner.listing()['id']}/details"
    assert other.call("PUT", path, json=TOLD).status_code == 403
    assert owner.call("PUT", "/listings/5/details", json=TOLD).status_code == 404
    assert admin.ok("PUT", path, json={"floor": 2}) == NOT_TOLD | {"floor": 2}


def test_a_listing_stored_before_there_were_details_has_none(api: Api) -> None:
    owner = api.person("landlord")
    key = owner.listing()["id"]
    stored = store.get(listings.ref(key))[0].to_dict() or {}
    reference_only = {name: stored[name] for name in (*LISTING, "city_key", "facets", "position")}
    batch = store.Batch()
    batch.set(listings.ref(key), reference_only)
    batch.commit()
    assert api.ok("GET", f"/listings/{key}?include=details")["details"] is None
    assert owner.ok("PUT", f"/listings/{key}/details", json=TOLD) == TOLD


@pytest.mark.parametrize(
    "wrong",
    [
        {"rooms": 0},
        {"rooms": 51},
        {"rooms": True},
        {"rooms": 1.5},
        {"area": 0},
        {"area": 1.001},
        {"area": "NaN"},
        {"kitchen_area": -1},
        {"floor": -6},
        {"floor": 201},
        {"floors": 0},
        {"floor": 3, "floors": 2},
        {"description": "a" * 4001},
        {"description": "a\0"},
        {"district": "a" * 129},
        {"address": "a" * 256},
        {"deposit": -1},
        {"deposit": 0.001},
        {"available_from": "2026-13-01"},
        {"available_from": "2026-12-01T00:00:00"},
        {"available_from": 1},
        {"latitude": 1},
        {"longitude": 1},
        {"latitude": 91, "longitude": 1},
        {"latitude": 1, "longitude": 181},
        {"furnished": "perhaps"},
    ],
)
def test_what_is_no_detail_is_422(api: Api, wrong: dict[str, Any]) -> None:
    owner = api.person("landlord")
    listing = owner.listing()
    for method, path, body in (
        ("PUT", f"/listings/{listing['id']}/details", wrong),
        ("PUT", f"/listings/{listing['id']}", FLAT | {"details": wrong}),
        ("POST", "/listings", FLAT | {"details": wrong}),
    ):
        answer = owner.call(method, path, json=body)
        assert answer.status_code == 422, (path, answer.text)
    assert api.ok("GET", f"/listings/{listing['id']}?include=details") == listing | {"details": None}
