"""The schedule of the outbox: tells what came in the quiet hours, what is told once a day, and what has failed before.

It may run at any time, also twice at once: each person is told by one worker at a time (shared/data/outbox.py).
"""

import flask

from shared import logs
from shared.data import outbox


def deliver_due(request: flask.Request) -> tuple[str, int]:
    """Tells everybody for whom it is time. Only a POST does something: health checks are GETs."""
    if request.method != "POST":
        return "", 204
    count = outbox.deliver_due()
    logs.write("INFO", "Outbox looked through", due=count)
    return "", 200
