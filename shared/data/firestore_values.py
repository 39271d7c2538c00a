"""Python values as Firestore stores them: raw protobuf messages in, plain dicts out, and back.

The client library wraps each message in a second object and copies each document twice: several times the work for
the same answer. These functions know the kinds of value that this project stores, and refuse all others.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Message: TypeAlias = Any
"""A raw protobuf message, which has no type that Python's type checkers know."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AS_IT_IS = frozenset(("string_value", "integer_value", "boolean_value", "double_value", "bytes_value"))
_SIMPLE_NAME = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_SEGMENT = re.compile(r"`((?:[^`\\]|\\.)+)`|([^.`\\]+)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class DocumentName(str):
    """The whole name of a document, by which a query can ask for documents: no text, though it is made of one."""


def encode(value: Any, into: Message) -> None:
    """Puts a value into a ``Value`` message. A text of an enum is stored as that text.

    Raises:
        TypeError: Values of this kind are not stored, or a datetime has no time zone.
        ValueError: An integer has more than 64 bits, or a text is not valid Unicode.
    """
    if value is None:
        into.null_value = 0
    elif isinstance(value, DocumentName):
        into.reference_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, bool):  # Before int, because True is one.
        into.boolean_value = value
    elif isinstance(value, int):
        into.integer_value = value
    elif isinstance(value, datetime):
        encode_time(value, into.timestamp_value)
    elif isinstance(value, dict):
        into.map_value.SetInParent()
        encode_fields(value, into.map_value.fields)
    elif isinstance(value, list | tuple):
        into.array_value.SetInParent()
        for each in value:
            encode(each, into.array_value.values.add())
    elif isinstance(value, float):
        into.double_value = value
    elif isinstance(value, bytes):
        into.bytes_value = value
    else:
        raise TypeError(f"Firestore stores no {type(value).__name__}")


def encode_fields(data: dict[str, Any], into: Message) -> None:
    """Puts a dict into the fields of a document or of a map."""
    for name, value in data.items():
        encode(value, into[name])


def encode_time(time: datetime, into: Message) -> None:
    """Puts a time into a ``Timestamp`` message, to the microsecond, which is Firestore's own precision."""
    since = time - _EPOCH
    into.seconds = since.days * 86_400 + since.seconds
    into.nanos = since.microseconds * 1_000


def decode(value: Message) -> Any:
    """The Python value of a ``Value`` message.

    Raises:
        TypeError: It is of a kind that this project does not store, such as a reference or a point.
    """
    kind = value.WhichOneof("value_type")
    if kind in _AS_IT_IS:
        return getattr(value, kind)
    if kind == "timestamp_value":
        return decode_time(value.timestamp_value)
    if kind == "null_value":
        return None
    if kind == "map_value":
        return decode_fields(value.map_value.fields)
    if kind == "array_value":
        return [decode(each) for each in value.array_value.values]
    raise TypeError(f"a stored {kind} has no Python value here")


def decode_fields(fields: Message) -> dict[str, Any]:
    """The dict that is stored as the fields of a document or of a map."""
    return {name: decode(value) for name, value in fields.items()}


def decode_time(timestamp: Message) -> datetime:
    """The time of a ``Timestamp`` message, to the microsecond."""
    return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)


def field_path(names: Iterable[str]) -> str:
    """The path of a field inside maps, from the outermost name to the field's own, as Firestore writes it."""
    return ".".join(map(_quoted, names))


def _quoted(name: str) -> str:
    if _SIMPLE_NAME.fullmatch(name):
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def field_names(path: str) -> tuple[str, ...]:
    """The names that a path is made of; those with a dot or a backtick in them stand in backticks.

    Raises:
        ValueError: It is not a path.
    """
    names = []
    at = 0
    while match := _SEGMENT.match(path, at):
        quoted, plain = match.groups()
        names.append(plain if quoted is None else _ESCAPE.sub(r"\1", quoted))
        at = match.end() + 1
        if at > len(path):
            return tuple(names)
        if path[at - 1] != ".":
            break
    raise ValueError(f"not a field path: {path!r}")
