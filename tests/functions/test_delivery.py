"""Mail and Telegram messages: what is sent to real servers, and what each of their refusals becomes."""

import datetime
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.local.emulators import HOST, free_ports
from shared.delivery import DeliveryError, Failed, Gone, NotConfigured, TryLater, email, telegram
from shared.settings import settings
from tests.conftest import Configure
from tests.instruments import telegram as bot_api
from tests.instruments.mail import PASSWORD, USER, mail_server
from tests.instruments.telegram import TelegramServer, telegram_server

TO, SUBJECT, TEXT = "айгуль@example.kz", "Код — код", "Сіздің кодыңыз: 123456\n🏠"
ADDRESS = "person+tag@example.kz"


@pytest.fixture(autouse=True)
def sender(configure: Configure) -> None:
    configure(MAIL_FROM="Real Estate Tinder <no-reply@example.kz>")


@pytest.fixture
def bot(configure: Configure) -> Iterator[TelegramServer]:
    with telegram_server() as server:
        configure(TELEGRAM_API_URL=server.url, TELEGRAM_BOT_TOKEN=f" {bot_api.TOKEN}\n")
        yield server


def _certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for this machine; its file is ``folder/ca.pem``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


# --- Mail


def test_a_mail_arrives_as_it_was_written(configure: Configure) -> None:
    with mail_server() as server:
        configure(SMTP_URL=server.url)
        email.send(ADDRESS, SUBJECT, TEXT)
    (message,) = server.messages
    assert server.recipients == [ADDRESS]
    assert (message["To"], message["Subject"]) == (ADDRESS, SUBJECT)
    assert message["From"] == "Real Estate Tinder <no-reply@example.kz>"
    assert message.get_content().split() == TEXT.split()
    assert message["Message-ID"].endswith("@example.kz>")
    assert message["Date"]
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_mail_goes_over_tls_with_a_login(
    configure: Configure, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with mail_server(tls=context, login=True) if kind == "tls" else mail_server(starttls=context, login=True) as server:
        login = f"://{quote(USER, '')}:{quote(PASSWORD, '')}@"
        configure(SMTP_URL=server.url.replace("://", login))
        email.send(ADDRESS, SUBJECT, TEXT)
        assert len(server.messages) == 1
        configure(SMTP_URL=server.url.replace("://", "://user:wrong-password@"))
        with pytest.raises(Failed) as refused:
            email.send(ADDRESS, SUBJECT, TEXT)
    assert "wrong-password" not in str(refused.value)
    assert len(server.messages) == 1


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_a_mail_server_with_a_certificate_of_nobody_gets_nothing(
    configure: Configure, kind: str, tmp_path: Path
) -> None:
    context = _certificate(tmp_path)
    with mail_server(tls=context) if kind == "tls" else mail_server(starttls=context) as server:
        configure(SMTP_URL=server.url)
        with pytest.raises(Failed, match="SSLCertVerificationError"):
            email.send(ADDRESS, SUBJECT, TEXT)
    assert not server.messages


def test_deployed_no_mail_goes_without_tls(configure: Configure) -> None:
    with mail_server() as server:
        configure(SMTP_URL=server.url, ENVIRONMENT="production")
        with pytest.raises(Failed):
            email.send(ADDRESS, SUBJECT, TEXT)
    assert not server.messages


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 5.1.1 no such user", Gone),
        ("550 No such user here", Gone),
        ("553 5.1.2 no such domain", Gone),
        ("550 5.2.1 disabled", Gone),
        ("550 5.7.1 blocked for spam", Failed),
        ("552 5.2.2 mailbox full", Failed),
        ("450 4.2.1 try again", TryLater),
        ("421 too busy", TryLater),
    ],
)
def test_what_a_refused_address_means(configure: Configure, answer: str, expected: type[DeliveryError]) -> None:
    with mail_server() as server:
        server.answer_to_recipient = answer
        configure(SMTP_URL=server.url)
        with pytest.raises(expected) as refused:
            email.send(ADDRESS, SUBJECT, TEXT)
    assert ADDRESS not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "expected"), [("451 4.3.0 later", TryLater), ("554 5.6.0 no", Failed), ("550 5.1.1 odd here", Failed)]
)
def test_what_a_refused_message_means(configure: Configure, answer: str, expected: type[DeliveryError]) -> None:
    with mail_server() as server:
        server.answer_to_message = answer
        configure(SMTP_URL=server.url)
        with pytest.raises(expected):
            email.send(ADDRESS, SUBJECT, TEXT)


