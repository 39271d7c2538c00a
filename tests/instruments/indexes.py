"""Which index serves a query: Firestore's published rules as pure code, because the emulator asks for no index.

Sources (cloud.google.com/firestore/docs, read in November 2026):

* concepts/index-overview, "Index properties": a query is served by the index of its equality fields, then its sort
  orders, then what ranges it has on other fields. "Index modes": an equality takes either direction, a sort order its
  own one only. "Default ordering": ``__name__`` comes last, in the direction of the last field.
* concepts/index-overview, "Use index merging": several equalities and an order may be served by several indexes that
  each have some of the equalities and the same order. Not so for array-contains and ranges, as far as is promised.
* query-data/multiple-range-fields: fields with a range and no order of their own are ordered by last; all the SDKs say
  how: by name, in the direction of the last explicit order.
* query-data/queries, "Query limitations": 30 alternatives of the disjunctive normal form, each served by itself, and
  100 filters and sort orders in all, counted in that form. query-data/multiple-range-fields: ranges on ten fields.
* What production answers to an equality on a field of the order: "Order by clause cannot contain a field with an
  equality filter". Google's own client tests skip such an alternative as "not supported yet".
* query-data/indexing, "Add a collection-level exemption": a field's own setting goes before the collection's ``*``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

from google.cloud.firestore_v1.types import StructuredQuery as Query

ASCENDING, DESCENDING, CONTAINS = "ASCENDING", "DESCENDING", "CONTAINS"
NAME = "__name__"
EQUALITIES = ("EQUAL", "IN", "IS_NULL", "IS_NAN")
MAX_ALTERNATIVES = 30
MAX_COMPONENTS = 100
MAX_RANGE_FIELDS = 10


class Part(NamedTuple):
    """One field of an index, or one order of a query."""

    field: str
    mode: str


class Condition(NamedTuple):
    """One filter of a query; its value is of no importance to an index."""

    field: str
    op: str


@dataclass(frozen=True)
class Index:
    """An index of one collection; composite indexes are declared, the others are Firestore's own or overrides."""

    collection: str
    parts: tuple[Part, ...]

    @property
    def entries(self) -> tuple[Part, ...]:
        """The parts as Firestore completes them."""
        if self.parts and self.parts[-1].field == NAME:
            return self.parts
        directions = [part.mode for part in self.parts if part.mode != CONTAINS]
        return *self.parts, Part(NAME, directions[-1] if directions else ASCENDING)

    def split(self, equal: frozenset[Condition]) -> tuple[frozenset[Condition], tuple[Part, ...]]:
        """The equalities that the index begins with, and the order that it then has."""
        found: set[Condition] = set()
        for at, part in enumerate(self.entries):
            op = "ARRAY_CONTAINS" if part.mode == CONTAINS else "EQUAL"
            if Condition(part.field, op) not in equal:
                return frozenset(found), self.entries[at:]
            found.add(Condition(part.field, op))
        return frozenset(found), ()


