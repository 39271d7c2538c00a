"""What the local system writes to people: nothing leaves this machine, and a page shows it.

A mail server and a stand-in of Telegram's Bot API take everything. Whoever sets SMTP_URL or TELEGRAM_BOT_TOKEN when
they start `make run` sends to the real ones instead.
"""

import json
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller

from infra.local.emulators import HOST, free_ports

PORT = 8025
"""Where the page is, if nothing else listens there."""
BOT_TOKEN = "1:local"
KEPT = 200


@dataclass(frozen=True)
class Sent:
    """One message."""

    at: str
    channel: str
    to: str
    subject: str
    text: str


class Sending(NamedTuple):
    """Where the page is, and what the functions must be told to send there."""

    url: str
    environment: dict[str, str]


@contextmanager
def kept(base_url: str) -> Iterator[Sending]:
    """Takes mail and Telegram messages while the body runs.

    Args:
        base_url: Where links in messages lead.
    """
    sent: deque[Sent] = deque(maxlen=KEPT)
    (smtp_port,) = free_ports(1)
    mail = Controller(_Mail(sent), hostname=HOST, port=smtp_port)
    mail.start()
    server = _server(sent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://{HOST}:{server.server_address[1]}"
    given = {
        "SMTP_URL": f"smtp://{HOST}:{smtp_port}",
        "MAIL_FROM": "Real Estate Tinder <hello@example.com>",
        "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
        "TELEGRAM_API_URL": url,
        "PUBLIC_URL": base_url,
    }
    if "TELEGRAM_BOT_TOKEN" in os.environ:
        del given["TELEGRAM_API_URL"]  # A real bot sends by the real Telegram.
    try:
        yield Sending(url, given | {name: os.environ[name] for name in given if name in os.environ})
    finally:
        server.shutdown()
        server.server_close()
        mail.stop()


class _Mail:
    """What the mail server does with a mail."""

    def __init__(self, sent: deque[Sent]) -> None:
        self._sent = sent

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        text = body.get_content().strip() if body else ""
        self._sent.append(Sent(_now(), "email", ", ".join(envelope.rcpt_tos), str(message["Subject"]), text))
        return "250 OK"


def _server(sent: deque[Sent]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)))
            if self.path != f"/bot{BOT_TOKEN}/sendMessage":
                return self._answer(401, "application/json", json.dumps({"ok": False, "description": "Unauthorized"}))
            sent.append(Sent(_now(), "telegram", str(body["chat_id"]), "", body["text"]))
            return self._answer(200, "application/json", json.dumps({"ok": True, "result": {"message_id": 1}}))

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            wanted = parse_qs(asked.query).get("to")
            shown = [each for each in reversed(list(sent)) if not wanted or each.to in wanted]
            if asked.path == "/messages":
                self._answer(200, "application/json", json.dumps([asdict(each) for each in shown], ensure_ascii=False))
            else:
                self._answer(200, "text/html", _page(shown))

        def _answer(self, status: int, kind: str, text: str) -> None:
            said = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    try:
        return ThreadingHTTPServer((HOST, PORT), Handler)
    except OSError:  # Taken: another system runs here.
        return ThreadingHTTPServer((HOST, 0), Handler)


def _page(sent: list[Sent]) -> str:
    shown = "".join(
        f"<article><header><b>{escape(each.channel)}</b> to <b>{escape(each.to)}</b> · {each.at}</header>"
        f"<h2>{escape(each.subject)}</h2><pre>{escape(each.text)}</pre></article>"
        for each in sent
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
        '<meta name="viewport" content="width=device-width"><title>Sent messages</title>'
        "<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}"
        "article{border:1px solid #8888;border-radius:8px;padding:1rem;margin:1rem 0}"
        "h2{font-size:1.1rem;margin:.5rem 0}pre{white-space:pre-wrap;margin:0;font:inherit}</style>"
        "<h1>Sent messages</h1><p>What the local system has written to people, newest first. None of it has left this "
        f"machine.</p>{shown or '<p>Nothing yet.</p>'}</html>"
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
