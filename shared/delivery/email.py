"""Mail, sent through the SMTP server that ``SMTP_URL`` names: any provider's.

``smtps://user:password@host`` is TLS from the first byte (port 465), ``smtp://…`` begins plain and turns to TLS by
STARTTLS (port 587). A server without STARTTLS is accepted locally only.
"""

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from shared.delivery import Failed, Gone, NotConfigured, TryLater
from shared.settings import settings

SECONDS = 8.0
"""How long the server may be silent."""

_NO_SUCH_ADDRESS = re.compile(r"5\.1\.[0-9]+|5\.2\.1")
"""Enhanced status codes (RFC 3463): the address is wrong, or its mailbox is disabled."""
_NO_SUCH_ADDRESS_PLAIN = (550, 551, 553)
"""What servers without enhanced codes say of such an address (RFC 5321)."""


def is_configured() -> bool:
    return bool(settings().smtp_url and settings().mail_from)


def send(to: str, subject: str, text: str) -> None:
    """Sends a plain text.

    Raises:
        NotConfigured: There is no SMTP_URL or no MAIL_FROM.
        Gone: There is no such address.
        TryLater: The server does not answer, or refuses for now.
        Failed: It refuses for ever.
    """
    configured, sender = settings().smtp_url, settings().mail_from
    if not configured or not sender:
        raise NotConfigured("SMTP_URL and MAIL_FROM are not set")
    try:
        with _connection(urlsplit(configured)) as server:
            server.send_message(_message(sender, to, subject, text), parseaddr(sender)[1], [to])
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise _refusal(code, answer, of_address=True) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPServerDisconnected, OSError) as error:  # Most of smtplib's own errors are an OSError, too.
        if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
            raise Failed(f"The mail server cannot be trusted: {type(error).__name__}") from None
        raise TryLater(f"The mail server does not answer: {type(error).__name__}") from None


def _connection(url: SplitResult) -> smtplib.SMTP:
    context = ssl.create_default_context()
    host = url.hostname or ""
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 587, timeout=SECONDS)
        server.ehlo()
        if server.has_extn("starttls") or not settings().local:
            server.starttls(context=context)
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please.
    message.set_content(text)
    return message


def _refusal(code: int, answer: bytes | str, of_address: bool = False) -> Failed | Gone | TryLater:
    """The error that stands for a server's refusal."""
    said = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    if 400 <= code < 500:
        return TryLater(f"The mail server refuses for now: {code}", seconds=60)
    enhanced = re.match(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", said)
    gone = _NO_SUCH_ADDRESS.fullmatch(enhanced[0]) if enhanced else code in _NO_SUCH_ADDRESS_PLAIN
    return Gone(f"There is no such address: {code}") if of_address and gone else Failed(f"Mail refused: {code}")
