"""Getting in: passwords, guessing them, who is who."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import bcrypt
import pytest

from shared import security
from shared.data import store, throttle, users
from shared.enums import Role
from shared.models.admin import AdminUserUpdate
from tests.conftest import Configure
from tests.instruments.api import PASSWORD, Api
from tests.instruments.recorder import Recorder
from tests.security.database import dump

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


def register(api: Api, **fields: Any) -> Any:
    body = {"name": "N", "email": "victim@example.kz", "password": PASSWORD} | fields
    return api.call("POST", "/auth/register", json=body, headers=fields.pop("headers", {}))


def login(api: Api, password: str, username: str = "victim@example.kz", address: str = HERE) -> Any:
    form = {"username": username, "password": password}
    return api.call("POST", "/auth/login", data=form, headers={"X-Forwarded-For": address})


@pytest.fixture
def limits(configure: Configure) -> Configure:
    """Limits as a deployed function has them, only smaller."""
    configure(
        TRUSTED_PROXIES="1",
        LOGIN_FAILURES_PER_ACCOUNT="3",
        LOGIN_FAILURES_PER_ADDRESS="6",
        REGISTER_FAILURES_PER_ADDRESS="3",
        THROTTLE_WINDOW_SECONDS="600",
    )
    return configure


@pytest.fixture
def victim(api: Api) -> int:
    return int(register(api, phone="+77001234567").get_json()["id"])


# --- One 401 for every reason


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The hashes that bcrypt is asked to compare with or to make, in order; the cost stands in front."""
    asked: list[bytes] = []
    check, make = bcrypt.checkpw, bcrypt.hashpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda password, hashed: asked.append(hashed) or check(password, hashed))
    monkeypatch.setattr(bcrypt, "hashpw", lambda password, salt: asked.append(salt) or make(password, salt))
    return asked


def test_every_failed_login_answers_the_same_for_the_same_work(api: Api, victim: int, hashes: list[bytes]) -> None:
    api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": "1", "phone": "+77010000001"})
    inactive = register(api, email="inactive@example.kz").get_json()["id"]
    found, guard = store.get(users.ref(inactive), users.admin_guard_ref())
    users.change(found, guard, AdminUserUpdate(is_active=False))
    attempts = {
        "wrong password": ("victim@example.kz", "wrong"),
        "wrong password, by phone": ("87001234567", "wrong"),
        "empty password": ("victim@example.kz", " "),
        "unknown email": ("nobody@example.kz", PASSWORD),
        "unknown phone": ("+77019999999", PASSWORD),
        "neither email nor phone": ("\x00 __id__ ../..", PASSWORD),
        "no password set": ("+77010000001", PASSWORD),
        "deactivated, right password": ("inactive@example.kz", PASSWORD),
        "very long": ("x" * 20_000, "y" * 20_000),
    }
    seen = {}
    with Recorder().installed() as recorder:
        for name, (username, password) in attempts.items():
            hashes.clear()
            with recorder.recording() as calls:
                response = login(api, password, username)
            work = [(rpc.method, rpc.reads, rpc.writes) for rpc in calls.rpcs], [hashed[:7] for hashed in hashes]
            seen[name] = response.status_code, response.data, sorted(response.headers), work
    assert {status for status, *_ in seen.values()} == {401}
    assert len({repr(each) for each in seen.values()}) == 1, seen


@pytest.mark.parametrize("cost", ["5", "6"])
def test_an_unknown_name_costs_a_hash_of_the_configured_cost(
    api: Api, configure: Configure, hashes: list[bytes], cost: str
) -> None:
    configure(BCRYPT_COST=cost)
    register(api)
    for username in ("victim@example.kz", "nobody@example.kz"):
        assert login(api, "wrong", username).status_code == 401
    assert [hashed[:7] for hashed in hashes] == [f"$2b$0{cost}$".encode()] * 3


