"""Deletion of an account: one atomic commit ends it, and steps that can be repeated remove what is left of it.

That commit deletes the user and their identities, so that from then on every token and session is of nobody, the email
can be registered anew, and what events do late finds no user. It also makes ``deletions/{user_id}``, which stays until
all is done. The request itself goes on as long as it may. A schedule goes through what is left, again and again:
requests and events that began before that commit may still write something, so the last time is after all of those have
ended. Whatever is interrupted is done once more.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

from shared import clock, logs
from shared.data import audit, codes, outbox, personal, photos, store, users
from shared.data.notifications import Stream
from shared.data.users import User
from shared.enums import AuditAction
from shared.errors import Forbidden, Invalid

COLLECTION: Final = "deletions"
Snapshot: TypeAlias = store.Snapshot[Literal["deletions"]]
LATE = timedelta(minutes=6)
"""Requests and events that have read the user before the deletion are over by then: the longest take five minutes."""
REQUEST_SECONDS = 4.0
RUN_SECONDS = 200.0
"""How long one run of the schedule goes on; it has 300 seconds."""
AT_ONCE = 100

Confirm: TypeAlias = Callable[[User, store.Batch], None]


def ref(user_id: int) -> store.Reference[Literal["deletions"]]:
    return store.document(COLLECTION, user_id)


def begin(user_id: int, confirm: Confirm = lambda *_: None, by_operator: bool = False) -> bool:
    """Ends an account for good, in one atomic commit.

    Args:
        user_id: Whose.
        confirm: Is given the user as they are now and the commit's batch. It refuses by raising, and may add to it.
        by_operator: True if an operator does it, which is audited.

    Returns:
        False if there is no such account.

    Raises:
        Conflict: It is the last active admin's.
    """
    entries: list[dict[str, Any]] = []

    def also(user: User, batch: store.Batch) -> None:
        confirm(user, batch)
        for stream in Stream:
            batch.delete(outbox.ref(user.id, stream))
        batch.create(ref(user.id), {"user_id": user.id, "began_at": store.SERVER_TIMESTAMP})
        if by_operator:
            entries.append(audit.add(batch, AuditAction.USER_FORGET, None, user.id, ({}, {})))

    removed = users.remove(user_id, also)
    if removed:
        logs.write("NOTICE", "Account deleted", user_id=user_id)
        audit.log(entries[-1] if entries else None)
    return removed


def confirm(user: User, now: User, code: str | None, batch: store.Batch) -> None:
    """Makes sure that it is the person, by what the password that was checked has become, or by a code.

    Args:
        user: The user as they were when their password was checked, if they have one.
        now: The user as they are in this try.
        code: The code that they were sent.
        batch: Uses the code up, too.

    Raises:
        Forbidden: The password has just been changed.
        Invalid: There is no password, and no code.
        Unauthorized: The code is wrong.
        TooManyRequests: Too many wrong codes.
    """
    if now.password_hash != user.password_hash:
        raise Forbidden("The current password is wrong", code="wrong_password")
    if now.password_hash is not None:
        return
    if code is None:
        raise Invalid.at(("body", "code"), "is needed, because there is no password: POST /auth/verify sends one")
    codes.use(now, code, batch)


def go_on(user_id: int) -> None:
    """Removes what a request has time for. The schedule does the rest."""
    with store.bounded(REQUEST_SECONDS), suppress(*store.STOPPED):
        personal.forget(user_id)


def finish_due() -> int:
    """Goes on with the deletions that are not finished; how many were finished now.

    One of very much data has a part of the time, and another place in each run, so that it does not hold up the others.
    """
    query = store.collection(COLLECTION).order_by("began_at").limit(AT_ONCE)
    finished = 0
    with store.bounded(RUN_SECONDS):
        due = store.run(query)
        for deletion_doc in random.sample(due, len(due)):
            with store.bounded(RUN_SECONDS / 4):
                finished += _finish(deletion_doc)
    return finished


def _finish(deletion_doc: Snapshot) -> bool:
    """True if a deletion is finished: no request or event from before it could still write anything."""
    deletion = deletion_doc.to_dict() or {}
    is_last = bool(deletion["began_at"] + LATE < clock.now())
    try:
        photos.forget_owner(deletion["user_id"])  # The schedule has the bucket, the request has not.
        personal.forget(deletion["user_id"])
        if is_last:
            store.delete_all([deletion_doc])
    except store.STOPPED as error:  # The other deletions shall not wait for this one.
        logs.exception("A deletion goes on later", error, severity="WARNING", user_id=deletion["user_id"])
        return False
    return is_last
