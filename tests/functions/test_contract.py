"""Every endpoint as the reference shows it: exact keys, exact types, exact status codes."""

import re
from typing import Any

import pytest

from shared.data import preferences, store, swipes, users
from shared.errors import Unauthorized
from shared.models.preferences import PreferenceWrite
from tests.instruments.api import PASSWORD, Api, Person

USER = {"id", "role", "name", "email", "phone", "telegram_id", "is_active", "created_at"}
LISTING = {
    "id",
    "title",
    "city",
    "deal_type",
    "property_type",
    "price",
    "is_active",
    "owner_id",
    "created_at",
    "updated_at",
}
PREFERENCE = {"id", "user_id", "city", "deal_type", "property_type", "price_min", "price_max"}
LEAD = {"id", "tenant_id", "listing_id", "owner_id", "status", "created_at"}
FLAT = {
    "title": "Квартира в Астане",
    "city": "Astana",
    "deal_type": "rent",
    "property_type": "flat",
    "price": 250000,
    "is_active": True,
}


def is_id(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**53


def is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", value))


def titles(answer: list[dict[str, Any]]) -> list[str]:
    return [listing["title"] for listing in answer]


# --- Auth


def test_register_login_and_me(api: Api) -> None:
    body = {"role": "tenant", "name": " Имя Фамилия ", "email": "User@example.com", "phone": "8 700 123 45 67"}
    user = api.ok("POST", "/auth/register", json=body | {"password": "secret123", "user_id": 1, "is_active": False})
    assert user.keys() == USER
    assert is_id(user["id"])
    assert is_time(user["created_at"])
    expected = {"role": "tenant", "name": "Имя Фамилия", "email": "User@example.com", "phone": "+77001234567"}
    assert user.items() >= (expected | {"telegram_id": None, "is_active": True}).items()
    for username in ("user@EXAMPLE.com", "+7 700 123 45 67", "87001234567", "77001234567"):
        token = api.ok("POST", "/auth/login/", data={"username": username, "password": "secret123"})
        assert token.keys() == {"access_token", "token_type"}
        assert token["token_type"] == "bearer"
        assert api.ok("GET", "/auth/me", token["access_token"]) == user


def test_a_password_of_digits_is_a_password(api: Api) -> None:
    api.ok("POST", "/auth/register", json={"name": "N", "phone": "+77001234567", "password": "12345678"})
    assert api.login("87001234567", "12345678")


@pytest.mark.parametrize("taken", [{"email": "A@X.kz"}, {"phone": "87001234567"}, {"email": "a@x.kz", "phone": None}])
def test_a_taken_email_or_phone_is_409(api: Api, taken: dict[str, Any]) -> None:
    first = {"name": "N", "email": "a@x.kz", "phone": "+77001234567", "password": PASSWORD}
    api.ok("POST", "/auth/register", json=first)
    again = api.call("POST", "/auth/register", json={"name": "N", "password": PASSWORD} | taken)
    assert again.status_code == 409
    assert isinstance(again.get_json()["detail"], str)


def test_login_answers_the_same_401_whatever_is_wrong(api: Api) -> None:
    admin = api.person("admin")
    gone = api.person()
    admin.ok("PATCH", f"/admin/users/{gone.id}", json={"is_active": False})
    api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": 1, "phone": "+77001112233"})
    answers = {
        (answer.status_code, answer.text, answer.headers["WWW-Authenticate"])
        for username, password in (
            (admin.email, "wrong-password"),
            ("nobody@x.kz", PASSWORD),
            ("not a name", PASSWORD),
            (gone.email, PASSWORD),
            ("+77001112233", PASSWORD),
        )
        for answer in [api.call("POST", "/auth/login", data={"username": username, "password": password})]
    }
    assert answers == {(401, '{"detail":"Incorrect username or password"}\n', "Bearer")}


def test_telegram_finds_by_id_then_links_by_phone_then_registers(api: Api) -> None:
    def enter(**body: Any) -> dict[str, Any]:
        token = api.ok("POST", "/auth/telegram/login-or-register", json=body)
        assert token.keys() == {"access_token", "token_type"}
        user: dict[str, Any] = api.ok("GET", "/auth/me", token["access_token"])
        return user

    new = enter(telegram_id="123456789", phone="77001234567", name="", role="tenant")
    assert (new["telegram_id"], new["phone"], new["role"]) == ("123456789", "+77001234567", "tenant")
    assert new["name"]
    assert enter(telegram_id=123456789, phone=None, name=None)["id"] == new["id"]
    known = api.ok("POST", "/auth/register", json={"name": "N", "phone": "+77005554433", "password": PASSWORD})
    assert enter(telegram_id="5", phone="87005554433", name="Other")["id"] == known["id"]
    assert enter(telegram_id="5")["name"] == "N"
    moved = enter(telegram_id="6", phone="77005554433")
    assert (moved["id"], moved["telegram_id"]) == (known["id"], "6")
    assert enter(telegram_id="5")["id"] not in (known["id"], new["id"])  # The old link is free again.
    assert enter(telegram_id="7", role="agent", name="Агент")["role"] == "agent"


def test_telegram_lets_neither_admins_nor_inactive_users_in(api: Api) -> None:
    admin = api.person("admin")
    admin.ok("PATCH", "/auth/me", json={"phone": "+77001110000", "current_password": PASSWORD})
    someone = api.person(phone="+77001110001")
    admin.ok("PATCH", f"/admin/users/{someone.id}", json={"is_active": False})
    for phone in ("+77001110000", "+77001110001"):
        answer = api.call("POST", "/auth/telegram/login-or-register", json={"telegram_id": "1", "phone": phone})
        assert answer.status_code == 403
    assert admin.ok("GET", "/auth/me")["telegram_id"] is None


# --- Listings


def test_a_listing_from_creation_to_deletion_and_back(api: Api) -> None:
    owner, other, admin = api.person("landlord"), api.person("agent"), api.person("admin")
    created = owner.ok("POST", "/listings", json=FLAT | {"owner_id": other.id, "id": 5})
    assert created.keys() == LISTING
    assert is_id(created["id"])
    assert created["owner_id"] == owner.id
    assert created["price"] == "250000.00"
    assert is_time(created["created_at"])
    path = f"/listings/{created['id']}"
    assert api.ok("GET", path + "/") == created
    replaced = owner.ok("PUT", path, json=FLAT | {"title": "Новое название", "price": "260000.5"})
    assert replaced.keys() == LISTING
    assert (replaced["price"], replaced["created_at"]) == ("260000.50", created["created_at"])
    assert replaced["updated_at"] > created["updated_at"]
    assert other.call("PUT", path, json=FLAT).status_code == 403
    assert other.call("DELETE", path).status_code == 403
    for _ in range(2):
        assert owner.ok("DELETE", path) == {"status": "ok"}
    assert api.call("GET", path).status_code == 404
    assert titles(owner.ok("GET", "/listings/my")) == ["Новое название"]
    assert api.ok("GET", "/listings") == []
    assert admin.ok("PUT", path, json=FLAT)["is_active"] is True
    assert owner.call("PUT", "/listings/12345", json=FLAT).status_code == 404


def test_filters_combine(api: Api) -> None:
    owner = api.person("landlord")
    owner.listing(title="a", city="Almaty", price=100)
    owner.listing(title="b", city="ALMATY ", price=200, deal_type="sale")
    owner.listing(title="c", city="Astana", price=300, property_type="room")
    owner.listing(title="d", city="almaty", price=400.5, property_type="room", is_active=False)
    for query, expected in {
        "": "cba",
        "city=aLMaty": "ba",
        "deal_type=sale": "b",
        "city=almaty&deal_type=rent": "a",
        "property_type=room": "c",
        "price_min=200": "cb",
        "price_max=200": "ba",
        "price_min=150&price_max=250&city=Almaty": "b",
        "city=Shymkent": "",
        "city=": "cba",
        "unknown=1": "cba",
    }.items():
        assert "".join(titles(api.ok("GET", f"/listings?{query}"))) == expected, query
    for query in ("deal_type=lease", "property_type=x", "price_min=-1", "limit=0", "limit=101", "cursor=x", "limit=a"):
        answer = api.call("GET", f"/listings?{query}")
        assert answer.status_code == 422
        assert answer.get_json()["detail"][0]["loc"][0] == "query"


def test_the_cities_are_public_and_each_is_found_under_all_its_names(api: Api) -> None:
    answer = api.call("GET", "/listings/cities")
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    cities = answer.get_json()
    assert {"name": "Astana", "ru": "Астана", "kk": "Астана", "en": "Astana"} in cities
    assert len({city["name"] for city in cities}) == len(cities) > 80
    listing = api.person("landlord").listing(city="г. Нур-Султан")
    assert listing["city"] == "г. Нур-Султан"
    admin, tenant = api.person("admin"), api.person()
    for name in ("Astana", "АСТАНА", "Нур-Султан", "Целиноград"):
        assert api.ok("GET", "/listings", query_string={"city": name}) == [listing]
        assert len(admin.ok("GET", "/admin/listings", query_string={"city": name})) == 1
        assert tenant.ok("POST", "/preferences", json={"city": name})["city"] == name
        assert tenant.ok("GET", "/feed/next") == listing
    tenant.ok("POST", "/preferences", json={"city": "Алматы"})
    assert tenant.ok("GET", "/feed/next") is None


@pytest.mark.parametrize("key", ["abc", "-1", "1.5", "0", "9" * 16, "9" * 400, "%00", "__x__", "..%2f", "1e3"])
def test_a_path_that_is_no_id_is_404(api: Api, key: str) -> None:
    assert api.call("GET", f"/listings/{key}").status_code == 404


def test_walking_the_pages_gives_each_item_once_newest_first(api: Api) -> None:
    owner = api.person("landlord")
    for number in range(7):
        owner.listing(title=str(number))
    expected = [str(number) for number in reversed(range(7))]
    for path in ("/listings?city=Astana&limit=3", "/listings/my?limit=3", "/listings/my?limit=7"):
        seen, url = [], path
        while url:
            answer = owner.call("GET", url)
            seen += titles(answer.get_json())
            link = answer.headers.get("Link")
            url = re.fullmatch(r'<http://localhost(.+)>; rel="next"', link)[1] if link else ""  # type: ignore[index]
        assert seen == expected


def test_the_next_page_keeps_the_filters_and_the_address_that_the_client_used(api: Api) -> None:
    owner = api.person("landlord")
    for city in ("Astana", "Almaty", "Astana", "Astana"):
        owner.listing(city=city, price=5)
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "homes.example"}
    first = api.call("GET", "/listings?city=Astana&price_max=9&include=details&limit=1", headers=forwarded)
    link = re.fullmatch(r'<(https://homes\.example/listings)\?(.+)>; rel="next"', first.headers["Link"])
    assert link
    assert link[2].split("&cursor=")[0] == "city=Astana&price_max=9&include=details&limit=1"
    seen = [first.get_json()[0]["id"]]
    while link:
        page = api.call("GET", f"/listings?{link[2]}", headers=forwarded)
        assert [listing["city"] for listing in page.get_json()] == ["Astana"]
        seen.append(page.get_json()[0]["id"])
        link = re.fullmatch(r'<(https://homes\.example/listings)\?(.+)>; rel="next"', page.headers.get("Link", ""))
    assert len(seen) == len(set(seen)) == 3


