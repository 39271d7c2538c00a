"""The schedule that makes up for lost events: every like has its lead in the end, whatever outage there was.

It may run at any time, also twice at once (shared/data/lost_leads.py).
"""

from shared import events, logs
from shared.data import lost_leads


@events.schedule
def find_lost_leads() -> None:
    """Makes the leads that are missing, and tells how many there were."""
    if missing := lost_leads.make_up_for():
        logs.write("WARNING", "Likes without a lead", missing=missing)