@pytest.mark.parametrize(
    "username", ["VICTIM@example.kz", " victim@example.kz ", "+7 700 123-45-67", "8 (700) 1234567"]
)
def test_every_spelling_of_a_name_is_one_account(api: Api, victim: int, username: str) -> None:
    assert login(api, PASSWORD, username).status_code == 200


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("🔑" * 128, "🔑" * 127),  # 512 bytes
        ("🔑" * 128, "🔑" * 127 + "🔒"),
        ("a" * 72 + "first", "a" * 72 + "other"),  # bcrypt's own limit
        ("a" * 73, "a" * 72),
        ("before\x00after", "before\x00other"),  # bcrypt's own end
        ("before\x00after", "before"),
        ("пароль-ё", "пароль-е"),
        ("secret-pass", "SECRET-PASS"),
        ("secret-pass", "secret-pass "),
        (" 8 blanks ", "8 blanks"),
    ],
)
def test_a_password_counts_to_its_last_byte(api: Api, password: str, other: str) -> None:
    assert register(api, password=password).status_code == 200
    assert login(api, other).status_code == 401
    assert login(api, password).status_code == 200


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129, None, 12345678, ["12345678"]])
def test_a_password_outside_the_rules_is_refused_unrepeated(api: Api, password: Any) -> None:
    response = register(api, password=password)
    assert response.status_code == 422
    assert response.get_json()["detail"][0]["loc"] == ["body", "password"]
    assert "input" not in response.text
    assert not dump()


# --- Guessing


def test_guessing_an_account_ends_in_429_even_with_the_right_password(api: Api, victim: int, limits: Configure) -> None:
    assert [login(api, f"guess{i}").status_code for i in range(4)] == [401, 401, 401, 429]
    refused = login(api, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert refused.get_json().keys() == {"detail"}


def test_right_passwords_are_not_counted(api: Api, victim: int, limits: Configure) -> None:
    before = dump()
    assert {login(api, PASSWORD).status_code for _ in range(20)} == {200}
    assert dump() == before


def test_an_attacker_elsewhere_does_not_lock_the_owner_out(api: Api, victim: int, limits: Configure) -> None:
    for i in range(5):
        login(api, f"guess{i}", address=ELSEWHERE)
    assert login(api, PASSWORD, address=ELSEWHERE).status_code == 429
    assert login(api, PASSWORD).status_code == 200


def test_an_attacker_behind_the_same_front_end_does_not_lock_the_owner_out(
    api: Api, victim: int, limits: Configure
) -> None:
    front_end = "66.249.93.44"
    for i in range(8):
        login(api, f"guess{i}", address=f"{ELSEWHERE}, {front_end}")
    assert login(api, PASSWORD, address=f"{ELSEWHERE}, {front_end}").status_code == 429
    assert login(api, PASSWORD, address=f"{HERE}, {front_end}").status_code == 200


@pytest.mark.parametrize("forged", ["10.0.0.{}, ", "66.249.93.{}, ", "{}, ", ",,{},"])
def test_inventing_addresses_does_not_help(api: Api, victim: int, limits: Configure, forged: str) -> None:
    answers = [login(api, f"guess{i}", address=forged.format(i) + HERE).status_code for i in range(4)]
    assert answers == [401, 401, 401, 429]


def test_without_a_proxy_the_header_means_nothing(api: Api, victim: int, limits: Configure) -> None:
    limits(TRUSTED_PROXIES="0")
    assert [login(api, f"guess{i}", address=f"10.0.0.{i}").status_code for i in range(4)] == [401, 401, 401, 429]


def test_trying_many_accounts_from_one_address_ends_too(api: Api, victim: int, limits: Configure) -> None:
    answers = [login(api, "12345678", f"user{i}@example.kz").status_code for i in range(7)]
    assert answers == [401] * 6 + [429]
    assert login(api, PASSWORD).status_code == 200, "wrong passwords for others never refuse the right one"
    assert login(api, PASSWORD, address=ELSEWHERE).status_code == 200


def test_another_spelling_of_the_name_is_no_new_account_to_guess(api: Api, victim: int, limits: Configure) -> None:
    spellings = ("victim@example.kz", "VICTIM@EXAMPLE.KZ", " Victim@Example.kz", "victim@example.KZ ")
    assert [login(api, "guess", name).status_code for name in spellings] == [401, 401, 401, 429]


def test_failures_do_not_tell_that_an_email_and_a_phone_belong_together(
    api: Api, victim: int, limits: Configure
) -> None:
    assert [login(api, "guess").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert login(api, PASSWORD, "+77001234567").status_code == 200


def test_parallel_guesses_are_all_counted(api: Api, victim: int, limits: Configure) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: login(api, f"guess{i}").status_code, range(8)))
    assert sorted(answers) == [401] * 3 + [429] * 5
    assert login(api, PASSWORD).status_code == 429