def test_a_server_that_does_not_answer_may_do_so_later(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(SMTP_URL=f"smtp://{HOST}:{free_ports(1)[0]}")
    with pytest.raises(TryLater):
        email.send(ADDRESS, SUBJECT, TEXT)
    monkeypatch.setattr(email, "SECONDS", 0.3)
    with mail_server() as server:
        server.answers.clear()
        configure(SMTP_URL=server.url)
        with pytest.raises(TryLater):
            email.send(ADDRESS, SUBJECT, TEXT)
        server.answers.set()


def test_without_a_mail_server_it_says_so(configure: Configure) -> None:
    configure(SMTP_URL=None)
    assert not email.is_configured()
    with pytest.raises(NotConfigured):
        email.send(ADDRESS, SUBJECT, TEXT)


def test_a_header_cannot_be_smuggled_in(configure: Configure) -> None:
    with mail_server() as server:
        configure(SMTP_URL=server.url)
        with pytest.raises(ValueError, match="Header"):
            email.send(ADDRESS, "Hello\r\nBcc: all@example.kz", TEXT)
    assert not server.messages


# --- Telegram


def test_a_telegram_message_arrives_as_it_was_written(bot: TelegramServer) -> None:
    telegram.send("123456789", TEXT)
    (message,) = bot.messages
    assert (message["chat_id"], message["text"]) == ("123456789", TEXT)
    assert "parse_mode" not in message  # Names of people must not become markup.


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (bot_api.BLOCKED, Gone),
        (bot_api.CHAT_NOT_FOUND, Gone),
        (bot_api.EMPTY, Failed),
        (bot_api.WRONG_TOKEN, Failed),
        (bot_api.BROKEN, TryLater),
        ((500, {}), TryLater),
        ((404, "not JSON"), Failed),
        ((400, []), Failed),
    ],
)
def test_what_a_refusal_of_telegram_means(bot: TelegramServer, answer: Any, expected: type[DeliveryError]) -> None:
    bot.answer = answer
    with pytest.raises(expected) as refused:
        telegram.send("123456789", TEXT)
    assert bot_api.TOKEN not in repr(refused.value)
    assert refused.value.__cause__ is None


def test_telegram_says_how_long_to_wait(bot: TelegramServer) -> None:
    bot.answer = bot_api.TOO_MANY
    with pytest.raises(TryLater) as refused:
        telegram.send(1, TEXT)
    assert refused.value.seconds == 7


def test_a_telegram_that_does_not_answer_may_do_so_later(
    bot: TelegramServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram, "SECONDS", 0.2)
    bot.answers.clear()
    with pytest.raises(TryLater):
        telegram.send(1, TEXT)
    bot.answers.set()
    configure(TELEGRAM_API_URL=f"http://{HOST}:{free_ports(1)[0]}")
    with pytest.raises(TryLater) as refused:
        telegram.send(1, TEXT)
    assert refused.value.__suppress_context__


def test_without_a_bot_it_says_so(configure: Configure) -> None:
    configure(TELEGRAM_BOT_TOKEN=None)
    assert not telegram.is_configured()
    with pytest.raises(NotConfigured):
        telegram.send(1, TEXT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example.kz:587"),
        ("SMTP_URL", "https://mail.example.kz"),
        ("TELEGRAM_BOT_TOKEN", "bot token"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("MAIL_FROM", "no address"),
    ],
)
def test_a_malformed_setting_is_refused_unrepeated(configure: Configure, name: str, value: str) -> None:
    configure(**{name: value})
    with pytest.raises(ValueError, match=name.lower()) as refused:
        settings()
    assert value not in str(refused.value)
