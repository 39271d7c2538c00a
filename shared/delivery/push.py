"""Push messages to apps and browsers, by Firebase Cloud Messaging with the function's own account.

firebase-admin is imported only when something is sent: it takes longer than all the rest of a function's start.
"""

import threading
from functools import lru_cache
from typing import Any

from shared.delivery import Failed, Gone, NotConfigured, TryLater
from shared.settings import settings

SECONDS = 8
"""How long FCM may be silent."""
_opening = threading.Lock()


def is_configured() -> bool:
    return settings().push_enabled


def send(token: str, title: str, text: str, data: dict[str, str]) -> None:
    """Sends a message to one device.

    Args:
        token: The device's registration token.
        title: What is shown in bold.
        text: What is shown below.
        data: What the app is told besides.

    Raises:
        NotConfigured: PUSH_ENABLED is not set.
        Gone: The token is not in use any more.
        TryLater: FCM does not answer, or asks for a pause.
        Failed: FCM refuses for ever.
    """
    if not settings().push_enabled:
        raise NotConfigured("PUSH_ENABLED is not set")
    from firebase_admin import exceptions, messaging

    message = messaging.Message(token=token, notification=messaging.Notification(title, text), data=data)
    try:
        messaging.send(message, app=_opened())
    except (messaging.UnregisteredError, messaging.SenderIdMismatchError):
        raise Gone("This device has no such token any more") from None
    except (exceptions.ResourceExhaustedError, messaging.QuotaExceededError) as error:
        raise TryLater("FCM asks for a pause", seconds=_pause(error)) from None
    except (
        exceptions.UnavailableError,
        exceptions.InternalError,
        exceptions.DeadlineExceededError,
        exceptions.UnknownError,
    ) as error:
        raise TryLater(f"FCM fails: {type(error).__name__}", seconds=_pause(error)) from None
    except (exceptions.FirebaseError, ValueError) as error:
        raise Failed(f"FCM refuses: {type(error).__name__}") from None


def _opened() -> Any:
    with _opening:  # Two threads that open it at once would get a ValueError, as if FCM had refused.
        return _app()


@lru_cache
def _app() -> Any:
    import firebase_admin

    return firebase_admin.initialize_app(options={"httpTimeout": SECONDS})


def _pause(error: Any) -> int:
    """The seconds that the answer asks to wait."""
    asked = getattr(getattr(error, "http_response", None), "headers", {}).get("Retry-After", "")
    return int(asked) if asked.isdigit() else 60
