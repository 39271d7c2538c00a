"""How many index entries a query walks, which Firestore bills by the thousand and which no answer shows.

A query is served by the index of its equalities, then its orders (tests/instruments/indexes.py). It walks that index in
the order. Only ranges on the first order's field, and on the next ones while the ones before are fixed, say where the
walk begins and ends; all other ranges are checked entry by entry. Each alternative is a walk of its own, and all of
them stop at the last document that is answered.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import StructuredQuery as Query

from tests.instruments.indexes import EQUALITIES

Filter = tuple[str, str, Any]
COMPARE = {
    "EQUAL": lambda value, other: value == other,
    "LESS_THAN": lambda value, other: value < other,
    "LESS_THAN_OR_EQUAL": lambda value, other: value <= other,
    "GREATER_THAN": lambda value, other: value > other,
    "GREATER_THAN_OR_EQUAL": lambda value, other: value >= other,
}


def walked(query: Query, documents: Sequence[dict[str, Any]]) -> int:
    """The entries that a query, all of whose orders are descending, walks in an index of these documents."""
    orders = [order.field.field_path for order in query.order_by]
    answered: list[tuple[Any, ...]] = []
    ranges: list[list[tuple[Any, ...]]] = []
    for alternative in _alternatives(query.where):
        equal = [each for each in alternative if each[1] in EQUALITIES]
        bounds = _bounds(alternative, orders)
        entries = [each for each in documents if _holds(each, [*equal, *bounds])]
        ranges.append([_key(each, orders) for each in entries])
        answered += [_key(each, orders) for each in entries if _holds(each, alternative)]
    answered = sorted(set(answered), reverse=True)
    limit = query.limit
    last = answered[limit - 1] if len(answered) >= limit else ()
    return sum(entry >= last for entries in ranges for entry in entries)


def _bounds(alternative: Sequence[Filter], orders: Sequence[str]) -> list[Filter]:
    """The filters that bound a walk in this order."""
    bounds: list[Filter] = []
    for field in orders:
        own = [each for each in alternative if each[0] == field]
        bounds += own
        if (
            not {each[1] for each in own} >= {"LESS_THAN_OR_EQUAL", "GREATER_THAN_OR_EQUAL"}
            or len({v for *_, v in own}) > 1
        ):
            break
    return bounds


def _key(document: dict[str, Any], orders: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_value(document, field) for field in orders)


def _value(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = (document or {}).get(name)
    return document


def _holds(document: dict[str, Any], filters: Sequence[Filter]) -> bool:
    values = ((_value(document, field), op, other) for field, op, other in filters)
    return all(value is not None and COMPARE[op](value, other) for value, op, other in values)


def _alternatives(where: Any) -> list[list[Filter]]:
    if where.composite_filter.filters:
        parts = [_alternatives(part) for part in where.composite_filter.filters]
        if where.composite_filter.op.name == "OR":
            return [alternative for part in parts for alternative in part]
        return [[each for part in choice for each in part] for choice in product(*parts)]
    one = where.field_filter
    if not one.field.field_path:
        return [[]]
    value = _helpers.decode_value(one.value, None)
    return [[(one.field.field_path, one.op.name, value)]]
