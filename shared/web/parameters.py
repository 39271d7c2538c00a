"""Typed parameters: what a handler's annotations ask for, read from the current request and validated."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import flask
from pydantic import ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from shared.data.users import User
from shared.enums import Role
from shared.errors import Invalid, Problem
from shared.models.base import Body, Form, Model, Params
from shared.web.caller import Bot, Caller

M = TypeVar("M", bound=Model)
MAX_BODY_BYTES = 64 * 1024
MAX_UPLOAD_BYTES = 12 * 1024 * 1024
Reader = Callable[[], Any]


class Upload:
    """A body that is no JSON and may be large. Its handler reads it, once it knows that the caller may send it."""

    def read(self) -> bytes:
        """All of it.

        Raises:
            RequestEntityTooLarge: It has more than MAX_UPLOAD_BYTES.
        """
        flask.request.max_content_length = MAX_UPLOAD_BYTES + 1
        body = flask.request.get_data(cache=False)
        if len(body) > MAX_UPLOAD_BYTES:
            raise RequestEntityTooLarge
        return body


def reader(annotation: Any, roles: Sequence[Role]) -> Reader:
    """The function that reads one parameter from the current request.

    Args:
        annotation: ``Caller``, ``User`` (the caller, already loaded), ``Bot``, ``Upload``, or a Body, Form or Params
            model.
        roles: Who may call.
    """
    if annotation is Caller:
        return lambda: Caller.from_request(roles)
    if annotation is User:
        return lambda: Caller.from_request(roles).load()
    if annotation is Bot:
        return Bot.from_request
    if annotation is Upload:
        return Upload
    if issubclass(annotation, Body):
        return lambda: _validated(annotation, _json(), "body")
    if issubclass(annotation, Form):
        return lambda: _validated(annotation, _form(), "body")
    if issubclass(annotation, Params):
        return lambda: _validated(annotation, flask.request.args.to_dict(), "query")
    raise TypeError(f"no parameter can be of {annotation}")


def _body() -> bytes:
    """The body, read to one byte over the limit: one without a stated length would otherwise be cut off there."""
    body = flask.request.get_data()
    if len(body) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def _form() -> dict[str, str]:
    _body()
    return flask.request.form.to_dict()


def _json() -> Any:
    """The body as JSON, whatever the content type says.

    Strictly RFC 8259: no NaN, no lone surrogates, and limited nesting, unlike Python's own parser.
    """
    try:
        return from_json(_body(), allow_inf_nan=False)
    except ValueError as error:
        raise Invalid.at(("body",), "not valid JSON") from error


def _validated(model: type[M], value: Any, where: str) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # Neither the input nor the context: both may repeat a secret that was sent.
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid([Problem(each["type"], (where, *each["loc"]), each["msg"]) for each in problems]) from None
