"""The schedule that finishes the deletion of accounts, whatever has interrupted it.

It may run at any time, also twice at once (shared/data/deletion.py).
"""

import flask

from shared import logs
from shared.data import deletion


def finish_deletions(request: flask.Request) -> tuple[str, int]:
    """Removes what is left of deleted accounts. Only a POST does something: health checks are GETs."""
    if request.method != "POST":
        return "", 204
    if finished := deletion.finish_due():
        logs.write("INFO", "Deletions finished", count=finished)
    return "", 200
