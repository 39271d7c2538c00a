"""Endpoint groups: each is one Cloud Function, and its handlers say by their annotations what they take.

The group turns requests into calls of them::

    @api.post("/feed/action", errors=(400, 404))
    def act(caller: Caller, body: FeedAction) -> Status: ...

A ``Body``, ``Form`` or ``Params`` model is validated from the JSON body, the form or the query string. A ``Caller`` or
a ``User`` needs a bearer token, an ``int`` or a ``str`` is the path's part of that name, and ``roles`` says who may
call. The API document is made of the same declarations (shared/web/openapi.py). shared/web/README.md says why this is
own code.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack, get_type_hints

import flask
from flask_cors import CORS
from pydantic import TypeAdapter
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from shared import logs
from shared.data import store
from shared.data.pages import Page
from shared.data.users import User
from shared.enums import Role
from shared.errors import Invalid
from shared.settings import settings
from shared.web.answers import Picture, base_url, error_response, next_link
from shared.web.caller import Bot, Caller
from shared.web.parameters import MAX_BODY_BYTES, reader

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NAME = "[A-Za-z0-9._~-]{1,64}"
_CONTEXT = {"base_url": base_url}
"""What the models of answers are told of the request: see shared/models/photos.py."""

IN_PATH = (int, str)
"""The types of a handler's parameters that stand in the path."""
Handler = Callable[..., Any]
Decorator: TypeAlias = Callable[[Handler], Handler]


class Options(TypedDict, total=False):
    """What a route can say beyond its path.

    Attributes:
        roles: Who may call; all others get a 403. Absent: everybody, or every user if the handler takes one.
        errors: The statuses that it answers beyond those that follow from its parameters and roles.
        headers: What the handler itself reads of the request's headers: name to description.
        max_age: Seconds for which every cache may keep an answer that depends on no data. Absent: none may.
    """

    roles: Sequence[Role]
    errors: Sequence[int]
    headers: dict[str, str]
    max_age: int


@dataclass(frozen=True)
class Operation:
    """One endpoint, as its decorator and its annotations describe it."""

    method: str
    path: str
    handler: Handler
    roles: tuple[Role, ...]
    errors: tuple[int, ...]
    headers: dict[str, str]
    parameters: dict[str, Any]
    answer: Any
    max_age: int = 0

    @property
    def takes_caller(self) -> bool:
        return not {Caller, User}.isdisjoint(self.parameters.values())

    @property
    def needs_token(self) -> bool:
        return bool(self.roles) or self.takes_caller

    @property
    def paged(self) -> bool:
        return getattr(self.answer, "__origin__", None) is Page

    @property
    def answer_type(self) -> Any:
        """The type of the answer's body: a page is a list of its items, a response of the handler's own is text."""
        if self.paged:
            return list[self.answer.__args__[0]]  # type: ignore[name-defined]
        if self.answer is Picture:
            return bytes
        return str if self.answer is flask.Response else self.answer


class _Id(BaseConverter):
    # From 1, and at most 16 digits, as many as 2^53 has. A malformed id is a 404.
    regex = r"(?!0+(?:/|$))[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        return int(value)


class _Name(BaseConverter):
    # What a client calls something of its own, such as a device.
    regex = NAME


