"""The entry points: one name per Cloud Function.

The platform imports this file and takes the attribute named by FUNCTION_TARGET. Each name is imported
only when it is asked for (PEP 562), so a function loads its own group and nothing of the others.
"""

import gc
from importlib import import_module
from typing import Any

HTTP_FUNCTIONS = ("auth", "listings", "preferences", "feed", "favorites", "leads", "admin", "health")
EVENT_FUNCTIONS = ("create_lead",)


def __getattr__(name: str) -> Any:
    if name not in HTTP_FUNCTIONS + EVENT_FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Nothing of what is imported is ever garbage: to look for some takes a tenth of a cold start, and a part of every
    # later look.
    gc.disable()
    try:
        module = import_module(f"functions.{name}")
        return module.api.function() if name in HTTP_FUNCTIONS else getattr(module, name)
    finally:
        gc.freeze()
        gc.enable()
