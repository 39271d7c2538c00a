"""Fuzzing from /openapi.json: valid and invalid requests of every operation, sent by everybody."""

import json
from collections.abc import Iterable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
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

    send()
    return sent


def _name_what_exists(case: Any, world: World) -> None:
    ids = {"listing_id": "second", "lead_id": "lead", "user_id": "other"}
    for name in case.path_parameters or {}:
        if name in ids:
            case.path_parameters[name] = world.ids[ids[name]]
    if isinstance(case.body, dict) and "listing_id" in case.body:
        case.body["listing_id"] = world.ids["second"]


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
