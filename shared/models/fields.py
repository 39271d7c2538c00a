"""What the fields of the models are made of: texts, ids, phones, emails and prices, with their limits."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Optional

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticKnownError

from shared.characters import MANY_LINES_PATTERN, ONE_LINE_PATTERN, many_lines, one_line
from shared.common_passwords import is_common
from shared.settings import settings
from shared.spelling import EMAIL, PHONE_PATTERN, email_address, phone_number


def trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def null_is(default: Any, kind: Any) -> BeforeValidator:
    """Null counts as absent: clients send the whole of their own model."""
    return BeforeValidator(
        lambda value: default if value is None else value,
        json_schema_input_type=Optional[kind],  # noqa: UP045
    )


def no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def whole_number(value: Any) -> Any:
    """An integer, or a text of its digits; Python itself reads more, such as 1_000."""
    if isinstance(value, str) and not re.fullmatch(r"\s*-?[0-9]+(\.0+)?\s*", value):
        raise PydanticKnownError("int_parsing")
    return no_bool(value)


def plain_number(value: Any) -> Any:
    """A number, or a string that JSON would take for one; Python itself reads more, such as 1_000."""
    if isinstance(value, str) and not re.fullmatch(r"\s*-?[0-9]+(\.[0-9]+)?\s*", value, re.ASCII):
        raise ValueError("must be a number")
    if isinstance(value, float) and abs(round(value, 2) - value) <= abs(value) * _SUM_ERROR:
        return Decimal(repr(round(value, 2)))
    return no_bool(value)


_SUM_ERROR = 2.0**-50
"""A few units in the last place of a double: 0.1 + 0.2 is meant to be 0.3."""


def digits_to_string(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # To JSON Schema, 5.0 is an integer.
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return str(value)
    return trimmed(value)


def text_by(rule: Callable[[str], str]) -> BeforeValidator:
    """What a text becomes by a rule of shared/characters.py before its length counts."""
    return BeforeValidator(lambda value: rule(value) if isinstance(value, str) else value)


def not_common(value: str) -> str:
    if settings().refuse_common_passwords and is_common(value):
        raise ValueError("is one of the most common passwords, which are tried first; choose another")
    return value


def told(**schema: Any) -> Any:
    """What the API document tells of a field beyond what its type says; the rule itself is code."""
    return Field(json_schema_extra=schema)


def decimal_schema(about: str, digits: int, maximum: int | None = None, *, positive: bool = False) -> WithJsonSchema:
    """The schema of a number with at most two decimals, which may come as a string, too.

    Of the number only the description tells the decimals: by ``multipleOf`` many validators would refuse 0.29, because
    they divide doubles.

    Args:
        about: What the number says.
        digits: So many stand at most before the point.
        maximum: The most. None: 10 to the power of ``digits`` is too much.
        positive: True if 0 is too little.
    """
    cents = r"(?:\.[0-9]{1,2}0*)?"
    if positive:
        text = rf"0*[1-9][0-9]{{0,{digits - 1}}}{cents}|0+\.(?:0[1-9]|[1-9][0-9]?)0*"
    else:
        text = rf"0*[0-9]{{1,{digits}}}{cents}"
    low = {"exclusiveMinimum": 0} if positive else {"minimum": 0}
    high = {"exclusiveMaximum": 10**digits} if maximum is None else {"maximum": maximum}
    number = {"type": "number", **low, **high}
    either = [number, {"type": "string", "pattern": rf"^\s*(?:{text})\s*$"}]
    return WithJsonSchema({"description": about, "anyOf": either}, "validation")


def _plain_date(value: Any) -> Any:
    """Only a date as JSON clients write it; Python itself also reads times and numbers of seconds."""
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        return value
    raise ValueError("must be a date such as 2026-12-01")


IN_ONE_LINE = told(pattern=ONE_LINE_PATTERN)
Text128 = Annotated[str, Field(min_length=1, max_length=128), IN_ONE_LINE, text_by(one_line)]
Text255 = Annotated[str, Field(min_length=1, max_length=255), IN_ONE_LINE, text_by(one_line)]
MessageText = Annotated[
    str,
    Field(min_length=1, max_length=4000, description="Plain text."),
    told(pattern=MANY_LINES_PATTERN),
    text_by(many_lines),
]
City = Annotated[str, Field(min_length=1, max_length=128), IN_ONE_LINE, text_by(one_line)]
Email = Annotated[str, AfterValidator(email_address), told(maxLength=254, pattern=rf"^\s*(?:{EMAIL})?\s*$")]
Phone = Annotated[
    str,
    AfterValidator(phone_number),
    told(pattern=PHONE_PATTERN, maxLength=40),
    Field(description="In any usual spelling; without a country it is a number of Kazakhstan. Answered as E.164."),
]
Password = Annotated[
    str,
    Field(min_length=8, max_length=128, json_schema_extra={"format": "password"}),
    AfterValidator(not_common),
]
WHOLE = BeforeValidator(whole_number)
Id = Annotated[int, Field(ge=1, le=2**53 - 1, json_schema_extra={"format": "int64"}), WHOLE]
Price = Annotated[
    Decimal,
    Field(gt=0, lt=Decimal(10) ** 10, decimal_places=2),
    BeforeValidator(plain_number),
    decimal_schema("In tenge, at most two decimals.", 10, positive=True),
]
Deposit = Annotated[
    Decimal,
    Field(ge=0, lt=Decimal(10) ** 10, decimal_places=2),
    BeforeValidator(plain_number),
    decimal_schema("In tenge, at most two decimals; 0 is none.", 10),
]
Area = Annotated[
    Decimal,
    Field(gt=0, lt=Decimal(10) ** 7, decimal_places=2),
    BeforeValidator(plain_number),
    decimal_schema("In m², at most two decimals.", 7, positive=True),
]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), BeforeValidator(plain_number)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), BeforeValidator(plain_number)]
Day = Annotated[date, BeforeValidator(_plain_date)]
PriceBound = Annotated[
    Decimal,
    Field(
        # More than any price, for clients that mean "no limit" by it. A double still has it exactly to the cent.
        ge=0,
        le=Decimal(9) * 10**13,
        decimal_places=2,
    ),
    BeforeValidator(plain_number),
    decimal_schema("In tenge, at most two decimals; the bound counts.", 13, 9 * 10**13),
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
AreaNumber = PriceNumber
"""An area as a JSON number."""
