"""The schedule that deletes what interrupted uploads and deletions of photos have left in the bucket.

It may run at any time, also twice at once (shared/data/photos.py).
"""

from shared import events, logs
from shared.data import photos


@events.schedule
def sweep_photos() -> None:
    """Deletes the objects that no listing knows."""
    logs.write("INFO", "Bucket of photos swept", orphans=photos.sweep())
