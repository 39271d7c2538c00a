"""The channels by which people are told, and which are configured here: what is not is not offered."""

from enum import StrEnum

from shared.delivery import email, push, telegram


class Channel(StrEnum):
    """A way to tell somebody."""

    TELEGRAM = "telegram"
    EMAIL = "email"
    PUSH = "push"


def configured() -> list[Channel]:
    """The channels that this deployment has."""
    known = {Channel.TELEGRAM: telegram, Channel.EMAIL: email, Channel.PUSH: push}
    return [channel for channel, module in known.items() if module.is_configured()]
