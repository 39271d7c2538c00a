"""Fuzzing from /openapi.json: valid and invalid requests of every operation, sent by everybody."""

import json
import re
from collections.abc import Iterable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions import HTTP_FUNCTIONS
from tests.faults.operations import World
from tests.instruments.api import Api


def no_server_error(context: Any, response: Any, case: Any) -> bool | None:
    """Nothing is a server's error but what is not configured here, such as mail, which a 503 says by its code."""
    if response.status_code == 503 and response.json().get("code") == "not_configured":
        return None
    return not_a_server_error(context, response, case)


CHECKS = [
    no_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def operations(api: Api) -> dict[str, Any]:
    """Every operation of the document that the functions serve, by method and path."""

    def behind_hosting(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        root = environ["PATH_INFO"].strip("/").split("/")[0]
        application = api.client(root if root in HTTP_FUNCTIONS else "health").application
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    schema = schemathesis.openapi.from_wsgi("/openapi.json", behind_hosting)
    found = (each.ok() for each in schema.get_all_operations() if isinstance(each, Ok))
    return {operation.label: operation for operation in found}


def fuzz(world: World, operation: Any, examples: int, seeded: bool) -> int:
    """Sends requests of one operation and judges each answer.

    Args:
        world: Whose people send them, and whose ids some of them name.
        operation: One of ``operations``.
        examples: How many requests; half of them are valid by the document.
        seeded: The same requests each time, or others.

    Returns:
        How many were sent.
    """
    sent = 0
    modes = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    tokens = [None, "broken", *world.tokens.values()]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=seeded,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(modes), token=st.sampled_from(tokens), real=st.booleans())
    def send(case: Any, token: str | None, real: bool) -> None:
        nonlocal sent
        sent += 1
        if real:
            _name_what_exists(case, world)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        _judge(case, response)
        _compare(operation, case, response)

    send()
    return sent


def _name_what_exists(case: Any, world: World) -> None:
    ids = {"listing_id": "second", "lead_id": "lead", "user_id": "other"}
    for name in case.path_parameters or {}:
        if name in ids:
            case.path_parameters[name] = world.ids[ids[name]]
    if isinstance(case.body, dict) and "listing_id" in case.body:
        case.body["listing_id"] = world.ids["second"]


BEYOND_A_SCHEMA = (
    "no more than 2 decimal places",
    "must not be (greater|above)|go together|must differ",
    "not a valid phone number|not a time zone|valid date",
    r"must not contain U\+(200[CD]|FE0[EF]|1[0-9A-F]{4}|E[0-9A-F]{4}|[0-9A-F]{1,2}FFF[EF])",
    r"at least 1 character",  # What is trimmed: a schema tells the characters, not that they do not count at the ends.
    "is not the owner|differs from|is needed, because|most common passwords",
    "cannot be read",
)
"""What is wrong with a body that no JSON schema can tell."""


def _compare(operation: Any, case: Any, response: Any) -> None:
    """The document and the validation agree: what one calls valid, the other does not call invalid."""
    schema = _body_schema(operation)
    if schema is None or not isinstance(case.body, dict | list | str | int | float | bool | None):
        return
    wrong = next(Draft202012Validator(schema).iter_errors(case.body), None)
    if response.status_code == 200 and wrong is not None:
        assert _is_generous(schema, case.body), f"accepted, though the document forbids it: {case.body} {wrong.message}"
    if response.status_code == 422 and wrong is None:
        told = [problem for problem in response.json()["detail"] if problem["loc"][0] == "body"]
        beyond = [re.search("|".join(BEYOND_A_SCHEMA), problem["msg"]) for problem in told]
        assert all(beyond), f"refused, though the document allows it: {case.body} {told}"


def _body_schema(operation: Any) -> dict[str, Any] | None:
    document = operation.schema.raw_schema
    body = document["paths"][operation.path][operation.method.lower()].get("requestBody", {})
    media = body.get("content", {}).get("application/json")
    return media["schema"] | {"components": document["components"]} if media else None


def _is_generous(schema: dict[str, Any], body: Any) -> bool:
    """True if the body is valid once its texts are trimmed and read: clients may send "5" for 5 and "" for null."""
    if not isinstance(body, dict):
        return False
    read = {name: _read(value) for name, value in body.items()}
    return next(Draft202012Validator(schema).iter_errors(read), None) is None


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _read(each) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    text = value.strip(" \t\r\n\u200b\u2060\ufeff")
    if not text:
        return None
    try:
        return json.loads(text) if re.fullmatch(r"-?[0-9.]+", text) else text
    except ValueError:
        return text


def _judge(case: Any, response: Any) -> None:
    if response.status_code >= 400:
        answer = json.loads(response.content)
        assert answer.keys() - {"code", "trace"} == {"detail"}
        assert ("trace" in answer) == (response.status_code >= 500)
        assert response.headers["content-type"] == ["application/json"]
    password = case.body.get("password") if isinstance(case.body, dict) else None
    if isinstance(password, str) and len(password) >= 8:
        assert password not in response.content.decode()


def made(api: Api) -> World:
    """A world with a lead in it."""
    world = World.made(api)
    world.ids["lead"] = world.ok("POST", "/leads", "tenant", {"listing_id": world.ids["second"]})["id"]
    return world
