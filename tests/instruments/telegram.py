"""A stand-in for Telegram's Bot API, which answers as it does, also when it refuses."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import requests

from infra.local.emulators import HOST

TOKEN = "4242:stand-in_for-a-token"
Answer = tuple[int, Any]

# Bodies as the Bot API sends them.
BLOCKED: Answer = (
    403,
    {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"},
)
CHAT_NOT_FOUND: Answer = (400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"})
EMPTY: Answer = (400, {"ok": False, "error_code": 400, "description": "Bad Request: message text is empty"})
TOO_MANY: Answer = (
    429,
    {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    },
)
WRONG_URL: Answer = (
    400,
    {"ok": False, "error_code": 400, "description": "Bad Request: wrong file identifier/HTTP URL specified"},
)
WRONG_TOKEN: Answer = (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
BROKEN: Answer = (502, "<html>Bad Gateway</html>")


class TelegramServer:
    """What was sent, and what to answer."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answer: Answer | None = None
        self.answers = threading.Event()
        """Cleared while the server keeps silent."""
        self.answers.set()
        self.url = ""

    def take(self, path: str, body: dict[str, Any]) -> Answer:
        self.answers.wait()
        if path not in (f"/bot{TOKEN}/sendMessage", f"/bot{TOKEN}/sendPhoto"):
            return WRONG_TOKEN
        if path.endswith("/sendPhoto") and not _is_photo(body["photo"]):
            return WRONG_URL
        if self.answer:
            return self.answer
        self.messages.append(body)
        return 200, {"ok": True, "result": {"message_id": len(self.messages)}}


def _is_photo(url: str) -> bool:
    """True if Telegram would take what is there: it fetches the URL itself, without any rights."""
    answer = requests.get(url, timeout=30)
    kinds = ("image/jpeg", "image/png", "image/webp")
    return answer.ok and answer.headers["Content-Type"] in kinds and len(answer.content) <= 5_000_000


@contextmanager
def telegram_server() -> Iterator[TelegramServer]:
    """Runs the stand-in while the body runs."""
    taken = TelegramServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = taken.take(self.path, body)
            said = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            with suppress(BrokenPipeError):  # The other side has stopped waiting.
                self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    taken.url = f"http://{HOST}:{server.server_address[1]}"
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()


def mini_app(telegram_id: int, token: str = TOKEN, age: float = 0, **fields: str) -> dict[str, Any]:
    """The body of a Mini App's sign-in, signed as Telegram signs it."""
    user = json.dumps({"id": telegram_id, "first_name": "Айгуль", "last_name": "С."}, ensure_ascii=False)
    given = {"user": user, "auth_date": str(int(time.time() - age)), "query_id": "AA", "signature": "s-_"} | fields
    key = hmac.new(b"WebAppData", token.encode(), "sha256").digest()
    return {"init_data": urlencode(given | {"hash": _signature(given, key)})}


def widget(telegram_id: int, token: str = TOKEN, age: float = 0, **fields: Any) -> dict[str, Any]:
    """The body of the login widget's sign-in, signed as Telegram signs it."""
    given = {"id": telegram_id, "first_name": "Айгуль", "auth_date": int(time.time() - age)} | fields
    return given | {"hash": _signature(given, hashlib.sha256(token.encode()).digest())}


def _signature(fields: dict[str, Any], key: bytes) -> str:
    lines = [f"{name}={fields[name]}" for name in sorted(fields)]
    return hmac.new(key, "\n".join(lines).encode(), "sha256").hexdigest()
