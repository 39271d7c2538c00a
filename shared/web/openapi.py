"""The OpenAPI 3.1 document, made of what the groups declare: their operations, models and docstrings.

``make openapi`` writes it into openapi.json beside this file, which is what GET /openapi.json answers.
"""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import flask
from pydantic import MISSING, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.models.base import Body, Form, Params
from shared.models.errors import Error, ValidationErrors
from shared.models.fields import Id
from shared.web.examples import EXAMPLES
from shared.web.group import IN_PATH, NAME, Group, Operation
from shared.web.parameters import MAX_BODY_BYTES, MAX_UPLOAD_BYTES, Upload

Json = dict[str, Any]
Schemas = dict[tuple[Any, str], Json]

ABOUT = """
Renting and buying homes by swiping: owners and agents list them, tenants like or dislike them one by one, and every
like becomes a lead for the owner.

**Sign in**: `POST /auth/register`, then `POST /auth/login`, and send the answer's `access_token` as
`Authorization: Bearer <access_token>`. On this page the *Authorize* button does it.

**Lists** are arrays, newest first, of at most `limit` items. When there is more, the answer's `Link` header leads to
the next page: `<…?cursor=…>; rel="next"`.

**Errors** are `{"detail": "…"}`; values that do not validate are 422 with a list of what is wrong where.

**Values** may come as forms have them: a number as a text of its digits, and, where no default is named, null as an
empty text for names, emails and phones, in details, preferences, searches and leads. In a query, what is empty is
absent.

**Times** are RFC 3339 in UTC, **ids** are integers of at most 2^53 - 1, **prices** are in tenge. Unknown fields of a
body are ignored, and a slash at the end of a path makes no difference.
"""

_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "`Bearer` (RFC 6750).", "schema": {"type": "string"}}}
_NEXT_PAGE = {
    "Link": {
        "description": 'Leads to the next page, when there is one: `<…?cursor=…>; rel="next"` (RFC 8288).',
        "schema": {"type": "string"},
    }
}

# Status: name, description, example of a detail, headers. A 422 has a shape of its own.
_ERRORS: dict[int, tuple[str, str, str, Json]] = {
    400: ("BadRequest", "The request makes no sense, such as an action on one's own listing.", "Bad Request", {}),
    401: (
        "Unauthorized",
        "No token, one that is wrong or expired, a user who is deactivated, or wrong credentials.",
        "Could not validate credentials",
        _CHALLENGE,
    ),
    403: ("Forbidden", "The caller may not do this.", "Not enough permissions", {}),
    404: ("NotFound", "It does not exist, is not active, or the caller may not know of it.", "Not Found", {}),
    409: ("Conflict", "It contradicts what is stored.", "This email is already registered", {}),
    413: (
        "TooLarge",
        f"The body is larger than {MAX_BODY_BYTES // 1024} KiB, or a photo than {MAX_UPLOAD_BYTES // 1024**2} MiB.",
        "Request Entity Too Large",
        {},
    ),
    415: ("UnsupportedMedia", "The body is no image of a kind that is taken.", "Unsupported Media Type", {}),
    429: ("TooManyRequests", "Too many failures; wait.", "Too many attempts, try again later", _RETRY_AFTER),
    500: ("InternalError", "A defect of the server.", "Internal Server Error", {}),
    503: (
        "Unavailable",
        "The database cannot be reached. Nothing was half-done; the same request may be sent again.",
        "Service temporarily unavailable, please retry",
        _RETRY_AFTER,
    ),
}


