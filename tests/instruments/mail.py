"""A real mail server on this machine, which keeps what it takes and refuses what it is told to refuse."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from infra.local.emulators import HOST, free_ports

USER, PASSWORD = "user@provider", "p:a/s s"


class MailServer:
    """What the server has taken, and how it is to behave."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answer_to_recipient: str | None = None
        self.answer_to_message: str | None = None
        self.answers = threading.Event()
        """Cleared while the server keeps silent about what was sent."""
        self.answers.set()
        self.url = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer_to_recipient:
            return self.answer_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        while not self.answers.is_set():
            await asyncio.sleep(0.01)
        if self.answer_to_message:
            return self.answer_to_message
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def _authenticate(server: SMTP, session: Any, envelope: Any, mechanism: str, auth: Any) -> AuthResult:
    right = isinstance(auth, LoginPassword) and (auth.login, auth.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, login: bool = False
) -> Iterator[MailServer]:
    """Runs a mail server while the body runs.

    Args:
        tls: Speak TLS from the first byte.
        starttls: Offer STARTTLS.
        login: Take mail of USER with PASSWORD only.
    """
    taken = MailServer()
    (port,) = free_ports(1)
    controller = Controller(
        taken,
        hostname=HOST,
        port=port,
        ssl_context=tls,
        tls_context=starttls,
        authenticator=_authenticate if login else None,
        auth_required=login,
        auth_require_tls=False,
    )
    controller.start()
    taken.url = f"{'smtps' if tls else 'smtp'}://{HOST}:{port}"
    try:
        yield taken
    finally:
        controller.stop()
