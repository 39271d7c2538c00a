"""The schedule that makes up for lost events: every like has its lead in the end, whatever outage there was.

It may run at any time, also twice at once (shared/data/lost_leads.py).
"""

import flask

from shared import logs
from shared.data import lost_leads


def find_lost_leads(request: flask.Request) -> tuple[str, int]:
    """Makes the leads that are missing, and tells how many there were. Only a POST does something."""
    if request.method != "POST":
        return "", 204
    if missing := lost_leads.make_up_for():
        logs.write("WARNING", "Likes without a lead", missing=missing)
    return "", 200
