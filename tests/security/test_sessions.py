"""Sessions: refresh tokens that are good once, logging out, and what a new password ends."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared import clock, security
from shared.data import users
from tests.conftest import Configure
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.costs import Cost
from tests.instruments.recorder import Recorder
from tests.security.database import dump


class Clock:
    """The functions' clock, which stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = clock.now()

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    standing = Clock()
    monkeypatch.setattr(clock, "now", lambda: standing.time)
    return standing


@pytest.fixture
def person(api: Api) -> Person:
    return api.person()


def sign_in(person: Person, password: str = PASSWORD, **headers: str) -> dict[str, Any]:
    form = {"grant_type": "password", "username": person.email, "password": password}
    signed_in: dict[str, Any] = person.api.ok("POST", "/auth/token", data=form, headers=headers)
    return signed_in


def refresh(api: Api, refresh_token: str) -> Any:
    return api.call("POST", "/auth/token", data={"grant_type": "refresh_token", "refresh_token": refresh_token})


def next_of(api: Api, refresh_token: str) -> str:
    answer = refresh(api, refresh_token)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["refresh_token"])


def sessions_of(person: Person, token: str | None = None) -> list[Any]:
    return list(person.api.ok("GET", "/auth/sessions", token or person.token))


def test_a_grant_answers_exactly_what_rfc_6749_names(person: Person) -> None:
    signed_in = sign_in(person)
    assert list(signed_in) == ["access_token", "token_type", "expires_in", "refresh_token"]
    assert (signed_in["token_type"], signed_in["expires_in"]) == ("bearer", 24 * 3600)
    renewed = refresh(person.api, signed_in["refresh_token"]).get_json()
    assert renewed.keys() == signed_in.keys()
    for token in (signed_in["access_token"], renewed["access_token"]):
        assert person.api.ok("GET", "/auth/me", token)["id"] == person.id


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "client_credentials"},
        {"grant_type": "password", "username": "a@example.kz"},
        {"grant_type": "password", "password": PASSWORD},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "username": "a@example.kz", "password": PASSWORD},
    ],
)
def test_an_incomplete_grant_is_refused(api: Api, form: dict[str, str]) -> None:
    assert api.call("POST", "/auth/token", data=form).status_code == 422


def test_a_refresh_token_is_good_once(person: Person, time: Clock) -> None:
    first = sign_in(person)["refresh_token"]
    second = next_of(person.api, first)
    time.pass_by(21)
    assert refresh(person.api, first).status_code == 401
    assert refresh(person.api, second).status_code == 401, "a copy of an old token is about: the session must end"
    assert sessions_of(person) == []


def test_a_repetition_within_the_grace_gets_the_very_same_successor(person: Person, time: Clock) -> None:
    first = sign_in(person)["refresh_token"]
    second = next_of(person.api, first)
    time.pass_by(19)
    assert next_of(person.api, first) == second
    time.pass_by(60)
    assert next_of(person.api, second) != second


def test_an_older_token_than_the_previous_ends_the_session_at_once(person: Person, time: Clock) -> None:
    first = sign_in(person)["refresh_token"]
    third = next_of(person.api, next_of(person.api, first))
    assert refresh(person.api, first).status_code == 401
    assert refresh(person.api, third).status_code == 401


