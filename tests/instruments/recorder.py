"""Records what is really sent to Firestore: every RPC of the process's gRPC channel, with times, bytes and messages.

Only tests and the benchmark install it. It stands below everything of shared/data/store.py, so retries are counted like
everything else.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import grpc
from google.cloud.firestore_v1.types import BatchGetDocumentsResponse, CommitRequest, RunQueryRequest, RunQueryResponse
from google.cloud.firestore_v1.types import StructuredQuery as Query

from shared.data import firestore_service, store

SERVICE = "/google.firestore.v1.Firestore/"
RANGES = ("LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "NOT_EQUAL", "NOT_IN")


@dataclass
class Rpc:
    """One call of the Firestore service, as it went over the wire."""

    method: str
    began: float
    ended: float = float("inf")
    request: bytes = b""
    responses: list[bytes] = field(default_factory=list)

    @property
    def query(self) -> Query | None:
        """What a RunQuery asked for."""
        if self.method != "RunQuery":
            return None
        query: Query = RunQueryRequest.deserialize(self.request).structured_query
        return query

    @property
    def reads(self) -> int:
        """Documents billed as read: missing ones too, and one for a query that finds nothing."""
        if self.method == "BatchGetDocuments":
            answers = map(BatchGetDocumentsResponse.deserialize, self.responses)
            return sum(1 for answer in answers if "found" in answer or answer.missing)
        if self.method == "RunQuery":
            return max(1, sum("document" in RunQueryResponse.deserialize(raw) for raw in self.responses))
        if self.method in ("Commit", "BeginTransaction", "Rollback"):
            return 0
        raise NotImplementedError(f"nobody has said yet what {self.method} costs")

    @property
    def index_reads(self) -> int:
        """Reads billed for index entries, at least.

        A query over several range fields pays one read for each thousand entries walked, which the wire does not show;
        beside one range, what it is ordered by counts as a range too (Firestore, "Pricing", index entry reads).
        """
        if self.query is None:
            return 0
        ranges = _ranges(self.query.where)
        return int(len(ranges | {order.field.field_path for order in self.query.order_by}) > 1) if ranges else 0

    @property
    def writes(self) -> int:
        return sum("delete" not in write for write in self._written())

    @property
    def deletes(self) -> int:
        return sum("delete" in write for write in self._written())

    def _written(self) -> list[Any]:
        return list(CommitRequest.deserialize(self.request).writes) if self.method == "Commit" else []


def _ranges(condition: Any) -> set[str]:
    """The fields that a filter has ranges on."""
    inner = set().union(*map(_ranges, condition.composite_filter.filters))
    return inner | ({condition.field_filter.field.field_path} if condition.field_filter.op.name in RANGES else set())


@dataclass
class Calls:
    """The RPCs of one request."""

    rpcs: list[Rpc] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Sequential round trips: how many of the RPCs waited for one another."""
        depth, ended = 0, 0.0
        for rpc in sorted(self.rpcs, key=lambda rpc: rpc.ended):
            if rpc.began >= ended:
                depth, ended = depth + 1, rpc.ended
        return depth

    def total(self, what: str) -> int:
        """The sum of one of Rpc's figures."""
        return sum(getattr(rpc, what) for rpc in self.rpcs)

    @property
    def queries(self) -> list[Query]:
        return [query for rpc in self.rpcs if (query := rpc.query)]

    def figures(self) -> dict[str, int]:
        """All that is counted, by name."""
        return {
            "rpcs": self.depth,
            "all_rpcs": len(self.rpcs),
            **{what: self.total(what) for what in ("reads", "index_reads", "writes", "deletes")},
            "sent": sum(len(rpc.request) for rpc in self.rpcs),
            "received": sum(len(raw) for rpc in self.rpcs for raw in rpc.responses),
        }


class Recorder:
    """Takes down the RPCs of this process, as long as somebody asks for them."""

    def __init__(self) -> None:
        self._calls: Calls | None = None

    @contextmanager
    def recording(self) -> Iterator[Calls]:
        """The RPCs of whatever the body does, in this thread or in others."""
        assert self._calls is None, "one recording at a time"
        self._calls = calls = Calls()
        try:
            yield calls
        finally:
            self._calls = None

    def begin(self, method: str) -> Rpc:
        rpc = Rpc(method.removeprefix(SERVICE), time.perf_counter())
        if self._calls is not None:
            self._calls.rpcs.append(rpc)
        return rpc

    @contextmanager
    def installed(self) -> Iterator["Recorder"]:
        """Lets shared/data/store.py talk through a recorded channel while the body runs."""
        make = firestore_service.open_channel
        store.close()  # The next call opens a channel.
        try:
            with mock.patch.object(firestore_service, "open_channel", lambda *given: _Channel(make(*given), self)):
                yield self
        finally:
            store.close()


class _Channel(grpc.Channel):
    """A channel whose every call is recorded; each call has a stub of its own, so its messages are known as its."""

    def __init__(self, channel: grpc.Channel, recorder: Recorder) -> None:
        self._channel = channel
        self._recorder = recorder

    def unary_unary(self, method: str, *given: Any) -> "_UnaryUnary":
        return _UnaryUnary(self._channel.unary_unary, self._recorder, method, *given)

    def unary_stream(self, method: str, *given: Any) -> "_UnaryStream":
        return _UnaryStream(self._channel.unary_stream, self._recorder, method, *given)

    def stream_unary(self, method: str, *given: Any, **options: Any) -> Any:
        raise NotImplementedError(method)

    def stream_stream(self, method: str, *given: Any, **options: Any) -> Any:
        raise NotImplementedError(method)

    def subscribe(self, *given: Any, **options: Any) -> None:
        self._channel.subscribe(*given, **options)

    def unsubscribe(self, callback: Any) -> None:
        self._channel.unsubscribe(callback)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> "_Channel":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class _Method:
    def __init__(
        self,
        make: Callable[..., Any],
        recorder: Recorder,
        method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
        *options: Any,
    ) -> None:
        self._make, self._recorder, self._method = make, recorder, method
        self._serialize, self._deserialize, self._options = request_serializer, response_deserializer, options

    def _begin(self) -> tuple[Rpc, Any]:
        rpc = self._recorder.begin(self._method)

        def serialize(message: Any) -> bytes:
            rpc.request = self._serialize(message)
            return rpc.request

        def deserialize(raw: bytes) -> Any:
            rpc.responses.append(raw)
            return self._deserialize(raw)

        return rpc, self._make(self._method, serialize, deserialize, *self._options)


class _UnaryUnary(_Method, grpc.UnaryUnaryMultiCallable):
    def __call__(self, *given: Any, **options: Any) -> Any:
        return self.with_call(*given, **options)[0]

    def with_call(self, *given: Any, **options: Any) -> Any:
        rpc, call = self._begin()
        try:
            return call.with_call(*given, **options)
        finally:
            rpc.ended = time.perf_counter()

    def future(self, *given: Any, **options: Any) -> Any:
        raise NotImplementedError


class _UnaryStream(_Method, grpc.UnaryStreamMultiCallable):
    def __call__(self, *given: Any, **options: Any) -> "_Stream":
        rpc, call = self._begin()
        return _Stream(call(*given, **options), rpc)


class _Stream:
    """Ends the RPC when its reader sees the end, which is before the reader can start another."""

    def __init__(self, call: Any, rpc: Rpc) -> None:
        self._call, self._rpc = call, rpc

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except BaseException:
            self._rpc.ended = time.perf_counter()
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)
