"""The health check, and the documentation of the API."""

import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import flask

from shared import web
from shared.models.health import Health
from shared.settings import settings
from shared.web.group import Group

api = Group("health", __doc__, "openapi.json", "docs")

DOCS = Path(web.__file__).parent / "docs"
SWAGGER_UI = {
    "swagger-ui.css": "flask_openapi3_swagger/templates/swagger/css",
    "swagger-ui-bundle.js": "flask_openapi3_swagger/templates/swagger/js",
}
OPENAPI = Path(web.__file__).parent / "openapi.json"
CACHE_SECONDS = 3600
# Swagger UI asks for nothing but its own files and this API; React's inline styles need no permission.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@api.get("/health")
def health() -> Health:
    """Answer that the service is alive, and where it runs."""
    return Health(environment=settings().environment)


@api.get("/openapi.json")
def get_openapi() -> dict[str, Any]:
    """This document: every endpoint of the API, for tools and client generators (OpenAPI 3.1)."""
    return _openapi()


@api.get("/docs")
def get_docs() -> flask.Response:
    """This document as a web page, in which every endpoint can be tried."""
    return docs_file("index.html")


@api.app.get("/docs/<path:name>")
def docs_file(name: str) -> flask.Response:
    """A file of that page: the page's own, or Swagger UI's as the package brings it."""
    # The page names its files relative to itself, as "docs/…", because it may stand below another path; opened with
    # a slash at its end, that becomes "docs/docs/…".
    name = name.removeprefix("docs/")
    package = distribution("flask-openapi3-swagger")  # Found and not imported: its code is for another framework.
    folder = package.locate_file(SWAGGER_UI[name]) if name in SWAGGER_UI else DOCS
    answer = flask.send_from_directory(str(folder), name, max_age=CACHE_SECONDS)
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@cache
def _openapi() -> dict[str, Any]:
    """The committed document. Made ahead of time, so that this function need not load all the others."""
    document: dict[str, Any] = json.loads(OPENAPI.read_text())
    return document
