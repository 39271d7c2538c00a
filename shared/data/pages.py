"""Lists, page by page: newest first, each page read by one query that starts where the last one ended.

The Link header that leads to the next page is made of its cursor by ``next_link`` in shared/web/answers.py.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.data import store
from shared.errors import Invalid
from shared.feed.positions import Position, micros, moment
from shared.models.pages import PageParams

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Part of a list; ``cursor`` leads to the next part, None when there is none."""

    items: list[T]
    cursor: str | None = None


def encode_cursor(position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Position:
    """The place that a cursor stands for.

    Raises:
        Invalid: It is not one of ours.
    """
    try:
        time, key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        if type(time) is int and type(key) is int and 0 <= time < 2**56 and 0 <= key <= store.MAX_ID:
            moment(time)
            return time, key
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError):
        pass
    raise Invalid.at(("query", "cursor"), "not a cursor")


def paginate(
    query: store.Query, page: PageParams, read: Callable[[dict[str, Any]], T], order: str = "created_at"
) -> Page[T]:
    """One page of a query, newest first; reads one document more to know whether there is a next.

    Args:
        query: The filters, without order and limit.
        page: Where to start, and how many items to answer with.
        read: Makes the answer's item of a document.
        order: The field that says what is newest: a time, or a number.
    """
    documents, cursor = documents_page(query, page.cursor, page.limit, order)
    return Page([read(data) for data in documents], cursor)


def documents_page(
    query: store.Query, cursor: str | None, limit: int, order: str = "created_at"
) -> tuple[list[dict[str, Any]], str | None]:
    """The documents of one page and the cursor of the next."""
    query = query.order_by(order, direction="DESCENDING").order_by("id", direction="DESCENDING")
    if cursor is not None:
        place, key = decode_cursor(cursor)
        query = query.start_after({order: moment(place) if order == "created_at" else place, "id": key})
    documents = [snapshot.to_dict() or {} for snapshot in store.run(query.limit(limit + 1))]
    if len(documents) <= limit:
        return documents, None
    last = documents[limit - 1]
    place = last[order]
    return documents[:limit], encode_cursor((place if isinstance(place, int) else micros(place), last["id"]))


def walk(query: store.Query, order: str = "created_at", size: int = 300) -> Iterator[list[store.Snapshot]]:
    """All documents of a query, newest first, page by page. What was read may be deleted before the next page."""
    query = query.order_by(order, direction="DESCENDING").order_by("id", direction="DESCENDING")
    page = store.run(query.limit(size))
    while page:
        last = page[-1].to_dict() or {}
        yield page
        if len(page) < size:
            return
        page = store.run(query.start_after({order: last[order], "id": last["id"]}).limit(size))
