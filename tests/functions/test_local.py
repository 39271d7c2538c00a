"""What `make run` adds to the emulators: a place for what people are sent, and a clock for the schedules."""

import json
import urllib.request
from typing import Any

from functions import FUNCTIONS, Kind
from infra.local import schedules, sent
from shared.delivery import email, telegram
from tests.conftest import Configure


def read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=300) as answer:
        return json.load(answer)


def test_what_people_are_sent_stays_here_and_is_shown(configure: Configure) -> None:
    with sent.kept("http://localhost:8000") as sending:
        configure(**sending.environment)
        email.send("aigul@example.kz", "Код 123456", "Сіздің кодыңыз: 123456")
        telegram.send("77", "A <b>new</b> lead")
        newest, oldest = read(f"{sending.url}/messages")
        assert (oldest["channel"], oldest["to"], oldest["subject"]) == ("email", "aigul@example.kz", "Код 123456")
        assert oldest["text"] == "Сіздің кодыңыз: 123456"
        assert (newest["channel"], newest["to"], newest["text"]) == ("telegram", "77", "A <b>new</b> lead")
        assert read(f"{sending.url}/messages?to=77") == [newest]
        with urllib.request.urlopen(sending.url, timeout=300) as page:
            shown = page.read().decode()
        assert "A &lt;b&gt;new&lt;/b&gt; lead" in shown
        assert "Код 123456" in shown


def test_who_configures_a_bot_or_a_mail_server_sends_there(configure: Configure) -> None:
    configure(SMTP_URL="smtps://mail.example", TELEGRAM_BOT_TOKEN="1:real")
    with sent.kept("http://localhost:8000") as sending:
        assert sending.environment["SMTP_URL"] == "smtps://mail.example"
        assert sending.environment["TELEGRAM_BOT_TOKEN"] == "1:real"
        assert "TELEGRAM_API_URL" not in sending.environment


def test_the_clock_knows_every_schedule() -> None:
    assert set(schedules.intervals()) == {name for name, each in FUNCTIONS.items() if each.kind is Kind.SCHEDULE}
    assert all(seconds >= 60 for seconds in schedules.intervals().values())
