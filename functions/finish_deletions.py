"""The schedule that finishes the deletion of accounts, whatever has interrupted it.

It may run at any time, also twice at once (shared/data/deletion.py).
"""

from shared import events, logs
from shared.data import deletion


@events.schedule
def finish_deletions() -> None:
    """Removes what is left of deleted accounts."""
    if finished := deletion.finish_due():
        logs.write("INFO", "Deletions finished", count=finished)
