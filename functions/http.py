"""HTTP for all endpoint groups: routes, typed parameters, the caller, one error shape, CORS, request logs.

A group is one Cloud Function. Its handlers say what they take by their annotations, and the group turns requests
into calls of them::

    @api.post("/feed/action", errors=(400, 404))
    def act(caller: Caller, body: FeedAction) -> Status: ...

A ``Body``, ``Form`` or ``Params`` model is validated from the JSON body, the form or the query string; a ``Caller``
needs a bearer token; an ``int`` of the path's name is an id. The same annotations make the OpenAPI document
(functions/openapi.py). This is own code because the libraries at hand either decode form values as JSON (a password of
digits becomes a number), build a JSON schema on every request, or do not say where an error stands.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints
from urllib.parse import urlencode

import flask
from flask_cors import CORS
from google.api_core.exceptions import RetryError
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from shared import addresses, logs, store, users
from shared.errors import ApiError, Forbidden, Invalid, Unauthorized, Unavailable
from shared.models import Body, Form, Params, Role
from shared.pages import Page
from shared.security import token_subject
from shared.settings import settings
from shared.users import User

MAX_BODY_BYTES = 64 * 1024
Handler = Callable[..., Any]


class Caller:
    """Whoever sent the token. Known only after their user was read, which happens together with other reads."""

    def __init__(self, user_id: int) -> None:
        self._user_id = user_id

    @classmethod
    def read(cls) -> "Caller":
        """The sender of the request's bearer token.

        Raises:
            Unauthorized: There is none, or it is not valid.
        """
        scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Not authenticated")
        return cls(token_subject(token.strip()))

    def load(self, *others: Callable[[int], store.Reference] | store.Reference, role: Sequence[Role] = ()) -> Any:
        """Reads the current user, and other documents with them, in one round trip.

        Args:
            others: Documents to read along; a function is given the user's id.
            role: Who may pass; nobody is turned away when it is empty.

        Returns:
            The user; a tuple of the user and a snapshot for each of ``others`` when there are any.

        Raises:
            Unauthorized: The user does not exist or is inactive.
            Forbidden: The user has another role, whatever it was when the token was issued.
        """
        references = [other(self._user_id) if callable(other) else other for other in others]
        found, *snapshots = store.get(users.ref(self._user_id), *references)
        user = User.of(found)
        if user is None or not user.is_active:
            raise Unauthorized
        flask.g.user_id = user.id
        if role and user.role not in role:
            raise Forbidden
        return (user, *snapshots) if others else user


@dataclass(frozen=True)
class Operation:
    """One endpoint, as its decorator and its annotations describe it."""

    method: str
    path: str
    handler: Handler
    errors: tuple[int, ...]
    headers: dict[str, str]
    parameters: dict[str, Any]
    answer: Any

    @property
    def needs_token(self) -> bool:
        return Caller in self.parameters.values()

    @property
    def paged(self) -> bool:
        return getattr(self.answer, "__origin__", None) is Page

    @property
    def answer_type(self) -> Any:
        """What the answer's body is made of: a page of a list is a list, a response of the handler's own is text."""
        if self.paged:
            return list[self.answer.__args__[0]]  # type: ignore[name-defined]
        return str if self.answer is flask.Response else self.answer


class _Id(BaseConverter):
    # At most 16 digits, as many as 2^53 has: anything else is no id, so there is nothing at that path.
    regex = r"[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        return int(value)


class Group:
    """The endpoints of one Cloud Function.

    Args:
        name: The function's name, and the first segment of its paths.
        roots: Further first segments that lead to it through Hosting.
    """

    def __init__(self, name: str, *roots: str) -> None:
        self.name = name
        self.operations: list[Operation] = []
        self._roots = (name, *roots)
        self.app = flask.Flask(name, static_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
        self.app.url_map.converters["id"] = _Id
        self.app.url_map.merge_slashes = False  # A path with two in a row is unknown, not a redirect.
        self.app.before_request(self._begin)
        self.app.after_request(self._finish)
        self.app.register_error_handler(Exception, _error_response)
        CORS(
            self.app,
            origins=settings().cors_origins,
            methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            # Any header, because tracing tools add their own; what counts is the token, and no browser adds that.
            allow_headers="*",
            expose_headers=["Link", "Retry-After"],
            max_age=3600,
            send_wildcard="*" in settings().cors_origins,
        )
        # The one proxy in front (Google's front end, or Hosting) tells the public scheme and host: for Link headers.
        self._wsgi = ProxyFix(self.app.wsgi_app, x_for=0, x_proto=1, x_host=1)

    def function(self) -> Callable[[flask.Request], flask.Response]:
        """The Cloud Function: what functions-framework, which takes nothing but plain functions, calls."""
        if flask.has_app_context():  # The framework's own answers, such as to a line break in the path, look like ours.
            flask.current_app.register_error_handler(Exception, _error_response)
            flask.current_app.url_map.merge_slashes = False
        return lambda request: self.answer(request)

    def answer(self, request: flask.Request) -> flask.Response:
        """Answers a request that functions-framework hands over."""
        environ = dict(request.environ)
        path = environ["PATH_INFO"].rstrip("/")
        # Behind Hosting the whole path arrives, at the function's own address it comes without the function's name.
        whole = path.lstrip("/").partition("/")[0] in self._roots
        environ["PATH_INFO"] = path if whole else f"/{self.name}{path}"
        environ["api.stripped"] = not whole
        with store.bounded():
            answer: flask.Response = flask.Response.from_app(self._wsgi, environ)  # type: ignore[assignment]
        return answer

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._route("DELETE", path, **options)

    def _route(
        self, method: str, path: str, errors: tuple[int, ...] = (), headers: dict[str, str] | None = None
    ) -> Callable[[Handler], Handler]:
        # `headers` describes what the handler itself reads of the request's headers: name to description.
        def decorate(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            answer = hints.pop("return")
            operation = Operation(method, path, handler, errors, headers or {}, hints, answer)
            self.operations.append(operation)
            view = _view(operation)
            rule = path.rstrip("/").replace("{", "<id:").replace("}", ">")  # As `answer` hands the paths over.
            self.app.add_url_rule(rule, handler.__name__, view, methods=[method])
            return handler

        return decorate

    def _begin(self) -> flask.Response | None:
        flask.g.started = time.perf_counter()
        if flask.request.method == "OPTIONS" and "Access-Control-Request-Method" in flask.request.headers:
            return flask.Response()  # Whatever the path: a refused preflight would hide the 404 from the page.
        # Read to one byte over the limit: a body without a stated length would otherwise be cut off there.
        if len(flask.request.get_data()) > MAX_BODY_BYTES:
            raise RequestEntityTooLarge
        return None

    def _finish(self, response: flask.Response) -> flask.Response:
        # Hosting's CDN would otherwise keep even 404s for minutes.
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        started = flask.g.get("started", time.perf_counter())
        logs.request(flask.request, response, time.perf_counter() - started, flask.g.get("user_id"))
        return response


def _view(operation: Operation) -> Callable[..., flask.Response]:
    """The Flask view of an operation: parameters in, handler, answer out."""
    readers = {name: _reader(annotation) for name, annotation in operation.parameters.items() if annotation is not int}
    adapter = TypeAdapter(operation.answer_type)

    def view(**path: int) -> flask.Response:
        values: dict[str, Any] = {}
        try:
            for name, read in readers.items():
                values[name] = read()
        except (Invalid, ValidationError):
            for caller in (value for value in values.values() if isinstance(value, Caller)):
                caller.load()  # Somebody deactivated is told that, and not what is wrong with the body.
            raise
        answer = operation.handler(**path, **values)
        if isinstance(answer, flask.Response):
            return answer
        body = answer.items if operation.paged else answer
        response = flask.Response(adapter.dump_json(body), mimetype="application/json")
        if operation.paged and answer.cursor:
            response.headers["Link"] = _next_link(answer.cursor)
        return response

    return view


def _reader(annotation: Any) -> Callable[[], Any]:
    """What reads one parameter from the request. A class that is no model reads itself: who is calling."""
    if read := getattr(annotation, "read", None):
        reader: Callable[[], Any] = read
        return reader
    if issubclass(annotation, Body):
        return lambda: _validated(annotation, _json(), "body")
    if issubclass(annotation, Form):
        return lambda: _validated(annotation, flask.request.form.to_dict(), "body")
    if issubclass(annotation, Params):
        return lambda: _validated(annotation, flask.request.args.to_dict(), "query")
    raise TypeError(f"no parameter can be of {annotation}")


def _json() -> Any:
    """The body as JSON, whatever the content type says.

    Strictly RFC 8259: no NaN, no lone surrogates, and nesting is limited, which Python's own parser is not.
    """
    try:
        return from_json(flask.request.get_data(), allow_inf_nan=False)
    except ValueError as error:
        raise Invalid(("body",), "not valid JSON") from error


def _validated(model: Any, value: Any, where: str) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        error.add_note(where)
        raise


def _next_link(cursor: str) -> str:
    """The Link header's value: absolute, except at the emulator's function URLs, whose prefix a function cannot see."""
    request = flask.request
    query = urlencode(request.args.to_dict() | {"cursor": cursor})
    relative = request.environ["api.stripped"] and settings().local
    return f'<{"" if relative else request.base_url}?{query}>; rel="next"'


def _error_response(error: Exception) -> flask.Response:
    """Turns anything that a request has raised into the one error shape."""
    if isinstance(error, (*store.TRANSIENT, RetryError)):
        logs.exception("Firestore unavailable", error, severity="WARNING", **logs.trace_of(flask.request))
        error = Unavailable()
    if isinstance(error, ValidationError) and getattr(error, "__notes__", None):
        where = error.__notes__[-1]
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        return _detail(422, [{"type": p["type"], "loc": [where, *p["loc"]], "msg": p["msg"]} for p in problems])
    if isinstance(error, Invalid):
        return _detail(422, [{"type": "value_error", "loc": list(error.loc), "msg": error.detail}])
    if isinstance(error, ApiError):
        return _detail(error.status, error.detail, error.headers)
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        # Allow of a 405 and the like.
        headers = {name: value for name, value in error.get_headers() if name not in ("Content-Type", "Content-Length")}
        return _detail(error.code or 400, error.name, headers)
    logs.exception("Unhandled error", error, **logs.trace_of(flask.request))
    return _detail(500, "Internal Server Error")


def _detail(status: int, detail: Any, headers: dict[str, str] | None = None) -> flask.Response:
    response = flask.json.jsonify({"detail": detail})
    response.status_code = status
    response.headers.update(headers or {})
    return response


def client_address() -> str:
    """Who is calling, as far as the platform vouches for it."""
    forwarded, peer = flask.request.headers.get("X-Forwarded-For", ""), flask.request.remote_addr or ""
    return addresses.client(forwarded, peer, settings().trusted_proxies, settings().trusted_edges)
