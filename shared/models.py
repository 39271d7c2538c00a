"""What goes in and out over HTTP: one model for each body, query and answer, with the reference's exact keys and types.

Money is Decimal tenge here and integer minor units (tiyn, 1/100) in Firestore. Unknown fields are ignored.
"""

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Optional, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from shared.normal import email_address, phone_number


class Role(StrEnum):
    """What a user is: somebody looking, an owner, a realtor, or who runs the system."""

    TENANT = "tenant"
    LANDLORD = "landlord"
    AGENT = "agent"
    ADMIN = "admin"


class DealType(StrEnum):
    """What is offered."""

    RENT = "rent"
    SALE = "sale"


class PropertyType(StrEnum):
    """What kind of property it is."""

    FLAT = "flat"
    HOUSE = "house"
    ROOM = "room"
    COMMERCIAL = "commercial"


class Action(StrEnum):
    """What a swipe says about a listing."""

    LIKE = "like"
    DISLIKE = "dislike"
    FAVORITE = "favorite"


class LeadStatus(StrEnum):
    """How far the owner is with a lead."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Model(BaseModel):
    # A validation error must never repeat what was sent: it may be a password.
    # What an answer has, it always has: its schema says so, defaults or not.
    # Built when first used: a function starts without the models of the others.
    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_serialization_defaults_required=True, defer_build=True
    )


class Body(Model):
    """A JSON request body."""


class Form(Model):
    """A form-encoded request body."""


class Params(Model):
    """The query string. What is empty there counts as absent, as forms send it."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value != "" and not str(value).isspace()}


# --- Field types -------------------------------------------------------------------------------------------------


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _null_is(default: str, kind: Any) -> BeforeValidator:
    """Null counts as absent: clients send the whole of their own model."""
    return BeforeValidator(
        lambda value: default if value is None else value,
        json_schema_input_type=Optional[kind],  # noqa: UP045
    )


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _plain_number(value: Any) -> Any:
    """A number, or a string that JSON would take for one; Python itself reads more, such as 1_000."""
    if isinstance(value, str) and not re.fullmatch(r"\s*-?[0-9]+(\.[0-9]+)?\s*", value, re.ASCII):
        raise ValueError("must be a number")
    return _no_bool(value)


def _digits_to_string(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _trimmed(value)


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain NUL")
    return value


Text255 = Annotated[str, Field(min_length=1, max_length=255), BeforeValidator(_trimmed), AfterValidator(_no_nul)]
City = Annotated[str, Field(min_length=1, max_length=128), BeforeValidator(_trimmed), AfterValidator(_no_nul)]
Email = Annotated[str, AfterValidator(email_address), Field(json_schema_extra={"maxLength": 254})]
Phone = Annotated[
    str,
    AfterValidator(phone_number),
    Field(description="In any usual spelling; without a country it is a number of Kazakhstan. Answered as E.164."),
]
Password = Annotated[str, Field(min_length=8, max_length=128, json_schema_extra={"format": "password"})]
Id = Annotated[int, Field(ge=1, le=2**53 - 1, json_schema_extra={"format": "int64"}), BeforeValidator(_no_bool)]
Price = Annotated[
    Decimal,
    Field(gt=0, lt=Decimal(10) ** 10, decimal_places=2, description="In tenge, at most two decimals."),
    BeforeValidator(_plain_number),
]
PriceBound = Annotated[
    Decimal,
    Field(
        # More than any price, for whoever means "no limit" by it; in hundredths a double still has it exactly.
        ge=0,
        le=Decimal(9) * 10**13,
        decimal_places=2,
        description="In tenge, at most two decimals; the bound counts.",
    ),
    BeforeValidator(_plain_number),
]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


PriceText = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    Field(json_schema_extra={"pattern": r"^[0-9]+\.[0-9]{2}$"}),
]
"""A price as ListingRead shows it: a string with two decimals."""

