"""What admins find, and what is written down of what they change."""

import json
from typing import Any

import pytest

from shared.data import users
from shared.data.pages import encode_cursor
from tests.instruments.api import PASSWORD, Api, Person
from tests.security.database import dump


def found(admin: Person, **query: Any) -> list[int]:
    return [user["id"] for user in admin.ok("GET", "/admin/users", query_string=query)]


def test_users_are_found_by_role_newest_first_and_page_by_page(api: Api) -> None:
    admin = api.person("admin")
    people = {role: [api.person(role).id for _ in range(3)] for role in ("tenant", "landlord", "agent")}
    for role, ids in people.items():
        assert found(admin, role=role) == ids[::-1]
    assert found(admin, role="admin") == [admin.id]
    first = admin.call("GET", "/admin/users?role=agent&limit=2")
    assert 'rel="next"' in first.headers["Link"]
    rest = admin.ok("GET", "/admin" + first.headers["Link"].partition("/admin")[2].partition(">")[0])
    assert [user["id"] for user in first.get_json() + rest] == people["agent"][::-1]
    assert admin.call("GET", "/admin/users?role=king").status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        {"email": "BOTH@Example.kz"},
        {"email": " both@example.KZ "},
        {"phone": "+77001234567"},
        {"phone": "8 (700) 123-45-67"},
        {"phone": " 77001234567"},  # A plus that was not escaped is a space.
        {"email": "both@example.kz", "phone": "77001234567"},
        {"email": "both@example.kz", "phone": "77001234567", "role": "tenant"},
    ],
)
def test_a_user_is_found_by_email_and_phone_in_any_spelling(api: Api, query: dict[str, str]) -> None:
    admin, both = api.person("admin"), api.person(email="Both@example.kz", phone="+77001234567")
    api.person(email="other@example.kz", phone="+77001234568")
    (shown,) = admin.ok("GET", "/admin/users", query_string=query)
    assert (shown["id"], shown["email"], shown["phone"]) == (both.id, "Both@example.kz", "+77001234567")
    assert shown == next(user for user in admin.ok("GET", "/admin/users") if user["id"] == both.id)


@pytest.mark.parametrize(
    "query",
    [
        {"email": "both@example"},
        {"email": "nobody@example.kz"},
        {"phone": "+77009999999"},
        {"email": "both@example.kz", "phone": "+77001234568"},
        {"email": "nobody@example.kz", "phone": "+77001234567"},
        {"email": "both@example.kz", "role": "agent"},
        {"phone": "+77001234567", "cursor": encode_cursor((0, 1))},
    ],
)
def test_nobody_is_found_who_does_not_match_it_all(api: Api, query: dict[str, str]) -> None:
    admin = api.person("admin")
    api.person(email="both@example.kz", phone="+77001234567")
    api.person(email="other@example.kz", phone="+77001234568")
    assert found(admin, **query) == []


@pytest.mark.parametrize("query", [{"email": "nonsense"}, {"phone": "12"}, {"email": "a@example.kz", "cursor": "x"}])
def test_what_is_no_email_phone_or_cursor_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api.person("admin").call("GET", "/admin/users", query_string=query).status_code == 422


# --- The audit

CONTENT = {"title": "Квартира", "city": "Astana", "price": 250000}


def entries(admin: Person, **query: Any) -> list[dict[str, Any]]:
    """The audit without what the setup of a test has left in it."""
    listed: list[dict[str, Any]] = admin.ok("GET", "/admin/audit", query_string=query)
    return [entry for entry in listed if entry["action"] != "admin.make"]


def test_every_change_of_a_user_is_in_the_audit_once(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    admin, person = api.person("admin"), api.person("tenant")
    for body in ({"role": "agent"}, {"role": "agent"}, {}, {"role": "landlord", "is_active": False}):
        admin.ok("PATCH", f"/admin/users/{person.id}", json=body)
    second, first = entries(admin)
    assert first == {
        "id": first["id"],
        "created_at": first["created_at"],
        "action": "user.update",
        "admin_id": admin.id,
        "user_id": person.id,
        "listing_id": None,
        "lead_id": None,
        "before": {"role": "tenant"},
        "after": {"role": "agent"},
    }
    assert second["before"] == {"role": "agent", "is_active": True}
    assert second["after"] == {"role": "landlord", "is_active": False}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "Audit: user.update" in line]
    assert [(line["audit"], line["admin_id"], line["user_id"]) for line in lines] == [
        (entry["id"], admin.id, person.id) for entry in (first, second)
    ]
    assert lines[1]["fields"] == ["is_active", "role"]


