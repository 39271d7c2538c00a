"""Leaving: what is exported, what is deleted, what stays of it, and who may ask for it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.data import bucket, deletion, leads, lost_leads, outbox, personal, store, users
from shared.data.notifications import Stream
from shared.models.listings import ListingWrite
from tests.conftest import Configure
from tests.instruments import worlds
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.clock import StoppedClock
from tests.instruments.lives import EMAIL, MARK, OTHER_MARK, PHONE, TELEGRAM_ID, TOKEN, Life, live, naming
from tests.instruments.mail import MailServer
from tests.instruments.telegram import TelegramServer
from tests.security.database import check_whole, dump
from tests.security.test_codes import code_in, other_than

FLAT = ListingWrite(title="Flat", city="Astana", price=100)
FIELDS = {holding.collection: set(holding.fields) for holding in personal.TABLE}
STAYS = {
    ("leads", "tenant_id"),
    ("leads", "owner_id"),
    ("listings", "owner_id"),
    ("likes", "owner_id"),
    ("swipes", "owner_id"),
    ("audit", "user_id"),
    ("deletions", "user_id"),
}
"""Where the id of a deleted account may still stand: it leads nowhere."""


@pytest.fixture
def life(api: Api, mail: MailServer, bot: TelegramServer) -> Life:
    return live(api)


def delete_life(life: Life, bot: TelegramServer) -> None:
    life.person.ok("DELETE", "/auth/me", json={"code": code_in(bot)})


def leave(person: Person, **body: str) -> Any:
    return person.call("DELETE", "/auth/me", json=body or {"current_password": PASSWORD})


def finish(api: Api) -> None:
    assert api.client("finish_deletions").post("/").status_code == 200


def later(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    now = clock.now() + passed
    monkeypatch.setattr(clock, "now", lambda: now)


# --- The table


def test_the_table_names_every_collection_and_every_field_of_a_person(life: Life) -> None:
    seen: dict[str, set[str]] = {}
    for path, data in naming(dump(), life).items():
        seen.setdefault(path.partition("/")[0], set()).update(data)
    assert seen.keys() <= FIELDS.keys(), "a collection that personal.py does not know has something of a person"
    for collection, fields in seen.items():
        assert fields <= FIELDS[collection], f"fields of {collection} that personal.py does not know"


def test_the_table_has_nothing_that_is_not_stored(life: Life) -> None:
    dumped = dump()
    for collection, fields in FIELDS.items():
        stored = {name for path, data in dumped.items() if path.startswith(f"{collection}/") for name in data}
        # Nobody here was deactivated, has verified their email, or has left.
        assert fields - stored - {"owner_active", "email_verified"} <= (
            {"expires_at"} if collection == "leads" else set()
        )


def test_the_table_says_of_everything_what_becomes_of_it() -> None:
    assert all(holding.becomes for holding in personal.TABLE)


# --- The export


def test_the_export_has_everything_of_the_person_and_no_secret(life: Life) -> None:
    answer = life.person.ok("GET", "/auth/me/export")
    exported = answer["data"]
    assert exported.keys() == FIELDS.keys() - {"throttle"}
    assert [name for name, documents in exported.items() if not documents] == []
    for path, data in naming(dump(), life).items():
        collection = path.partition("/")[0]
        if {"user_id", "sender_id"} & data.keys() and life.person.id in (data.get("user_id"), data.get("sender_id")):
            shown = {name for name in data if name in exported[collection][0]}
            assert any(all(name in each for name in shown) for each in exported[collection]), path
    user = next(iter(exported["users"]))
    assert (user["email"], user["phone"], user["telegram_id"]) == (EMAIL, PHONE, TELEGRAM_ID)
    assert {each["price"] for each in exported["listings"]} == {"250000.00", "2.50"}
    assert {each["text"] for each in exported["messages"]} >= {f"I am {MARK}", MARK, OTHER_MARK}
    stored = dump()
    secrets = [TOKEN]
    for path, data in stored.items():
        if path.startswith("sessions/"):
            secrets += [data["current"], data["previous"]]
        if path.startswith("codes/"):
            secrets += [data["hash"], data["nonce"]]
        if path.startswith("users/"):
            secrets += [data["password_hash"]]
    assert not [secret for secret in secrets if secret and secret in json.dumps(answer)]


def test_the_export_has_nothing_of_others_but_what_they_have_written_to_the_person(life: Life) -> None:
    exported = life.person.ok("GET", "/auth/me/export")["data"]
    for other in (life.owner, life.tenant, life.admin):
        assert other.email not in json.dumps(exported)
    theirs = {name for name, documents in exported.items() if OTHER_MARK in json.dumps(documents)}
    assert theirs <= {"messages", "leads", "notifications"}
    assert life.admin.id not in [value for entry in exported["audit"] for value in entry.values()]


def test_a_person_who_has_done_nothing_gets_an_export_too(api: Api) -> None:
    exported = api.person().ok("GET", "/auth/me/export")["data"]
    assert [name for name, documents in exported.items() if documents] == ["users", "identities"]


def test_who_made_an_account_with_anothers_phone_gets_neither_export_nor_deletion(api: Api) -> None:
    squatter = api.person(phone="+77001234567")
    api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": "5", "phone": "+77001234567"})
    assert squatter.ok("GET", "/auth/me")["phone"] == "+77001234567"
    assert squatter.call("GET", "/auth/me/export").status_code == 401
    assert leave(squatter).status_code == 401


# --- Deletion


def check_gone(api: Api, life: Life) -> None:
    """Nothing of the person is anywhere, but their id where it is promised to lead nowhere."""
    dumped = dump()
    check_whole(dumped)
    for path, data in naming(dumped, life).items():
        collection = path.partition("/")[0]
        named = {name for name, value in data.items() if naming({"": {name: value}}, life)}
        assert named <= {field for name, field in STAYS if name == collection}, (path, data)
    said = json.dumps([list(dumped), [str(data) for data in dumped.values()]], ensure_ascii=False)
    assert not [text for text in (MARK, EMAIL, PHONE, TELEGRAM_ID, TOKEN) if text in said]


def test_after_the_deletion_nothing_of_the_person_is_stored(api: Api, life: Life, bot: TelegramServer) -> None:
    delete_life(life, bot)
    check_gone(api, life)
    assert f"deletions/{life.person.id}" in dump()


def test_photos_leave_the_storage_with_the_schedule(api: Api, life: Life, bot: TelegramServer) -> None:
    (photo,) = api.ok("GET", f"/photos/{life.own_listing}")
    file = "/" + photo["urls"]["small"].split("/", 3)[3]
    assert api.call("GET", file).status_code == 200
    delete_life(life, bot)
    assert api.call("GET", f"/photos/{life.own_listing}").status_code == 404
    finish(api)
    assert api.call("GET", file).status_code == 404
    assert dump()[f"listings/{life.own_listing}"]["photos"] == []
    assert not [each for each in bucket.list_objects() if each.name.startswith(f"{life.own_listing}/")]


def test_the_account_ends_at_once(api: Api, life: Life, bot: TelegramServer) -> None:
    delete_life(life, bot)
    assert life.person.call("GET", "/auth/me").status_code == 401
    renewal = {"grant_type": "refresh_token", "refresh_token": life.refresh_token}
    assert api.call("POST", "/auth/token", data=renewal).status_code == 401
    login = api.call("POST", "/auth/login", data={"username": EMAIL, "password": PASSWORD})
    assert login.get_json() == {"detail": "Incorrect username or password"}
    assert leave(life.person, code="123456").status_code == 401, "a second deletion"


def test_the_other_sides_keep_their_leads_without_the_person(api: Api, life: Life, bot: TelegramServer) -> None:
    sides = ((life.owner, life.lead, "for-me"), (life.tenant, life.own_lead, "my"))
    before = [side.ok("GET", f"/leads/{lead}") for side, lead, _ in sides]
    delete_life(life, bot)
    for (side, lead, way), shown in zip(sides, before, strict=True):
        after = side.ok("GET", f"/leads/{lead}")
        assert after.keys() == shown.keys()
        assert after["listing"].keys() == shown["listing"].keys()
        assert (shown["contact"] is None, after["contact"]) == (False, None)
        listed = side.ok("GET", f"/leads/{way}?include=listing,contact,conversation")
        (item,) = [each for each in listed if each["id"] == lead]
        assert item["contact"] is None
        assert item["listing"]["price"] == shown["listing"]["price"]
        assert item["conversation"]["unread"] == 0
        assert item["conversation"]["last_message"]["text"] == OTHER_MARK
        assert [message["text"] for message in side.ok("GET", f"/leads/{lead}/messages")] == [OTHER_MARK]
        refused = side.call("POST", f"/leads/{lead}/messages", json={"text": "Are you there?"})
        assert refused.status_code == 409
    assert life.admin.ok("GET", f"/leads/{life.lead}")["contact"] is None


def test_the_listings_leave_every_list(api: Api, life: Life, bot: TelegramServer) -> None:
    tenant = api.person()
    assert life.own_listing in [each["id"] for each in tenant.ok("GET", "/feed?limit=50")]
    delete_life(life, bot)
    for path in ("/listings", "/feed?limit=50"):
        assert life.person.id not in [each["owner_id"] for each in tenant.ok("GET", path)]
    assert tenant.call("GET", f"/listings/{life.own_listing}").status_code == 404
    assert life.own_listing not in [each["id"] for each in life.tenant.ok("GET", "/favorites")]
    assert tenant.act(life.own_listing).status_code == 404
    # Not even an admin brings one back.
    life.admin.ok("PUT", f"/listings/{life.own_listing}", json={"title": "Back", "city": "Astana", "price": 1})
    assert tenant.call("GET", f"/listings/{life.own_listing}").status_code == 404


def test_who_registers_again_with_the_same_email_and_phone_starts_empty(
    api: Api, life: Life, bot: TelegramServer
) -> None:
    delete_life(life, bot)
    again = api.person("agent", email=EMAIL, phone=PHONE)
    assert again.id != life.person.id
    exported = again.ok("GET", "/auth/me/export")["data"]
    assert [name for name, documents in exported.items() if documents] == ["users", "identities"]
    for path in ("/leads/my", "/leads/for-me", "/favorites", "/searches", "/notifications", "/listings/my"):
        assert again.ok("GET", path) == []
    assert again.ok("GET", "/preferences") is None
    entered = api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": TELEGRAM_ID, "phone": PHONE})
    assert api.ok("GET", "/auth/me", entered["access_token"])["id"] == again.id


def test_a_lead_of_which_both_sides_are_gone_goes_too(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    lead = tenant.ok("POST", "/leads", json={"listing_id": owner.listing()["id"], "message": "Hello"})["id"]
    owner.ok("POST", f"/leads/{lead}/messages", json={"text": "Hello"})
    for person in (owner, tenant):
        leave(person)
    assert not [path for path in dump() if path.startswith(("leads/", "messages/"))]


# --- Who may


def test_the_password_is_needed_and_guessing_it_ends(api: Api, configure: Configure) -> None:
    person = api.person()
    configure(LOGIN_FAILURES_PER_ACCOUNT="3")
    answers = [leave(person, current_password="wrong"), leave(person, code="123456")]
    answers.append(person.call("DELETE", "/auth/me", json={}))
    assert [(each.status_code, each.get_json()["code"]) for each in answers] == [(403, "wrong_password")] * 3
    assert leave(person).status_code == 429
    assert person.ok("GET", "/auth/me")["id"] == person.id


def test_without_a_password_the_latest_code_is_needed(
    api: Api, mail: MailServer, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": "5"})
    person = Person(api, api.ok("GET", "/auth/me", entered["access_token"])["id"], "", entered["access_token"])
    assert leave(person).status_code == 422
    assert leave(person, code="nonsense").status_code == 422
    assert leave(person, code="123456").status_code == 401
    person.ok("POST", "/auth/verify", json={"channel": "telegram"})
    code = code_in(bot)
    wrong = [leave(person, code=other_than(code)) for _ in range(6)]
    assert [each.status_code for each in wrong] == [401] * 5 + [429]
    assert leave(person, code=code).status_code == 429
    person.ok("POST", "/auth/verify", json={"channel": "telegram"})
    code = code_in(bot)
    with monkeypatch.context() as patch:
        later(patch, timedelta(minutes=16))
        assert leave(person, code=code).status_code == 401
    assert leave(person, code=code).status_code == 200
    assert leave(person, code=code).status_code == 401
    assert not [path for path in dump() if path.startswith(("users/", "codes/", "identities/"))]


def test_the_last_admin_stays(api: Api) -> None:
    admin, other = api.person("admin"), api.person("admin")
    assert leave(other).status_code == 200
    refused = leave(admin)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "last_admin")
    assert admin.ok("GET", "/auth/me")["role"] == "admin"


def test_nobody_deletes_or_exports_another(api: Api) -> None:
    admin, person = api.person("admin"), api.person()
    for method, path in (
        ("DELETE", f"/admin/users/{person.id}"),
        ("DELETE", f"/auth/users/{person.id}"),
        ("GET", f"/admin/users/{person.id}/export"),
    ):
        assert admin.call(method, path, json={"current_password": PASSWORD}).status_code in (404, 405)
    body = {"current_password": PASSWORD, "user_id": person.id, "id": person.id}
    assert api.person("tenant").ok("DELETE", "/auth/me", json=body)
    exported = admin.ok("GET", f"/auth/me/export?user_id={person.id}&id={person.id}")["data"]
    assert exported["users"][0]["id"] == admin.id
    assert person.ok("GET", "/auth/me")["id"] == person.id


# --- What comes late


@pytest.mark.parametrize("count", [1, 5])
def test_a_likes_event_after_the_deletion_makes_no_lead(api: Api, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(lost_leads, "GRACE", timedelta(0))
    monkeypatch.setattr(leads, "LIKES", 2)
    owner, tenant = api.person("landlord"), api.person()
    for _ in range(count):
        listing = owner.listing()["id"]
        tenant.act(listing)
    with monkeypatch.context() as patch:
        patch.setattr(personal, "forget", lambda _: None)  # Interrupted right after the commit.
        leave(tenant)
    finish(api)
    assert not leads.ensure(tenant.id, listing, owner.id)
    lost_leads.make_up_for()
    assert owner.ok("GET", "/leads/for-me") == owner.ok("GET", "/notifications") == []
    assert not [path for path in dump() if path.startswith("likes/")]


def test_a_late_notification_is_told_nobody_and_does_not_stay(api: Api, life: Life, bot: TelegramServer) -> None:
    delete_life(life, bot)
    sent = len(bot.messages)
    leads.ensure(life.tenant.id, life.own_listing, life.person.id)
    api.ok("POST", "/leads", life.tenant.token, json={"listing_id": life.owner.listing()["id"]})
    late = [data for path, data in dump().items() if path.startswith(f"notifications/{life.person.id}_")]
    for each in late:
        outbox.deliver(life.person.id, Stream(each["open"]), each["id"])
    outbox.deliver_due()
    assert len(bot.messages) == sent
    assert not [path for path in naming(dump(), life) if path.startswith(("notifications/", "outbox/"))]


def test_what_a_request_writes_after_the_deletion_is_removed_by_the_schedule(
    api: Api, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that have read the user before, such as a swipe, a listing and a login, end after it."""
    owner, person = api.person("landlord"), api.person("agent", email=EMAIL)
    listing = owner.listing()["id"]
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    get = store.get
    gone: list[bool] = []

    def delete_between(*references: Any) -> Any:
        found = get(*references)
        if not gone and any(each.reference == users.ref(person.id) and each.exists for each in found):
            gone.append(True)
            deletion.begin(person.id)
            personal.forget(person.id)
        return found

    for method, path, options in (
        ("POST", "/feed/action", {"json": {"listing_id": listing, "action": "like"}}),
        ("POST", "/favorites", {"json": {"listing_id": listing}}),
        ("POST", "/listings", {"json": {"title": MARK, "city": "Astana", "price": 1}}),
        ("POST", "/searches", {"json": {"name": MARK}}),
        ("POST", "/auth/token", {"data": form}),
        ("PUT", "/notifications/devices/phone", {"json": {"token": TOKEN}}),
        ("PATCH", "/auth/me", {"json": {"name": MARK}}),
        ("POST", "/auth/password/reset", {"json": {"username": EMAIL}}),
    ):
        gone.clear()
        if not get(users.ref(person.id))[0].exists:
            person = api.person("agent", email=EMAIL)
        with monkeypatch.context() as patch:
            patch.setattr(store, "get", delete_between)
            api.call(method, path, person.token, **options)
        finish(api)
        with monkeypatch.context() as patch:
            later(patch, deletion.LATE + timedelta(seconds=1))
            finish(api)
        left = {path: data for path, data in dump().items() if str(person.id) in str((path, data))}
        assert {each.partition("/")[0] for each in left} <= {"listings", "leads"}, (path, left)
        assert all(MARK not in str(data) for data in left.values()), (path, left)
        assert all(data.keys() == {"expires_at"} for each, data in left.items() if each.startswith("leads/")), path