PriceNumber = Annotated[
    Decimal, PlainSerializer(_number, return_type=int | float), WithJsonSchema({"type": "number"}, mode="serialization")
]
"""A price as a JSON number. Up to 9 * 10^13 with two decimals a double is exact to the cent."""


# --- Auth --------------------------------------------------------------------------------------------------------

_OwnRole = Literal["tenant", "landlord", "agent"]
"""The roles that one may take oneself."""
_TelegramId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Register(Body):
    """A new user. At least one of email and phone must be given."""

    role: _OwnRole = "tenant"
    name: Text255
    email: Annotated[Email | None, BeforeValidator(_empty_is_none)] = None
    phone: Annotated[Phone | None, BeforeValidator(_empty_is_none)] = None
    password: Password

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "role": "tenant",
                    "name": "Имя Фамилия",
                    "email": "user@example.com",
                    "phone": "+77001234567",
                    "password": "secret123",
                }
            ]
        }
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.email and not self.phone:
            raise ValueError("email or phone is required")
        return self


class Login(Form):
    """Credentials."""

    username: Annotated[str, Field(description="An email or a phone number, in any spelling.")]
    password: Annotated[str, Field(json_schema_extra={"format": "password"})]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "user@example.com", "password": "secret123"}]}
    )


class TelegramLogin(Body):
    """What the bot knows of a person. Everything but `telegram_id` may be absent, null or empty."""

    telegram_id: Annotated[
        _TelegramId,
        BeforeValidator(_digits_to_string, json_schema_input_type=_TelegramId | int),
    ]
    phone: Annotated[Phone | None, BeforeValidator(_empty_is_none)] = None
    name: Annotated[
        Text255 | None,
        BeforeValidator(_empty_is_none, json_schema_input_type=Annotated[str, Field(max_length=255)] | None),
    ] = None
    role: Annotated[
        _OwnRole,
        BeforeValidator(
            lambda value: "tenant" if _empty_is_none(value) is None else value,
            json_schema_input_type=_OwnRole | Literal[""] | None,
        ),
    ] = "tenant"

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"telegram_id": "123456789", "phone": "+77001234567", "name": "Имя из Telegram", "role": "tenant"}
            ]
        }
    )


class Token(Model):
    """A bearer token (RFC 6750)."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105

    model_config = ConfigDict(json_schema_extra={"examples": [{"access_token": "<JWT>", "token_type": "bearer"}]})


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

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 2,
                    "role": "tenant",
                    "name": "Имя Фамилия",
                    "email": "user@example.com",
                    "phone": "+77001234567",
                    "telegram_id": "123456789",
                    "is_active": True,
                    "created_at": "2025-11-30T12:00:00Z",
                }
            ]
        }
    )


# --- Listings ----------------------------------------------------------------------------------------------------


class ListingWrite(Body):
    """A listing as its owner writes it; PUT replaces all of it."""

    title: Text255
    city: City
    deal_type: DealType = DealType.RENT
    property_type: PropertyType = PropertyType.FLAT
    price: Price
    is_active: bool = True

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Квартира в Астане",
                    "city": "Astana",
                    "deal_type": "rent",
                    "property_type": "flat",
                    "price": 250000,
                    "is_active": True,
                }
            ]
        }
    )


_LISTING_EXAMPLE: dict[str, Any] = {
    "id": 1,
    "title": "Квартира в Астане",
    "city": "Astana",
    "deal_type": "rent",
    "property_type": "flat",
    "price": "250000.00",
    "is_active": True,
    "owner_id": 3,
    "created_at": "2025-11-30T12:27:33.197286Z",
    "updated_at": "2025-11-30T12:27:33.197286Z",
}


class ListingRead(Model):
    """A listing as everybody sees it."""

    id: Id
    title: str
    city: str
    deal_type: DealType
    property_type: PropertyType
    price: PriceText
    is_active: bool
    owner_id: Id
    created_at: datetime
    updated_at: datetime

    model_config = ConfigDict(json_schema_extra={"examples": [_LISTING_EXAMPLE]})


class PageParams(Params):
    """Which part of a list: at most ``limit`` items, after ``cursor`` as the last page's Link header gave it."""

    limit: int = Field(default=100, ge=1, le=100, description="How many items at most.")
    cursor: str | None = Field(
        default=None, max_length=200, description="Where to go on: as in the `Link` header of the page before."
    )


