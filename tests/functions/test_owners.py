"""Listings of a deactivated owner: gone from everywhere that others look, and back with the owner."""

from typing import Any

import pytest
from google.events.cloud.firestore import DocumentEventData

from shared.data import owners
from tests.instruments.api import Api, Person

FLAT = {"title": "Flat", "city": "Astana", "price": 100}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "LATE_SECONDS", 0)
    monkeypatch.setattr(owners, "PAGE", 2)


def deliver(api: Api, user: Person, before: bool, after: bool) -> int:
    def document(is_active: bool) -> dict[str, Any]:
        return {"fields": {"id": {"integer_value": user.id}, "is_active": {"boolean_value": is_active}}}

    event = DocumentEventData({"old_value": document(before), "value": document(after)})
    headers = {
        "ce-id": "1",
        "ce-specversion": "1.0",
        "ce-source": "//firestore.googleapis.com/projects/demo/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.updated",
        "content-type": "application/protobuf",
    }
    data = DocumentEventData.serialize(event)
    return api.client("follow_owner").post("/", headers=headers, data=data).status_code


def set_active(api: Api, admin: Person, user: Person, is_active: bool) -> None:
    admin.ok("PATCH", f"/admin/users/{user.id}", json={"is_active": is_active})
    assert deliver(api, user, not is_active, is_active) == 200


def shown(api: Api, tenant: Person) -> tuple[set[int], set[int], set[int]]:
    """Ids in the public list, in the feed and among the favorites."""
    lists = (api.ok("GET", "/listings"), tenant.ok("GET", "/feed?limit=50"), tenant.ok("GET", "/favorites"))
    return tuple({each["id"] for each in listings} for listings in lists)  # type: ignore[return-value]


def test_listings_leave_with_their_owner_and_come_back(api: Api) -> None:
    admin, owner, tenant = api.person("admin"), api.person("landlord"), api.person()
    ids = [owner.listing()["id"] for _ in range(5)]
    inactive = owner.listing(is_active=False)["id"]
    tenant.ok("POST", "/favorites", json={"listing_id": ids[0]})
    tenant.act(ids[1], "dislike")
    before = shown(api, tenant)
    set_active(api, admin, owner, False)
    assert shown(api, tenant) == (set(), set(), set())
    assert api.call("GET", f"/listings/{ids[0]}").status_code == 404
    assert tenant.act(ids[0]).status_code == 404
    for path in ("/favorites", "/leads"):
        assert tenant.call("POST", path, json={"listing_id": ids[0]}).status_code == 404
    admin.ok("PUT", f"/listings/{ids[0]}", json=FLAT)
    admin.ok("PUT", f"/listings/{inactive}", json=FLAT | {"is_active": True})
    admin.ok("DELETE", f"/listings/{inactive}")
    assert shown(api, tenant) == (set(), set(), set())
    active = {each["id"] for each in admin.ok("GET", f"/admin/listings?owner_id={owner.id}&is_active=true")}
    assert active == set(ids)
    set_active(api, admin, owner, True)
    assert shown(api, tenant) == before


def test_late_and_repeated_events_end_as_the_owner_is(api: Api) -> None:
    admin, owner, tenant = api.person("admin"), api.person("landlord"), api.person()
    listing = owner.listing()["id"]
    admin.ok("PATCH", f"/admin/users/{owner.id}", json={"is_active": False})
    admin.ok("PATCH", f"/admin/users/{owner.id}", json={"is_active": True})
    admin.ok("PATCH", f"/admin/users/{owner.id}", json={"is_active": False})
    for before, after in ((False, True), (True, False), (True, False)):
        assert deliver(api, owner, before, after) == 200
        assert shown(api, tenant) == (set(), set(), set())
    admin.ok("PATCH", f"/admin/users/{owner.id}", json={"is_active": True})
    assert deliver(api, owner, True, False) == 200
    assert shown(api, tenant)[:2] == ({listing}, {listing})