def test_tabs_that_refresh_at_once_agree(person: Person) -> None:
    first = sign_in(person)["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(person.api, first), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_json()["refresh_token"] for answer in answers}) == 1


@pytest.mark.parametrize("garbage", ["", "x", "1.2.3", "1.2." + "a" * 43, "٣.2." + "a" * 43, "1.2." + "a" * 5000])
def test_what_is_no_refresh_token_is_refused(api: Api, garbage: str) -> None:
    assert refresh(api, garbage).status_code == 401


def test_a_refresh_token_is_nobody_elses(person: Person) -> None:
    other = person.api.person()
    _, session, secret = sign_in(person)["refresh_token"].split(".")
    assert refresh(person.api, f"{other.id}.{session}.{secret}").status_code == 401


def test_the_database_has_no_refresh_token(person: Person) -> None:
    signed_in = sign_in(person)
    next_of(person.api, signed_in["refresh_token"])
    stored = repr(dump())
    secrets = (signed_in["refresh_token"], signed_in["access_token"])
    assert not any(part in stored for token in secrets for part in token.split(".") if len(part) > 20)


def test_a_session_ends_when_it_is_not_used(person: Person, time: Clock) -> None:
    token = sign_in(person)["refresh_token"]
    time.pass_by(59 * 24 * 3600)
    token = next_of(person.api, token)
    time.pass_by(61 * 24 * 3600)
    assert refresh(person.api, token).status_code == 401
    fresh = person.api.login(person.email)
    assert sessions_of(person, fresh) == []


def test_a_deactivated_user_does_not_refresh(person: Person) -> None:
    token = sign_in(person)["refresh_token"]
    admin = person.api.person("admin")
    admin.ok("PATCH", f"/admin/users/{person.id}", json={"is_active": False})
    assert refresh(person.api, token).status_code == 401
    admin.ok("PATCH", f"/admin/users/{person.id}", json={"is_active": True})
    assert refresh(person.api, token).status_code == 200


def test_devices_are_listed_newest_first(person: Person) -> None:
    sign_in(person, **{"User-Agent": "Phone\t" + "x" * 300})
    sign_in(person, **{"User-Agent": "Browser"})
    api, other = person.api, person.api.person()
    sign_in(other)
    listed = sessions_of(person)
    assert [each["user_agent"] for each in listed] == ["Browser", "Phone" + "x" * 250]
    assert [list(each) for each in listed] == [["id", "created_at", "last_used_at", "user_agent"]] * 2
    page = api.call("GET", "/auth/sessions?limit=1", person.token)
    assert 'rel="next"' in page.headers["Link"]


def test_one_device_is_signed_out_alone(person: Person) -> None:
    phone, browser = sign_in(person), sign_in(person)
    stranger = person.api.person()
    newest = sessions_of(person)[0]["id"]
    stranger.ok("DELETE", f"/auth/sessions/{newest}")
    assert len(sessions_of(person)) == 2, "the session is not the stranger's to end"
    for _ in range(2):
        person.ok("DELETE", f"/auth/sessions/{newest}")
    assert refresh(person.api, browser["refresh_token"]).status_code == 401
    assert refresh(person.api, phone["refresh_token"]).status_code == 200


def test_a_logout_ends_the_session_of_the_token_and_no_other(person: Person) -> None:
    phone, browser = sign_in(person), sign_in(person)
    stranger = person.api.person()
    stranger.ok("POST", "/auth/logout", json={"refresh_token": phone["refresh_token"]})
    later = next_of(person.api, phone["refresh_token"])
    person.ok("POST", "/auth/logout", json={"refresh_token": later})
    assert refresh(person.api, later).status_code == 401
    assert refresh(person.api, browser["refresh_token"]).status_code == 200
    person.ok("POST", "/auth/logout", json={"refresh_token": "anything"})
    assert person.call("POST", "/auth/logout", json={}).status_code == 422
    assert person.call("POST", "/auth/logout", json={"everywhere": "true"}).status_code == 422


def test_a_logout_everywhere_ends_every_token_and_not_the_next(person: Person) -> None:
    """All within one second: a token that is issued next lives on."""
    phone = sign_in(person)
    old = [person.token, phone["access_token"], person.api.login(person.email)]
    person.ok("POST", "/auth/logout", json={"everywhere": True})
    fresh = person.api.login(person.email)
    again = sign_in(person)
    for token in old:
        assert person.api.call("GET", "/auth/me", token).status_code == 401
    for token in (fresh, again["access_token"]):
        assert person.api.ok("GET", "/auth/me", token)["id"] == person.id
    assert refresh(person.api, phone["refresh_token"]).status_code == 401
    assert refresh(person.api, again["refresh_token"]).status_code == 200
    assert not [path for path in dump() if path.startswith("sessions/")][1:]


def test_a_new_password_ends_everything_issued_before(person: Person) -> None:
    phone = sign_in(person)
    body = {"current_password": PASSWORD, "new_password": "another-password"}
    fresh = person.ok("POST", "/auth/password", json=body)
    assert list(fresh) == ["access_token", "token_type"]
    for token in (person.token, phone["access_token"]):
        assert person.api.call("GET", "/auth/me", token).status_code == 401
    assert refresh(person.api, phone["refresh_token"]).status_code == 401
    assert person.api.ok("GET", "/auth/me", fresh["access_token"])["id"] == person.id
    assert person.api.login(person.email, "another-password")
    form = {"username": person.email, "password": PASSWORD}
    assert person.api.call("POST", "/auth/login", data=form).status_code == 401


def test_of_two_new_passwords_at_once_one_is_set(person: Person) -> None:
    def change(i: int) -> int:
        body = {"current_password": PASSWORD, "new_password": f"new-password-{i}"}
        return int(person.call("POST", "/auth/password", json=body).status_code)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(change, range(6)))
    assert answers.count(200) == 1
    assert set(answers) <= {200, 401, 403}
    form = {"username": person.email, "password": f"new-password-{answers.index(200)}"}
    assert person.api.call("POST", "/auth/login", data=form).status_code == 200


