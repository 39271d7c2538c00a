"""The entry points: one name per Cloud Function, as functions/__init__.py lists them.

The platform imports this file and takes the attribute named by FUNCTION_TARGET. Each name is imported
only when it is asked for (PEP 562), so a function loads its own group and nothing of the others.
"""

import gc
from importlib import import_module
from typing import Any

from functions import FUNCTIONS, Kind


def __getattr__(name: str) -> Any:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Imported modules are never garbage. Without the collector a cold start is a tenth faster, and with them frozen
    # every later collection is.
    gc.disable()
    try:
        from shared.settings import settings

        settings().require(FUNCTIONS[name].secrets)
        module = import_module(f"functions.{name}")
        return module.api.function() if FUNCTIONS[name].kind is Kind.HTTP else getattr(module, name)
    finally:
        gc.freeze()
        gc.enable()