class ListingFilter(PageParams):
    """Narrows the public list; absent means any."""

    city: City | None = None
    deal_type: DealType | None = None
    property_type: PropertyType | None = None
    price_min: PriceBound | None = None
    price_max: PriceBound | None = None


# --- Preferences -------------------------------------------------------------------------------------------------


class PreferenceWrite(Body):
    """What a tenant looks for; a field that is null or absent means any."""

    city: Annotated[City | None, BeforeValidator(_empty_is_none)] = None
    deal_type: Annotated[DealType | None, BeforeValidator(_empty_is_none)] = None
    property_type: Annotated[PropertyType | None, BeforeValidator(_empty_is_none)] = None
    price_min: Annotated[PriceBound | None, BeforeValidator(_empty_is_none)] = None
    price_max: Annotated[PriceBound | None, BeforeValidator(_empty_is_none)] = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "city": "Astana",
                    "deal_type": "rent",
                    "property_type": "flat",
                    "price_min": 100000,
                    "price_max": 400000,
                }
            ]
        }
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError("price_min must not be greater than price_max")
        return self


class PreferenceRead(Model):
    """A tenant's preferences."""

    id: Id
    user_id: Id
    city: str | None
    deal_type: DealType | None
    property_type: PropertyType | None
    price_min: PriceNumber | None
    price_max: PriceNumber | None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "user_id": 2,
                    "city": "Astana",
                    "deal_type": "rent",
                    "property_type": "flat",
                    "price_min": 100000,
                    "price_max": 400000,
                }
            ]
        }
    )


# --- Feed --------------------------------------------------------------------------------------------------------


class DeckParams(Params):
    """How many of the next listings to answer with."""

    limit: int = Field(default=10, ge=1, le=50, description="How many listings at most.")


class UndoParams(Params):
    """What is to be taken back."""

    listing_id: Id | None = Field(
        default=None,
        description="Take the latest action back only if it was on this listing; so the request may be repeated.",
    )


_Source = Annotated[
    str,
    Field(min_length=1, max_length=32, description="Where it was made: web, telegram, …"),
    BeforeValidator(_trimmed),
    AfterValidator(_no_nul),
]


class FeedAction(Body):
    """A swipe."""

    listing_id: Id
    action: Action
    source: Annotated[_Source, _null_is("web", _Source)] = "web"

    model_config = ConfigDict(json_schema_extra={"examples": [{"listing_id": 1, "action": "like", "source": "web"}]})


class Status(Model):
    """Done."""

    status: Literal["ok"] = "ok"

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})


class UndoRead(Status):
    """The listing whose latest action was taken back."""

    listing_id: Id

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok", "listing_id": 1}]})


# --- Favorites ---------------------------------------------------------------------------------------------------


class FavoriteWrite(Body):
    """The listing to remember."""

    listing_id: Id

    model_config = ConfigDict(json_schema_extra={"examples": [{"listing_id": 1}]})


class FavoriteRead(Model):
    """A remembered listing."""

    id: Id
    user_id: Id
    listing_id: Id
    created_at: datetime

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": 1, "user_id": 2, "listing_id": 1, "created_at": "2025-11-30T12:00:00Z"}]}
    )


# --- Leads -------------------------------------------------------------------------------------------------------


