"""The messages of Firestore's gRPC service that this project sends and receives, made when the process starts.

The client library has them too, but importing it takes 0.1 s of CPU, a fifth of a cold start. These are the
parts of https://github.com/googleapis/googleapis/tree/master/google/firestore/v1 that are in use: on the wire a field
is its number and its type, and a field that is not named here is skipped. tests/unit/test_firestore_messages.py holds
each number against the library. The pool is their own, so that the library can be imported besides.
"""

from enum import IntEnum
from typing import Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "google.firestore.v1"
_FILE = "shared/data/firestore_messages.proto"

# A field is "number type", with "repeated" before the type where there are many, "map" where the values have names, and
# the name of the group that it is one of at the end. An enum is its number.
_MESSAGES: dict[str, dict[str, str]] = {
    "Timestamp": {"seconds": "1 int64", "nanos": "2 int32"},
    "Int32Value": {"value": "1 int32"},
    "LatLng": {"latitude": "1 double", "longitude": "2 double"},
    "Value": {
        "null_value": "11 int32 value_type",
        "boolean_value": "1 bool value_type",
        "integer_value": "2 int64 value_type",
        "double_value": "3 double value_type",
        "timestamp_value": "10 Timestamp value_type",
        "string_value": "17 string value_type",
        "bytes_value": "18 bytes value_type",
        "reference_value": "5 string value_type",
        "geo_point_value": "8 LatLng value_type",
        "array_value": "9 ArrayValue value_type",
        "map_value": "6 MapValue value_type",
    },
    "ArrayValue": {"values": "1 repeated Value"},
    "MapValue": {"fields": "1 map Value"},
    "Document": {"name": "1 string", "fields": "2 map Value", "update_time": "4 Timestamp"},
    "DocumentMask": {"field_paths": "1 repeated string"},
    "Precondition": {"exists": "1 bool condition_type", "update_time": "2 Timestamp condition_type"},
    "FieldTransform": {
        "field_path": "1 string",
        "set_to_server_value": "2 int32 transform_type",
        "increment": "3 Value transform_type",
    },
    "Write": {
        "update": "1 Document operation",
        "delete": "2 string operation",
        "update_mask": "3 DocumentMask",
        "update_transforms": "7 repeated FieldTransform",
        "current_document": "4 Precondition",
    },
    "WriteResult": {"update_time": "1 Timestamp", "transform_results": "2 repeated Value"},
    "FieldReference": {"field_path": "2 string"},
    "FieldFilter": {"field": "1 FieldReference", "op": "2 int32", "value": "3 Value"},
    "UnaryFilter": {"op": "1 int32", "field": "2 FieldReference operand_type"},
    "CompositeFilter": {"op": "1 int32", "filters": "2 repeated Filter"},
    "Filter": {
        "composite_filter": "1 CompositeFilter filter_type",
        "field_filter": "2 FieldFilter filter_type",
        "unary_filter": "3 UnaryFilter filter_type",
    },
    "Order": {"field": "1 FieldReference", "direction": "2 int32"},
    "Projection": {"fields": "2 repeated FieldReference"},
    "CollectionSelector": {"collection_id": "2 string"},
    "Cursor": {"values": "1 repeated Value"},
    "StructuredQuery": {
        "select": "1 Projection",
        "from_": "2 repeated CollectionSelector",
        "where": "3 Filter",
        "order_by": "4 repeated Order",
        "start_at": "7 Cursor",
        "limit": "5 Int32Value",
    },
    "BatchGetDocumentsRequest": {"database": "1 string", "documents": "2 repeated string"},
    "BatchGetDocumentsResponse": {
        "found": "1 Document result",
        "missing": "2 string result",
        "read_time": "4 Timestamp",
    },
    "RunQueryRequest": {"parent": "1 string", "structured_query": "2 StructuredQuery query_type"},
    "RunQueryResponse": {"document": "1 Document", "read_time": "3 Timestamp"},
    "CommitRequest": {"database": "1 string", "writes": "2 repeated Write"},
    "CommitResponse": {"write_results": "1 repeated WriteResult"},
}


class CompositeOperator(IntEnum):
    """How a filter joins others."""

    AND = 1
    OR = 2


class FieldOperator(IntEnum):
    """How a filter compares a field with a value."""

    LESS_THAN = 1
    LESS_THAN_OR_EQUAL = 2
    GREATER_THAN = 3
    GREATER_THAN_OR_EQUAL = 4
    EQUAL = 5
    NOT_EQUAL = 6
    ARRAY_CONTAINS = 7
    IN = 8
    ARRAY_CONTAINS_ANY = 9
    NOT_IN = 10


class UnaryOperator(IntEnum):
    """What a filter asks of a field without a value."""

    IS_NAN = 2
    IS_NULL = 3
    IS_NOT_NAN = 4
    IS_NOT_NULL = 5


class Direction(IntEnum):
    """How a query is ordered by a field."""

    ASCENDING = 1
    DESCENDING = 2


REQUEST_TIME: Final = 1
"""The server value of a FieldTransform: the time of the commit."""


def _add_field(message: Any, name: str, description: str) -> None:
    number, *words = description.split()
    repeated = words[0] in ("repeated", "map")
    kind, *group = words[1:] if repeated else words
    if words[0] == "map":
        kind = _add_map_entry(message, name, kind)
    field = message.field.add(name=name, number=int(number))
    field.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    _set_type(field, kind)
    if group:
        if group[0] not in (known := [each.name for each in message.oneof_decl]):
            message.oneof_decl.add(name=group[0])
            known.append(group[0])
        field.oneof_index = known.index(group[0])


def _add_map_entry(message: Any, name: str, kind: str) -> str:
    """The type of a map's entries, as protobuf wants it named."""
    entry = message.nested_type.add(name=f"{name.capitalize()}Entry")
    entry.options.map_entry = True
    _add_field(entry, "key", "1 string")
    _add_field(entry, "value", f"2 {kind}")
    return f"{message.name}.{entry.name}"


def _set_type(field: Any, kind: str) -> None:
    if kind[0].isupper():
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    else:
        field.type = getattr(FieldDescriptorProto, f"TYPE_{kind.upper()}")


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name=_FILE, package=PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, description in fields.items():
            _add_field(message, field, description)
    return file


_POOL = DescriptorPool()
_POOL.Add(_file())


def message_class(name: str) -> Any:
    """The class of a message."""
    return GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
