"""The schedule of the outbox: tells what came in the quiet hours, what is told once a day, and what has failed before.

It may run at any time, also twice at once: each person is told by one worker at a time (shared/data/outbox.py).
"""

from shared import events, logs
from shared.data import outbox


@events.schedule
def deliver_due() -> None:
    """Tells everybody for whom it is time."""
    logs.write("INFO", "Outbox looked through", due=outbox.deliver_due())
