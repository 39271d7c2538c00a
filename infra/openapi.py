"""Writes the API document into shared/web/openapi.json: ``make openapi``. A test compares that file with the code."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from functions import HTTP_FUNCTIONS
from shared.web.openapi import document

FILE = Path(__file__).parents[1] / "shared/web/openapi.json"


def current() -> dict[str, Any]:
    """The document of the code as it is."""
    return document([import_module(f"functions.{name}").api for name in HTTP_FUNCTIONS])


def main() -> None:
    FILE.write_text(json.dumps(current(), indent=1, ensure_ascii=False) + "\n")
    print(f"Written: {FILE.name}. Look at its changes before you commit it: they are changes of the contract.")


if __name__ == "__main__":
    main()
