"""Structured logs: one JSON line for each request and each error, in the format that Cloud Logging understands.

Nothing of a body, a query, a token or a person but the user's id is ever in them.
"""

import json
import os
import re
import secrets
import sys
import traceback
from typing import Any

from google.api_core.exceptions import GoogleAPICallError

_TRACE = re.compile(r"([0-9a-f]{32})(?:/([0-9]+))?")

RELEASE = os.environ.get("RELEASE", "")
"""The commit that was deployed. A function that runs locally has none."""


def write(severity: str, message: str, **fields: Any) -> None:
    """Writes one line to standard output, whole even among threads."""
    release = {"release": RELEASE} if RELEASE and severity != "INFO" else {}
    line = json.dumps({"severity": severity, "message": message, **release, **fields}, default=str)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def trace_id(request: Any) -> str:
    """What joins the lines of one request and, when it fails, its answer: the platform's X-Cloud-Trace-Context.

    Locally nobody sends one, and a random one stands in.
    """
    match = _TRACE.match(request.headers.get("X-Cloud-Trace-Context", ""))
    found: str = request.environ.setdefault("api.trace", match[1] if match else secrets.token_hex(16))
    return found


def _trace_of(request: Any) -> dict[str, str]:
    """The field by which Cloud Logging joins lines."""
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    return {"logging.googleapis.com/trace": f"projects/{project}/traces/{trace_id(request)}"} if project else {}


def request(request: Any, response: Any, seconds: float, user_id: int | None) -> None:
    """The line of a finished request. It names the route instead of the path: ids do not belong into logs."""
    status = response.status_code
    severity = "ERROR" if status >= 500 else "WARNING" if status == 429 else "INFO"
    route = request.url_rule.rule if request.url_rule else "(none)"
    write(
        severity,
        f"{request.method} {route} {status}",
        httpRequest={"requestMethod": request.method, "status": status, "latency": f"{seconds:.6f}s"},
        route=route,
        user_id=user_id,
        **_trace_of(request),
    )


def exception(message: str, error: BaseException, severity: str = "ERROR", request: Any = None, **fields: Any) -> None:
    """An error with its stack, for Error Reporting."""
    joined = {} if request is None else _trace_of(request)
    write(severity, f"{message}: {type(error).__name__}", stack_trace=_stack(error), **joined, **fields)


def _stack(error: BaseException) -> str:
    """The stack of an error and of those that led to it. Messages repeat input: only Firestore's are kept."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None:
        said = f": {current.message}" if isinstance(current, GoogleAPICallError) else ""
        frames = "".join(traceback.format_tb(current.__traceback__))
        chain.append(f"Traceback (most recent call last):\n{frames}{type(current).__name__}{said}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n\nThe above exception led to:\n\n".join(reversed(chain))
