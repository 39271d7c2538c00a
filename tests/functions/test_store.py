"""shared/data/store.py beside the client library: what one writes the other reads, and both do the same to a document.

The library is the measure of all of it, on the real emulator.
"""

import enum
import itertools
import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest import mock

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1 import base_query
from google.cloud.firestore_v1.types import StructuredQuery
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.data import store
from shared.data.firestore_values import field_names, field_path

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text(
    st.one_of(st.sampled_from("ab_.`\\*~/[] -0Ж"), st.characters(codec="utf-8")), min_size=1, max_size=8
).filter(lambda name: not (name.startswith("__") and name.endswith("__")))
TIMES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.floats(),
    TIMES,
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.binary(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(NAMES, inner, max_size=4),
        # Firestore takes no list directly inside a list.
        st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=4),
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=6)
EDGES: dict[str, Any] = {
    "none": None,
    "false": False,
    "true": True,
    "zero": 0,
    "one": 1,
    "least": -(2**63),
    "most": 2**63 - 1,
    "whole double": 1.0,
    "minus zero": -0.0,
    "nan": math.nan,
    "infinite": -math.inf,
    "epoch": datetime(1970, 1, 1, tzinfo=UTC),
    "before": datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "micros": datetime(2026, 11, 24, 12, 0, 0, 123_457, tzinfo=UTC),
    "no text": "",
    "text": "квартира 🏠 \x00",
    "no bytes": b"",
    "bytes": bytes(range(256)),
    "no map": {},
    "no list": [],
    "maps": {"inner": {"empty": {}, "list": [{"a": [None]}, []][:1]}},
}


