"""What goes in and out of /auth."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import MISSING, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from shared.characters import cleaned
from shared.enums import Role
from shared.models.base import Body, Form, Model, Params
from shared.models.fields import Email, Id, Password, Phone, Text255, digits_to_string, empty_is_none, no_bool, trimmed
from shared.models.include import Include

_OwnRole = Literal["tenant", "landlord", "agent"]
"""The roles that one may take oneself."""
CurrentPassword = Annotated[str | None, Field(json_schema_extra={"format": "password"})]
_Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
_Number = Annotated[int | str, BeforeValidator(no_bool)]
_TelegramId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


_NOT_BLANK = {"type": "string", "pattern": r"\S"}


def _one_of(*names: str) -> ConfigDict:
    """Tells the API document that at least one of these texts must be given, and not blank."""
    given: list[Any] = [{"required": [name], "properties": {name: _NOT_BLANK}} for name in names]
    return ConfigDict(json_schema_extra={"anyOf": given})


class Register(Body):
    """A new user. At least one of email and phone must be given."""

    model_config = _one_of("email", "phone")

    role: _OwnRole = "tenant"
    name: Text255
    email: Annotated[Email | None, BeforeValidator(empty_is_none)] = None
    phone: Annotated[Phone | None, BeforeValidator(empty_is_none)] = None
    password: Password

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.email and not self.phone:
            raise ValueError("email or phone is required")
        return self


class Login(Form):
    """Credentials."""

    username: Annotated[str, Field(description="An email or a phone number, in any spelling.")]
    password: Annotated[str, Field(json_schema_extra={"format": "password"})]


class TelegramLogin(Body):
    """What the bot knows of a person. Everything but `telegram_id` may be absent, null or empty."""

    telegram_id: Annotated[
        _TelegramId,
        BeforeValidator(digits_to_string, json_schema_input_type=_TelegramId | _Int64),
    ]
    phone: Annotated[Phone | None, BeforeValidator(empty_is_none)] = None
    name: Annotated[
        Text255 | None,
        BeforeValidator(
            # Nobody chose their name in Telegram for us, so what ours must not have does not keep them out.
            lambda value: empty_is_none(cleaned(value) if isinstance(value, str) else value),
            json_schema_input_type=Annotated[str, Field(max_length=255)] | None,
        ),
    ] = None
    role: Annotated[
        _OwnRole,
        BeforeValidator(
            lambda value: "tenant" if empty_is_none(value) is None else value,
            json_schema_input_type=_OwnRole | Literal[""] | None,
        ),
    ] = "tenant"


class MiniApp(Body):
    """What Telegram tells a Mini App about its user: `Telegram.WebApp.initData`, as it is."""

    init_data: Annotated[str, Field(max_length=8192)]


class Widget(Body):
    """The fields of Telegram's login widget, as they are. Whatever else it sends is part of what is checked."""

    model_config = ConfigDict(extra="allow")

    id: _Number
    auth_date: _Number
    hash: str


class Token(Model):
    """A bearer token (RFC 6750)."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105


class TokenRequest(Form):
    """A grant of RFC 6749: ``password`` with username and password, or ``refresh_token`` with the refresh token."""

    grant_type: Literal["password", "refresh_token"]
    username: Annotated[str | None, Field(description="An email or a phone number, in any spelling.")] = None
    password: Annotated[str | None, Field(json_schema_extra={"format": "password"})] = None
    refresh_token: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.grant_type == "refresh_token" and self.refresh_token is None:
            raise ValueError("refresh_token is required")
        if self.grant_type == "password" and (self.username is None or self.password is None):
            raise ValueError("username and password are required")
        return self


class SessionToken(Token):
    """A bearer token, and the refresh token that brings the next one. Each refresh token is good once."""

    expires_in: int = Field(description="Seconds until the access token expires.")
    refresh_token: str


class Logout(Body):
    """Which session to end: that of a refresh token, or all of them with all access tokens."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["refresh_token"], "properties": {"refresh_token": {"type": "string"}}},
                {"required": ["everywhere"], "properties": {"everywhere": {"const": True}}},
            ]
        }
    )

    refresh_token: str | None = None
    everywhere: StrictBool = False

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.refresh_token is None and not self.everywhere:
            raise ValueError("refresh_token or everywhere is required")
        return self


class SessionRead(Model):
    """A device that is signed in."""

    id: Id
    created_at: datetime
    last_used_at: datetime
    user_agent: str | None


class ProfileUpdate(Body):
    """What to change; absent, null or empty stays as it is. A new email or phone needs the current password."""

    name: Annotated[Text255 | None, BeforeValidator(empty_is_none)] = None
    email: Annotated[Email | None, BeforeValidator(empty_is_none)] = None
    phone: Annotated[Phone | None, BeforeValidator(empty_is_none)] = None
    current_password: CurrentPassword = None


class PasswordChange(Body):
    """A new password."""

    current_password: Annotated[str, Field(json_schema_extra={"format": "password"})]
    new_password: Password


_Code = Annotated[
    str,
    Field(pattern=r"^[0-9]{6}$", description="Six digits."),
    BeforeValidator(trimmed),
]


class AccountDeletion(Body):
    """What shows that it is really the person: their password or, where there is none, a code."""

    current_password: CurrentPassword = None
    code: Annotated[
        _Code | None,
        Field(description="For an account without a password: the code that `POST /auth/verify` has sent last."),
    ] = None


class Export(Model):
    """All that is stored about a person, by collection; no secrets, which are of use to others only."""

    exported_at: datetime
    data: dict[str, list[dict[str, Any]]]


class PasswordReset(Body):
    """Whose password is forgotten."""

    username: Annotated[str, Field(max_length=320, description="An email or a phone number, in any spelling.")]


class PasswordResetConfirm(PasswordReset):
    """The code that was sent, and a new password."""

    code: _Code
    new_password: Password


class Verify(Body):
    """Where to send a code."""

    channel: Literal["email", "telegram"]


class VerifyConfirm(Body):
    """The code that was sent."""

    channel: Literal["email"]
    code: _Code


class Verification(Model):
    """What a user has shown to be theirs."""

    email: bool
    phone: bool


class MeParams(Params):
    """What to answer besides."""

    include: Include[Literal["verification"]] = frozenset()


class UserRead(Model):
    """A user as they see themselves."""

    id: Id
    role: Role
    name: str
    email: str | None
    phone: str | None
    telegram_id: str | None
    is_active: bool
    created_at: datetime
    verification: Verification | MISSING = MISSING
