"""Sessions: what stays signed in on a device, by refresh tokens that are each good once.

A session that is not used for SESSION_LIFETIME_SECONDS (shared/settings.py: 60 days) is over.

A refresh token names the user and the session and has a secret. The session's document knows hashes of the current and
of the previous secret. The next secret is derived from the one that is used, so whoever repeats a request within the
grace, because its answer was lost or a second tab was as fast, gets the very same successor. A secret from before is
somebody's copy: the session ends. Firestore's TTL policy on ``expires_at`` removes what is over.
"""

import base64
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from shared import clock, security
from shared.data import store, users
from shared.data.pages import Page, documents_page
from shared.data.users import User
from shared.errors import Unauthorized
from shared.models.auth import SessionRead, SessionToken
from shared.models.pages import PageParams
from shared.settings import settings

COLLECTION: Final = "sessions"
Reference: TypeAlias = store.Reference[Literal["sessions"]]
Snapshot: TypeAlias = store.Snapshot[Literal["sessions"]]
GRACE = timedelta(seconds=20)
_BATCH = 300
_TOKEN = re.compile(r"([0-9]{1,16})\.([0-9]{1,16})\.([A-Za-z0-9_-]{43})", re.ASCII)


class _Parts(NamedTuple):
    user_id: int
    session_id: int
    secret: str


def ref(user_id: int, session_id: int) -> Reference:
    return store.document(COLLECTION, f"{user_id}_{session_id}")


def start(user: User, user_agent: str | None) -> SessionToken:
    """Signs a user in on a device."""
    session_id, secret = store.new_id(), secrets.token_urlsafe(32)
    batch = store.Batch()
    batch.create(
        ref(user.id, session_id),
        {
            "id": session_id,
            "user_id": user.id,
            "version": user.token_version,
            "current": _hash(secret),
            "previous": None,
            "rotated_at": None,
            "user_agent": user_agent,
            "created_at": store.SERVER_TIMESTAMP,
            "last_used_at": clock.now(),
            "expires_at": _expiry(),
        },
    )
    with suppress(*store.LOST_RACE):  # Written by a try whose acknowledgement was lost: nobody else has this id.
        batch.commit()
    return _answer(user, session_id, secret)


def refresh(refresh_token: str) -> SessionToken:
    """The successor of a refresh token, with a new access token.

    Raises:
        Unauthorized: It is none, it is of before the previous one, or the session has ended or expired.
    """
    parts = _parse(refresh_token)
    if parts is None:
        raise _ended()

    def attempt(session_doc: Snapshot, user_doc: users.Snapshot) -> SessionToken:
        session, user = session_doc.to_dict(), User.of(user_doc)
        if session is None or user is None or not user.is_active or not _is_open(session, user):
            raise _ended()
        successor, given = _successor(parts), _hash(parts.secret)
        batch = store.Batch()
        if security.same_secret(given, session["current"]):
            changes = {"current": _hash(successor), "previous": given, "rotated_at": clock.now()}
            changes |= {"last_used_at": clock.now(), "expires_at": _expiry()}
            batch.update(session_doc.reference, changes, seen=session_doc)
            batch.commit()
        elif not _is_repetition(given, session):
            batch.delete(session_doc.reference, seen=session_doc)
            batch.commit()
            raise _ended()
        return _answer(user, parts.session_id, successor)

    return store.contend(store.get(ref(parts.user_id, parts.session_id), users.ref(parts.user_id)), attempt)


def list_by_user(user: User, page: PageParams) -> Page[SessionRead]:
    """The sessions of a user that are open, newest first."""
    query = store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user.id))
    documents, cursor = documents_page(query, page.cursor, page.limit)
    return Page([SessionRead.model_validate(each) for each in documents if _is_open(each, user)], cursor)


def end(user_id: int, session_id: int) -> None:
    """Ends a session. Repeating it is harmless."""
    batch = store.Batch()
    batch.delete(ref(user_id, session_id))
    batch.commit()


def end_by_token(user_id: int, refresh_token: str) -> None:
    """Ends the session of a refresh token, if it is this user's. Anything else has ended already (RFC 7009)."""
    parts = _parse(refresh_token)
    if parts and parts.user_id == user_id:
        end(user_id, parts.session_id)


def end_everywhere(user_id: int) -> None:
    """Ends every session of a user and every access token that was issued before, by one write."""
    first: list[int] = []

    def end_all(user: User, _: store.Batch) -> dict[str, Any]:
        ended = users.all_ended(user)
        first.append(ended["token_version"])
        # Done by a try whose acknowledgement was lost, or by another request. What was issued since then lives on.
        return {} if user.tokens_from >= first[0] else ended

    remove_ended(users.update(user_id, end_all))


def remove_ended(user: User) -> None:
    """Removes the sessions that a new token version has ended. They were of no use any more; this is only tidy."""
    query = store.collection(COLLECTION).where(filter=store.Filter("user_id", "==", user.id))
    over = [found for found in store.run(query.limit(_BATCH)) if not _is_open(found.to_dict() or {}, user)]
    if over:
        batch = store.Batch()
        for each in over:
            batch.delete(each.reference)
        batch.commit()


def _parse(refresh_token: str) -> _Parts | None:
    match = _TOKEN.fullmatch(refresh_token)
    return _Parts(int(match[1]), int(match[2]), match[3]) if match else None


def _is_open(session: dict[str, Any], user: User) -> bool:
    return bool(session["version"] == user.token_version and session["expires_at"] > clock.now())


def _is_repetition(given: str, session: dict[str, Any]) -> bool:
    """True if this secret was the current one until a moment ago."""
    return (
        session["previous"] is not None
        and security.same_secret(given, session["previous"])
        and clock.now() - session["rotated_at"] <= GRACE
    )


def _successor(parts: _Parts) -> str:
    derived = security.keyed("refresh", f"{parts.session_id}:{parts.secret}")
    return base64.urlsafe_b64encode(derived).decode().rstrip("=")


def _hash(secret: str) -> str:
    return security.keyed("session", secret).hex()


def _expiry() -> Any:
    return clock.now() + timedelta(seconds=settings().session_lifetime_seconds)


def _answer(user: User, session_id: int, secret: str) -> SessionToken:
    return SessionToken(
        access_token=security.issue_token(user.id, user.token_version),
        expires_in=settings().jwt_lifetime_seconds,
        refresh_token=f"{user.id}.{session_id}.{secret}",
    )


def _ended() -> Unauthorized:
    return Unauthorized("This session has ended", code="session_ended")