def plain(value: Any) -> Any:
    """A value in a form in which equal means equal in kind too, NaN and -0.0 included."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return "datetime", value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return type(value).__name__, repr(value)


_numbers = itertools.count()


def fresh() -> store.Reference:
    """Where no document is yet."""
    return store.document("things", next(_numbers))


def by_library(reference: store.Reference) -> Any:
    return store.client().document(reference.path)


def commit(method: str, reference: store.Reference, *given: Any, **options: Any) -> store.WriteResult:
    """One write by ours."""
    batch = store.Batch()
    getattr(batch, method)(reference, *given, **options)
    (result,) = batch.commit()
    return result


def read(reference: store.Reference) -> dict[str, Any] | None:
    return store.get(reference)[0].to_dict()


# --- Values -------------------------------------------------------------------------------------------------------


@SOME
@example(EDGES)
@given(DOCUMENTS)
def test_what_ours_writes_the_library_reads_and_the_reverse(database: str, data: dict[str, Any]) -> None:
    ours, theirs = fresh(), fresh()
    commit("set", ours, data)
    by_library(theirs).set(data)
    assert plain(by_library(ours).get().to_dict()) == plain(data)
    assert plain(read(theirs)) == plain(data)


def test_kinds_are_exact(database: str) -> None:
    class Role(enum.StrEnum):
        TENANT = "tenant"

    class Level(enum.IntEnum):
        HIGH = 3

    reference = fresh()
    noon = datetime(2026, 1, 1, 12, 30, tzinfo=timezone(timedelta(hours=5)))
    commit("set", reference, {"role": Role.TENANT, "level": Level.HIGH, "pair": (1, 2), "noon": noon})
    data = read(reference) or {}
    assert data == {"role": "tenant", "level": 3, "pair": [1, 2], "noon": noon}
    assert [type(data[name]) for name in ("role", "level", "pair", "noon")] == [str, int, list, datetime]
    assert data["noon"].tzinfo is UTC


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), {1}, 1j, object(), store.SERVER_TIMESTAMP])
def test_what_is_not_stored_is_refused(database: str, value: Any) -> None:
    with pytest.raises(TypeError):
        store.Batch().set(fresh(), {"list": [value]})


@pytest.mark.parametrize(("value", "error"), [(2**63, ValueError), ("\ud800", UnicodeEncodeError)])
def test_what_cannot_be_stored_is_refused(database: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        store.Batch().set(fresh(), {"field": value})


def test_a_kind_that_this_project_does_not_store_is_not_taken_for_another(database: str) -> None:
    for value in (firestore.GeoPoint(1, 2), by_library(fresh())):
        reference = fresh()
        by_library(reference).set({"value": value})
        (snapshot,) = store.get(reference)
        assert snapshot.exists
        with pytest.raises(TypeError, match="has no Python value here"):
            snapshot.to_dict()


# --- Paths of fields ----------------------------------------------------------------------------------------------


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_path_leads_back_to_its_names(names: list[str]) -> None:
    assert field_names(field_path(names)) == tuple(names)
    assert field_path(names) == firestore.Client.field_path(*names)


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "`a", "a`b`", "``", "`a`b", "a\\b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a field path"):
        field_names(path)


# --- Writes -------------------------------------------------------------------------------------------------------

TRANSFORMS: st.SearchStrategy[Any] = st.one_of(
    st.just(store.SERVER_TIMESTAMP), st.integers(-9, 9).map(store.Increment), st.just({}), SCALARS
)
CHANGES = st.recursive(TRANSFORMS, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=6)


def for_library(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: for_library(each) for name, each in value.items()}
    if isinstance(value, store.Increment):
        return firestore.Increment(value.value)
    return firestore.SERVER_TIMESTAMP if value is store.SERVER_TIMESTAMP else value


def without_new_times(value: Any) -> Any:
    """The plain form of a document, whatever the times that the server has put in just now."""
    if isinstance(value, dict):
        return {name: without_new_times(each) for name, each in value.items()}
    recent = isinstance(value, datetime) and abs(value - datetime.now(UTC)) < timedelta(minutes=5)
    return "just now" if recent else plain(value)


def both(before: dict[str, Any], method: str, data: dict[str, Any], **options: Any) -> None:
    """Does the same write by ours and by the library to two equal documents, which must stay equal."""
    ours, theirs = fresh(), fresh()
    for reference in (ours, theirs):
        by_library(reference).set(before)
    commit(method, ours, data, **options)
    getattr(by_library(theirs), method)(for_library(data), **options)
    assert without_new_times(by_library(ours).get().to_dict()) == without_new_times(by_library(theirs).get().to_dict())


@SOME
@given(DOCUMENTS, st.dictionaries(NAMES, CHANGES, max_size=4), st.booleans())
@example(
    {"a": {"b": 1, "c": {"d": 2}}}, {"a": {"c": {}, "t": store.SERVER_TIMESTAMP, "n": {"m": store.Increment(2)}}}, True
)
@example({"a": 1}, {}, True)
@example({"a": 1}, {}, False)
def test_set_does_what_the_librarys_does(
    database: str, before: dict[str, Any], data: dict[str, Any], merge: bool
) -> None:
    both(before, "set", data, merge=merge)


# The library takes the quotes of a path with a backslash for a part of the name when its value is the server's.
PLAIN_NAMES = NAMES.filter(lambda name: "\\" not in name)


@SOME
@given(DOCUMENTS, st.lists(st.tuples(st.lists(PLAIN_NAMES, min_size=1, max_size=3), CHANGES), min_size=1, max_size=4))
@example(
    {"a": {"b": 1, "c": 2}}, [(["a", "b"], {}), (["a", "c"], store.Increment(1)), (["a.b"], store.SERVER_TIMESTAMP)]
)
@example({"a": {"b": 1, "c": 2}}, [(["a"], {"t": store.SERVER_TIMESTAMP})])
def test_update_does_what_the_librarys_does(
    database: str, before: dict[str, Any], changes: list[tuple[list[str], Any]]
) -> None:
    paths = [names for names, _ in changes]
    data = {field_path(names): value for names, value in changes}
    if any(paths[i] == paths[j][: len(paths[i])] for i in range(len(paths)) for j in range(len(paths)) if i != j):
        if len(data) == len(changes):
            with pytest.raises(ValueError, match="inside another"):
                store.Batch().update(fresh(), data)
        return
    both(before, "update", data)


def test_an_update_of_a_part_leaves_the_rest(database: str) -> None:
    reference = fresh()
    commit("create", reference, {"seen": {"layer0": b"0", "layer1": b"1"}, "count": 1, "a.b": "flat"})
    commit("update", reference, {"seen.layer1": b"new", "count": 2, "`a.b`": "new"})
    assert read(reference) == {"seen": {"layer0": b"0", "layer1": b"new"}, "count": 2, "a.b": "new"}
    commit("update", reference, {"seen": {"layer2": b"2"}})
    assert read(reference) == {"seen": {"layer2": b"2"}, "count": 2, "a.b": "new"}


@pytest.mark.parametrize("data", [{}, {"a": 1, "a.b": 2}, {"a.b": 2, "`a`.b": 3}])
def test_an_update_that_contradicts_itself_is_refused(database: str, data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="none of them inside another"):
        store.Batch().update(fresh(), data)


def test_results_come_in_the_order_of_the_writes_and_times_first(database: str) -> None:
    one, two, three = fresh(), fresh(), fresh()
    commit("set", three, {})
    batch = store.Batch()
    batch.create(one, {"a": store.Increment(5), "z": store.SERVER_TIMESTAMP, "b": {"c": store.Increment(0.5)}})
    batch.set(two, {"plain": 1})
    batch.delete(three)
    created, written, deleted = batch.commit()
    time, *numbers = created.transform_results
    assert store.server_time(created) == time
    assert abs(time - (created.update_time or time)) < timedelta(seconds=1)
    assert time.tzinfo is UTC
    assert abs(time - datetime.now(UTC)) < timedelta(minutes=1)
    assert numbers == [5, 0.5]
    assert read(one) == {"a": 5, "z": time, "b": {"c": 0.5}}
    assert (written.transform_results, deleted.update_time) == ([], None)
    snapshot = store.get(two)[0]
    assert snapshot.update_time == written.update_time == by_library(two).get().update_time
    assert (snapshot.update_time or snapshot.read_time) <= snapshot.read_time


def test_conditions_hold(database: str) -> None:
    reference = fresh()
    missing = store.get(reference)[0]
    with pytest.raises(exceptions.NotFound):
        commit("update", reference, {"a": 1})
    commit("create", reference, {"a": 1})
    with pytest.raises(exceptions.AlreadyExists):
        commit("create", reference, {"a": 2})
    old = store.get(reference)[0]
    commit("update", reference, {"a": 2}, seen=old)
    for method, changes in (("update", [{"a": 3}]), ("delete", [])):
        with pytest.raises(exceptions.FailedPrecondition):
            commit(method, reference, *changes, seen=old)
        with pytest.raises(ValueError, match="was missing"):
            commit(method, reference, *changes, seen=missing)
    assert read(reference) == {"a": 2}
    commit("delete", reference, seen=store.get(reference)[0])
    assert read(reference) is None
    commit("delete", reference)


def test_all_writes_of_a_batch_happen_or_none(database: str) -> None:
    one, two = fresh(), fresh()
    batch = store.Batch()
    batch.create(one, {"a": 1})
    batch.update(two, {"a": 1})
    with pytest.raises(exceptions.NotFound):
        batch.commit()
    assert not store.get(one)[0].exists


# --- Reads --------------------------------------------------------------------------------------------------------


def test_documents_come_as_they_are_asked_for(database: str) -> None:
    one, missing, two = fresh(), fresh(), fresh()
    commit("set", one, {"a": 1})
    commit("set", two, {})
    snapshots = store.get(two, missing, one, two)
    assert [snapshot.reference for snapshot in snapshots] == [two, missing, one, two]
    assert [snapshot.to_dict() for snapshot in snapshots] == [{}, None, {"a": 1}, {}]
    assert [snapshot.exists for snapshot in snapshots] == [True, False, True, True]
    assert snapshots[1].update_time is None
    assert len({snapshot.read_time for snapshot in snapshots}) == 1


@pytest.mark.parametrize("key", ["", "a/b", "/"])
def test_a_name_leads_out_of_no_collection(key: str) -> None:
    with pytest.raises(ValueError, match="not the name of a document"):
        store.document("users", key)


FIELDS = st.sampled_from(["n", "text", "map.inner", "time", "`a b`"])
FILTERS = st.one_of(
    st.builds(store.Filter, FIELDS, st.sampled_from(["<", "<=", "==", "!=", ">=", ">", "array_contains"]), SCALARS),
    st.builds(
        store.Filter,
        FIELDS,
        st.sampled_from(["in", "not-in", "array_contains_any"]),
        st.lists(SCALARS, min_size=1, max_size=3),
    ),
)
CONDITIONS = st.recursive(
    FILTERS, lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from([store.And(parts), store.Or(parts)])
    ), max_leaves=5,
)  # fmt: skip


def in_library(condition: store.Condition) -> Any:
    if isinstance(condition, store.Filter):
        return base_query.FieldFilter(condition.field, condition.op, condition.value)
    kind = base_query.And if isinstance(condition, store.And) else base_query.Or
    return kind([in_library(each) for each in condition.filters])


def narrowed(query: Any, conditions: Iterable[Any]) -> Any:
    for condition in conditions:
        query = query.where(filter=condition)
    return query


@given(
    st.lists(CONDITIONS, max_size=3),
    st.lists(
        st.tuples(FIELDS, st.sampled_from(["ASCENDING", "DESCENDING"])), max_size=3, unique_by=lambda each: each[0]
    ),
    st.none() | st.integers(1, 1000),
    st.none() | st.lists(FIELDS, max_size=3, unique=True),
    st.booleans(),
    st.data(),
)
@settings(deadline=None)
def test_a_query_is_the_same_message_as_the_librarys(
    conditions: list[Any], orders: list[Any], limit: int | None, fields: list[str] | None, after: bool, data: Any
) -> None:
    ours: Any = store.collection("things")
    theirs: Any = base_query.BaseQuery(store.client().collection("things"))
    try:
        theirs = narrowed(theirs, map(in_library, conditions))
    except ValueError:  # None and NaN go with == and != only.
        with pytest.raises(ValueError, match="no filter by"):
            narrowed(ours, conditions).message()
        return
    ours = narrowed(ours, conditions)
    for field, direction in orders:
        ours, theirs = ours.order_by(field, direction), theirs.order_by(field, direction=direction)
    if limit is not None:
        ours, theirs = ours.limit(limit), theirs.limit(limit)
    if fields is not None:
        ours, theirs = ours.select(*fields), theirs.select(fields)
    if after and orders:
        values = {field: data.draw(SCALARS) for field, _ in orders}
        ours, theirs = ours.start_after(values), theirs.start_after(values)
    expected: StructuredQuery = theirs._to_protobuf()
    assert ours.message().SerializeToString(deterministic=True) == StructuredQuery.pb(expected).SerializeToString(
        deterministic=True
    )


def test_a_query_is_not_changed_by_those_made_of_it() -> None:
    query = store.collection("things").where(filter=store.Filter("n", ">", 1)).order_by("n")
    before = query.message()
    query.where(filter=store.Filter("n", "<", 5)).order_by("text").limit(3).start_after({"n": 1}).select("n")
    assert query.message() == before


@pytest.mark.parametrize("values", [{}, {"n": 1}, {"n": 1, "text": "", "time": None}])
def test_a_query_starts_after_a_whole_place_only(values: dict[str, Any]) -> None:
    query = store.collection("things").order_by("n").order_by("text").start_after(values)
    with pytest.raises(ValueError, match="start_after"):
        query.message()


@pytest.fixture
def numbers(database: str) -> None:
    """Thirty documents: n from 0 to 29, a remainder, a text, tags, and a map."""
    batch = store.Batch()
    for n in range(30):
        data = {"n": n, "rest": n % 3, "text": f"t{n:02}", "tags": [n % 5, "all"], "map": {"inner": n % 2 == 0}}
        batch.create(store.document("numbers", f"key{n}"), data | ({"odd": None} if n % 2 else {"odd": math.nan}))
    batch.commit()


Q = Callable[[Any], Any]


def where(*filters: Any) -> Q:
    """The same conditions for either kind of query."""

    return lambda query: narrowed(query, filters if isinstance(query, store.Query) else map(in_library, filters))


F = store.Filter


@pytest.mark.parametrize(
    ("narrow", "count"),
    [
        (where(), 30),
        (where(F("n", "<", 5)), 5),
        (where(F("n", "<=", 5)), 6),
        (where(F("n", ">", 25)), 4),
        (where(F("n", ">=", 25)), 5),
        (where(F("n", "==", 7)), 1),
        (where(F("rest", "!=", 1)), 20),
        (where(F("rest", "in", [0, 2])), 20),
        (where(F("rest", "not-in", [0, 2])), 10),
        (where(F("tags", "array_contains", 3)), 6),
        (where(F("tags", "array_contains_any", [3, 4])), 12),
        (where(F("map.inner", "==", True)), 15),
        (where(F("odd", "==", None)), 15),
        (where(F("odd", "==", math.nan)), 15),
        (where(F("odd", "!=", None)), 15),
        (where(F("n", ">=", 3), F("n", "<", 9), F("rest", "==", 0)), 2),
        (where(store.Or([F("n", "==", 1), store.And([F("n", ">", 5), F("rest", "==", 2)])])), 9),
        (where(F("rest", "==", 0), store.Or([F("n", "<", 6), F("n", ">=", 24)])), 4),
        (lambda query: query.order_by("rest", direction="DESCENDING").order_by("n"), 30),
        (lambda query: query.order_by("rest").order_by("n").start_after({"rest": 1, "n": 25}), 11),
        (lambda query: query.order_by("n", direction="DESCENDING").start_after({"n": 10}).limit(4), 4),
        (lambda query: where(F("rest", "==", 1))(query).order_by("text").limit(3), 3),
    ],
)
def test_a_query_finds_what_the_librarys_finds(numbers: None, narrow: Q, count: int) -> None:
    ours = store.run(narrow(store.collection("numbers")))
    theirs = list(narrow(store.client().collection("numbers")).stream())
    assert len(ours) == count
    assert [(each.reference.path, plain(each.to_dict()), each.update_time) for each in ours] == [
        (each.reference.path, plain(each.to_dict()), each.update_time) for each in theirs
    ]


def test_only_the_fields_that_are_asked_for_come(numbers: None) -> None:
    (snapshot,) = store.run(store.collection("numbers").where(filter=F("n", "==", 4)).select("n", "map.inner"))
    assert snapshot.to_dict() == {"n": 4, "map": {"inner": True}}
    (snapshot,) = store.run(store.collection("numbers").where(filter=F("n", "==", 4)).select())
    assert (snapshot.reference.id, snapshot.to_dict()) == ("key4", {})


def test_a_query_that_finds_nothing_is_empty(database: str) -> None:
    assert store.run(store.collection("nothing").limit(5)) == []


# --- The connection -----------------------------------------------------------------------------------------------


def test_a_stream_is_read_by_the_thread_that_asks(numbers: None) -> None:
    store.run(store.collection("numbers"))
    with mock.patch.object(threading.Thread, "start", side_effect=AssertionError("a thread for a stream")):
        assert len(store.run(store.collection("numbers"))) == 30
        assert store.get(store.document("numbers", "key1"))[0].exists


def test_many_first_calls_at_once_open_one_channel(database: str) -> None:
    store.close()
    reference = store.document("numbers", "key1")
    with (
        mock.patch.object(grpc, "insecure_channel", side_effect=grpc.insecure_channel) as opened,
        ThreadPoolExecutor(16) as pool,
    ):
        assert all(pool.map(lambda _: store.get(reference), range(48)))
    assert opened.call_count == 1


def test_importing_the_functions_opens_no_channel() -> None:
    """gunicorn imports them before it forks, and a channel does not survive that."""
    program = """
import grpc
def refuse(*_):
    raise AssertionError("a channel before the fork")
grpc.insecure_channel = grpc.secure_channel = refuse
import yaml, main
for name in yaml.safe_load(open("functions.yaml"))["endpoints"]:
    assert callable(getattr(main, name)), name
from shared.data import store
store.collection("users").limit(1).message()
store.client()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=600)