class Group:
    """The endpoints of one Cloud Function.

    Args:
        name: The function's name, and the first segment of its paths.
        about: What the group is for, as the API document says it.
        roots: Further first segments that lead to it through Hosting.
    """

    def __init__(self, name: str, about: str | None, *roots: str) -> None:
        self.name = name
        self.about = about or ""
        self.operations: list[Operation] = []
        self._roots = (name, *roots)
        self.app = flask.Flask(name, static_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
        self.app.url_map.converters |= {"id": _Id, "name": _Name}
        self.app.url_map.merge_slashes = False  # A path with two in a row is unknown, not a redirect.
        self.app.before_request(self._begin)
        self.app.after_request(self._finish)
        self.app.register_error_handler(Exception, error_response)
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
        """The Cloud Function: what functions-framework, which takes nothing but plain functions, calls.

        The framework serves a Flask application around that function. Where that application can be reached, this
        group's own takes its place, as middleware would: going through Flask twice takes 0.06 to 0.1 ms of CPU more.
        """
        if flask.has_app_context():
            flask.current_app.wsgi_app = self.wsgi  # type: ignore[method-assign]
        return lambda request: flask.Response.from_app(self.wsgi, request.environ)  # type: ignore[return-value]

    def wsgi(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answers a request, as WSGI has it (PEP 3333)."""
        path = environ["PATH_INFO"].rstrip("/")
        # Behind Hosting the whole path arrives, at the function's own address it comes without the function's name.
        whole = path.lstrip("/").partition("/")[0] in self._roots
        changed = {"PATH_INFO": path if whole else f"/{self.name}{path}", "api.stripped": not whole}
        with store.bounded():
            return self._wsgi(environ | changed, start_response)

    def route(self, method: str, path: str, **options: Unpack[Options]) -> Decorator:
        """Makes a function the handler of an endpoint; ids stand in braces, as in ``/listings/{listing_id}``.

        An id is an ``int`` parameter of the handler; a ``str`` parameter is a name that the client has chosen.
        """
        roles = tuple(options.get("roles", ()))
        errors = (*options.get("errors", ()), *((403,) if roles else ()))

        def decorate(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            answer = hints.pop("return")
            headers, max_age = options.get("headers", {}), options.get("max_age", 0)
            operation = Operation(method, path, handler, roles, errors, headers, hints, answer, max_age)
            self.operations.append(operation)
            rule = path.rstrip("/")  # As `answer` hands the paths over.
            for name, kind in hints.items():
                rule = rule.replace(f"{{{name}}}", f"<name:{name}>" if kind is str else f"<id:{name}>")
            self.app.add_url_rule(rule, handler.__name__, _view(operation), methods=[method])
            return handler

        return decorate

    def get(self, path: str, **options: Unpack[Options]) -> Decorator:
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Unpack[Options]) -> Decorator:
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Unpack[Options]) -> Decorator:
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[Options]) -> Decorator:
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[Options]) -> Decorator:
        return self.route("DELETE", path, **options)

    def _begin(self) -> flask.Response | None:
        flask.g.started = time.perf_counter()
        if flask.request.method == "OPTIONS" and "Access-Control-Request-Method" in flask.request.headers:
            return flask.Response()  # Whatever the path: a refused preflight would hide the 404 from the page.
        return None

    def _finish(self, response: flask.Response) -> flask.Response:
        # Hosting's CDN would otherwise keep even 404s for minutes.
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        if "*" not in settings().cors_origins:
            response.vary.add("Origin")  # A cache must not give what nobody's page has asked for to the page that may.
        if logs.RELEASE:
            response.headers["X-Release"] = logs.RELEASE
        started = flask.g.get("started", time.perf_counter())
        logs.request(flask.request, response, time.perf_counter() - started, flask.g.get("user_id"))
        return response


def _view(operation: Operation) -> Callable[..., flask.Response]:
    """The Flask view of an operation: parameters in, handler, answer out."""
    models = {name: kind for name, kind in operation.parameters.items() if kind not in IN_PATH}
    if operation.roles and not operation.takes_caller:
        models = {"": User} | models  # Nobody but these roles may call, though the handler does not ask who it is.
    # Who is calling comes first: without a token, nobody holds a thread by sending a body slowly.
    models = dict(sorted(models.items(), key=lambda item: item[1] not in (Caller, User, Bot)))
    readers = {name: reader(kind, operation.roles) for name, kind in models.items()}
    adapter = TypeAdapter(operation.answer_type)

    def view(**ids: int | str) -> flask.Response:
        values: dict[str, Any] = {}
        try:
            for name, read in readers.items():
                values[name] = read()
        except Invalid:
            for value in values.values():
                if isinstance(value, Caller):
                    value.load()  # A caller who is refused is told that, and not what is wrong with the body.
            raise
        values.pop("", None)
        answer = operation.handler(**ids, **values)
        if isinstance(answer, flask.Response):
            return answer
        body = answer.items if operation.paged else answer
        response = flask.Response(adapter.dump_json(body, context=_CONTEXT), mimetype="application/json")
        if operation.max_age:
            response.headers["Cache-Control"] = f"public, max-age={operation.max_age}"
        if operation.paged and answer.cursor:
            response.headers["Link"] = next_link(answer.cursor)
        return response

    return view
