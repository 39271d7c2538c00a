"""Passwords, tokens, cursors and the set of seen ids."""

import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

import jwt
import pytest

os.environ.setdefault("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")  # Local rules; nothing here calls it.
os.environ.setdefault("BCRYPT_COST", "4")

from shared import security
from shared.data.pages import decode_cursor, encode_cursor
from shared.errors import Invalid, Unauthorized
from shared.feed.positions import micros, moment
from shared.feed.seen import Seen
from shared.settings import Settings

OLD, NEW = "o" * 48, "n" * 48
Keys = Callable[..., None]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    def configure(*keys: str) -> None:
        configured = Settings(environment="local", jwt_keys=list(keys), password_pepper="p" * 32, bcrypt_cost=4)
        monkeypatch.setattr(security, "settings", lambda: configured)

    configure(NEW)
    return configure


@pytest.mark.parametrize("password", ["12345678", "пароль-пароль", "x" * 128, "🔑" * 128, "a\x00b12345"])
def test_a_password_is_checked_to_its_last_byte(keys: Keys, password: str) -> None:
    hashed = security.hash_password(password)
    assert password not in hashed
    assert security.verify_password(password, hashed)
    assert not security.verify_password(password[:-1], hashed)
    assert not security.verify_password(password[:-1] + "?", hashed)
    assert not security.verify_password(password, None)


def test_a_hash_is_of_its_pepper_and_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    def configured(pepper: str, cost: int) -> None:
        chosen = Settings(environment="local", jwt_keys=[NEW], password_pepper=pepper * 32, bcrypt_cost=cost)
        monkeypatch.setattr(security, "settings", lambda: chosen)

    configured("p", 5)
    hashed = security.hash_password("password")
    assert hashed.startswith("$2b$05$")
    assert security.verify_password("password", hashed)
    configured("p", 6)
    assert security.hash_password("password").startswith("$2b$06$")
    assert security.verify_password("password", hashed)
    configured("q", 5)
    assert not security.verify_password("password", hashed)
    assert security.keyed("code", "x") != (configured("p", 5), security.keyed("code", "x"))[1]


def test_a_token_names_its_user_as_a_string(keys: Keys) -> None:
    token = security.issue_token(2**53 - 1)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == str(2**53 - 1)
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert security.read_token(token).user_id == 2**53 - 1


def test_a_key_is_rotated_without_logging_anybody_out(keys: Keys) -> None:
    keys(OLD)
    token = security.issue_token(5)
    keys(NEW, OLD)
    assert security.read_token(token).user_id == 5
    assert security.read_token(security.issue_token(6)).user_id == 6
    keys(NEW)
    with pytest.raises(Unauthorized):
        security.read_token(token)


def forged(**changes: object) -> str:
    claims: dict[str, object] = {"sub": "5", "iat": int(time.time()), "exp": int(time.time()) + 60} | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, NEW, "HS256")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        jwt.encode({"sub": "5", "iat": 1, "exp": 2**40}, "x" * 32, "HS256"),
        jwt.encode({"sub": "5", "iat": 1, "exp": 2**40}, NEW, "HS384"),
        jwt.encode({"sub": "5", "iat": 1, "exp": 2**40}, "", "none"),
        *(
            forged(**changes)
            for changes in (
                {"exp": int(time.time()) - 1},
                {"exp": None},
                {"iat": None},
                {"sub": None},
                {"sub": "admin"},
                {"sub": "٥"},
                {"sub": "1" * 17},
                {"sub": "-5"},
                {"iat": int(time.time()) + 3600},
            )
        ),
    ],
)
def test_any_other_token_is_refused(keys: Keys, token: str) -> None:
    assert security.read_token(forged()).user_id == 5
    with pytest.raises(Unauthorized):
        security.read_token(token)


def test_a_cursor_leads_back_to_its_place() -> None:
    for position in ((0, 1), (1_795_477_495_979_001, 2**53 - 1)):
        assert decode_cursor(encode_cursor(position)) == position


@pytest.mark.parametrize(
    "cursor", ["", "x", "%%%", "W10", "WzEsMl0x", encode_cursor((-1, 1)), encode_cursor((2**60, 1)), "é"]
)
def test_any_other_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(cursor)


def test_times_keep_their_microseconds() -> None:
    now = datetime(2025, 11, 30, 12, 27, 33, 197286, tzinfo=UTC)
    assert moment(micros(now)) == now
    assert micros(now) % 1_000_000 == 197286


def test_what_was_added_is_always_seen_and_little_else_is() -> None:
    dice = random.Random(1)
    keys = [dice.randrange(1, 2**53) for _ in range(10_000)]
    seen = Seen()
    for key in keys:
        seen = seen.with_id(key)
    assert all(seen.might_contain(key) for key in keys)
    others = sum(seen.might_contain(dice.randrange(1, 2**53)) for _ in range(20_000))
    assert others < 120  # 0.05 % for each of at most twelve layers.
    assert sum(map(len, seen.layers)) < 25_000


def test_what_an_action_sends_of_the_seen_ids_does_not_grow() -> None:
    seen = Seen()
    for key in range(20_000):
        before, seen = seen, seen.with_id(key)
        sent = [layer for old, layer in zip((*before.layers, b""), seen.layers, strict=False) if old != layer]
        assert sum(map(len, sent)) <= 2048


def test_the_set_of_seen_ids_stays_small_whatever_is_added() -> None:
    full = Seen(tuple(bytes(2048) for _ in range(128)), 1024)
    assert sum(map(len, full.with_id(7).layers)) == 256 * 1024
    assert full.with_id(7).might_contain(7)


def test_large_layers_of_before_stay_and_take_no_more() -> None:
    stored = Seen(tuple(bytes(512 << layer) for layer in range(6)), 10)
    seen = stored.with_id(7)
    assert seen.layers[:6] == stored.layers
    assert len(seen.layers[6]) == 2048
    assert seen.might_contain(7)
    assert not seen.might_contain(8)
    whole = Seen(tuple(bytes(512 << layer) for layer in range(9)), 65_536)
    assert sum(map(len, whole.with_id(7).layers)) <= 258 * 1024
