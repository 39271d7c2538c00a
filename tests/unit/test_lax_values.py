"""What the API document says of loosely written values agrees with what the models take: nothing more, nothing less.

The document tells types, and in words that a number may come as a text of its digits and null as an empty text.
"""

import copy
import re
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from functions import HTTP_FUNCTIONS
from shared.models.auth import ProfileUpdate, Register, TelegramLogin
from shared.models.base import Body, Params
from shared.models.details import DetailsWrite
from shared.models.leads import LeadWrite
from shared.models.preferences import PreferenceWrite
from shared.models.searches import SearchWrite
from shared.web.examples import EXAMPLES
from shared.web.group import IN_PATH, Operation
from shared.web.openapi import document

GROUPS = [import_module(f"functions.{name}").api for name in HTTP_FUNCTIONS]
DOCUMENT = document(GROUPS)
OPERATIONS = [operation for group in GROUPS for operation in group.operations]
BODIES = {
    kind.__name__: kind
    for operation in OPERATIONS
    for kind in operation.parameters.values()
    if isinstance(kind, type) and issubclass(kind, Body)
}
QUERIES = [
    operation
    for operation in OPERATIONS
    if any(kind not in IN_PATH and issubclass(kind, Params) for kind in operation.parameters.values())
]
BOOLEANS = {"true": True, "false": False} | dict.fromkeys(("1", "on", "yes"), True) | dict.fromkeys(("0", "off"), False)
"""How a query may write them: beyond the reference's true and false, as older clients do."""
EMPTY_IS_NULL = (Register, ProfileUpdate, TelegramLogin, DetailsWrite, PreferenceWrite, SearchWrite, LeadWrite)
"""In these, wherever null may stand, an empty text means null: they come from forms and from the bot."""
DIGITS_ARE_A_NAME = ("telegram_id",)

NUMBERS = (0, 1, 5, 12, -1, 5.0, 0.0, 5.5, 1e2, 10**20, True, False)
TEXTS = ("5", "0", "-1", " 5 ", "05", "5.0", "5.5", "100.0", "+5", "1e2", "1_0", "5.", ".5", "0x5", "٥", "5,5", "5 5")
OTHERS: tuple[Any, ...] = (
    None,
    "",
    " ",
    "true",
    "false",
    "on",
    "off",
    "yes",
    "True",
    "like",
    "x",
    [],
    {},
    [5],
    ["5"],
    [5.0],
    ["1_0"],
)
LAX: tuple[Any, ...] = (*NUMBERS, *TEXTS, *OTHERS)

BEYOND_A_SCHEMA = "must not be (greater|above)|go together|a valid phone number|time zone|such as 2026|at least 1 char"
"""What no schema of one field can tell."""


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each value inside another one, with its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*before, key), each
        yield from places(each, (*before, key))


def with_value(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def as_number(text: str) -> Any:
    """The number that a text of digits means; any other text stays what it is."""
    number = Decimal(text) if re.fullmatch(r"\s*-?[0-9]+(\.[0-9]+)?\s*", text, re.ASCII) else None
    return text if number is None else int(number) if number == int(number) else float(number)


def read(value: Any, empty_is_null: bool) -> Any:
    """What a value stands for by the words of the document."""
    if isinstance(value, list):
        return [read(each, empty_is_null) for each in value]
    if isinstance(value, str):
        return None if empty_is_null and not value.strip() else as_number(value)
    return value


def may_be_empty(model: type[Body], place: tuple[Any, ...], value: Any) -> bool:
    """Whether an empty text stands for null there: not for a whole object, nor where null stands for a default."""
    field = DOCUMENT["components"]["schemas"][model.__name__]["properties"].get(place[0], {})
    return model in EMPTY_IS_NULL and not isinstance(value, dict) and field.get("default") is None


def valid(schema: dict[str, Any], value: Any) -> bool:
    return bool(Draft202012Validator(schema | {"components": DOCUMENT["components"]}).is_valid(value))


def difference(model: type[BaseModel], sent: dict[str, Any], allowed: bool, tolerated: bool = False) -> str:
    """How what a model does differs from what the document says; nothing if it does not.

    Args:
        model: What reads it.
        sent: A body or a query.
        allowed: The document allows it.
        tolerated: It may be taken all the same.
    """
    try:
        model.model_validate(sent)
    except ValidationError as error:
        beyond = all(re.search(BEYOND_A_SCHEMA, each["msg"]) for each in error.errors())
        return f"refused, though the document allows {sent}: {error}" if allowed and not beyond else ""
    return "" if allowed or tolerated else f"taken, though the document forbids {sent}"


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_taken_if_and_only_if_the_document_allows_it(name: str) -> None:
    model, schema = BODIES[name], DOCUMENT["components"]["schemas"][name]
    (body, *_) = EXAMPLES[name]
    model.model_validate(body)
    there = dict(places(body))
    differences = []
    for place in dict.fromkeys([*there, *((key,) for key in schema["properties"])]):
        empty_is_null = may_be_empty(model, place, there.get(place))
        for value in LAX:
            meant = value if place[-1] in DIGITS_ARE_A_NAME else read(value, empty_is_null)
            allowed = any(valid(schema, with_value(body, place, each)) for each in (value, meant))
            trimmed = isinstance(value, str) and valid(schema, with_value(body, place, value.strip()))
            differences.append(difference(model, with_value(body, place, value), allowed, trimmed))
    assert not [each for each in differences if each]


@pytest.mark.parametrize("operation", QUERIES, ids=lambda operation: f"{operation.method} {operation.path}")
def test_a_query_is_taken_if_and_only_if_the_document_allows_it(operation: Operation) -> None:
    (model,) = (kind for kind in operation.parameters.values() if kind not in IN_PATH and issubclass(kind, Params))
    told = DOCUMENT["paths"][operation.path][operation.method.lower()]["parameters"]
    differences = []
    for name, schema in ((each["name"], each["schema"]) for each in told if each["in"] == "query"):
        for value in (each for each in LAX if isinstance(each, str)):
            kind = {"array": value.split(","), "boolean": BOOLEANS.get(value.lower())}.get(schema.get("type"), value)
            allowed = not value.strip() or valid(schema, kind) or valid(schema, as_number(value))
            differences.append(difference(model, {name: value}, allowed, valid(schema, value.strip())))
    assert not [each for each in differences if each]
