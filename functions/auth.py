"""Registration, login and sessions, the caller's own account, and the ways in through Telegram."""

import flask

from shared import security
from shared.data import passwords, profile, sessions, store, throttle, users
from shared.data.pages import Page
from shared.data.users import User
from shared.enums import Role
from shared.errors import Conflict
from shared.models.auth import (
    Login,
    Logout,
    PasswordChange,
    ProfileUpdate,
    Register,
    SessionRead,
    SessionToken,
    TelegramLogin,
    Token,
    TokenRequest,
    UserRead,
)
from shared.models.base import Status
from shared.models.pages import PageParams
from shared.settings import settings
from shared.web.caller import Bot, Caller, client_ip, user_agent
from shared.web.group import Group

api = Group("auth", __doc__)


@api.post("/auth/register", errors=(409, 429))
def register(body: Register) -> UserRead:
    """Register a user.

    At least one of email and phone is needed. A taken email or phone is 409; too many of those from one address, 429.
    """
    counted = throttle.reference("register", client_ip())
    throttle.check(store.get(counted)[0], settings().register_failures_per_address)
    try:
        user = users.create(
            role=Role(body.role),
            name=body.name,
            email=body.email,
            phone=body.phone,
            password_hash=security.hash_password(body.password),
        )
    except Conflict:
        throttle.count(counted)
        raise
    flask.g.user_id = user.id
    return user.to_model()


@api.post("/auth/login", errors=(401, 429))
def login(form: Login) -> Token:
    """Log in by email or phone.

    Wrong password, unknown user, deactivated user and user without a password answer the same 401. Repeated failures
    for one account from one address are 429 for a while.
    """
    user = passwords.login(form.username, form.password, client_ip())
    flask.g.user_id = user.id
    return _token(user)


@api.post("/auth/token", errors=(401, 429))
def issue_token(form: TokenRequest) -> SessionToken:
    """Sign in on a device, or stay signed in (RFC 6749).

    With `grant_type=password` as at /auth/login; the answer also has a refresh token. With `grant_type=refresh_token`
    that token brings the next pair. It is good once: for 20 seconds a repetition gets the very same successor, an older
    one ends its session.
    """
    if form.grant_type == "refresh_token":
        return sessions.refresh(form.refresh_token or "")
    user = passwords.login(form.username or "", form.password or "", client_ip())
    flask.g.user_id = user.id
    return sessions.start(user, user_agent())


@api.post("/auth/logout")
def logout(user: User, body: Logout) -> Status:
    """End the session of a refresh token, or every session together with every access token issued before."""
    if body.refresh_token is not None:
        sessions.end_by_token(user.id, body.refresh_token)
    if body.everywhere:
        sessions.end_everywhere(user.id)
    return Status()


@api.get("/auth/sessions")
def list_sessions(user: User, query: PageParams) -> Page[SessionRead]:
    """List the devices on which the caller is signed in, newest first."""
    return sessions.list_by_user(user, query)


@api.delete("/auth/sessions/{session_id}")
def end_session(user: User, session_id: int) -> Status:
    """Sign a device out. Repeating it is harmless."""
    sessions.end(user.id, session_id)
    return Status()


@api.get("/auth/me")
def me(user: User) -> UserRead:
    """The user that the token belongs to."""
    return user.to_model()


@api.patch("/auth/me", errors=(403, 409, 429))
def update_me(caller: Caller, body: ProfileUpdate) -> UserRead:
    """Change the caller's name, email or phone.

    A new email or phone needs the current password, where there is one (else 403), and is not verified yet.
    """
    user = caller.load_owner()
    if profile.needs_password(user, body):
        passwords.confirm(user, body.current_password, client_ip())
    return profile.change(user, body).to_model()


@api.post("/auth/password", errors=(403, 409, 429))
def change_password(caller: Caller, body: PasswordChange) -> Token:
    """Set a new password. Every token and session issued before ends; the answer has a new token."""
    user = passwords.change(caller.load_owner(), body.current_password, body.new_password, client_ip())
    return _token(user)


@api.post(
    "/auth/telegram/login-or-register",
    errors=(403,),
    headers={"X-Telegram-Bot-Secret": "The bot's secret. Needed wherever one is configured; locally none is."},
)
def telegram(_: Bot, body: TelegramLogin) -> Token:
    """Log a Telegram user in, for the bot.

    Found by telegram_id, else by phone (which links the two), else registered. Where a bot secret is configured the
    request must carry it in X-Telegram-Bot-Secret. Admins and deactivated users cannot enter this way.
    """
    user = users.enter_by_telegram(body.telegram_id, body.phone, body.name, Role(body.role))
    flask.g.user_id = user.id
    return _token(user)


def _token(user: User) -> Token:
    return Token(access_token=security.issue_token(user.id, user.token_version))
