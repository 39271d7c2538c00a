"""main.py with more time for Firestore: the benchmark runs this in place of main.py where there is much data."""

from typing import Any

import main
from tests.instruments.patience import be_patient


def __getattr__(name: str) -> Any:
    handler = getattr(main, name)
    be_patient()
    return handler