def test_guessing_the_current_password_with_a_stolen_token_ends(person: Person, configure: Configure) -> None:
    configure(LOGIN_FAILURES_PER_ACCOUNT="3")
    paths: list[tuple[str, str, dict[str, str]]] = [
        ("POST", "/auth/password", {"new_password": "another-password"}),
        ("PATCH", "/auth/me", {"email": "thief@example.kz"}),
    ]
    answers = [
        person.call(*paths[i % 2][:2], json=paths[i % 2][2] | {"current_password": f"guess{i}"}).status_code
        for i in range(4)
    ]
    assert answers == [403, 403, 403, 429]
    assert person.call("POST", "/auth/password", json=paths[0][2] | {"current_password": PASSWORD}).status_code == 429
    assert person.ok("GET", "/auth/me")["email"] == person.email


# --- The own account


def test_a_name_changes_without_a_password(person: Person) -> None:
    changed = person.ok("PATCH", "/auth/me", json={"name": " Айгүл ", "email": None, "phone": ""})
    assert changed == person.ok("GET", "/auth/me")
    assert (changed["name"], changed["email"]) == ("Айгүл", person.email)


def test_a_new_email_needs_the_password_and_moves_the_login(person: Person) -> None:
    for password in ({}, {"current_password": "wrong"}, {"current_password": None}):
        refused = person.call("PATCH", "/auth/me", json={"email": "new@example.kz"} | password)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "wrong_password")
    change = {"email": "New@example.kz", "phone": "87001112233", "current_password": PASSWORD}
    assert person.ok("PATCH", "/auth/me", json=change)["phone"] == "+77001112233"
    for username in ("new@EXAMPLE.kz", "+7 700 111 22 33"):
        assert person.api.login(username)
    old = person.api.call("POST", "/auth/login", data={"username": person.email, "password": PASSWORD})
    assert old.status_code == 401
    other = person.api.person(email=person.email)  # The old address is free again.
    taken = other.call("PATCH", "/auth/me", json={"phone": "+77001112233", "current_password": PASSWORD})
    assert (taken.status_code, taken.get_json()["code"]) == (409, "phone_taken")


def test_the_same_email_in_other_case_needs_no_password(person: Person) -> None:
    assert person.ok("PATCH", "/auth/me", json={"email": person.email.upper()})["email"] == person.email.upper()
    assert person.api.login(person.email)


def test_of_two_who_want_one_phone_one_gets_it(api: Api) -> None:
    people = [api.person() for _ in range(4)]

    def take(person: Person) -> int:
        body = {"phone": "+77001112233", "current_password": PASSWORD}
        return int(person.call("PATCH", "/auth/me", json=body).status_code)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(take, people))
    assert sorted(answers) == [200, 409, 409, 409]
    identities = [data for path, data in dump().items() if path.startswith("identities/") and data["kind"] == "phone"]
    assert [data["user_id"] for data in identities] == [people[answers.index(200)].id]


def test_a_token_of_before_the_versions_still_counts(person: Person) -> None:
    token = security.issue_token(person.id)
    assert person.api.ok("GET", "/auth/me", token)["id"] == person.id
    users.ref(person.id)
    person.ok("POST", "/auth/logout", json={"everywhere": True})
    assert person.api.call("GET", "/auth/me", token).status_code == 401


