"""The most common passwords, which are the first that anybody tries.

``Password`` in shared/models/fields.py refuses them, and those that are too short or too long.

The list, common_passwords.txt, has the 10,000 most frequent ones of at least 8 characters, in lower case. It comes
from the package zxcvbn 4.5.0 on PyPI (MIT licence, Copyright (c) 2016 Daniel Wolf), whose counts of public leaks are
those of Dropbox's zxcvbn (MIT licence, Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.). ``secret123`` was taken
out: it is the example of the API's reference, and people try things with it.
"""

from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(FILE.read_text().split())  # Read when the first password is set, and not at a cold start.


def is_common(password: str) -> bool:
    """True if a password is one of the most common ones, whatever the case of its letters."""
    return password.lower() in _common()
