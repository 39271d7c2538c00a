"""Push messages: what goes to FCM, and what each of its refusals becomes. A server on this machine stands in for it."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import firebase_admin
import pytest
from firebase_admin import credentials, messaging
from google.auth.credentials import AnonymousCredentials
from requests.adapters import HTTPAdapter

from infra.local.emulators import HOST
from shared.delivery import DeliveryError, Failed, Gone, NotConfigured, TryLater, push
from shared.settings import settings
from tests.conftest import Configure


class _Nobody(credentials.Base):
    def get_credential(self) -> Any:
        return AnonymousCredentials()


class Fcm:
    """What was sent, and what to answer."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.answer: tuple[int, Any] = (200, {"name": "projects/p/messages/1"})


def refusal(status: int, code: str, fcm: str = "") -> tuple[int, Any]:
    """A refusal as FCM sends it."""
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": fcm}] if fcm else []
    return status, {"error": {"code": status, "message": "No", "status": code, "details": details}}


@pytest.fixture
def fcm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fcm]:
    taken = Fcm()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, answer = taken.answer
            said = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.send_header("Content-Type", "application/json")
            if status == 429:
                self.send_header("Retry-After", "17")
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = firebase_admin.initialize_app(_Nobody(), {"projectId": "p"}, name="test")
    service = messaging._get_messaging_service(app)
    service._fcm_url = f"http://{HOST}:{server.server_address[1]}/send"
    service._client.session.mount("http://", HTTPAdapter())  # Without the library's pauses before it repeats.
    monkeypatch.setattr(push, "_app", lambda: app)
    monkeypatch.setenv("PUSH_ENABLED", "true")
    settings.cache_clear()
    yield taken
    # In another thread: it runs an event loop, and where browser tests ran before, this thread has one already.
    closing = threading.Thread(target=firebase_admin.delete_app, args=(app,))
    closing.start()
    closing.join()
    server.shutdown()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()


def test_a_push_arrives_as_it_was_written(fcm: Fcm) -> None:
    push.send("a-token", "Новости", "Вам написали", {"lead_id": "5"})
    assert [each["message"] for each in fcm.sent] == [
        {
            "token": "a-token",
            "notification": {"title": "Новости", "body": "Вам написали"},
            "data": {"lead_id": "5"},
        }
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(404, "NOT_FOUND", "UNREGISTERED"), Gone),
        (refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), Gone),
        (refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), TryLater),
        (refusal(503, "UNAVAILABLE", "UNAVAILABLE"), TryLater),
        (refusal(500, "INTERNAL", "INTERNAL"), TryLater),
        (refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), Failed),
        (refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), Failed),
    ],
)
def test_what_a_refusal_means(fcm: Fcm, answer: tuple[int, Any], expected: type[DeliveryError]) -> None:
    fcm.answer = answer
    with pytest.raises(expected) as refused:
        push.send("a-token", "T", "text", {})
    assert "a-token" not in str(refused.value)
    if isinstance(refused.value, TryLater) and answer[0] == 429:
        assert refused.value.seconds == 17


def test_threads_that_send_their_first_push_at_once_open_firebase_once(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(PUSH_ENABLED="true")
    opened: list[Any] = []

    def open_slowly(**options: Any) -> Any:
        time.sleep(0.1)
        opened.append(options)
        if len(opened) > 1:
            raise ValueError("The default Firebase app already exists")
        return object()

    monkeypatch.setattr(firebase_admin, "initialize_app", open_slowly)
    monkeypatch.setattr(messaging, "send", lambda *_, **__: None)
    push._app.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: push.send("a-token", "T", "text", {}), range(4)))
    push._app.cache_clear()
    assert len(opened) == 1


def test_without_a_setting_there_is_no_push() -> None:
    assert not push.is_configured()
    with pytest.raises(NotConfigured):
        push.send("a-token", "T", "text", {})
