"""Telegram messages, sent by the bot of ``TELEGRAM_BOT_TOKEN`` (https://core.telegram.org/bots/api#sendmessage)."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from shared.delivery import DeliveryError, Failed, Gone, NotConfigured, TryLater
from shared.settings import settings

SECONDS = 8.0
"""How long the Bot API may be silent."""

_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "bot was blocked", "bot can't initiate")


def is_configured() -> bool:
    return bool(settings().telegram_bot_token)


def send(chat_id: str | int, text: str) -> None:
    """Sends a plain text to a person; their telegram_id is the id of their chat with the bot.

    Raises:
        NotConfigured: There is no TELEGRAM_BOT_TOKEN.
        Gone: They have blocked the bot, never started it, or their account is deleted.
        TryLater: Telegram does not answer, or asks for a pause.
        Failed: Telegram refuses for ever.
    """
    if not settings().telegram_bot_token:
        raise NotConfigured("TELEGRAM_BOT_TOKEN is not set")
    body = {"chat_id": chat_id, "text": text, "link_preview_options": {"is_disabled": True}}
    try:
        status, answer = _post("sendMessage", body)
    except (OSError, http.client.HTTPException) as error:  # Never with its cause: the path has the token.
        raise TryLater(f"Telegram does not answer: {type(error).__name__}") from None
    if status != 200:
        raise _refusal(status, answer)


def _post(method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    base = urlsplit(settings().telegram_api_url)
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    connection = kind(base.hostname or "", base.port, timeout=SECONDS)
    path = f"{base.path.rstrip('/')}/bot{settings().telegram_bot_token}/{method}"
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    try:
        parsed = json.loads(text)
    except ValueError:  # A proxy's page.
        parsed = None
    return answer.status, parsed if isinstance(parsed, dict) else {}


def _refusal(status: int, answer: dict[str, Any]) -> DeliveryError:
    """The error that stands for an answer of the Bot API."""
    said = str(answer.get("description", "")).lower()
    if status == 429:
        pause = (answer.get("parameters") or {}).get("retry_after")
        return TryLater("Telegram asks for a pause", seconds=pause if isinstance(pause, int) else 30)
    if status >= 500:
        return TryLater(f"Telegram fails: {status}")
    if status == 403 or any(words in said for words in _GONE):
        return Gone(f"Telegram cannot reach this person: {status}")
    return Failed(f"Telegram refuses: {status}")
