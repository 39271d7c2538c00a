"""Who is calling: the user of a bearer token, the Telegram bot, the client's network address."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, overload

import flask

from shared import client_ip as rules
from shared import security
from shared.data import store, users
from shared.data.users import User
from shared.delivery.account_texts import locale_of
from shared.enums import Locale, Role
from shared.errors import Forbidden, Unauthorized
from shared.settings import settings

A = TypeVar("A", bound=str)
B = TypeVar("B", bound=str)
C = TypeVar("C", bound=str)
Wanted: TypeAlias = store.Reference[A] | Callable[[int], store.Reference[A]]
"""A document to read along; a function is given the caller's user id."""


class Caller:
    """The sender of a bearer token. Their user is read in one round trip with the other documents of the request.

    Args:
        claims: The token's; its user may not exist any more.
        roles: Who may call. Empty: every user.
    """

    def __init__(self, claims: security.Claims, roles: Sequence[Role] = ()) -> None:
        self._claims = claims
        self._user_id = claims.user_id
        self._roles = roles

    @classmethod
    def from_request(cls, roles: Sequence[Role] = ()) -> "Caller":
        """The sender of the current request's token.

        Raises:
            Unauthorized: There is no token, or it is not valid.
        """
        scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Not authenticated")
        return cls(security.read_token(token.strip()), roles)

    @staticmethod
    def load_if_given() -> User | None:
        """The current user; None if the request has no token.

        Raises:
            Unauthorized: It has one that is not valid.
        """
        return Caller.from_request().load() if flask.request.headers.get("Authorization") else None

    @overload
    def load(self) -> User: ...
    @overload
    def load(self, first: Wanted[A], /) -> tuple[User, store.Snapshot[A]]: ...
    @overload
    def load(self, first: Wanted[A], second: Wanted[B], /) -> tuple[User, store.Snapshot[A], store.Snapshot[B]]: ...
    @overload
    def load(
        self, first: Wanted[A], second: Wanted[B], third: Wanted[C], /
    ) -> tuple[User, store.Snapshot[A], store.Snapshot[B], store.Snapshot[C]]: ...
    def load(self, *wanted: Wanted[Any]) -> User | tuple[User | store.Snapshot, ...]:
        """Reads the current user, and other documents with them, in one round trip.

        Returns:
            The user; a tuple of the user and a snapshot of each wanted document when there are any.

        Raises:
            Unauthorized: The user does not exist, is inactive, or has ended all tokens of before.
            Forbidden: The user has another role now, whatever it was when the token was issued.
        """
        references = [each(self._user_id) if callable(each) else each for each in wanted]
        own: store.Reference = users.ref(self._user_id)
        user_doc, *snapshots = store.get(own, *references)
        user = User.of(user_doc)
        if user is None or not user.is_active or self._claims.version < user.tokens_from:
            raise Unauthorized
        flask.g.user_id = user.id
        if self._roles and user.role not in self._roles:
            raise Forbidden
        return (user, *snapshots) if wanted else user

    def load_owner(self) -> User:
        """Reads the current user for a change of the account itself.

        Raises:
            Unauthorized: As above; and also if the account has found its owner by phone since the token was issued
                (shared/data/telegram.py): such a token may belong to somebody else, who made the account.
        """
        user = self.load()
        self.check_owner(user)
        return user

    def check_owner(self, user: User) -> None:
        """Refuses what ``load_owner`` refuses, where the user was read with other documents."""
        users.check_version(user, self._claims.version)


class Bot:
    """The Telegram bot, known by its secret."""

    @classmethod
    def from_request(cls) -> "Bot":
        """The current request's bot.

        Raises:
            Forbidden: The request is not the bot's, or no bot is configured where one has to be.
        """
        accepted = settings().telegram_bot_secret
        if not accepted and not settings().local:
            raise Forbidden("The Telegram login is not configured")
        given = flask.request.headers.get("X-Telegram-Bot-Secret")
        if accepted and not any(security.same_secret(given, each) for each in accepted):
            raise Forbidden("This endpoint is for the bot")
        return cls()


def user_agent() -> str | None:
    """What the client calls itself, for people to recognise their devices by."""
    said = "".join(each for each in flask.request.headers.get("User-Agent", "") if each.isprintable()).strip()
    return said[:255] or None


def locale() -> Locale:
    """The language that the client asks for."""
    return locale_of(flask.request.headers.get("Accept-Language", ""))


def client_ip() -> str:
    """The network address of the client, as far as the platform vouches for it."""
    forwarded, peer = flask.request.headers.get("X-Forwarded-For", ""), flask.request.remote_addr or ""
    return rules.client(forwarded, peer, settings().trusted_proxies, settings().trusted_edges)