def test_a_deletion_is_kept_in_mind_until_nothing_can_come_late(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    person = api.person()
    leave(person)
    for passed, there in ((timedelta(minutes=1), True), (deletion.LATE + timedelta(seconds=1), False)):
        with monkeypatch.context() as patch:
            later(patch, passed)
            api.client("finish_deletions").get("/__/health")
            finish(api)
        assert (f"deletions/{person.id}" in dump()) is there


def test_a_long_history_does_not_hold_the_request(
    api: Api, stopped: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes in time, with the account ended; the schedule removes what is left."""
    owner, tenant = api.person("landlord"), api.person()
    worlds.swipe(tenant.id, worlds.gone_listings(owner.id, [FLAT] * 1_500))
    commit = store.Batch.commit

    def slow_commit(batch: store.Batch) -> Any:
        stopped.sleep(1)
        return commit(batch)

    with monkeypatch.context() as patch:
        patch.setattr(store.Batch, "commit", slow_commit)
        began = stopped.monotonic()
        assert leave(tenant).status_code == 200
        assert stopped.monotonic() - began < store.TOTAL_SECONDS
    assert tenant.call("GET", "/auth/me").status_code == 401
    assert len([path for path in dump() if path.startswith(f"swipes/{tenant.id}_")]) > 0, "nothing was left to do"
    finish(api)
    assert not [path for path in dump() if path.startswith((f"swipes/{tenant.id}_", f"likes/{tenant.id}_"))]
