"""Codes for a forgotten password and for an email: what they open, for how long, and what they do not tell."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions

from shared import clock
from shared.data import codes, store, throttle
from shared.data.users import User
from shared.delivery import email
from tests.conftest import Configure
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.clock import StoppedClock
from tests.instruments.mail import MailServer
from tests.instruments.recorder import Recorder
from tests.instruments.telegram import TelegramServer
from tests.security.database import dump

NEW = "a-new-password"


@pytest.fixture
def person(api: Api) -> Person:
    return api.person()


def ask(api: Api, username: str, **headers: str) -> Any:
    return api.call("POST", "/auth/password/reset", json={"username": username}, headers=headers)


def confirm(api: Api, username: str, code: str, password: str = NEW) -> Any:
    body = {"username": username, "code": code, "new_password": password}
    return api.call("POST", "/auth/password/reset/confirm", json=body)


def code_in(server: MailServer | TelegramServer) -> str:
    last = server.messages[-1]
    text = last["text"] if isinstance(last, dict) else last.get_content()
    match = re.search(r"\b[0-9]{6}\b", text)
    assert match, text
    return match[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def wait(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    later = clock.now() + timedelta(**passed)
    monkeypatch.setattr(clock, "now", lambda: later)


def status_with(api: Api, token: str) -> int:
    return int(api.call("GET", "/auth/me", token).status_code)


# --- A forgotten password


def test_a_code_by_mail_sets_a_new_password_once(api: Api, person: Person, mail: MailServer) -> None:
    signed_in = api.ok(
        "POST", "/auth/token", data={"grant_type": "password", "username": person.email, "password": PASSWORD}
    )
    assert ask(api, person.email.upper()).get_json() == {"status": "ok"}
    assert mail.recipients == [person.email]
    code = code_in(mail)
    fresh = confirm(api, person.email, code).get_json()["access_token"]
    assert status_with(api, fresh) == 200
    assert status_with(api, person.token) == status_with(api, signed_in["access_token"]) == 401
    renewal = {"grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"]}
    assert api.call("POST", "/auth/token", data=renewal).status_code == 401
    assert api.login(person.email, NEW)
    again = confirm(api, person.email, code, "yet-another-password")
    assert (again.status_code, again.get_json()["code"]) == (401, "wrong_code")


def test_a_code_that_came_by_mail_verifies_the_email(api: Api, person: Person, mail: MailServer) -> None:
    ask(api, person.email)
    token = confirm(api, person.email, code_in(mail)).get_json()["access_token"]
    assert api.ok("GET", "/auth/me?include=verification", token)["verification"] == {"email": True, "phone": False}


def test_a_linked_account_gets_its_code_by_telegram(api: Api, mail: MailServer, bot: TelegramServer) -> None:
    api.person(email="linked@example.kz", phone="+77001234567")
    api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": "42", "phone": "77001234567"})
    ask(api, "linked@example.kz")
    assert not mail.messages
    assert bot.messages[-1]["chat_id"] == "42"
    assert confirm(api, "8 700 123 45 67", code_in(bot)).status_code == 200


@pytest.mark.parametrize(("language", "word"), [("kk-KZ,ru", "жарамды"), ("en", "good for"), ("de", "действует")])
def test_it_is_written_in_the_readers_language(
    api: Api, person: Person, mail: MailServer, language: str, word: str
) -> None:
    ask(api, person.email, **{"Accept-Language": language})
    assert word in mail.messages[-1].get_content()


def test_five_wrong_tries_end_a_code_also_all_at_once(api: Api, person: Person, mail: MailServer) -> None:
    ask(api, person.email)
    right = code_in(mail)
    with ThreadPoolExecutor(8) as pool:
        answers = [
            answer.status_code for answer in pool.map(lambda _: confirm(api, person.email, other_than(right)), range(8))
        ]
    assert sorted(answers) == [401] * 5 + [429] * 3
    refused = confirm(api, person.email, right)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    ask(api, person.email)
    assert confirm(api, person.email, code_in(mail)).status_code == 200


def test_the_right_code_at_once_is_taken_once(api: Api, person: Person, mail: MailServer) -> None:
    ask(api, person.email)
    code = code_in(mail)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda i: confirm(api, person.email, code, f"new-password-{i}"), range(4)))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200, 401, 401, 401]
    assert api.login(person.email, f"new-password-{statuses.index(200)}")


def test_a_code_ends_after_a_quarter_of_an_hour(
    api: Api, person: Person, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(api, person.email)
    with monkeypatch.context() as patch:
        wait(patch, minutes=15, seconds=1)
        assert confirm(api, person.email, code_in(mail)).status_code == 401
    assert confirm(api, person.email, code_in(mail)).status_code == 200


def test_a_newer_code_replaces_the_older(api: Api, person: Person, mail: MailServer) -> None:
    ask(api, person.email)
    old = code_in(mail)
    ask(api, person.email)
    if code_in(mail) != old:
        assert confirm(api, person.email, old).status_code == 401
    assert confirm(api, person.email, code_in(mail)).status_code == 200


def test_a_code_for_one_account_or_purpose_opens_no_other(api: Api, person: Person, mail: MailServer) -> None:
    other = api.person()
    ask(api, person.email)
    ask(api, other.email)
    code = code_in(mail)
    assert confirm(api, person.email, code).status_code == 401
    body = {"channel": "email", "code": code}
    assert other.call("POST", "/auth/verify/confirm", json=body).status_code == 401


def test_a_code_to_an_old_address_is_worthless(api: Api, person: Person, mail: MailServer) -> None:
    ask(api, person.email)
    code = code_in(mail)
    person.ok("PATCH", "/auth/me", json={"email": "new@example.kz", "current_password": PASSWORD})
    assert confirm(api, "new@example.kz", code).status_code == 401
    assert confirm(api, person.email, code).status_code == 401


def test_nobody_can_have_a_mailbox_filled(api: Api, person: Person, mail: MailServer) -> None:
    assert {ask(api, person.email).status_code for _ in range(9)} == {200}
    assert len(mail.messages) == 5
    assert confirm(api, person.email, code_in(mail)).status_code == 200, "the last one sent stays good"


def test_codes_asked_for_at_once_are_no_more_than_the_limit(api: Api, person: Person, mail: MailServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert {each.status_code for each in pool.map(lambda _: ask(api, person.email), range(16))} == {200}
    assert len(mail.messages) == codes.SENT_AT_MOST


@pytest.mark.parametrize("used", [True, False])
def test_a_code_that_is_refused_changes_nothing_of_the_one_before(
    api: Api, person: Person, mail: MailServer, monkeypatch: pytest.MonkeyPatch, used: bool
) -> None:
    """That one is used up, or guessed at, after it was read and before the refusal is written."""
    for _ in range(codes.SENT_AT_MOST):
        ask(api, person.email)
    right = code_in(mail)
    count = throttle.count

    def meanwhile(*counted: Any) -> None:
        count(*counted)
        if used:
            assert confirm(api, person.email, right).status_code == 200
        else:
            for _ in range(codes.TRIES):
                confirm(api, person.email, other_than(right))

    with monkeypatch.context() as between:
        between.setattr(throttle, "count", meanwhile)
        assert ask(api, person.email).status_code == 200
    assert confirm(api, person.email, right).status_code == (401 if used else 429)


def test_a_code_whose_acknowledgement_is_lost_is_sent_and_counted_once(
    api: Api, person: Person, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, count, lost = store.Batch.commit, throttle.count, 0

    def then_lose(*counted: Any) -> None:
        count(*counted)
        monkeypatch.setattr(store.Batch, "commit", losing)

    def losing(batch: store.Batch) -> Any:
        nonlocal lost
        monkeypatch.setattr(store.Batch, "commit", commit)
        commit(batch)
        lost += 1
        raise exceptions.FailedPrecondition("the repetition finds what the first try has written")

    monkeypatch.setattr(throttle, "count", then_lose)
    for _ in range(codes.SENT_AT_MOST):
        ask(api, person.email)
    assert len(mail.messages) == lost == codes.SENT_AT_MOST
    assert confirm(api, person.email, code_in(mail)).status_code == 200


def test_one_address_asks_so_often_only(api: Api, person: Person, mail: MailServer, configure: Configure) -> None:
    configure(CODES_PER_ADDRESS="3")
    answers = [ask(api, f"somebody{i}@example.kz").status_code for i in range(4)]
    assert answers == [200, 200, 200, 429]


@pytest.mark.parametrize("username", ["nobody@example.kz", "+77019999999", "neither", "", "\x00"])
def test_nothing_tells_whether_an_account_exists(api: Api, person: Person, mail: MailServer, username: str) -> None:
    def work(name: str) -> list[Any]:
        seen: list[Any] = []
        with Recorder().installed() as recorder:
            for step in range(9):
                with recorder.recording() as calls:
                    answer = ask(api, name) if step in (0, 8) else confirm(api, name, "000000")
                headers = sorted(set(answer.headers.keys()))
                rpcs = [(rpc.method, rpc.reads, rpc.writes) for rpc in calls.rpcs]
                seen.append((answer.status_code, answer.get_json(), headers, rpcs))
        return seen

    assert work(username) == work(person.email)


def test_the_time_of_the_answer_does_not_tell_it_either(
    api: Api, person: Person, mail: MailServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always the same after the request came, whether there is a message to be sent and however long that takes."""
    configure(RESET_SECONDS="0.8")
    clock, sent = StoppedClock(), []
    monkeypatch.setattr(codes, "time", clock)
    read, send = store.get, email.send

    def slow_read(*references: Any) -> Any:
        clock.sleep(0.1)
        return read(*references)

    def noted_send(*message: str) -> None:
        send(*message)
        sent.append(message)

    monkeypatch.setattr(store, "get", slow_read)
    monkeypatch.setattr(email, "send", noted_send)

    def seconds(name: str) -> float:
        started = clock.monotonic()
        assert ask(api, name).status_code == 200
        return clock.monotonic() - started

    for name in (person.email, "nobody@example.kz"):
        assert seconds(name) == pytest.approx(0.8)
    assert len(sent) == 1
    mail.answers.clear()
    assert seconds(person.email) == pytest.approx(0.8)
    assert len(sent) == 1, "the message was waited for"
    mail.answers.set()


