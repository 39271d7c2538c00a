"""main.py with more time for Firestore: the benchmark runs this in place of main.py where there is much data.

The emulator scans a collection for each alternative of a query: seconds, where Firestore walks an index.
"""

import sys
from typing import Any

import main

ATTEMPT_SECONDS, TOTAL_SECONDS = 60.0, 90.0


def __getattr__(name: str) -> Any:
    handler = getattr(main, name)
    if store := sys.modules.get("shared.data.store"):  # Not imported for a function that has no use for it.
        store.ATTEMPT_SECONDS, store.TOTAL_SECONDS = ATTEMPT_SECONDS, TOTAL_SECONDS  # type: ignore[attr-defined]
    return handler
