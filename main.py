"""The entry points: one name per Cloud Function.

The platform imports this file and takes the attribute named by FUNCTION_TARGET. Each name is imported
only when it is asked for (PEP 562), so a function loads its own group and nothing of the others.
"""

from importlib import import_module
from typing import Any

HTTP_FUNCTIONS = ("auth", "listings", "preferences", "feed", "favorites", "leads", "admin", "health")
EVENT_FUNCTIONS = ("create_lead",)


def __getattr__(name: str) -> Any:
    if name in HTTP_FUNCTIONS:
        return import_module(f"functions.{name}").api.function()
    if name in EVENT_FUNCTIONS:
        return getattr(import_module(f"functions.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