class LeadWrite(Body):
    """A lead made by hand. `owner_id` is only compared with the listing's owner."""

    listing_id: Id
    owner_id: Id | None = None
    status: Annotated[LeadStatus, _null_is("new", LeadStatus)] = LeadStatus.NEW

    model_config = ConfigDict(json_schema_extra={"examples": [{"listing_id": 1, "owner_id": 3, "status": "new"}]})


class LeadUpdate(Body):
    """How far the owner is with a lead."""

    status: LeadStatus

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "in_progress"}]})


class LeadFilter(PageParams):
    """Narrows a list of leads; absent means any."""

    status: LeadStatus | None = None


_LEAD_EXAMPLE: dict[str, Any] = {
    "id": 1,
    "tenant_id": 2,
    "listing_id": 1,
    "owner_id": 3,
    "status": "new",
    "created_at": "2025-11-30T12:30:03.362734Z",
}


class LeadRead(Model):
    """A tenant's interest in a listing, as its owner works on it."""

    id: Id
    tenant_id: Id
    listing_id: Id
    owner_id: Id
    status: LeadStatus
    created_at: datetime

    model_config = ConfigDict(json_schema_extra={"examples": [_LEAD_EXAMPLE]})


class Contact(Model):
    """How to reach the other side of a lead."""

    name: str
    phone: str | None
    email: str | None
    telegram_id: str | None


class LeadDetails(LeadRead):
    """A lead with its listing and the other side: the owner for the tenant, the tenant for owner and admin."""

    listing: ListingRead
    contact: Contact

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _LEAD_EXAMPLE
                | {
                    "listing": _LISTING_EXAMPLE,
                    "contact": {
                        "name": "Имя Фамилия",
                        "phone": "+77001234567",
                        "email": "user@example.com",
                        "telegram_id": "123456789",
                    },
                }
            ]
        }
    )


# --- Admin -------------------------------------------------------------------------------------------------------


class AdminUserRead(Model):
    """A user as an admin sees them."""

    id: Id
    name: str
    role: Role
    email: str | None
    phone: str | None
    is_active: bool
    created_at: datetime

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 2,
                    "name": "Имя",
                    "role": "tenant",
                    "email": "user@example.com",
                    "phone": "+77001234567",
                    "is_active": True,
                    "created_at": "2025-11-30T12:00:00Z",
                }
            ]
        }
    )


class AdminUserUpdate(Body):
    """What to change; an absent field stays as it is."""

    role: Role | None = None
    is_active: bool | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "agent", "is_active": False}]})


class AdminListingFilter(PageParams):
    """Narrows the list of all listings; absent means any."""

    city: City | None = None
    owner_id: Id | None = None
    is_active: bool | None = None


class AdminListingRead(Model):
    """A listing as an admin sees it; the price is a number."""

    id: Id
    title: str
    city: str
    deal_type: DealType
    property_type: PropertyType
    price: PriceNumber
    is_active: bool
    owner_id: Id
    created_at: datetime

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "title": "Квартира",
                    "city": "Astana",
                    "deal_type": "rent",
                    "property_type": "flat",
                    "price": 250000,
                    "is_active": True,
                    "owner_id": 3,
                    "created_at": "2025-11-30T12:27:33.197286Z",
                }
            ]
        }
    )


# --- Health and errors -------------------------------------------------------------------------------------------


class Health(Model):
    """The service answers."""

    status: Literal["ok"] = "ok"
    environment: str

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok", "environment": "local"}]})


class Error(Model):
    """What went wrong."""

    detail: str


class FieldError(Model):
    """One value that does not validate."""

    type: str = Field(description="A name for the kind of error that stays the same.")
    loc: list[str | int] = Field(description="Where: `body`, `query` or `path`, then the way to the field.")
    msg: str = Field(description="What is wrong, for the client's developer.")


class ValidationErrors(Model):
    """Every value of the request that does not validate."""

    detail: list[FieldError]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"detail": [{"type": "missing", "loc": ["body", "name"], "msg": "Field required"}]}]
        }
    )
