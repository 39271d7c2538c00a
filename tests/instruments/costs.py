"""Counts what requests cost on the wire. The recorder is the benchmark's own: tests/instruments/recorder.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.instruments.recorder import Calls, Recorder


@dataclass(frozen=True)
class Cost:
    """What one request may use of Firestore at most: sequential round trips, and documents."""

    rpcs: int
    reads: int
    writes: int = 0
    deletes: int = 0

    @classmethod
    def of(cls, calls: Calls) -> "Cost":
        return cls(calls.depth, calls.total("reads"), calls.total("writes"), calls.total("deletes"))

    def __le__(self, other: "Cost") -> bool:
        return all(getattr(self, name) <= getattr(other, name) for name in self.__dataclass_fields__)

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


class Meter:
    """Measures calls of the API."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def of(self, call: Callable[..., Any], *given: Any, **options: Any) -> tuple[Cost, Any]:
        """What a call costs, and what it answers."""
        with self._recorder.recording() as calls:
            answer = call(*given, **options)
        return Cost.of(calls), answer
