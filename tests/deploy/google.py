"""A stand-in for Google's servers, so that the real gcloud can be watched at what it would send them.

It knows no rules of Google's: it keeps what is sent, and hands out functions and policies as they were stored.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

APIS = (
    "artifactregistry cloudbilling cloudbuild cloudfunctions cloudresourcemanager cloudscheduler"
    " firestore iam logging monitoring run secretmanager serviceusage storage"
)


@dataclass(frozen=True)
class Request:
    """One request of gcloud's."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any


@dataclass
class Google:
    """What was sent, and what exists: functions by name, policies by what they are for, uploaded archives."""

    address: str
    requests: list[Request] = field(default_factory=list)
    functions: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of Cloud Run, by name: each deploy of a function gives its service a revision."""
    sinks: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: list[bytes] = field(default_factory=list)

    def sent(self, method: str, ending: str) -> list[Request]:
        """Requests of this method whose path ends so."""
        return [each for each in self.requests if each.method == method and each.path.endswith(ending)]

    def members(self, role: str) -> dict[str, list[str]]:
        """Whom a role is granted to, by what it is granted on."""
        return {
            name: sorted(member for binding in policy.get("bindings", []) for member in binding["members"])
            for name, policy in self.policies.items()
            if any(binding["role"] == role for binding in policy.get("bindings", []))
        }

    @property
    def environment(self) -> dict[str, str]:
        """Lets gcloud call this and nobody else."""
        names = [f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}" for name in APIS.split()]
        return dict.fromkeys(names, f"{self.address}/")

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status and body of an answer."""
        self.requests.append(request)
        resource, _, verb = request.path.partition(":")
        name = resource.split("/", 2)[-1]
        if verb == "setIamPolicy":
            self.policies[name] = request.body["policy"]
        if verb.endswith("IamPolicy"):
            return 200, self.policies.get(name, {})
        if request.path == "/upload":
            self.uploads.append(request.body)
            return 200, {}
        if resource.endswith("/runtimes"):
            return 200, {"runtimes": [{"name": "python311", "environment": "GEN_2"}]}
        if verb == "generateUploadUrl":
            return 200, {"uploadUrl": f"{self.address}/upload", "storageSource": {"bucket": "b", "object": "o"}}
        if request.method in ("POST", "PATCH") and "/functions" in resource and not verb:
            function = request.body
            function["serviceConfig"]["service"] = function["name"].replace("/functions/", "/services/")
            self.functions[function["name"]] = function | {"state": "ACTIVE"}
            self._add_revision(function["name"].rsplit("/", 1)[-1])
            return 200, _done(name)
        if request.method == "DELETE" and name in self.functions:
            del self.functions[name]
            return 200, _done(name)
        if "/functions/" in resource:
            return (200, self.functions[name]) if name in self.functions else _missing()
        if verb == "addVersion":
            return 200, {"name": f"{name}/versions/1", "clientSpecifiedPayloadChecksum": True}
        if "/sinks/" in resource:
            self.sinks[name] = self.sinks.get(name, {"name": "_Default"}) | (request.body or {})
            return 200, self.sinks[name]
        if "/namespaces/" in resource:
            return self._service(request)
        if "/operations/" in resource:
            return 200, _done(name)
        if resource.endswith(".googleapis.com"):
            return 200, {"state": "ENABLED"}
        return 200, {} if request.method == "GET" else _done(name)

    def _add_revision(self, name: str) -> None:
        """As Cloud Run does: all traffic to the newest revision, unless it has been given to a named one."""
        service = self.services.setdefault(name, _new_service(name))
        number = int(service["metadata"]["generation"]) + 1
        service["metadata"]["generation"] = number
        service["status"]["latestReadyRevisionName"] = f"{name}-{number:05}-abc"
        _settle(service)

    def _service(self, request: Request) -> tuple[int, Any]:
        """Cloud Run's own API, in which gcloud changes the traffic."""
        name = request.path.rsplit("/", 1)[-1]
        if name not in self.services:
            return _missing()
        if request.method == "PUT":
            self.services[name]["spec"] = request.body["spec"]
            self.services[name]["metadata"]["generation"] += 1
            _settle(self.services[name])
        return 200, self.services[name]


def _new_service(name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "my-project", "generation": 0, "annotations": {}, "labels": {}}
    template = {"metadata": {}, "spec": {"containers": [{"image": "image"}]}}
    traffic = [{"latestRevision": True, "percent": 100}]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"template": template, "traffic": traffic},
        "status": {"url": f"https://{name}.run.app", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def _settle(service: dict[str, Any]) -> None:
    """The traffic becomes what was asked for; a tag gets an address."""
    status = service["status"]
    status["observedGeneration"] = service["metadata"]["generation"]
    status["traffic"] = [
        {"revisionName": status["latestReadyRevisionName"], **each}
        | ({"url": f"https://{each['tag']}---{service['metadata']['name']}.run.app"} if each.get("tag") else {})
        for each in service["spec"]["traffic"]
    ]


@contextmanager
def google() -> Iterator[Google]:
    """The stand-in, listening."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler())
    stand_in = Google(f"http://127.0.0.1:{server.server_port}")
    server.google = stand_in  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _done(name: str) -> dict[str, Any]:
    """The name of an operation that has ended at once, in the form of its API."""
    parts = name.split("/operations/")[0].split("/")[:4]
    return {"name": "/".join([*parts, "operations", "o"]), "done": True, "metadata": {}, "response": {}}


def _missing() -> tuple[int, Any]:
    return 404, {"error": {"code": 404, "message": "Not found.", "status": "NOT_FOUND"}}


def _handler() -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_json = raw[:1] in b"{["
            parts = urlsplit(self.path)
            body = json.loads(raw or b"null") if is_json else raw
            google: Google = self.server.google  # type: ignore[attr-defined]
            status, content = google.answer(Request(self.command, parts.path, parse_qs(parts.query), body))
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            """Quiet: the requests themselves are kept."""

    return Handler