def test_of_parallel_guesses_no_more_are_hashed_than_are_allowed(
    api: Api, victim: int, configure: Configure, hashes: list[bytes]
) -> None:
    configure(TRUSTED_PROXIES="1", LOGIN_FAILURES_PER_ACCOUNT="10")
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda i: login(api, f"guess{i}").status_code, range(40)))
    assert sorted(answers) == [401] * 10 + [429] * 30
    assert len(hashes) == 10


def test_right_passwords_in_parallel_are_neither_refused_nor_written_down(
    api: Api, victim: int, limits: Configure
) -> None:
    before = dump()
    with ThreadPoolExecutor(20) as pool:
        assert {each.status_code for each in pool.map(lambda _: login(api, PASSWORD), range(20))} == {200}
    assert dump() == before


def test_a_right_password_after_wrong_ones_leaves_the_other_tries(api: Api, victim: int, limits: Configure) -> None:
    assert [login(api, f"guess{i}").status_code for i in range(2)] == [401, 401]
    assert {login(api, PASSWORD).status_code for _ in range(5)} == {200}
    assert [login(api, f"guess{i}").status_code for i in range(2)] == [401, 429]


def test_walking_through_a_network_of_ipv6_ends(api: Api, victim: int, limits: Configure) -> None:
    limits(LOGIN_FAILURES_PER_ADDRESS="100")
    in_one_56 = [login(api, f"guess{i}", address=f"2001:db8:1:1{i:02x}::1").status_code for i in range(7)]
    assert in_one_56 == [401] * 6 + [429]
    in_one_48 = [login(api, f"guess{i}", address=f"2001:db8:1:{i + 2:x}00::1").status_code for i in range(7)]
    assert in_one_48 == [401] * 6 + [429]
    assert login(api, PASSWORD, address="2001:db8:1:ff00::1").status_code == 429
    assert login(api, PASSWORD, address="2001:db8:2::1").status_code == 200


def test_walking_through_a_network_of_ipv6_ends_for_many_accounts_too(api: Api, victim: int, limits: Configure) -> None:
    def guess(i: int) -> int:
        return int(login(api, "12345678", f"user{i}@example.kz", f"2001:db8:1:{i:x}::{i}").status_code)

    assert [guess(i) for i in range(13)] == [401] * 12 + [429]
    assert login(api, PASSWORD, address="2001:db8:1::1").status_code == 200


@pytest.mark.parametrize("username", ["victim@example.kz", "nobody@example.kz"])
def test_an_account_under_attack_from_everywhere_slows_down_and_its_owner_enters(
    api: Api, victim: int, limits: Configure, username: str
) -> None:
    limits(LOGIN_FAILURES_PER_ACCOUNT="4")

    def guesses(address: str) -> int:
        """How many guesses an address gets before it is refused."""
        return next(i for i in range(9) if login(api, f"guess{i}", username, address).status_code == 429)

    allowed = [guesses(f"198.51.100.{i}") for i in range(25)]
    assert allowed[:9] == [4] * 9
    assert allowed[-5:] == [2] * 5
    if username == "victim@example.kz":
        assert login(api, PASSWORD).status_code == 200
        assert login(api, "mistyped").status_code == 401
        assert login(api, PASSWORD).status_code == 200
    assert guesses("203.0.113.99") == 2