@dataclass(frozen=True)
class Indexes:
    """The indexes of a database: ``composite``, and each field's own as ``overrides`` change them."""

    composite: tuple[Index, ...]
    overrides: dict[tuple[str, str], tuple[str, ...]]

    @classmethod
    def of(cls, spec: dict[str, Any]) -> "Indexes":
        """Those of a firestore.indexes.json."""

        def mode(field: dict[str, str]) -> str:
            return field.get("order") or field["arrayConfig"]

        assert all(index["queryScope"] == "COLLECTION" for index in spec["indexes"])
        composite = (
            Index(index["collectionGroup"], tuple(Part(field["fieldPath"], mode(field)) for field in index["fields"]))
            for index in spec["indexes"]
        )
        overrides = {
            (field["collectionGroup"], field["fieldPath"]): tuple(
                mode(index) for index in field["indexes"] if index["queryScope"] == "COLLECTION"
            )
            for field in spec["fieldOverrides"]
        }
        return cls(tuple(composite), overrides)

    def single(self, collection: str, field: str) -> list[Index]:
        """A field's own indexes: all three kinds, unless the field or the whole collection is exempt."""
        modes: tuple[str, ...] = (ASCENDING, DESCENDING, CONTAINS)
        modes = self.overrides.get((collection, "*"), modes)
        modes = self.overrides.get((collection, field), modes)
        return [Index(collection, (Part(field, mode),)) for mode in modes]

    def serving(self, query: Query) -> set[Index]:
        """The indexes that serve a query; none are needed where documents are read in the order of their names.

        Raises:
            LookupError: No indexes serve it: Firestore would refuse it.
            ValueError: Firestore would refuse it whatever the indexes.
        """
        collection = query.from_[0].collection_id
        assert len(query.from_) == 1
        assert not query.from_[0].all_descendants
        alternatives = normal_form(query.where)
        orders = full_order(query, alternatives)
        components = sum(map(len, alternatives)) + len(orders)
        if len(alternatives) > MAX_ALTERNATIVES or components > MAX_COMPONENTS:
            raise ValueError(f"{len(alternatives)} alternatives and {components} filters and orders are too many")
        ordered = {order.field.field_path for order in query.order_by}
        conditions = {condition for each in alternatives for condition in each}
        if fixed := sorted(field for field, op in conditions if op in EQUALITIES and field in ordered):
            raise ValueError(f"an equality on {fixed[0]}, by which the query is ordered")
        ranges = {field for field, op in conditions if op not in (*EQUALITIES, "ARRAY_CONTAINS")}
        if len(ranges) > MAX_RANGE_FIELDS:
            raise ValueError(f"ranges on {len(ranges)} fields are too many")
        return {index for each in alternatives for index in self._serving(collection, each, orders)}

    def _serving(self, collection: str, conditions: Sequence[Condition], orders: tuple[Part, ...]) -> tuple[Index, ...]:
        equal = frozenset(
            Condition(condition.field, "EQUAL" if condition.op in EQUALITIES else condition.op)
            for condition in conditions
            if condition.op in (*EQUALITIES, "ARRAY_CONTAINS")
        )
        ranges = {condition.field for condition in conditions} - {condition.field for condition in equal}
        if not equal and ranges <= {NAME} and {part.field for part in orders} == {NAME}:
            return ()  # In the order of names, or a range of them.
        fields = sorted({condition.field for condition in conditions} | {part.field for part in orders})
        known = [index for index in self.composite if index.collection == collection]
        known += [index for field in fields for index in self.single(collection, field)]
        fitting = [(index, begins) for index in known for begins, rest in [index.split(equal)] if rest == orders]
        for index, begins in fitting:
            if begins == equal:
                return (index,)
        mergeable = not ranges and all(condition.op == "EQUAL" for condition in equal)
        for size in range(2, len(equal) + 1) if mergeable else ():
            for chosen in combinations(fitting, size):
                if frozenset().union(*(begins for _, begins in chosen)) == equal:
                    return tuple(index for index, _ in chosen)
        raise LookupError(f"{collection} has no index for {sorted(equal)} and ranges on {sorted(ranges)} by {orders}")


def normal_form(where: Any) -> list[tuple[Condition, ...]]:
    """The alternatives of a filter, each a conjunction: an "or" of "and"s."""
    if where.composite_filter.filters:
        parts = [normal_form(part) for part in where.composite_filter.filters]
        if where.composite_filter.op.name == "OR":
            return [alternative for part in parts for alternative in part]
        return [tuple(condition for each in choice for condition in each) for choice in product(*parts)]
    if where.unary_filter.field.field_path:
        return [(Condition(where.unary_filter.field.field_path, where.unary_filter.op.name),)]
    one = where.field_filter
    if not one.field.field_path:
        return [()]
    # "in" and "array-contains-any" are as many alternatives as they name values.
    count = len(one.value.array_value.values) if one.op.name in ("IN", "ARRAY_CONTAINS_ANY") else 1
    op = "ARRAY_CONTAINS" if one.op.name == "ARRAY_CONTAINS_ANY" else one.op.name
    return [(Condition(one.field.field_path, op),)] * count


def full_order(query: Query, alternatives: Iterable[Sequence[Condition]]) -> tuple[Part, ...]:
    """The orders of a query, and those that Firestore adds to them."""
    given = [Part(order.field.field_path, order.direction.name) for order in query.order_by]
    last = given[-1].mode if given else ASCENDING
    ranges = {
        condition.field
        for conditions in alternatives
        for condition in conditions
        if condition.op not in (*EQUALITIES, "ARRAY_CONTAINS")
    }
    named = {part.field for part in given}
    return *given, *_missing([*sorted(ranges - {NAME}), NAME], named, last)


def _missing(fields: Sequence[str], named: set[str], direction: str) -> Iterator[Part]:
    return (Part(field, direction) for field in fields if field not in named)
