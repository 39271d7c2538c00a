"""Whose database an operator's command works on: PROJECT's, or without it the running local system's."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import DefaultCredentialsError

from infra.local.emulators import join_running_system
from shared.errors import Unavailable


def choose() -> str:
    """Makes this process work on that database, and says whose it is; ends it if the local system is not running."""
    if project := os.environ.get("PROJECT"):
        os.environ.pop("FIRESTORE_EMULATOR_HOST", None)
        os.environ |= {"ENVIRONMENT": "production", "GOOGLE_CLOUD_PROJECT": project}
        return project
    join_running_system()
    return "the local system"


@contextmanager
def reached(where: str, otherwise: str = "") -> Iterator[None]:
    """Ends the process with a plain word if the database cannot be reached.

    Args:
        where: Whose database it is.
        otherwise: What the operator is told besides.
    """
    try:
        yield
    except DefaultCredentialsError:
        sys.exit("There are no credentials for that project. Run `gcloud auth application-default login` first.")
    except (GoogleAPICallError, RetryError, Unavailable) as error:
        sys.exit(f"The database of {where} refuses: {error}{otherwise}")
