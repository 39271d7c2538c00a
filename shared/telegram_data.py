"""What Telegram itself signs: the data of a Mini App and of the login widget. Pure rules.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
https://core.telegram.org/widgets/login#checking-authorization

Such data is as good as a password until it expires, a day after ``auth_date``, and cannot be made to count only once: a
Mini App has the same data as long as it stays open, and sends it at each reload. So it counts for a day, and not at all
once its person has ended all tokens after it was signed (``tokens_valid_from``).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from shared.characters import cleaned

MAX_AGE = timedelta(days=1)
CLOCKS_DIFFER_BY = timedelta(minutes=5)


class NotGenuine(Exception):
    """Not signed by Telegram for this bot, or too old."""


@dataclass(frozen=True)
class TelegramUser:
    """A person as Telegram vouches for them."""

    id: str
    name: str | None
    signed_at: datetime


def from_mini_app(init_data: str, token: str, now: datetime) -> TelegramUser:
    """The person behind a Mini App's ``initData``.

    Raises:
        NotGenuine: It is not.
    """
    try:
        pairs = parse_qsl(init_data, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise NotGenuine from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotGenuine  # A name that comes twice could be read in two ways.
    _check(fields, hmac.digest(b"WebAppData", token.encode(), hashlib.sha256))
    try:
        user = json.loads(fields.get("user", ""))
    except ValueError:
        raise NotGenuine from None
    return _user(user, fields.get("auth_date"), now)


def from_widget(fields: Mapping[str, Any], token: str, now: datetime) -> TelegramUser:
    """The person behind the fields that the login widget hands over.

    Raises:
        NotGenuine: They are not.
    """
    _check({name: str(value) for name, value in fields.items()}, hashlib.sha256(token.encode()).digest())
    return _user(fields, fields.get("auth_date"), now)


def _check(fields: Mapping[str, str], key: bytes) -> None:
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()) if name != "hash")
    expected = hmac.digest(key, lines.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
    if not hmac.compare_digest(expected.encode(), fields.get("hash", "").encode("utf-8", "surrogatepass")):
        raise NotGenuine


def _user(user: Any, auth_date: Any, now: datetime) -> TelegramUser:
    try:
        signed_at = datetime.fromtimestamp(int(auth_date), UTC)
        telegram_id = int(user["id"])
        names = [user.get("first_name"), user.get("last_name")]
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, OSError):
        raise NotGenuine from None
    if not -CLOCKS_DIFFER_BY <= now - signed_at <= MAX_AGE or telegram_id <= 0:
        raise NotGenuine
    kept = [cleaned(each) for each in names if isinstance(each, str)]
    name = " ".join(each for each in kept if each)[:255]
    return TelegramUser(str(telegram_id), name or None, signed_at)
