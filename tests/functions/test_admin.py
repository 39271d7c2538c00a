"""What admins find, and what is written down of what they change."""

from typing import Any

import pytest

from shared.data.pages import encode_cursor
from tests.instruments.api import Api, Person


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
