"""Registration, login and sessions, the caller's own account, and the ways in through Telegram."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask

from shared import clock, security, telegram_data
from shared.data import codes, deletion, passwords, personal, profile, sessions
from shared.data import telegram as telegram_accounts
from shared.data.pages import Page
from shared.data.users import User
from shared.enums import Role
from shared.errors import Forbidden, Unauthorized
from shared.models.auth import (
    AccountDeletion,
    Export,
    Login,
    Logout,
    MeParams,
    MiniApp,
    PasswordChange,
    PasswordReset,
    PasswordResetConfirm,
    ProfileUpdate,
    Register,
    SessionRead,
    SessionToken,
    TelegramLogin,
    Token,
    TokenRequest,
    UserRead,
    Verify,
    VerifyConfirm,
    Widget,
)
from shared.models.base import Status
from shared.models.pages import PageParams
from shared.settings import settings
from shared.telegram_data import NotGenuine, TelegramUser
from shared.web.caller import Bot, Caller, client_ip, locale, user_agent
from shared.web.group import Group

api = Group("auth", __doc__)


@api.post("/auth/register", errors=(409, 429))
def register(body: Register) -> UserRead:
    """Register a user.

    At least one of email and phone is needed. A taken email or phone is 409; too many of those from one address are
    429, and so are too many new users.
    """
    user = passwords.register(body, client_ip())
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
def logout(caller: Caller, body: Logout) -> Status:
    """End the session of a refresh token, or every session together with every access token issued before."""
    user = caller.load()
    if body.everywhere:
        caller.check_owner(user)
    if body.refresh_token is not None:
        sessions.end_by_token(user.id, body.refresh_token)
    if body.everywhere:
        sessions.end_everywhere(user.id)
    return Status()


@api.get("/auth/sessions")
def list_sessions(caller: Caller, query: PageParams) -> Page[SessionRead]:
    """List the devices on which the caller is signed in, newest first."""
    return sessions.list_by_user(caller.load_owner(), query)


@api.delete("/auth/sessions/{session_id}")
def end_session(caller: Caller, session_id: int) -> Status:
    """Sign a device out. Repeating it is harmless."""
    sessions.end(caller.load_owner().id, session_id)
    return Status()


@api.get("/auth/me")
def me(user: User, query: MeParams) -> UserRead:
    """The user that the token belongs to."""
    return user.to_verified_model() if query.include else user.to_model()


@api.patch("/auth/me", errors=(403, 409, 429))
def update_me(caller: Caller, body: ProfileUpdate) -> UserRead:
    """Change the caller's name, email or phone.

    A new email or phone needs the current password, where there is one (else 403), and is not verified yet.
    """
    user = caller.load_owner()
    if profile.needs_password(user, body):
        passwords.confirm(user, body.current_password, client_ip())
    return profile.change(user, body).to_model()


@api.get("/auth/me/export")
def export_me(caller: Caller) -> Export:
    """Export all that is stored about the caller, by collection."""
    user = caller.load_owner()
    return Export(exported_at=clock.now(), data=personal.export(user.id))


@api.delete("/auth/me", errors=(403, 409, 429))
def delete_me(caller: Caller, body: AccountDeletion) -> Status:
    """Delete the caller's account for good.

    Needs the current password (else 403); without one, the code that `POST /auth/verify` has sent last (else 401). The
    account ends at once, with every token and session. Personal data, swipes, favorites, preferences, searches and
    messages go, listings leave all lists, leads keep no contact; what takes longer than the request is finished soon.
    The last active admin stays (409).
    """
    user = caller.load_owner()
    if user.password_hash is not None:
        passwords.confirm(user, body.current_password, client_ip())
    deletion.begin(user.id, lambda now, batch: deletion.confirm(user, now, body.code, batch))
    deletion.go_on(user.id)
    return Status()


@api.post("/auth/password", errors=(403, 409, 429))
def change_password(caller: Caller, body: PasswordChange) -> Token:
    """Set a new password. Every token and session issued before ends; the answer has a new token."""
    user = passwords.change(caller.load_owner(), body.current_password, body.new_password, client_ip())
    return _token(user)


@api.post("/auth/password/reset", errors=(429,))
def reset_password(body: PasswordReset) -> Status:
    """Send a code for a new password: by Telegram where it is linked, else by mail.

    The answer is the same, and takes as long, if there is no such account. Where neither mail nor Telegram is
    configured it is 503 with the code `not_configured`.
    """
    codes.send_for_reset(body.username, client_ip(), locale())
    return Status()


@api.post("/auth/password/reset/confirm", errors=(401, 429))
def confirm_reset(body: PasswordResetConfirm) -> Token:
    """Set a new password by a code. Every token and session issued before ends; the answer has a new token.

    A code is good for 15 minutes and once; after five wrong tries it is worthless (429).
    """
    user = codes.reset_password(body.username, body.code, body.new_password)
    flask.g.user_id = user.id
    return _token(user)


@api.post("/auth/verify", errors=(409, 429))
def send_code(caller: Caller, body: Verify) -> Status:
    """Send a code to the caller's own email, to verify it, or Telegram. Not configured: 503 `not_configured`."""
    codes.send_to_user(caller.load_owner(), body.channel, client_ip(), locale())
    return Status()


@api.post("/auth/verify/confirm", errors=(429,))
def confirm_email(caller: Caller, body: VerifyConfirm) -> Status:
    """Verify the caller's email by the code that was sent there. A wrong code is 401 `wrong_code`."""
    codes.verify_email(caller.load_owner(), body.code)
    return Status()


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
    user = telegram_accounts.enter(body.telegram_id, body.phone, body.name, Role(body.role), locale())
    flask.g.user_id = user.id
    return _token(user)


@api.post("/auth/telegram/mini-app", errors=(401, 403))
def enter_mini_app(body: MiniApp) -> Token:
    """Sign in by the data that Telegram gives to a Mini App; unknown people are registered as tenants.

    401 if it is not Telegram's or older than a day; 403 for admins and deactivated users, and without a bot.
    """
    return _enter(telegram_data.from_mini_app, body.init_data)


@api.post("/auth/telegram/widget", errors=(401, 403))
def enter_widget(body: Widget) -> Token:
    """Sign in by the fields that Telegram's login widget hands over; otherwise as in a Mini App."""
    return _enter(telegram_data.from_widget, body.model_dump(exclude_unset=True))


@api.delete("/auth/telegram", errors=(409,))
def leave_telegram(caller: Caller) -> Status:
    """Give up the link to Telegram and the phone: the way out of somebody else's account.

    Every token and session issued before ends. 409 if nobody could enter the account any more.
    """
    telegram_accounts.leave(caller.load_owner())
    return Status()


def _enter(check: Callable[[Any, str, datetime], TelegramUser], given: Any) -> Token:
    """Lets in whom Telegram vouches for."""
    bot_token = settings().telegram_bot_token
    if not bot_token:
        raise Forbidden("The Telegram login is not configured", code="not_configured")
    try:
        person = check(given, bot_token, clock.now())
    except NotGenuine:
        raise Unauthorized("This is not from Telegram, or too old", code="not_genuine") from None
    user = telegram_accounts.enter(person.id, None, person.name, Role.TENANT, locale())
    if user.tokens_valid_from and person.signed_at < user.tokens_valid_from.replace(microsecond=0):
        raise Unauthorized("Signed out since; open it again", code="sign_in_again")
    flask.g.user_id = user.id
    return _token(user)


def _token(user: User) -> Token:
    return Token(access_token=security.issue_token(user.id, user.token_version))
