"""Configuration, read once from the environment.

A function is local only when it talks to the Firestore emulator and is not told otherwise. Everywhere else it
is deployed, and a missing, short or default secret stops it from starting.
"""

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.client_ip import GOOGLE, Network, networks

LOCAL_SECRET = "local-development-only-" + "0" * 32
MINIMUM_SECRET_BYTES = 32  # RFC 7518, section 3.2: an HS256 key has at least the hash's size.


OPTIONAL_SECRETS = ("TELEGRAM_BOT_SECRET", "TELEGRAM_BOT_TOKEN", "SMTP_URL")
"""Without one of these, only the endpoints that need it refuse their service."""


def _commas(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class Settings(BaseModel):
    """All that can be configured; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    environment: str = Field(min_length=1)
    """Shown by /health. ``local`` relaxes the rules below and is refused without the Firestore emulator."""

    jwt_keys: Annotated[list[str], BeforeValidator(_commas)] = []
    """HS256 keys, comma-separated, newest first: the first signs, all verify. Rotate by putting a new one in front."""

    jwt_lifetime_seconds: int = Field(default=24 * 3600, gt=0)

    session_lifetime_seconds: int = Field(default=60 * 24 * 3600, gt=0)
    """How long a device stays signed in without being used."""

    password_pepper: str | None = None
    """Key of the HMAC under every password hash (OWASP Password Storage Cheat Sheet, peppering). Never changes."""

    bcrypt_cost: int = Field(default=12, ge=4, le=16)

    refuse_common_passwords: bool = True
    """Whether a new password may not be one of the most common ones (shared/common_passwords.py)."""

    telegram_bot_secret: Annotated[list[str], BeforeValidator(_commas)] = []
    """What the bot sends in X-Telegram-Bot-Secret; of several, comma-separated, any: so it is rotated without a pause.
    Unset: open locally, refused when deployed."""

    telegram_bot_token: Annotated[str | None, BeforeValidator(_stripped)] = Field(
        default=None, pattern=r"^[0-9]+:[A-Za-z0-9_-]+$"
    )
    """The bot's token, as BotFather gives it: to send messages, and to check what Telegram's own pages sign."""

    telegram_api_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^/?#]+")
    """Where the Bot API is."""

    smtp_url: Annotated[str | None, BeforeValidator(_stripped)] = Field(default=None, pattern=r"^smtps?://[^/?#\s]+$")
    """The mail server, with its user and password: ``smtps://user:password@host:465``, or ``smtp://`` with STARTTLS.
    Special characters of the user and the password are percent-encoded."""

    mail_from: str | None = Field(default=None, pattern=r"^[^\r\n]*@[^\r\n]*$")
    """The sender of mail: ``Name <address>`` or an address."""

    push_enabled: bool = False
    """Whether apps are told by Firebase Cloud Messaging, with the function's own account."""

    gather_seconds: float = Field(default=2, ge=0, le=10)
    """How long a new notification waits for others that come in the same moment, to be told as one."""

    photos_bucket: str | None = None
    """The bucket of Cloud Storage that has the listings' photos. The deploy makes it."""

    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """Where people find the web page and the API; links in messages lead there."""

    cors_origins: Annotated[list[str], BeforeValidator(_commas)] = []
    """Browser origins that may call the API, comma-separated; ``*`` is any."""

    login_failures_per_account: int = Field(default=10, gt=0)
    """Wrong passwords allowed per account from one client address in one window."""

    login_failures_per_address: int = Field(default=100, gt=0)
    """Wrong passwords allowed from one client address in one window, over all accounts."""

    register_failures_per_address: int = Field(default=20, gt=0)
    """Registrations answered with 409 that one client address may cause in one window."""

    registrations_per_address: int = Field(default=100, ge=0)
    """New users that one client address may make in one window. 0: any number."""

    codes_per_address: int = Field(default=20, gt=0)
    """Codes by mail or Telegram that one client address may ask for in one window."""

    reset_seconds: float = Field(default=3, ge=0, le=10)
    """How long every answer to a forgotten password takes, so that its time does not tell who has an account.
    0: as long as the delivery."""

    throttle_window_seconds: int = Field(default=900, gt=0)

    trusted_proxies: int = Field(default=1, ge=0)
    """How many entries at the right end of X-Forwarded-For the platform itself wrote. 0: the peer's address counts."""

    trusted_edges: Annotated[list[Network], BeforeValidator(_commas)] = networks(GOOGLE)
    """Networks of the front ends that add one entry more, comma-separated. See shared/client_ip.py."""

    feed_settle_seconds: float = Field(default=10, ge=0)
    """How long after its server timestamp a write may still become visible. See shared/feed/README.md."""

    @property
    def local(self) -> bool:
        return self.environment == "local"

    @model_validator(mode="after")
    def _given_secrets_are_real(self) -> Self:
        if self.local:
            if "FIRESTORE_EMULATOR_HOST" not in os.environ:
                raise ValueError("ENVIRONMENT=local needs FIRESTORE_EMULATOR_HOST: local rules never guard real data")
            return self
        for name, secrets in self._secrets().items():
            if any(len(each.encode()) < MINIMUM_SECRET_BYTES or each == LOCAL_SECRET for each in secrets):
                raise ValueError(_demand(name))
        return self

    def _secrets(self) -> dict[str, list[str]]:
        pepper = [] if self.password_pepper is None else [self.password_pepper]
        # The bot's secret lets its owner be every user but an admin.
        return {"JWT_KEYS": self.jwt_keys, "PASSWORD_PEPPER": pepper, "TELEGRAM_BOT_SECRET": self.telegram_bot_secret}

    def require(self, names: Iterable[str]) -> None:
        """Stops a deployed function from starting without its secrets.

        Args:
            names: What the function may read, of which some are optional.

        Raises:
            ValueError: One that is needed is missing.
        """
        for name in names:
            if name not in OPTIONAL_SECRETS and not self._secrets()[name]:
                raise ValueError(_demand(name))


def _demand(name: str) -> str:
    return f"{name} must be set to secrets of at least {MINIMUM_SECRET_BYTES} bytes"


LOCAL_DEFAULTS = {
    "environment": "local",
    "jwt_keys": [LOCAL_SECRET],
    "password_pepper": LOCAL_SECRET,
    "bcrypt_cost": 6,  # 5 ms instead of 280: a developer registers hundreds of users a minute.
    "refuse_common_passwords": False,  # People try things with password123.
    "cors_origins": "*",
    "login_failures_per_account": 100_000,
    "login_failures_per_address": 100_000,
    "register_failures_per_address": 100_000,
    "registrations_per_address": 0,
    "codes_per_address": 100_000,
    "reset_seconds": 0,
    "trusted_proxies": 0,
    "feed_settle_seconds": 0.05,
    "photos_bucket": "photos",
    "gather_seconds": 0.5,
}


@lru_cache
def settings() -> Settings:
    """The configuration of this process.

    Raises:
        pydantic.ValidationError: A value is missing, malformed or too weak. The message never shows the value.
    """
    given = {name: os.environ[name.upper()] for name in Settings.model_fields if os.environ.get(name.upper())}
    emulated = "FIRESTORE_EMULATOR_HOST" in os.environ
    given.setdefault("environment", "local" if emulated else "production")
    return Settings.model_validate((LOCAL_DEFAULTS if given["environment"] == "local" else {}) | given)