def test_a_page_of_favorites_is_never_longer_than_its_limit(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    kept = [owner.listing(title=str(number)) for number in range(12)]
    for each in kept:
        tenant.ok("POST", "/favorites", json={"listing_id": each["id"]})
    for each in (*kept[1::3], kept[-1]):
        owner.ok("DELETE", f"/listings/{each['id']}")
    active = [each["title"] for each in reversed(kept[:-1]) if each not in kept[1::3]]
    for limit in (1, 2, 3, 5):
        seen, url = [], f"/favorites?limit={limit}"
        while url:
            page = tenant.call("GET", url)
            assert len(page.get_json()) == limit or "Link" not in page.headers
            assert len(page.get_json()) <= limit
            seen += titles(page.get_json())
            url = page.headers.get("Link", "").partition("http://localhost")[2].partition(">")[0]
        assert seen == active


# --- Preferences


def test_preferences_are_exact_to_the_cent(api: Api) -> None:
    tenant = api.person()
    body = {"price_min": 100.25, "price_max": 200.75, "filters": {"area_min": 40.25}}
    for wanted in (tenant.ok("POST", "/preferences", json=body), tenant.ok("GET", "/preferences")):
        assert (wanted["price_min"], wanted["price_max"]) == (100.25, 200.75)
    assert tenant.ok("GET", "/preferences?include=filters")["filters"]["area_min"] == 40.25
    owner = api.person("landlord")
    fits = {owner.listing(price=price, details={"area": 40.25})["id"] for price in (100.25, 200.75)}
    for price in (100.24, 200.76):
        owner.listing(price=price, details={"area": 40.25})
    owner.listing(price=150, details={"area": 40.24})
    assert {listing["id"] for listing in tenant.ok("GET", "/feed")} == fits


def test_preferences_are_null_then_replaced_whole(api: Api) -> None:
    tenant = api.person()
    assert tenant.ok("GET", "/preferences") is None
    body = {"city": "Astana", "deal_type": "rent", "property_type": "flat", "price_min": 100000, "price_max": 400000.5}
    stored = tenant.ok("POST", "/preferences/", json=body | {"user_id": 7})
    assert stored.keys() == PREFERENCE
    assert stored.items() >= (body | {"user_id": tenant.id}).items()
    assert tenant.ok("GET", "/preferences") == stored
    assert type(stored["price_min"]) is int
    emptied = tenant.ok("POST", "/preferences", json={})
    assert emptied == {"id": stored["id"], "user_id": tenant.id} | dict.fromkeys(body)
    wrong = tenant.call("POST", "/preferences", json={"price_min": 2, "price_max": 1})
    assert wrong.status_code == 422


def test_preferences_of_somebody_who_has_just_gone_are_not_kept(api: Api) -> None:
    tenant = api.person()
    batch = store.Batch()
    batch.delete(users.ref(tenant.id))
    batch.commit()
    with pytest.raises(Unauthorized):
        preferences.replace(tenant.id, PreferenceWrite(city="Astana"))
    assert not store.get(users.ref(tenant.id))[0].exists


def test_filters_of_preferences_are_shown_where_asked_for_and_replaced_whole(api: Api) -> None:
    tenant, owner = api.person(), api.person("landlord")
    path = "/preferences?include=filters"
    any_filters = dict.fromkeys(("rooms_min", "rooms_max", "area_min", "area_max", "with_photos"))
    assert tenant.ok("GET", path) is None
    assert tenant.ok("POST", path, json={})["filters"] == any_filters
    told = {"rooms_min": 2, "area_max": 60.55, "with_photos": False}
    stored = tenant.ok("POST", "/preferences", json={"filters": told})
    assert stored.keys() == tenant.ok("GET", "/preferences").keys() == PREFERENCE
    assert tenant.ok("GET", path)["filters"] == any_filters | told
    for rooms, area in ((1, 50), (2, 60.56), (None, 40), (3, None), (2, 60.55)):
        owner.listing(details={"rooms": rooms, "area": area})
    owner.listing()
    assert len(api.ok("GET", "/listings?rooms_min=2&area_max=60.55")) == 1
    assert len(tenant.ok("GET", "/feed")) == 1
    assert len(api.ok("GET", "/listings?rooms_max=2")) == 3
    assert api.ok("GET", "/listings?with_photos=true") == []
    tenant.ok("POST", "/preferences", json={"filters": None})
    assert tenant.ok("GET", path)["filters"] == any_filters
    assert len(tenant.ok("GET", "/feed")) == 6
    for wrong in ({"rooms_min": 3, "rooms_max": 2}, {"area_min": -1}, {"rooms_min": True}, {"with_photos": "x"}):
        assert tenant.call("POST", "/preferences", json={"filters": wrong}).status_code == 422
        assert tenant.call("GET", "/preferences?include=photos").status_code == 422


# --- Feed


def test_the_feed_from_the_newest_match_to_null(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    for number in range(5):
        owner.listing(title=str(number), price=100 + number)
    owner.listing(title="elsewhere", city="Almaty")
    tenant.listing(title="own")
    tenant.ok("POST", "/preferences", json={"city": "astana", "price_max": 103})
    shown = []
    while listing := tenant.ok("GET", "/feed/next"):
        assert listing.keys() == LISTING
        assert tenant.ok("GET", "/feed/next") == listing
        shown.append(listing["title"])
        assert tenant.act(listing, ("like", "dislike", "favorite")[len(shown) % 3]).get_json() == {"status": "ok"}
    assert shown == ["3", "2", "1", "0"]
    assert titles(tenant.ok("GET", "/favorites/")) == ["2"]
    tenant.ok("POST", "/preferences", json={})
    assert titles(tenant.ok("GET", "/feed")) == ["elsewhere", "4"]


def test_an_action_needs_somebody_elses_active_listing(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()
    assert owner.act(listing).status_code == 400
    assert tenant.act(77).status_code == 404
    owner.ok("DELETE", f"/listings/{listing['id']}")
    assert tenant.act(listing).status_code == 404
    for body in (
        {"listing_id": 1, "action": "love"},
        {"action": "like"},
        {"listing_id": 1, "action": "like", "source": ""},
    ):
        assert tenant.call("POST", "/feed/action", json=body).status_code == 422
    assert api.call("POST", "/feed/action", json={"listing_id": 1, "action": "like"}).status_code == 401


def test_undo_takes_back_one_action_after_the_other(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    first, second = owner.listing(title="1"), owner.listing(title="2")
    assert tenant.call("POST", "/feed/undo").status_code == 404
    tenant.act(second, "dislike")
    tenant.act(first, "favorite")
    tenant.act(second, "favorite")
    tenant.act(second, "favorite")
    assert titles(tenant.ok("GET", "/favorites")) == ["2", "1"]
    assert tenant.ok("POST", "/feed/undo") == {"status": "ok", "listing_id": second["id"]}
    assert tenant.ok("GET", "/feed/next") is None  # It is disliked again.
    assert titles(tenant.ok("GET", "/favorites")) == ["1"]
    assert tenant.ok("POST", "/feed/undo")["listing_id"] == first["id"]
    assert tenant.ok("GET", "/favorites") == []
    assert tenant.ok("GET", "/feed/next")["title"] == "1"
    assert tenant.ok("POST", "/feed/undo")["listing_id"] == second["id"]
    assert titles(tenant.ok("GET", "/feed")) == ["2", "1"]
    assert tenant.call("POST", "/feed/undo").status_code == 404


def test_undo_keeps_a_favorite_that_was_there_before(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()
    favorite = tenant.ok("POST", "/favorites", json={"listing_id": listing["id"]})
    tenant.act(listing, "favorite")
    tenant.ok("POST", "/feed/undo")
    assert tenant.ok("POST", "/favorites", json={"listing_id": listing["id"]}) == favorite


def test_undo_keeps_a_favorite_that_was_repeated_by_hand(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()
    tenant.act(listing, "favorite")
    favorite = tenant.ok("POST", "/favorites", json={"listing_id": listing["id"]})
    assert tenant.ok("POST", "/favorites", json={"listing_id": listing["id"]}) == favorite
    tenant.ok("POST", "/feed/undo")
    assert tenant.ok("GET", "/favorites") == [listing]


def test_a_favorite_that_was_removed_comes_back_by_another_action(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()
    for _ in range(2):
        tenant.act(listing, "favorite")
        assert tenant.ok("GET", "/favorites") == [listing]
        tenant.ok("DELETE", f"/favorites/{listing['id']}")
    tenant.act(listing, "favorite")
    tenant.ok("POST", "/feed/undo")
    assert tenant.ok("GET", "/favorites") == []


def test_undo_brings_the_earlier_action_back(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()

    def current() -> str | None:
        return swipes.current_action(store.get(swipes.ref(tenant.id, listing["id"]))[0])

    actions = ("dislike", "like", "favorite")
    for action in actions:
        tenant.act(listing, action)
    for action in reversed(actions):
        assert current() == action
        assert tenant.ok("GET", "/feed/next") is None
        tenant.ok("POST", "/feed/undo")
    assert current() is None
    assert tenant.ok("GET", "/feed/next") == listing


def test_an_undo_goes_on_where_a_swipe_is_missing(api: Api) -> None:
    """A script that removes one should not stop all further undos of its user."""
    owner, tenant = api.person("landlord"), api.person()
    first, second = owner.listing(title="1"), owner.listing(title="2")
    for listing, action in ((first, "like"), (second, "like"), (second, "dislike")):
        tenant.act(listing, action)
    batch = store.Batch()
    batch.delete(swipes.ref(tenant.id, second["id"]))
    batch.commit()
    undone = [tenant.ok("POST", "/feed/undo")["listing_id"] for _ in range(3)]
    assert undone == [second["id"], second["id"], first["id"]]
    assert tenant.call("POST", "/feed/undo").status_code == 404
    assert titles(tenant.ok("GET", "/feed")) == ["2", "1"]


def test_undo_keeps_a_favorite_that_was_added_again_by_hand(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()
    tenant.act(listing, "favorite")
    tenant.ok("DELETE", f"/favorites/{listing['id']}")
    favorite = tenant.ok("POST", "/favorites", json={"listing_id": listing["id"]})
    assert favorite.keys() == {"id", "user_id", "listing_id", "created_at"}
    tenant.ok("POST", "/feed/undo")
    assert tenant.ok("GET", "/favorites") == [listing]


# --- Favorites


def test_favorites(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    first, second, gone = (owner.listing(title=title) for title in ("1", "2", "gone"))
    added = [tenant.ok("POST", "/favorites/", json={"listing_id": each["id"]}) for each in (first, second, gone)]
    assert added[0].keys() == {"id", "user_id", "listing_id", "created_at"}
    assert is_id(added[0]["id"])
    assert is_time(added[0]["created_at"])
    assert (added[0]["user_id"], added[0]["listing_id"]) == (tenant.id, first["id"])
    assert tenant.ok("POST", "/favorites", json={"listing_id": first["id"]}) == added[0]
    owner.ok("DELETE", f"/listings/{gone['id']}")
    assert tenant.ok("GET", "/favorites") == [second, first]
    assert tenant.ok("GET", "/favorites?limit=1") == [second]
    for _ in range(2):
        assert tenant.ok("DELETE", f"/favorites/{second['id']}/") == {"status": "ok"}
    assert tenant.ok("GET", "/favorites/") == [first]
    for missing in (gone["id"], 77):
        assert tenant.call("POST", "/favorites", json={"listing_id": missing}).status_code == 404
    assert tenant.ok("GET", "/feed/next") is not None  # Adding a favorite is no feed action.


# --- Leads


def test_leads_by_hand_and_their_work(api: Api) -> None:
    owner, tenant, other = api.person("landlord", phone="+77002223344"), api.person(), api.person("agent")
    listing = owner.listing()
    body = {"listing_id": listing["id"], "owner_id": owner.id, "status": "new", "tenant_id": other.id}
    lead = tenant.ok("POST", "/leads/", json=body)
    assert lead.keys() == LEAD
    assert is_id(lead["id"])
    assert is_time(lead["created_at"])
    assert (lead["tenant_id"], lead["owner_id"], lead["status"]) == (tenant.id, owner.id, "new")
    assert tenant.ok("POST", "/leads", json={"listing_id": listing["id"], "status": "closed"}) == lead
    assert tenant.ok("GET", "/leads/my") == owner.ok("GET", "/leads/for-me") == [lead]
    assert tenant.call("GET", "/leads/for-me").status_code == 403
    assert other.ok("GET", "/leads/for-me") == []
    wrong_owner = tenant.call("POST", "/leads", json={"listing_id": listing["id"], "owner_id": other.id})
    assert wrong_owner.status_code == 422
    assert wrong_owner.get_json()["detail"][0]["loc"] == ["body", "owner_id"]
    assert owner.call("POST", "/leads", json={"listing_id": listing["id"]}).status_code == 400
    assert tenant.call("POST", "/leads", json={"listing_id": 77}).status_code == 404
    path = f"/leads/{lead['id']}"
    for_owner, for_tenant = owner.ok("GET", path), tenant.ok("GET", path)
    assert for_owner.keys() == LEAD | {"listing", "contact"}
    assert for_owner["listing"] == listing
    assert for_owner["contact"] == {"name": "Tenant", "phone": None, "email": tenant.email, "telegram_id": None}
    assert for_tenant["contact"]["phone"] == "+77002223344"
    for method, extra in (("GET", {}), ("PATCH", {"json": {"status": "closed"}})):
        assert other.call(method, path, **extra).status_code == 404
    assert tenant.call("PATCH", path, json={"status": "closed"}).status_code == 403
    assert owner.ok("PATCH", path, json={"status": "in_progress"}) == lead | {"status": "in_progress"}
    assert owner.ok("GET", "/leads/for-me?status=new") == []
    assert len(tenant.ok("GET", "/leads/my?status=in_progress")) == 1
    assert owner.call("PATCH", path, json={"status": "lost"}).status_code == 422


# --- Admin


def test_admins_see_and_change_users(api: Api) -> None:
    admin, person = api.person("admin"), api.person(phone="+77003334455")
    seen = {user["id"]: user for user in admin.ok("GET", "/admin/users")}
    assert seen.keys() == {admin.id, person.id}
    assert seen[person.id].keys() == {"id", "name", "role", "email", "phone", "is_active", "created_at"}
    changed = admin.ok("PATCH", f"/admin/users/{person.id}", json={"role": "agent"})
    assert changed == seen[person.id] | {"role": "agent"}
    assert person.ok("GET", "/leads/for-me") == []  # The old token has the new role.
    assert admin.ok("PATCH", f"/admin/users/{person.id}", json={"is_active": False})["is_active"] is False
    assert person.call("GET", "/auth/me").status_code == 401
    assert admin.ok("PATCH", f"/admin/users/{person.id}", json={})["role"] == "agent"
    assert admin.call("PATCH", "/admin/users/77", json={"role": "agent"}).status_code == 404
    assert admin.call("PATCH", f"/admin/users/{person.id}", json={"role": "king"}).status_code == 422
    for body in ({"role": "tenant"}, {"is_active": False}):
        assert admin.call("PATCH", f"/admin/users/{admin.id}", json=body).status_code == 409
    admin.ok("PATCH", f"/admin/users/{person.id}", json={"role": "admin", "is_active": True})
    assert admin.ok("PATCH", f"/admin/users/{admin.id}", json={"role": "tenant"})["role"] == "tenant"
    assert admin.call("GET", "/admin/users").status_code == 403


def test_admins_see_all_listings_with_filters_that_combine(api: Api) -> None:
    admin, one, two = api.person("admin"), api.person("landlord"), api.person("agent")
    one.listing(title="a", price=250000)
    gone = one.listing(title="b", city="Almaty")
    one.ok("DELETE", f"/listings/{gone['id']}")
    two.listing(title="c", city="almaty", price="1.5")
    listing = admin.ok("GET", "/admin/listings")[-1]
    assert listing.keys() == LISTING - {"updated_at"}
    assert listing["price"] == 250000
    assert type(listing["price"]) is int
    for query, expected in {
        "": "cba",
        "is_active=true": "ca",
        "is_active=false": "b",
        "city=ALMATY": "cb",
        f"owner_id={one.id}": "ba",
        f"owner_id={one.id}&city=Almaty&is_active=false": "b",
        f"owner_id={two.id}&is_active=false": "",
    }.items():
        assert "".join(titles(admin.ok("GET", f"/admin/listings?{query}"))) == expected, query
    for query in ("is_active=maybe", "owner_id=x", "owner_id=-1"):
        assert admin.call("GET", f"/admin/listings?{query}").status_code == 422
    for person in (one, two, api.person()):
        for path in ("/admin/users", "/admin/listings"):
            assert person.call("GET", path).status_code == 403


# --- For every endpoint


def test_health(api: Api) -> None:
    assert api.ok("GET", "/health") == {"status": "ok", "environment": "local"}


def test_a_function_answers_alike_at_every_address(api: Api) -> None:
    person = api.person("landlord")
    headers = {"Authorization": f"Bearer {person.token}"}
    for path in ("/me", "/me/", "/auth/me", "/auth/me/"):
        assert api.client("auth").get(path, headers=headers).get_json()["id"] == person.id
    for path in ("/", "/listings", "/listings/"):
        assert api.client("listings").get(path).get_json() == []
    for path in ("/my", "/listings/my/"):
        assert api.client("listings").get(path, headers=headers).status_code == 200
    assert api.client("health").get("/").get_json()["status"] == "ok"


def test_errors_have_one_shape(api: Api) -> None:
    missing = api.call("GET", "/auth/nothing")
    assert (missing.status_code, missing.get_json()) == (404, {"detail": "Not Found"})
    method = api.call("DELETE", "/auth/login")
    assert method.status_code == 405
    assert {"POST", "OPTIONS"} <= set(method.headers["Allow"].replace(" ", "").split(","))
    large = api.call("POST", "/auth/register", data=b"{" + b" " * 66_000 + b"}")
    assert (large.status_code, list(large.get_json())) == (413, ["detail"])
    for body in (b"", b"{", b"[]", b'"x"', b"null", b"\xff", b'{"a": NaN}', b"[" * 20_000):
        answer = api.call("POST", "/auth/register", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        for problem in answer.get_json()["detail"]:
            assert problem.keys() == {"type", "loc", "msg"}
            assert problem["loc"][0] == "body"
    refused = api.call("GET", "/auth/me", headers={"Authorization": "Bearer x.y.z"})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_browsers_of_any_origin_may_call_it_locally(api: Api) -> None:
    origin = {"Origin": "https://front.example"}
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"}
    preflight = api.call("OPTIONS", "/admin/users/1", headers=origin | asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"].lower()
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "sentry-trace,x-requested-with"}
    preflight = api.client("listings").options("/nothing/here", headers=origin | asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Headers"].replace(" ", "") == "sentry-trace,x-requested-with"
    for path in ("/listings", "/auth/me", "/nothing-here"):
        answer = api.client("listings").get(path, headers=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"Link", "Retry-After"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))


def test_what_clients_send_for_absent_is_absent(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing()
    action = {"listing_id": listing["id"], "action": "like", "source": None}
    assert tenant.ok("POST", "/feed/action", json=action) == {"status": "ok"}
    lead = {"listing_id": listing["id"], "owner_id": None, "status": None}
    assert tenant.ok("POST", "/leads", json=lead)["status"] == "new"
    assert api.ok("GET", "/listings?city=&deal_type=&price_min=&limit=&cursor=%20") == [listing]
    assert tenant.ok("GET", "/leads/my?status=&cursor=")[0]["listing_id"] == listing["id"]
    assert titles(tenant.ok("GET", "/feed?limit=")) == []


def test_a_bound_on_the_price_may_be_beyond_all_prices(api: Api) -> None:
    listing, tenant = api.person("landlord").listing(price=9_999_999_999.99), api.person()
    assert api.ok("GET", "/listings?price_max=90000000000000") == [listing]
    saved = tenant.ok("POST", "/preferences", json={"price_min": 0.01, "price_max": 90_000_000_000_000})
    assert (saved["price_min"], saved["price_max"]) == (0.01, 90_000_000_000_000)
    assert tenant.ok("GET", "/feed/next") == listing
    assert api.call("GET", "/listings?price_max=90000000000000.01").status_code == 422


@pytest.mark.parametrize("price", ["1_000", "1e3", "٣", "0x10", " ", "1,5", "Infinity", "+5", "--5"])
def test_a_price_in_a_string_is_a_plain_number(api: Api, price: str) -> None:
    body = {"title": "Flat", "city": "Astana", "price": price}
    assert api.person("landlord").call("POST", "/listings", json=body).status_code == 422
    assert api.person("landlord").listing(price="1000.50")["price"] == "1000.50"


def test_nothing_personal_is_kept_by_a_cache(api: Api) -> None:
    for path in ("/listings", "/listings/5", "/auth/me"):
        assert "no-store" in api.call("GET", path).headers["Cache-Control"]


def test_ids_tell_nothing(api: Api) -> None:
    owner: Person = api.person("landlord")
    ids = [owner.listing()["id"] for _ in range(5)]
    assert len(set(ids)) == 5
    assert ids != sorted(ids) or ids[-1] - ids[0] > 10**9
