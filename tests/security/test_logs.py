"""What is logged: one line for each request, and nothing of anybody in it but the user's id."""

import json
from typing import Any

import pytest

from shared.data import store
from tests.conftest import Configure
from tests.instruments.api import PASSWORD, Api
from tests.instruments.events import deliver, event

TRACE = "0123456789abcdef0123456789abcdef"
EMAIL, PHONE, NAME, CITY = "very.private@example.kz", "+77012345678", "Гульнара Приватная", "Секретный"
PRIVATE = [
    EMAIL,
    "very.private",
    PHONE,
    "77012345678",
    NAME,
    CITY,
    PASSWORD,
    "10.9.8.7",
    "wrong-pass",
    "bot-secret-value",
]


class Lines:
    """What has been printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def read(self) -> list[dict[str, Any]]:
        """Every line since the last time, each JSON; nothing private in any of them."""
        printed = self._capsys.readouterr()
        assert printed.err == ""
        for secret in [*PRIVATE, *(json.dumps(each)[1:-1] for each in PRIVATE), "Bearer", "eyJ"]:
            assert secret not in printed.out, secret
        return [json.loads(line) for line in printed.out.splitlines()]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    capsys.readouterr()
    return Lines(capsys)


def send(api: Api, method: str, path: str, token: str | None = None, **options: Any) -> Any:
    headers = {"X-Cloud-Trace-Context": f"{TRACE}/123;o=1", "X-Forwarded-For": "10.9.8.7"}
    return api.call(method, path, token, headers=headers | {"X-Telegram-Bot-Secret": "bot-secret-value"}, **options)


def test_every_request_is_one_line_with_route_status_latency_user_and_trace(api: Api, lines: Lines) -> None:
    register = {"name": NAME, "email": EMAIL, "phone": PHONE, "password": PASSWORD, "role": "landlord"}
    user = send(api, "POST", "/auth/register", json=register).get_json()["id"]
    token = send(api, "POST", "/auth/login", data={"username": EMAIL, "password": PASSWORD}).get_json()["access_token"]
    send(api, "POST", "/auth/login", data={"username": PHONE, "password": "wrong-pass"})
    listing = send(api, "POST", "/listings", token, json={"title": NAME, "city": CITY, "price": 1}).get_json()["id"]
    send(api, "GET", f"/listings/{listing}?secret={EMAIL}")
    send(api, "GET", f"/listings?city={CITY}&cursor={EMAIL}")
    send(api, "GET", f"/auth/{EMAIL}")
    send(api, "PUT", f"/listings/{listing}", token, json={"title": EMAIL})
    send(api, "DELETE", "/listings", token)
    send(api, "POST", "/preferences", token, data=f'{{"city": "{EMAIL}'.encode())
    send(api, "POST", "/preferences", token, json={"city": CITY, "padding": EMAIL * 5000})
    send(api, "POST", "/auth/telegram/login-or-register", json={"telegram_id": "1", "phone": PHONE, "name": NAME})
    send(api, "POST", "/auth/register", json=register)
    expected = [
        ("POST", "/auth/register", 200, user),
        ("POST", "/auth/login", 200, user),
        ("POST", "/auth/login", 401, None),
        ("POST", "/listings", 200, user),
        ("GET", "/listings/<id:listing_id>", 200, None),
        ("GET", "/listings", 422, None),
        ("GET", "(none)", 404, None),
        ("PUT", "/listings/<id:listing_id>", 422, user),
        ("DELETE", "(none)", 405, None),
        ("POST", "/preferences", 422, user),
        ("POST", "/preferences", 413, user),
        ("POST", "/auth/telegram/login-or-register", 200, user),
        ("POST", "/auth/register", 409, None),
    ]
    found = lines.read()
    for line in found:
        assert line["severity"] == "INFO"
        assert float(line["httpRequest"]["latency"].removesuffix("s")) > 0
        assert line["logging.googleapis.com/trace"].endswith(f"/traces/{TRACE}")
    seen = [(x["httpRequest"]["requestMethod"], x["route"], x["httpRequest"]["status"], x["user_id"]) for x in found]
    assert seen == expected


def test_a_throttled_login_is_a_warning(api: Api, lines: Lines, configure: Configure) -> None:
    configure(LOGIN_FAILURES_PER_ACCOUNT="1")
    for _ in range(2):
        send(api, "POST", "/auth/login", data={"username": EMAIL, "password": "wrong-pass"})
    assert [line["severity"] for line in lines.read()] == ["INFO", "WARNING"]


@pytest.mark.parametrize(
    ("error", "status", "severities"),
    [
        (ValueError(f"{EMAIL} {PASSWORD}"), 500, ["ERROR", "ERROR"]),
        (KeyError(PHONE), 500, ["ERROR", "ERROR"]),
        (UnicodeDecodeError("utf-8", EMAIL.encode(), 0, 1, NAME), 500, ["ERROR", "ERROR"]),
        (store.TRANSIENT[0]("The service is unavailable"), 503, ["WARNING", "ERROR"]),
    ],
)
def test_an_error_is_logged_with_its_stack_and_answered_without(
    api: Api, lines: Lines, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, severities: list[str]
) -> None:
    def fail(*_: Any) -> None:
        try:
            raise RuntimeError(f"caused by {EMAIL}")
        except RuntimeError as cause:
            raise error from cause

    monkeypatch.setattr(store, "get", fail)
    response = send(api, "POST", "/auth/login", data={"username": EMAIL, "password": "wrong-pass"})
    assert response.status_code == status
    assert response.get_json().keys() == {"detail", "trace"}
    assert response.get_json()["trace"] == TRACE
    assert not any(word in response.text for word in (type(error).__name__, "Traceback", ".py", EMAIL))
    stack, line = lines.read()
    assert [stack["severity"], line["severity"]] == severities
    assert "Traceback (most recent call last)" in stack["stack_trace"]
    assert "functions/auth.py" in stack["stack_trace"]
    assert "RuntimeError" in stack["stack_trace"]
    assert type(error).__name__ in stack["stack_trace"]
    assert stack["logging.googleapis.com/trace"] == line["logging.googleapis.com/trace"]
    assert stack["logging.googleapis.com/trace"].endswith(f"/traces/{TRACE}")


def test_without_a_platform_that_traces_a_failure_is_found_all_the_same(
    api: Api, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "run", lambda _: 1 / 0)
    traces = [api.call("GET", "/listings").get_json()["trace"] for _ in range(2)]
    assert traces[0] != traces[1]
    found = [line["logging.googleapis.com/trace"].rpartition("/")[2] for line in lines.read()]
    assert found == [traces[0], traces[0], traces[1], traces[1]]


def test_a_line_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    from shared import logs

    capsys.readouterr()
    logs.write("INFO", 'a\nb\r\u2028"\ud800\x00', given="\x1b[31m")
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert printed.isascii()
    assert json.loads(printed)["message"].startswith("a\nb")


def test_a_failed_event_is_one_error_that_names_its_document(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.Batch, "commit", lambda _: 1 / 0)
    capsys.readouterr()
    like = {"user_id": 12, "listing_id": 34, "owner_id": 56}
    assert deliver(api, "create_lead", event(None, like, "likes/12_34"), "created", "likes/12_34") == 500
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["severity"], line["message"]) == ("ERROR", "Event failed: ZeroDivisionError")
    assert (line["event_id"], line["document"]) == ("1", "likes/12_34")
    assert "shared/data/leads.py" in line["stack_trace"]


def test_a_failed_schedule_is_one_error_and_a_health_check_does_nothing(
    api: Api, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "run", lambda _: 1 / 0)
    assert api.client("deliver_due").get("/").status_code == 204
    assert lines.read() == []
    assert api.client("deliver_due").post("/").status_code == 500
    (line,) = lines.read()
    assert (line["severity"], line["message"]) == ("ERROR", "Schedule failed: ZeroDivisionError")
    assert "shared/data/outbox.py" in line["stack_trace"]
