"""The messages of shared/data/firestore_messages.py are those of Firestore, as its client library has them."""

import subprocess
import sys
from typing import Any

import pytest
from google.cloud.firestore_v1 import types
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import Int32Value
from google.type.latlng_pb2 import LatLng

from shared.data import firestore_messages as messages

QUERY = types.StructuredQuery
NESTED = ("FieldReference", "FieldFilter", "UnaryFilter", "CompositeFilter", "Filter", "Order", "Projection")
THEIRS: dict[str, Any] = {
    "Timestamp": Timestamp.DESCRIPTOR,
    "Int32Value": Int32Value.DESCRIPTOR,
    "LatLng": LatLng.DESCRIPTOR,
    "FieldTransform": types.DocumentTransform.FieldTransform.pb().DESCRIPTOR,
    "CollectionSelector": QUERY.CollectionSelector.pb().DESCRIPTOR,
    **{name: getattr(QUERY, name).pb().DESCRIPTOR for name in NESTED},
}
NAMES = list(messages._MESSAGES)


def kind(field: Any) -> Any:
    """What a field is on the wire. An enum is sent as an int32 is."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {name: kind(field.message_type.fields_by_name[name]) for name in ("key", "value")}
    type_ = FieldDescriptor.TYPE_INT32 if field.type == FieldDescriptor.TYPE_ENUM else field.type
    group = field.containing_oneof and field.containing_oneof.name
    return field.number, type_, field.is_repeated, group, field.message_type and field.message_type.name


@pytest.mark.parametrize("name", NAMES)
def test_each_field_is_the_librarys(name: str) -> None:
    theirs = THEIRS.get(name) or getattr(types, name).pb().DESCRIPTOR
    ours = messages.message_class(name).DESCRIPTOR
    assert ours.fields
    for field in ours.fields:
        assert kind(field) == kind(theirs.fields_by_name[field.name]), field.name


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (messages.CompositeOperator, QUERY.CompositeFilter.Operator),
        (messages.FieldOperator, QUERY.FieldFilter.Operator),
        (messages.UnaryOperator, QUERY.UnaryFilter.Operator),
        (messages.Direction, QUERY.Direction),
    ],
)
def test_each_enum_is_the_librarys(ours: Any, theirs: Any) -> None:
    assert {each.name: each.value for each in ours} == {each.name: each.value for each in theirs if each.value}


def test_the_servers_time_is_the_librarys() -> None:
    assert messages.REQUEST_TIME == types.DocumentTransform.FieldTransform.ServerValue.REQUEST_TIME


def test_no_function_imports_the_client_library() -> None:
    """It would make each cold start longer by a fifth."""
    program = """
import sys, yaml, main
for name in yaml.safe_load(open("functions.yaml"))["endpoints"]:
    getattr(main, name)
sys.exit("google.cloud.firestore_v1" in sys.modules)
"""
    environment = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "GOOGLE_CLOUD_PROJECT": "demo"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=600)
