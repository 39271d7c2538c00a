"""Queries: which documents of a collection, in which order, from where on, and how many of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from shared.data import firestore_messages as messages
from shared.data.firestore_messages import CompositeOperator, FieldOperator, UnaryOperator
from shared.data.firestore_values import Message, encode

Direction: TypeAlias = Literal["ASCENDING", "DESCENDING"]

_Query = messages.message_class("StructuredQuery")
_OPERATORS = {
    "<": FieldOperator.LESS_THAN,
    "<=": FieldOperator.LESS_THAN_OR_EQUAL,
    "==": FieldOperator.EQUAL,
    "!=": FieldOperator.NOT_EQUAL,
    ">=": FieldOperator.GREATER_THAN_OR_EQUAL,
    ">": FieldOperator.GREATER_THAN,
    "array_contains": FieldOperator.ARRAY_CONTAINS,
    "array_contains_any": FieldOperator.ARRAY_CONTAINS_ANY,
    "in": FieldOperator.IN,
    "not-in": FieldOperator.NOT_IN,
}
_NULL = {"==": UnaryOperator.IS_NULL, "!=": UnaryOperator.IS_NOT_NULL}
_NAN = {"==": UnaryOperator.IS_NAN, "!=": UnaryOperator.IS_NOT_NAN}


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one field. ``field`` is a path: dots lead into maps."""

    field: str
    op: str
    value: Any

    def put(self, into: Message) -> None:
        """Writes the condition into a ``Filter`` message.

        Raises:
            ValueError: There is no such operator, or it does not go with None or NaN.
        """
        unary = None
        if self.value is None:
            unary = _NULL
        elif isinstance(self.value, float) and math.isnan(self.value):
            unary = _NAN
        operators = _OPERATORS if unary is None else unary
        if self.op not in operators:
            raise ValueError(f"no filter by {self.op!r} and a {type(self.value).__name__}")
        message = into.field_filter if unary is None else into.unary_filter
        message.field.field_path = self.field
        message.op = operators[self.op]
        if unary is None:
            encode(self.value, message.value)


@dataclass(frozen=True, slots=True)
class And:
    """All of the conditions."""

    filters: Sequence["Condition"]

    def put(self, into: Message) -> None:
        _put_all(CompositeOperator.AND, self.filters, into)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the conditions."""

    filters: Sequence["Condition"]

    def put(self, into: Message) -> None:
        _put_all(CompositeOperator.OR, self.filters, into)


Condition: TypeAlias = Filter | And | Or


def _put_all(operator: int, filters: Sequence[Condition], into: Message) -> None:
    into.composite_filter.op = operator
    for each in filters:
        each.put(into.composite_filter.filters.add())


@dataclass(frozen=True, slots=True)
class Query:
    """The documents of a collection. Each method answers with a narrower query and leaves this one as it is."""

    collection: str
    _filters: tuple[Condition, ...] = ()
    _orders: tuple[tuple[str, Direction], ...] = ()
    _after: dict[str, Any] | None = None
    _limit: int | None = None
    _fields: tuple[str, ...] | None = None

    def where(self, *, filter: Condition) -> "Query":
        """Only documents that meet this condition, too."""
        return replace(self, _filters=(*self._filters, filter))

    def order_by(self, field: str, direction: Direction = "ASCENDING") -> "Query":
        """Ordered by this field, after the fields given before. Documents without the field are left out."""
        return replace(self, _orders=(*self._orders, (field, direction)))

    def start_after(self, values: dict[str, Any]) -> "Query":
        """Only what comes after these values of the fields that the query is ordered by."""
        return replace(self, _after=values)

    def limit(self, count: int) -> "Query":
        """Not more than so many documents."""
        return replace(self, _limit=count)

    def select(self, *fields: str) -> "Query":
        """Only these fields of each document."""
        return replace(self, _fields=fields)

    def message(self) -> Message:
        """The query as it is sent.

        Raises:
            ValueError: ``start_after`` does not name the fields that the query is ordered by.
        """
        query = _Query()
        query.from_.add(collection_id=self.collection)
        if self._fields is not None:
            for field in self._fields or ("__name__",):
                query.select.fields.add(field_path=field)
        if self._filters:
            condition = self._filters[0] if len(self._filters) == 1 else And(self._filters)
            condition.put(query.where)
        for field, direction in self._orders:
            query.order_by.add(direction=messages.Direction[direction]).field.field_path = field
        if self._after is not None:
            if not self._orders or {field for field, _ in self._orders} != set(self._after):
                raise ValueError("start_after needs a value for each field of the order, and no other")
            for field, _ in self._orders:
                encode(self._after[field], query.start_at.values.add())
        if self._limit is not None:
            query.limit.value = self._limit
        return query
