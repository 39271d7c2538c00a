"""Getting in through Telegram: what Telegram signs, and whose an account is when a phone leads to it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from google.api_core import exceptions

from shared.data import codes, notification_settings, store, throttle, users
from tests.conftest import Configure
from tests.instruments import telegram as bot_api
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.mail import MailServer
from tests.instruments.telegram import TelegramServer, mini_app, widget
from tests.security.database import check_whole, dump

PHONE = "+77001234567"
WAYS: dict[str, Any] = {"/auth/telegram/mini-app": mini_app, "/auth/telegram/widget": widget}


def me(api: Api, token: str) -> Any:
    return api.ok("GET", "/auth/me?include=verification", token)


def by_bot(api: Api, telegram_id: str, phone: str | None = PHONE) -> str:
    body = {"telegram_id": telegram_id, "phone": phone, "name": ""}
    return str(api.ok("POST", "/auth/telegram/login-or-register", json=body)["access_token"])


def verify_email(person: Person, mail: MailServer) -> None:
    person.ok("POST", "/auth/verify", json={"channel": "email"})
    code = mail.messages[-1]["Subject"][-6:]
    person.ok("POST", "/auth/verify/confirm", json={"channel": "email", "code": code})


def login_status(api: Api, username: str) -> int:
    return int(api.call("POST", "/auth/login", data={"username": username, "password": PASSWORD}).status_code)


# --- What Telegram signs


@pytest.mark.parametrize("path", WAYS)
def test_telegram_lets_people_in(api: Api, bot: TelegramServer, path: str) -> None:
    first = me(api, api.ok("POST", path, json=WAYS[path](5))["access_token"])
    assert (first["telegram_id"], first["role"]) == ("5", "tenant")
    assert first["name"].startswith("Айгуль")
    assert me(api, api.ok("POST", path, json=WAYS[path](5))["access_token"]) == first
    assert me(api, by_bot(api, "5", None))["id"] == first["id"]


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize(
    "wrong", [{"token": "1:another"}, {"age": 24 * 3600 + 60}, {"age": -3600}, {"auth_date": ""}, {"auth_date": "x"}]
)
def test_what_is_forged_or_old_lets_nobody_in(api: Api, bot: TelegramServer, path: str, wrong: Any) -> None:
    refused = api.call("POST", path, json=WAYS[path](5, **wrong))
    assert refused.status_code == 401, refused.text
    assert not dump()


def test_nothing_signed_can_be_changed(api: Api, bot: TelegramServer) -> None:
    fields = dict(parse_qsl(mini_app(5)["init_data"]))
    for name, value in fields.items():
        for changed in (value + "1", value.upper() if value.upper() != value else value + " "):
            body = {"init_data": urlencode(fields | {name: changed})}
            assert api.call("POST", "/auth/telegram/mini-app", json=body).status_code == 401, name
    twice = {"init_data": urlencode([*fields.items(), ("user", '{"id": 6}')])}
    more = {"init_data": urlencode(fields | {"role": "admin"})}
    for body in (twice, more, {"init_data": ""}, {"init_data": "hash="}, {"init_data": "&&&"}):
        assert api.call("POST", "/auth/telegram/mini-app", json=body).status_code == 401
    signed = widget(5)
    for change in ({"id": 6}, {"username": "x"}, {"hash": ""}, {"hash": "Ключ"}):
        assert api.call("POST", "/auth/telegram/widget", json=signed | change).status_code == 401
    assert not dump()


@pytest.mark.parametrize("path", WAYS)
def test_without_a_bot_and_for_admins_and_the_deactivated_it_is_403(
    api: Api, configure: Configure, bot: TelegramServer, path: str
) -> None:
    admin = api.person("admin")
    user = me(api, by_bot(api, "5", None))
    admin.ok("PATCH", f"/admin/users/{user['id']}", json={"role": "admin"})
    assert api.call("POST", path, json=WAYS[path](5)).status_code == 403
    admin.ok("PATCH", f"/admin/users/{user['id']}", json={"role": "tenant", "is_active": False})
    assert api.call("POST", path, json=WAYS[path](5)).status_code == 403
    configure(TELEGRAM_BOT_TOKEN=None)
    refused = api.call("POST", path, json=WAYS[path](6))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_configured")


@pytest.mark.parametrize("path", WAYS)
def test_a_logout_everywhere_ends_what_telegram_signed_before(api: Api, bot: TelegramServer, path: str) -> None:
    signed = WAYS[path](5, age=30)
    token = api.ok("POST", path, json=signed)["access_token"]
    api.ok("POST", "/auth/logout", token, json={"everywhere": True})
    assert api.call("POST", path, json=signed).status_code == 401
    assert api.call("POST", path, json=WAYS[path](5)).status_code == 200


# --- Whose an account is


def test_a_phone_is_verified_by_the_bot(api: Api, bot: TelegramServer) -> None:
    assert me(api, by_bot(api, "5"))["verification"] == {"email": False, "phone": True}
    without = by_bot(api, "6", None)
    assert me(api, without)["verification"] == {"email": False, "phone": False}
    api.ok("PATCH", "/auth/me", without, json={"phone": "+77009998877"})
    assert me(api, without)["verification"]["phone"] is False
    assert me(api, by_bot(api, "6", "+77009998877"))["verification"]["phone"] is True


def test_an_account_made_with_my_number_is_mine_alone(api: Api, bot: TelegramServer, mail: MailServer) -> None:
    thief = api.person(email="thief@example.kz", phone=PHONE)
    form = {"grant_type": "password", "username": thief.email, "password": PASSWORD}
    session = api.ok("POST", "/auth/token", data=form)["refresh_token"]
    mine = by_bot(api, "5")
    assert me(api, mine)["id"] == thief.id
    # Password and sessions have ended.
    assert login_status(api, thief.email) == login_status(api, PHONE) == 401
    renewal = {"grant_type": "refresh_token", "refresh_token": session}
    assert api.call("POST", "/auth/token", data=renewal).status_code == 401
    # The access token runs out; it changes nothing of the account.
    assert thief.ok("GET", "/auth/me")["telegram_id"] == "5"
    for method, path, body in (
        ("PATCH", "/auth/me", {"email": "thief2@example.kz"}),
        ("PATCH", "/auth/me", {"name": "Thief"}),
        ("POST", "/auth/password", {"current_password": PASSWORD, "new_password": PASSWORD}),
        ("POST", "/auth/verify", {"channel": "email"}),
        ("DELETE", "/auth/telegram", None),
    ):
        refused = thief.call(method, path, json=body)
        assert (refused.status_code, refused.get_json()["code"]) == (401, "sign_in_again"), (method, path)
    # A code goes to Telegram alone.
    api.ok("POST", "/auth/password/reset", json={"username": thief.email})
    assert not mail.messages
    assert bot.messages[-1]["chat_id"] == "5"
    assert api.ok("PATCH", "/auth/me", mine, json={"name": "Mine"})["name"] == "Mine"
    check_whole(dump())


@pytest.mark.parametrize("sent", ["before the link", "during the link"])
def test_a_code_mailed_to_the_maker_opens_nothing_afterwards(
    api: Api, bot: TelegramServer, mail: MailServer, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    thief = api.person(phone=PHONE)
    mine: list[str] = []
    count = throttle.count

    def linked_meanwhile(*counted: Any) -> None:
        if sent == "during the link":
            mine.append(by_bot(api, "5"))
        count(*counted)

    with monkeypatch.context() as between:
        between.setattr(throttle, "count", linked_meanwhile)
        api.ok("POST", "/auth/password/reset", json={"username": thief.email})
    mine = mine or [by_bot(api, "5")]
    body = {"username": thief.email, "code": mail.messages[-1]["Subject"][-6:], "new_password": "of-the-thief"}
    assert api.call("POST", "/auth/password/reset/confirm", json=body).status_code == 401
    assert me(api, mine[0])["verification"] == {"email": False, "phone": True}


def test_a_verification_that_meets_the_link_verifies_nothing(
    api: Api, bot: TelegramServer, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = api.person(phone=PHONE)
    thief.ok("POST", "/auth/verify", json={"channel": "email"})
    get = store.get
    mine: list[str] = []

    def overtaken(*references: Any) -> Any:
        if references[0] == codes.ref("email", thief.id) and not mine:
            mine.append(by_bot(api, "5"))
        return get(*references)

    monkeypatch.setattr(store, "get", overtaken)
    code = mail.messages[-1]["Subject"][-6:]
    assert thief.call("POST", "/auth/verify/confirm", json={"channel": "email", "code": code}).status_code == 401
    assert me(api, mine[0])["verification"] == {"email": False, "phone": True}


def test_a_change_of_the_account_that_meets_the_link_changes_nothing(
    api: Api, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = api.person(phone=PHONE)
    get = store.get
    reads = 0
    mine: list[str] = []

    def overtaken(*references: Any) -> Any:
        nonlocal reads
        if references == (users.ref(thief.id),):
            reads += 1
            if reads == 2:  # The first was to see who is calling.
                mine.append(by_bot(api, "5"))
        return get(*references)

    monkeypatch.setattr(store, "get", overtaken)
    body = {"email": "thief2@example.kz", "current_password": PASSWORD}
    refused = thief.call("PATCH", "/auth/me", json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (401, "sign_in_again")
    assert me(api, mine[0])["email"] == thief.email


def test_the_makers_devices_hear_nothing_more_and_their_token_changes_nothing(api: Api, bot: TelegramServer) -> None:
    thief = api.person(phone=PHONE)
    session = api.ok(
        "POST", "/auth/token", data={"grant_type": "password", "username": thief.email, "password": PASSWORD}
    )
    thief.ok("PUT", "/notifications/devices/phone", json={"token": "a"})
    mine = by_bot(api, "5")
    assert notification_settings.Settings.of(store.get(notification_settings.ref(thief.id))[0]).tokens == []
    assert not [path for path in dump() if path.startswith("push_tokens/")]
    for method, path, body in (
        ("PUT", "/notifications/devices/phone", {"token": "b"}),
        ("DELETE", "/notifications/devices/phone", None),
        ("PUT", "/notifications/settings", {}),
        ("GET", "/auth/sessions", None),
        ("DELETE", f"/auth/sessions/{session['refresh_token'].split('.')[1]}", None),
        ("POST", "/auth/logout", {"everywhere": True}),
    ):
        answer = thief.call(method, path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_again"), path
    thief.ok("POST", "/auth/logout", json={"refresh_token": session["refresh_token"]})
    assert me(api, mine)["id"] == thief.id


def test_a_device_that_is_added_while_the_account_is_linked_is_not_kept(
    api: Api, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = api.person(phone=PHONE)
    add = notification_settings.add_device
    mine: list[str] = []

    def linked_meanwhile(*arguments: Any) -> None:
        mine.append(by_bot(api, "5"))
        add(*arguments)

    with monkeypatch.context() as between:
        between.setattr(notification_settings, "add_device", linked_meanwhile)
        refused = thief.call("PUT", "/notifications/devices/phone", json={"token": "a"})
    assert (refused.status_code, refused.get_json()["code"]) == (401, "sign_in_again")
    assert not [path for path in dump() if path.startswith("push_tokens/")]
    api.ok("PUT", "/notifications/devices/phone", mine[0], json={"token": "b"})


def test_no_device_of_the_telegram_side_hears_of_an_account_that_it_has_left(
    api: Api, bot: TelegramServer, mail: MailServer
) -> None:
    person = api.person(phone=PHONE)
    verify_email(person, mail)
    theirs = by_bot(api, "5")
    api.ok("PUT", "/notifications/devices/phone", theirs, json={"token": "a"})
    api.ok("DELETE", "/auth/telegram", theirs)
    assert notification_settings.Settings.of(store.get(notification_settings.ref(person.id))[0]).tokens == []


def test_a_logout_that_is_refused_ends_nothing(api: Api, bot: TelegramServer) -> None:
    thief = api.person(phone=PHONE)
    form = {"grant_type": "password", "username": thief.email, "password": PASSWORD}
    session = api.ok("POST", "/auth/token", data=form)["refresh_token"]
    by_bot(api, "5")
    body = {"refresh_token": session, "everywhere": True}
    before = dump()
    assert thief.call("POST", "/auth/logout", json=body).status_code == 401
    assert dump() == before


@pytest.mark.parametrize("given_up", ["telegram_id", "phone"])
def test_what_was_given_up_a_moment_ago_leads_nowhere(
    api: Api, bot: TelegramServer, mail: MailServer, monkeypatch: pytest.MonkeyPatch, given_up: str
) -> None:
    """After the document of the phone or the Telegram account was read, and before its user is."""
    other = api.person(phone=PHONE)
    verify_email(other, mail)
    if given_up == "telegram_id":
        by_bot(api, "5")
    get = store.get
    between = [True]

    def overtaken(*references: Any) -> Any:
        found = get(*references)
        if references[0] == users.identity_ref("telegram_id", "5") and between:
            between.pop()
            if given_up == "phone":
                other.ok("PATCH", "/auth/me", json={"phone": "+77009998877", "current_password": PASSWORD})
            else:
                api.ok("DELETE", "/auth/telegram", api.login(other.email))
        return found

    monkeypatch.setattr(store, "get", overtaken)
    assert me(api, by_bot(api, "5", PHONE if given_up == "phone" else None))["id"] != other.id
    assert not between
    assert not me(api, api.login(other.email))["verification"]["phone"]


def test_a_link_to_another_telegram_account_does_not_hide_the_maker(api: Api, bot: TelegramServer) -> None:
    thief = api.person()
    token = by_bot(api, "66", None)
    api.ok("PATCH", "/auth/me", token, json={"phone": PHONE, "email": "thief2@example.kz"})
    mine = me(api, by_bot(api, "5"))
    assert mine["telegram_id"] == "5"
    assert me(api, by_bot(api, "66", None))["id"] != mine["id"]
    refused = api.call("PATCH", "/auth/me", token, json={"email": "thief3@example.kz"})
    assert refused.status_code == 401
    assert thief.ok("GET", "/auth/me")["telegram_id"] is None
    check_whole(dump())


def test_an_account_with_a_verified_email_keeps_both_and_the_telegram_side_is_told(
    api: Api, bot: TelegramServer, mail: MailServer
) -> None:
    person = api.person(email="owner@example.kz", phone=PHONE)
    verify_email(person, mail)
    token = by_bot(api, "5")
    assert me(api, token)["id"] == person.id
    assert login_status(api, person.email) == 200
    (told,) = bot.messages
    assert told["chat_id"] == "5"
    assert "o…@example.kz" in told["text"]
    assert "owner@" not in told["text"]
    by_bot(api, "5")
    assert len(bot.messages) == 1, "told once"
    # How to leave it: the number is theirs, and leads to an account of their own.
    api.ok("DELETE", "/auth/telegram", token)
    left = me(api, api.login(person.email))
    assert (left["phone"], left["telegram_id"]) == (None, None)
    assert api.call("GET", "/auth/me", token).status_code == 401
    own = me(api, by_bot(api, "5"))
    assert own["id"] != person.id
    assert own["phone"] == PHONE
    check_whole(dump())


def test_a_telegram_that_fails_does_not_undo_the_link(api: Api, bot: TelegramServer, mail: MailServer) -> None:
    person = api.person(phone=PHONE)
    verify_email(person, mail)
    bot.answer = bot_api.BLOCKED
    assert me(api, by_bot(api, "5"))["id"] == person.id


def test_a_verified_phone_moves_its_link_and_nothing_ends(api: Api, bot: TelegramServer) -> None:
    token = by_bot(api, "5")
    moved = by_bot(api, "7")
    assert me(api, moved)["id"] == me(api, token)["id"]
    assert me(api, token)["telegram_id"] == "7"
    api.ok("PATCH", "/auth/me", token, json={"name": "Still mine"})


def test_nobody_leaves_the_last_way_in(api: Api, bot: TelegramServer) -> None:
    refused = api.call("DELETE", "/auth/telegram", by_bot(api, "5"))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "last_way_in")


def told_of_links(person_id: int) -> int:
    """How many notifications a person has of accounts that were linked."""
    told = [data for path, data in dump().items() if path.startswith("notifications/")]
    return len([each for each in told if each["type"] == "account.linked" and each["user_id"] == person_id])


def test_each_link_is_told_once_and_nothing_else_is(api: Api, bot: TelegramServer) -> None:
    person = api.person(phone=PHONE)
    assert told_of_links(person.id) == 0
    for _ in range(3):
        by_bot(api, "1")
        by_bot(api, "1", None)
        for path, sign in (("mini-app", mini_app), ("widget", widget)):
            api.ok("POST", f"/auth/telegram/{path}", json=sign(1))
    assert told_of_links(person.id) == 1
    for _ in range(2):
        by_bot(api, "2")
    assert told_of_links(person.id) == 2, "another Telegram account is another link"
    for number, (path, sign) in enumerate((("mini-app", mini_app), ("widget", widget)), 10):
        new = me(api, api.ok("POST", f"/auth/telegram/{path}", json=sign(number))["access_token"])
        assert told_of_links(new["id"]) == 0, "a new account is linked to nothing"
    assert len([path for path in dump() if path.startswith("notifications/")]) == 2


def test_links_at_once_are_told_once(api: Api, bot: TelegramServer) -> None:
    person = api.person(phone=PHONE)
    with ThreadPoolExecutor(6) as pool:
        entered = list(pool.map(lambda _: by_bot(api, "1"), range(6)))
    assert {me(api, token)["id"] for token in entered} == {person.id}
    assert told_of_links(person.id) == 1


def test_a_link_that_another_request_makes_in_between_is_told_once(
    api: Api, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = api.person(phone=PHONE)
    get, between = store.get, [lambda: by_bot(api, "1")]

    def overtaken(*references: store.Reference) -> Any:
        if references == (users.ref(person.id),) and between:
            between.pop()()  # After the phone was looked up, before its user is read.
        return get(*references)

    monkeypatch.setattr(store, "get", overtaken)
    by_bot(api, "1")
    assert not between
    assert told_of_links(person.id) == 1


def test_a_link_whose_acknowledgement_is_lost_is_told_once_to_both_sides(
    api: Api, bot: TelegramServer, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = api.person(phone=PHONE)
    verify_email(person, mail)
    commit = store.Batch.commit
    lost: list[bool] = []

    def losing(batch: store.Batch) -> Any:
        done = commit(batch)
        if not lost:
            lost.append(True)
            raise exceptions.AlreadyExists("the repetition finds what the first try has written")
        return done

    monkeypatch.setattr(store.Batch, "commit", losing)
    by_bot(api, "1")
    assert lost
    assert told_of_links(person.id) == 1
    assert [message["chat_id"] for message in bot.messages] == ["1"]