def test_the_limit_ends_with_its_window(
    api: Api, victim: int, limits: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 600 * 1_000_000 + 598.5

    def passes(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: now))
    assert [login(api, f"guess{i}").status_code for i in range(4)] == [401, 401, 401, 429]
    for path, data in dump().items():
        if path.startswith("throttle/"):
            assert 600 < data["expires_at"].timestamp() - now < 1200  # What the TTL policy removes it by.
    refused = login(api, PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    passes(seconds=1)
    assert login(api, PASSWORD).status_code == 429
    passes(seconds=1)
    assert login(api, PASSWORD).status_code == 200


def test_counts_name_neither_the_account_nor_the_address(api: Api, victim: int, limits: Configure) -> None:
    login(api, "guess")
    counted = repr({path: data for path, data in dump().items() if path.startswith("throttle/")})
    assert "throttle/login" in counted
    assert "victim" not in counted
    assert HERE not in counted


def test_taken_names_cannot_be_listed_without_end(api: Api, victim: int, limits: Configure) -> None:
    def again(i: int) -> int:
        body = {"name": "N", "email": "victim@example.kz", "password": PASSWORD}
        return api.call("POST", "/auth/register", json=body, headers={"X-Forwarded-For": HERE}).status_code

    assert [again(i) for i in range(4)] == [409, 409, 409, 429]
    body = {"name": "N", "email": "new@example.kz", "password": PASSWORD}
    free = body | {"email": "free@example.kz"}
    answer = api.call("POST", "/auth/register", json=free, headers={"X-Forwarded-For": HERE})
    assert answer.status_code == 200, "taken names never refuse a free one"


def register_from(api: Api, address: str, number: int) -> int:
    body = {"name": "N", "email": f"office{number}@example.kz", "password": PASSWORD}
    return api.call("POST", "/auth/register", json=body, headers={"X-Forwarded-For": address}).status_code


def test_registrations_that_succeed_have_a_limit_of_their_own(api: Api, limits: Configure) -> None:
    assert {register_from(api, HERE, i) for i in range(8)} == {200}
    assert not [path for path in dump() if path.startswith("throttle/")]
    limits(REGISTRATIONS_PER_ADDRESS="5")
    assert [register_from(api, HERE, 10 + i) for i in range(7)] == [200] * 5 + [429] * 2
    assert register_from(api, ELSEWHERE, 20) == 200
    assert [register_from(api, HERE, 0) for _ in range(4)] == [429] * 4
    assert [register_from(api, ELSEWHERE, 0) for _ in range(4)] == [409, 409, 409, 429]
    assert register_from(api, ELSEWHERE, 21) == 200
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda i: register_from(api, "2001:db8::1", 100 + i), range(10)))
    assert sorted(made) == [200] * 5 + [429] * 5
    made = [register_from(api, f"2001:db8:0:{i}::1", 200 + i) for i in range(1, 7)]
    assert made == [200] * 5 + [429]  # Ten in one /56.


def test_a_developer_may_fail_hundreds_of_times(api: Api, victim: int) -> None:
    assert {login(api, f"guess{i}").status_code for i in range(150)} == {401}
    assert {register(api).status_code for _ in range(50)} == {409}


# --- The bot, and no way to an admin


def by_telegram(api: Api, secret: str | None = None, **fields: Any) -> Any:
    headers = {"X-Telegram-Bot-Secret": secret} if secret is not None else {}
    return api.call("POST", "/auth/telegram/login-or-register", json={"telegram_id": "7"} | fields, headers=headers)


SECRET = "bot-secret-" + "x" * 32


@pytest.mark.parametrize("given", [None, "", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "é" * 40, "\udc80"])
def test_only_the_bot_may_log_others_in(api: Api, configure: Configure, given: str | None) -> None:
    configure(TELEGRAM_BOT_SECRET=SECRET)
    refused = by_telegram(api, given.encode("utf-8", "surrogateescape").decode("latin-1") if given else given)
    assert refused.status_code == 403
    assert SECRET not in refused.text
    assert not dump()
    assert by_telegram(api, SECRET).status_code == 200


def test_who_is_not_the_bot_learns_nothing_about_the_body(api: Api, configure: Configure) -> None:
    configure(TELEGRAM_BOT_SECRET=SECRET)
    assert by_telegram(api, telegram_id=None, role="king").status_code == 403
    assert by_telegram(api, SECRET, telegram_id=None).status_code == 422


def test_the_bots_secret_is_rotated_without_a_pause(api: Api, configure: Configure) -> None:
    new = "next-secret-" + "y" * 32
    configure(TELEGRAM_BOT_SECRET=f"{new},{SECRET}")
    assert [by_telegram(api, secret).status_code for secret in (SECRET, new)] == [200, 200]
    assert [by_telegram(api, secret).status_code for secret in (f"{new},{SECRET}", "", None)] == [403] * 3
    configure(TELEGRAM_BOT_SECRET=new)
    assert [by_telegram(api, secret).status_code for secret in (SECRET, new)] == [403, 200]