def test_what_sessions_cost(person: Person) -> None:
    with Recorder().installed() as recorder:

        def cost(*given: Any, **options: Any) -> tuple[Cost, Any]:
            with recorder.recording() as calls:
                answer = person.api.ok(*given, **options)
            return Cost.of(calls), answer

        form = {"grant_type": "password", "username": person.email, "password": PASSWORD}
        used, signed_in = cost("POST", "/auth/token", data=form)
        assert used <= Cost(rpcs=3, reads=3, writes=1)
        renewal = {"grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"]}
        used, _ = cost("POST", "/auth/token", data=renewal)
        assert used <= Cost(rpcs=2, reads=2, writes=1)
        used, _ = cost("POST", "/auth/token", data=renewal)
        assert used <= Cost(rpcs=1, reads=2)
        used, _ = cost("GET", "/auth/sessions", person.token)
        assert used <= Cost(rpcs=2, reads=2)


# --- Any history, against a plain model


class Model:
    """What must be true of one user's sessions, without any cleverness."""

    def __init__(self) -> None:
        self.version = 0
        self.password = PASSWORD
        self.access: dict[str, int] = {}
        self.sessions: dict[str, tuple[list[str], datetime]] = {}


@pytest.mark.parametrize("seed", range(6))
def test_any_history_is_as_the_model_says(api: Api, time: Clock, seed: int) -> None:
    dice, person, model = random.Random(seed), api.person(), Model()
    chains: list[list[str]] = []  # Each session's refresh tokens, oldest first; empty when it has ended.
    rotated: dict[int, datetime] = {}
    model.access[person.token] = 0

    def signed_in() -> None:
        answer = sign_in(person, model.password)
        chains.append([answer["refresh_token"]])
        model.access[answer["access_token"]] = model.version

    def refreshed() -> None:
        open_ = [i for i, chain in enumerate(chains) if chain]
        if not open_:
            return
        which = dice.choice(open_)
        chain = chains[which]
        token = dice.choice(chain[-3:])
        answer = refresh(api, token)
        if token == chain[-1]:
            assert answer.status_code == 200
            lost = dice.random() < 0.3  # The answer never arrives; the client will repeat.
            chain.append(answer.get_json()["refresh_token"])
            rotated[which] = time.time
            if not lost:
                model.access[answer.get_json()["access_token"]] = model.version
        elif len(chain) > 1 and token == chain[-2] and time.time - rotated[which] <= timedelta(seconds=20):
            assert answer.status_code == 200
            assert answer.get_json()["refresh_token"] == chain[-1]
        else:
            assert answer.status_code == 401
            chains[which] = []

    def out_of_one() -> None:
        which = dice.randrange(len(chains)) if chains else None
        if which is not None and chains[which]:
            token = dice.choice(chains[which])
            api.ok("POST", "/auth/logout", current(), json={"refresh_token": token})
            chains[which] = []

    def current() -> str:
        token = api.login(person.email, model.password)
        model.access[token] = model.version
        return token

    def all_over() -> None:
        model.version += 1
        chains[:] = [[] for _ in chains]

    def out_of_all() -> None:
        api.ok("POST", "/auth/logout", current(), json={"everywhere": True})
        all_over()

    def new_password() -> None:
        new = f"password-{dice.random()}"
        body = {"current_password": model.password, "new_password": new}
        answer = api.ok("POST", "/auth/password", current(), json=body)
        model.password = new
        all_over()
        model.access[answer["access_token"]] = model.version

    def waited() -> None:
        time.pass_by(dice.choice((1, 15, 25)))

    for _ in range(60):
        step = dice.choices((signed_in, refreshed, out_of_one, out_of_all, new_password, waited), (3, 10, 1, 1, 1, 5))[
            0
        ]
        step()
        for token, version in dice.sample(sorted(model.access.items()), min(2, len(model.access))):
            status = api.call("GET", "/auth/me", token).status_code
            assert status == (200 if version == model.version else 401)
    assert len(api.ok("GET", "/auth/sessions", current())) == sum(bool(chain) for chain in chains)
