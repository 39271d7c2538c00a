"""Registration, login, the current user, and the Telegram bot's way in."""

import flask

from shared import security
from shared.data import store, throttle, users
from shared.data.users import User
from shared.enums import Role
from shared.errors import Conflict, Unauthorized
from shared.models.auth import Login, Register, TelegramLogin, Token, UserRead
from shared.settings import settings
from shared.spelling import email_key, phone_number
from shared.web.caller import Bot, client_ip
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
    kind, name = _username(form.username)
    counted = throttle.reference("login", client_ip())
    failures, taken = store.get(counted, users.identity_ref(kind, name))
    account = str(users.owner_of(taken) or name)  # By email or phone, it is one account.
    throttle.check(failures, settings().login_failures_per_address, account, settings().login_failures_per_account)
    # An unknown name costs the same round trip and the same hash as a known one: time must not tell them apart.
    user = User.of(store.get(users.ref(users.owner_of(taken) or 0))[0])
    matches = security.verify_password(form.password, user.password_hash if user else None)
    if not user or not matches or not user.is_active:
        throttle.count(counted, account)
        raise Unauthorized("Incorrect username or password")
    flask.g.user_id = user.id
    return Token(access_token=security.issue_token(user.id))


@api.get("/auth/me")
def me(user: User) -> UserRead:
    """The user that the token belongs to."""
    return user.to_model()


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
    return Token(access_token=security.issue_token(user.id))


def _username(username: str) -> tuple[str, str]:
    """The kind of identity that a username is, and its one spelling. What is neither belongs to nobody."""
    if "@" not in username:
        try:
            return "phone", phone_number(username)
        except ValueError:
            pass
    return "email", email_key(username)