def test_the_bots_secret_is_compared_in_constant_time(
    api: Api, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(TELEGRAM_BOT_SECRET=SECRET)
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((a, b)) or compare(a, b))
    assert by_telegram(api, "wrong").status_code == 403
    assert (b"wrong", SECRET.encode()) in compared


def test_deployed_without_a_secret_nobody_gets_in_by_telegram(api: Api, configure: Configure) -> None:
    configure(ENVIRONMENT="production", JWT_KEYS="k" * 32, PASSWORD_PEPPER="p" * 32, TELEGRAM_BOT_SECRET=None)
    assert [by_telegram(api, secret).status_code for secret in (None, "", "None", "null")] == [403] * 4
    assert not dump()


@pytest.mark.parametrize("role", ["admin", "ADMIN", "Admin", " admin", "admin\x00", ["admin"], {"value": "admin"}, 3])
def test_nobody_registers_as_an_admin(api: Api, role: Any) -> None:
    fields: dict[str, Any] = {"is_admin": True, "is_superuser": True, "roles": ["admin"]}
    assert register(api, role=role, **fields).status_code == 422
    assert by_telegram(api, role=role, **fields).status_code == 422
    assert not dump()


def test_an_admin_cannot_be_entered_or_linked_by_telegram(api: Api) -> None:
    admin = register(api, email="admin@example.kz", phone="+77005550000").get_json()["id"]
    linked = by_telegram(api, telegram_id="77", phone="+77006660000")
    assert linked.status_code == 200
    for user_id in (admin, security.read_token(linked.get_json()["access_token"]).user_id):
        found, guard = store.get(users.ref(user_id), users.admin_guard_ref())
        users.change(found, guard, AdminUserUpdate(role=Role.ADMIN))
    before = dump()
    for fields in (
        {"telegram_id": "77"},
        {"telegram_id": "77", "phone": "+77001112233"},
        {"telegram_id": "8", "phone": "+77005550000"},
        {"telegram_id": "8", "phone": "87005550000", "role": "landlord"},
        {"telegram_id": "8", "phone": "+77006660000"},
    ):
        assert by_telegram(api, **fields).status_code == 403, fields
    assert dump() == before


def test_a_deactivated_user_gets_no_token_by_telegram(api: Api) -> None:
    token = by_telegram(api, phone="+77006660000").get_json()["access_token"]
    found, guard = store.get(users.ref(security.read_token(token).user_id), users.admin_guard_ref())
    users.change(found, guard, AdminUserUpdate(is_active=False))
    assert by_telegram(api).status_code == 403
    assert by_telegram(api, telegram_id="8", phone="+77006660000").status_code == 403


@pytest.mark.parametrize("flag", [0, 1, "off", "true", "0"])
def test_only_a_boolean_is_a_boolean(api: Api, flag: Any) -> None:
    body = {"title": "Flat", "city": "Astana", "price": 1, "is_active": flag}
    assert api.person("landlord").call("POST", "/listings", json=body).status_code == 422


@pytest.mark.parametrize("key", ["0", "00", "9" * 17])
def test_what_is_no_id_leads_nowhere(api: Api, key: str) -> None:
    assert api.person().call("DELETE", f"/favorites/{key}").status_code == 404


def test_an_account_that_exists_becomes_an_admins_only_by_its_own_word(api: Api) -> None:
    """Anybody may have registered that email before: their token, password and phone lead nowhere then."""
    squatter = api.person("tenant", email="boss@example.kz", phone="+77001234567")
    with pytest.raises(users.AccountExists) as refused:
        users.make_admin("Boss@example.kz", "hash")
    assert (refused.value.user.id, refused.value.user.phone) == (squatter.id, "+77001234567")
    admin = users.make_admin("boss@example.kz", security.hash_password("another-password"), take_over=True)
    assert (admin.id, admin.role, admin.phone, admin.telegram_id) == (squatter.id, "admin", None, None)
    assert squatter.call("GET", "/admin/users").status_code == 401
    for username in ("boss@example.kz", "+77001234567"):
        wrong = {"username": username, "password": PASSWORD}
        assert api.call("POST", "/auth/login", data=wrong).status_code == 401
    entered = api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": "5", "phone": "+77001234567"})
    assert api.ok("GET", "/auth/me", entered["access_token"])["id"] != admin.id
    assert api.call("GET", "/admin/users", api.login("boss@example.kz", "another-password")).status_code == 200
