"""What goes out of /health."""

from typing import Literal

from shared.models.base import Model


class Health(Model):
    """The service answers."""

    status: Literal["ok"] = "ok"
    environment: str
