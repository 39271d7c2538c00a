"""The schedule that deletes what interrupted uploads and deletions of photos have left in the bucket.

It may run at any time, also twice at once (shared/data/photos.py).
"""

import flask

from shared import logs
from shared.data import photos


def sweep_photos(request: flask.Request) -> tuple[str, int]:
    """Deletes the objects that no listing knows. Only a POST does something: health checks are GETs."""
    if request.method != "POST":
        return "", 204
    logs.write("INFO", "Bucket of photos swept", orphans=photos.sweep())
    return "", 200