def test_an_inactive_account_gets_no_code(api: Api, person: Person, mail: MailServer) -> None:
    api.person("admin").ok("PATCH", f"/admin/users/{person.id}", json={"is_active": False})
    assert ask(api, person.email).status_code == 200
    assert not mail.messages


def test_a_mail_server_that_fails_is_not_told(api: Api, person: Person, mail: MailServer) -> None:
    mail.answer_to_recipient = "550 5.1.1 no such user"
    assert ask(api, person.email).get_json() == {"status": "ok"}


def test_without_mail_and_telegram_it_says_so(api: Api, person: Person, configure: Configure) -> None:
    configure(SMTP_URL=None, TELEGRAM_BOT_TOKEN=None)
    for answer in (
        ask(api, person.email),
        ask(api, "nobody@example.kz"),
        person.call("POST", "/auth/verify", json={"channel": "email"}),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (503, "not_configured")
        assert "Retry-After" in answer.headers


def test_neither_the_database_nor_the_log_has_a_code(
    api: Api, person: Person, mail: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(api, person.email)
    code = code_in(mail)
    assert code not in repr({path: data for path, data in dump().items() if path.startswith("codes/")})
    assert confirm(api, person.email, code).status_code == 200
    assert person.email not in (out := capsys.readouterr().out)
    assert f'"{code}"' not in out


# --- An email


def test_a_code_verifies_an_email_until_it_changes(api: Api, person: Person, mail: MailServer) -> None:
    def verification() -> Any:
        return person.ok("GET", "/auth/me?include=verification")["verification"]

    assert verification() == {"email": False, "phone": False}
    person.ok("POST", "/auth/verify", json={"channel": "email"})
    assert person.ok("POST", "/auth/verify/confirm", json={"channel": "email", "code": code_in(mail)}) == {
        "status": "ok"
    }
    assert verification() == {"email": True, "phone": False}
    person.ok("PATCH", "/auth/me", json={"email": "new@example.kz", "current_password": PASSWORD})
    assert verification() == {"email": False, "phone": False}
    assert "verification" not in person.ok("GET", "/auth/me")
    assert person.call("GET", "/auth/me?include=password").status_code == 422


def test_a_code_to_verify_is_not_sent_without_end(api: Api, person: Person, mail: MailServer) -> None:
    answers = [person.call("POST", "/auth/verify", json={"channel": "email"}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


def test_what_became_of_the_mail_is_told_to_its_reader(api: Api, person: Person, mail: MailServer) -> None:
    mail.answer_to_recipient = "550 5.1.1 no such user"
    refused = person.call("POST", "/auth/verify", json={"channel": "email"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "unreachable")
    mail.answer_to_recipient = "451 later"
    later = person.call("POST", "/auth/verify", json={"channel": "email"})
    assert (later.status_code, later.get_json()["code"], later.headers["Retry-After"]) == (503, "not_delivered", "60")
    person.ok("POST", "/auth/logout", json={"everywhere": True})


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", 123456, None])
def test_a_malformed_code_is_refused(person: Person, code: Any) -> None:
    assert person.call("POST", "/auth/verify/confirm", json={"channel": "email", "code": code}).status_code == 422
    assert confirm(person.api, person.email, code).status_code == 422


def test_the_channel_for_a_linked_account_is_never_an_unverified_email(mail: MailServer, bot: TelegramServer) -> None:
    def channel(**fields: Any) -> Any:
        base: dict[str, Any] = dict.fromkeys(User.__dataclass_fields__)
        return codes.channel_for_reset(User(**base | {"email_verified": False} | fields))

    assert channel(email="a@b.kz") == "email"
    assert channel(email="a@b.kz", telegram_id="1") == "telegram"
    assert channel(email="a@b.kz", telegram_id="1", email_verified=True) == "telegram"
    assert channel() is None


def test_a_linked_account_without_a_bot_gets_no_mail_to_an_unverified_address(mail: MailServer) -> None:
    base: dict[str, Any] = dict.fromkeys(User.__dataclass_fields__) | {"email": "a@b.kz", "telegram_id": "1"}
    assert codes.channel_for_reset(User(**base | {"email_verified": False})) is None
    assert codes.channel_for_reset(User(**base | {"email_verified": True})) == "email"