class _Schemas(GenerateJsonSchema):
    """Schemas without a title on each field, which says no more than the field's name, and in the models' order."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        # A key that only an opt-in adds is not always there, unlike other fields with a default.
        missing = field["schema"].get("default", ...) is MISSING
        return not missing and super().field_is_required(field, total)

    def default_schema(self, schema: Any) -> Json:
        # Generators take a field with a default as one that is always there; null says no more than its absence.
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if (key, value) != ("default", None)}

    def sort(self, value: Any, parent_key: str | None = None) -> Any:  # noqa: ARG002
        return value


def document(groups: Sequence[Group]) -> Json:
    """The whole document of these groups, ready for JSON."""
    operations = [(group, operation) for group in groups for operation in group.operations]
    schemas, components = _schemas([operation for _, operation in operations])
    paths: dict[str, Json] = {}
    for group, operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            group, operation, schemas, components
        )
    queries = {model.__name__ for _, operation in operations for model in _models(operation, Params).values()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Real Estate Tinder API", "version": "1.0.0", "description": ABOUT.strip()},
        # The same host: Hosting has every group below its root, and so has …cloudfunctions.net.
        "servers": [{"url": "/"}],
        "tags": [{"name": group.name, "description": _paragraphs(group.about)} for group in groups],
        "paths": paths,
        "components": {
            # The models of a query string have become parameters.
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "responses": {name: _error(status) for status, (name, *_) in _ERRORS.items()}
            | {
                "Invalid": {
                    "description": "A value of the body or the query does not validate.",
                    "content": _content("application/json", _ref("schemas", ValidationErrors.__name__)),
                }
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An `access_token` that you already have.",
                },
                "login": {
                    "type": "oauth2",
                    "description": "Log in with an email or a phone number. Leave the client fields empty.",
                    "flows": {"password": {"tokenUrl": "/auth/login", "scopes": {}}},
                },
            },
        },
    }


def _schemas(operations: list[Operation]) -> tuple[Schemas, dict[str, Json]]:
    """The JSON schema of every type that goes in or out, and the named ones that those refer to."""
    inputs = {model for operation in operations for model in _models(operation, Body, Form, Params).values()}
    outputs = {str(operation.answer_type): operation.answer_type for operation in operations}
    schemas, definitions = TypeAdapter.json_schemas(
        [
            *((model, "validation", TypeAdapter(model)) for model in sorted(inputs, key=lambda model: model.__name__)),
            *((name, "serialization", TypeAdapter(answer)) for name, answer in outputs.items()),
            *((model, "serialization", TypeAdapter(model)) for model in (Error, ValidationErrors)),
        ],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    components: dict[str, Json] = definitions["$defs"]
    for name, examples in EXAMPLES.items():
        if name in components:
            components[name]["examples"] = examples
    return schemas, components  # type: ignore[return-value]


def _operation(group: Group, operation: Operation, schemas: Schemas, components: dict[str, Json]) -> Json:
    summary, _, more = _paragraphs(operation.handler.__doc__ or "").partition("\n\n")
    described: Json = {
        "operationId": operation.handler.__name__,
        "tags": [group.name],
        "summary": summary,
        "description": more,
        "parameters": _path_ids(operation) + _query(operation, schemas, components) + _headers(operation),
        "requestBody": _request_body(operation, schemas),
        "responses": _responses(group, operation, schemas),
        "security": [{"bearer": []}, {"login": []}] if operation.needs_token else [],
    }
    return {key: value for key, value in described.items() if value or key == "security"}


def _path_ids(operation: Operation) -> list[Json]:
    kinds = {int: TypeAdapter(Id).json_schema(), str: {"type": "string", "pattern": f"^{NAME}$"}}
    names = re.findall(r"{(\w+)}", operation.path)
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds[operation.parameters[name]]} for name in names
    ]


def _query(operation: Operation, schemas: Schemas, components: dict[str, Json]) -> list[Json]:
    parameters = []
    for model in _models(operation, Params).values():
        for name, field in components[_name(schemas[model, "validation"])]["properties"].items():
            schema = _as_text(field)
            description = {"description": text} if (text := schema.pop("description", "")) else {}
            form = {"style": "form", "explode": False} if schema.get("type") == "array" else {}  # Comma-separated.
            parameters.append({"name": name, "in": "query", "required": False, **description, **form, "schema": schema})
    return parameters


def _as_text(schema: Json) -> Json:
    """The schema in a query, where all is text: there is no null, and a number is as good as its digits in a string."""
    first, *_ = schema.get("anyOf", [{}])
    kept = {key: value for key, value in schema.items() if key != "anyOf"}
    return kept | _as_text(first) if first else kept


def _headers(operation: Operation) -> list[Json]:
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in operation.headers.items()
    ]


def _request_body(operation: Operation, schemas: Schemas) -> Json | None:
    if Upload in operation.parameters.values():
        return {"required": True, "content": _content("image/*", {"type": "string", "format": "binary"})}
    for media, kind in (("application/json", Body), ("application/x-www-form-urlencoded", Form)):
        for model in _models(operation, kind).values():
            return {"required": True, "content": _content(media, schemas[model, "validation"])}
    return None


def _responses(group: Group, operation: Operation, schemas: Schemas) -> Json:
    own = inspect.isclass(operation.answer) and issubclass(operation.answer, flask.Response)
    media = operation.answer.default_mimetype if own else "application/json"
    success = {
        "description": "Success.",
        "content": _content(media, schemas[str(operation.answer_type), "serialization"]),
    }
    if operation.paged:
        success["headers"] = _NEXT_PAGE
    has_body = bool(_models(operation, Body, Form)) or Upload in operation.parameters.values()
    statuses = set(operation.errors)
    statuses |= {401} if operation.needs_token else set()
    statuses |= {404} if "{" in operation.path else set()  # A malformed id is a 404.
    statuses |= {413} if has_body else set()
    statuses |= {422} if has_body or _models(operation, Params) else set()
    statuses |= {500, 503} if group.name != "health" and not operation.max_age else set()  # All else uses data.
    names = {status: "Invalid" if status == 422 else _ERRORS[status][0] for status in sorted(statuses)}
    return {"200": success} | {str(status): _ref("responses", name) for status, name in names.items()}


def _error(status: int) -> Json:
    _, description, detail, headers = _ERRORS[status]
    schema = _ref("schemas", Error.__name__)
    trace = {"trace": "0af7651916cd43dd8448eb211c80319c"} if status >= 500 else {}
    content = {"application/json": {"schema": schema, "example": {"detail": detail} | trace}}
    return {"description": description, "content": content} | ({"headers": headers} if headers else {})


def _models(operation: Operation, *kinds: type[Body | Form | Params]) -> dict[str, type[Body | Form | Params]]:
    """The operation's parameters that are models of these kinds."""
    return {
        name: given for name, given in operation.parameters.items() if given not in IN_PATH and issubclass(given, kinds)
    }


def _content(media: str, schema: Json) -> Json:
    return {media: {"schema": schema}}


def _ref(section: str, name: str) -> Json:
    return {"$ref": f"#/components/{section}/{name}"}


def _name(reference: Json) -> str:
    return str(reference["$ref"].rpartition("/")[2])


def _paragraphs(docstring: str) -> str:
    """A docstring, each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(docstring).split("\n\n"))
