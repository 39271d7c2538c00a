"""More time for Firestore: the emulator scans a collection for each alternative of a query.

That takes it seconds, and on a machine with other work minutes, where Firestore walks an index. The patience is by
query, so it does not depend on how many a request makes.
"""

QUERY_SECONDS = 300.0
REQUEST_SECONDS = 3600.0


def be_patient() -> None:
    """Gives this process the time."""
    from shared.data import store  # Not before it is needed: a function may have no use for it.

    store.ATTEMPT_SECONDS, store.TOTAL_SECONDS = QUERY_SECONDS, REQUEST_SECONDS
