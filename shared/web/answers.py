"""Answers: the Link of a page, and one shape for every error."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import flask
from google.api_core.exceptions import RetryError
from werkzeug.exceptions import HTTPException

from shared import logs
from shared.data import store
from shared.errors import ApiError, Invalid, Unavailable
from shared.settings import settings


class Picture(flask.Response):
    """A WebP image that never changes: under its address there will be no other."""

    default_mimetype = "image/webp"

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.headers["Cache-Control"] = "public, max-age=31536000, immutable"


def base_url() -> str:
    """Where the sender of the current request finds the API, without a slash at the end.

    A request at a function's own address has come there without the function's name, so that other functions cannot be
    found by it; those of one project are all behind Hosting, if the settings say where that is.
    """
    if flask.request.environ["api.stripped"] and (public_url := settings().public_url):
        return public_url.rstrip("/")
    return flask.request.host_url.rstrip("/")


def next_link(cursor: str) -> str:
    """The Link header's value: absolute, except at the emulator's function URLs, whose prefix a function cannot see."""
    request = flask.request
    query = urlencode(request.args.to_dict() | {"cursor": cursor})
    relative = request.environ["api.stripped"] and settings().local
    return f'<{"" if relative else request.base_url}?{query}>; rel="next"'


def error_response(error: Exception) -> flask.Response:
    """The answer to anything that a request has raised."""
    if isinstance(error, (*store.TRANSIENT, RetryError)):
        logs.exception("Firestore unavailable", error, severity="WARNING", request=flask.request)
        error = Unavailable()
    if isinstance(error, Invalid):
        return _response(422, [problem._asdict() for problem in error.problems])
    if isinstance(error, ApiError):
        return _response(error.status, error.detail, error.headers, error.code)
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        # Allow of a 405 and the like.
        headers = {name: value for name, value in error.get_headers() if name not in ("Content-Type", "Content-Length")}
        return _response(error.code or 400, error.name, headers)
    logs.exception("Unhandled error", error, request=flask.request)
    return _response(500, "Internal Server Error")


def _response(
    status: int, detail: Any, headers: Mapping[str, str] | None = None, code: str | None = None
) -> flask.Response:
    trace = {"trace": logs.trace_id(flask.request)} if status >= 500 else {}
    response = flask.json.jsonify({"detail": detail} | ({"code": code} if code else {}) | trace)
    response.status_code = status
    response.headers.update(headers or {})
    return response
