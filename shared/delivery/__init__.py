"""What leaves for people: mail, Telegram messages and push. Nothing here knows Firestore or HTTP requests of clients.

``email.send``, ``telegram.send`` and ``push.send`` return when the other server has accepted the message, and raise one
of these errors when it has not. No error repeats an address, a text or a secret.
"""


class DeliveryError(Exception):
    """The message was not accepted."""


class NotConfigured(DeliveryError):
    """This channel has no settings here."""


class Gone(DeliveryError):
    """This person cannot be reached by this channel any more: no such address, or they have blocked the bot."""


class Failed(DeliveryError):
    """The same message would fail again, such as for a wrong password of ours."""


class TryLater(DeliveryError):
    """It may work later.

    Args:
        seconds: How long to wait at least.
    """

    def __init__(self, reason: str, seconds: int = 30) -> None:
        super().__init__(reason)
        self.seconds = seconds
