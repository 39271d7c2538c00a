"""The Cloud Functions: one module for each, and this table of what each is and needs.

main.py starts them by it, the deploy grants by it, and tests hold functions.yaml and firebase.json against it.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What calls a function: HTTP requests, events of Firestore, or the clock."""

    HTTP = auto()
    EVENT = auto()
    SCHEDULE = auto()


@dataclass(frozen=True)
class Function:
    """What one function is and needs.

    Attributes:
        kind: What calls it.
        secrets: The settings that it may read from Secret Manager (shared/settings.py describes them).
        data: True if it reads or writes Firestore.
        bucket: True if it needs the private bucket that the deploy makes (PHOTOS_BUCKET).
        push: True if it sends push messages, where PUSH_ENABLED says so.
    """

    kind: Kind
    secrets: tuple[str, ...] = ()
    data: bool = True
    bucket: bool = False
    push: bool = False


CHANNEL_SECRETS = ("TELEGRAM_BOT_TOKEN", "SMTP_URL")
"""Of the channels that people are told by. Without one of them, its channel is not offered."""

_USER_GROUP = Function(Kind.HTTP, secrets=("JWT_KEYS",))

FUNCTIONS = {
    "auth": Function(Kind.HTTP, secrets=("JWT_KEYS", "PASSWORD_PEPPER", "TELEGRAM_BOT_SECRET", *CHANNEL_SECRETS)),
    "listings": _USER_GROUP,
    "preferences": _USER_GROUP,
    "feed": _USER_GROUP,
    "favorites": _USER_GROUP,
    "photos": Function(Kind.HTTP, secrets=("JWT_KEYS",), bucket=True),
    "leads": _USER_GROUP,
    "notifications": Function(Kind.HTTP, secrets=("JWT_KEYS", *CHANNEL_SECRETS)),
    "searches": _USER_GROUP,
    "admin": _USER_GROUP,
    "health": Function(Kind.HTTP, data=False),
    "create_lead": Function(Kind.EVENT),
    "follow_owner": Function(Kind.EVENT),
    "find_lost_leads": Function(Kind.SCHEDULE),
    "sweep_photos": Function(Kind.SCHEDULE, bucket=True),
    "match_listing": Function(Kind.EVENT),
    "deliver_notification": Function(Kind.EVENT, secrets=CHANNEL_SECRETS, push=True),
    "finish_deletions": Function(Kind.SCHEDULE, bucket=True),
    "deliver_due": Function(Kind.SCHEDULE, secrets=CHANNEL_SECRETS, push=True),
}
HTTP_FUNCTIONS = [name for name, function in FUNCTIONS.items() if function.kind is Kind.HTTP]