def test_what_an_admin_does_to_anothers_listing_is_in_the_audit(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    admin, owner = api.person("admin"), api.person("landlord")
    listing = owner.listing(**CONTENT, details={"rooms": 2, "address": "Secret street 1"})["id"]
    admin.ok("PUT", f"/listings/{listing}", json=CONTENT | {"price": "249999.50"})
    admin.ok("PUT", f"/listings/{listing}", json=CONTENT | {"price": "249999.50"})  # Changes nothing.
    admin.ok("PUT", f"/listings/{listing}/details", json={"rooms": 3})
    for _ in range(2):
        admin.ok("DELETE", f"/listings/{listing}")
    deleted, details, edited = entries(admin)
    assert (edited["action"], edited["before"], edited["after"]) == (
        "listing.update",
        {"price": "250000.00"},
        {"price": "249999.50"},
    )
    assert (details["action"], details["before"], details["after"]) == (
        "listing.details",
        {"rooms": 2, "address": "Secret street 1"},
        {"rooms": 3, "address": None},
    )
    assert (deleted["action"], deleted["after"]) == ("listing.delete", {"is_active": False})
    for entry in (deleted, details, edited):
        assert (entry["admin_id"], entry["user_id"], entry["listing_id"]) == (admin.id, owner.id, listing)
    assert "Secret street" not in capsys.readouterr().out


def test_an_admins_work_on_anothers_lead_is_in_the_audit(api: Api) -> None:
    admin, owner, tenant = api.person("admin"), api.person("landlord"), api.person()
    listing = owner.listing()["id"]
    lead = tenant.ok("POST", "/leads", json={"listing_id": listing})["id"]
    for _ in range(2):
        admin.ok("PATCH", f"/leads/{lead}", json={"status": "closed"})
    (entry,) = entries(admin)
    assert (entry["action"], entry["user_id"], entry["lead_id"]) == ("lead.status", owner.id, lead)
    assert (entry["before"], entry["after"]) == ({"status": "new"}, {"status": "closed"})


def test_what_people_do_to_what_is_their_own_is_not_in_the_audit(api: Api) -> None:
    admin, owner, tenant = api.person("admin"), api.person("landlord"), api.person()
    for somebody in (admin, owner):
        listing = somebody.listing()["id"]
        lead = tenant.ok("POST", "/leads", json={"listing_id": listing})["id"]
        somebody.ok("PATCH", f"/leads/{lead}", json={"status": "closed"})
        somebody.ok("PUT", f"/listings/{listing}", json=CONTENT)
        somebody.ok("PUT", f"/listings/{listing}/details", json={"rooms": 3})
        somebody.ok("DELETE", f"/listings/{listing}")
    admin.ok("PATCH", "/auth/me", json={"name": "New name"})
    assert entries(admin) == []


def test_the_audit_is_found_by_admin_and_by_user(api: Api) -> None:
    one, other, person = api.person("admin"), api.person("admin"), api.person()
    one.ok("PATCH", f"/admin/users/{person.id}", json={"role": "agent"})
    other.ok("PATCH", f"/admin/users/{person.id}", json={"role": "tenant"})
    one.ok("PATCH", f"/admin/users/{other.id}", json={"role": "agent"})
    assert [entry["after"]["role"] for entry in entries(one)] == ["agent", "tenant", "agent"]
    assert [entry["user_id"] for entry in entries(one, admin_id=one.id)] == [other.id, person.id]
    assert [entry["admin_id"] for entry in entries(one, user_id=person.id)] == [other.id, one.id]
    assert [entry["after"] for entry in entries(one, user_id=person.id, admin_id=other.id)] == [{"role": "tenant"}]


def test_a_refused_change_leaves_no_entry(api: Api) -> None:
    admin, tenant = api.person("admin"), api.person()
    assert admin.call("PATCH", f"/admin/users/{admin.id}", json={"role": "tenant"}).status_code == 409
    assert tenant.call("PATCH", f"/admin/users/{admin.id}", json={"role": "tenant"}).status_code == 403
    assert entries(admin) == []


def test_making_an_admin_is_in_the_audit_without_a_secret(api: Api) -> None:
    person = api.person("landlord", email="boss@example.kz")
    users.make_admin("boss@example.kz", "a-hash", take_over=True)
    new = users.make_admin("new@example.kz", "another-hash")
    written = [data for path, data in dump().items() if path.startswith("audit/")]
    assert {(data["action"], data["admin_id"], data["user_id"]) for data in written} == {
        ("admin.make", None, person.id),
        ("admin.make", None, new.id),
    }
    assert sorted((data["before"].get("role"), data["after"]["role"]) for data in written if data["before"]) == [
        ("landlord", "admin")
    ]
    assert not any(secret in repr(written) for secret in ("-hash", PASSWORD, "example.kz"))
