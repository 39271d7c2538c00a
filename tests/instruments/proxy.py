"""A Firestore between the functions and the emulator that fails when told to: real gRPC on both sides."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from tests.instruments.clock import StoppedClock

SERVICE = "/google.firestore.v1.Firestore/"
STREAMED = ("BatchGetDocuments", "RunQuery")
CODES = {
    name: getattr(grpc.StatusCode, name)
    for name in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "RESOURCE_EXHAUSTED", "INTERNAL")
}


@dataclass(frozen=True)
class Fault:
    """What happens to a call instead of its answer."""

    code: str | None = None
    """The error that the client gets; None lets the call through (late, or with what ``then`` does)."""

    after: bool = False
    """Firestore has done the call, only its answer is lost."""

    midway: bool = False
    """A stream breaks after its first message."""

    seconds: float = 0.0
    """How long the call takes in addition."""

    then: Callable[[], object] | None = None
    """Called at the moment of the fault, such as the death of the function's process."""

    over: Callable[[], None] = lambda: None
    """Called when the call's additional time is over, or its caller has given it up."""


Plan = Callable[[int, str], Fault | None]
"""What happens to a call, by its number since the plan was made (from 0) and its method."""


@dataclass
class Proxy:
    """Listens on ``port`` and passes everything on to the emulator but what the plan makes fail."""

    emulator: str
    port: int = 0
    calls: list[str] = field(default_factory=list)
    injected: int = 0
    """Faults since the proxy started."""

    _plan: Plan | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: Any = None
    _channel: Any = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listens; on the same port as before when it was stopped."""
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(self.emulator, [*options, ("grpc.use_local_subchannel_pool", 1)])
        self._server = grpc.server(ThreadPoolExecutor(64), [_Handler(self)], options=options)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()

    def stop(self) -> None:
        """Nothing listens any more, and every connection is cut."""
        self._server.stop(grace=None).wait()
        self._channel.close()

    @contextmanager
    def planned(self, plan: Plan) -> Iterator[list[str]]:
        """Lets calls fail while the body runs; the calls so far, by method."""
        with self._lock:
            self._plan, self.calls = plan, []
        try:
            yield self.calls
        finally:
            with self._lock:
                self._plan, self.calls = None, []

    def fault(self, method: str) -> Fault | None:
        with self._lock:
            number = len(self.calls)
            self.calls.append(method)
            fault = self._plan(number, method) if self._plan else None
            self.injected += fault is not None
            return fault


@contextmanager
def running(emulator: str) -> Iterator[Proxy]:
    proxy = Proxy(emulator)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def nothing(number: int, method: str) -> None:
    """The plan without faults, to count calls."""


def at(number: int, fault: Fault) -> Plan:
    """Only the call of this number fails."""
    return lambda count, _: fault if count == number else None


def gone_from(number: int, clock: StoppedClock, after: bool = False) -> Plan:
    """From this call on nothing gets through, until the time of the request is up.

    Args:
        number: The first call that fails. It is repeated in vain once; then time is up.
        clock: What measures the time of the request.
        after: Firestore has done the first call, only its answer is lost.
    """

    def plan(count: int, _: str) -> Fault | None:
        if count < number:
            return None
        return Fault("UNAVAILABLE", after=after and count == number, then=clock.run_out if count > number else None)

    return plan


def first_commit(fault: Fault) -> Plan:
    """Only the first commit fails, whatever is read before."""
    commits = itertools.count()
    return lambda _, method: fault if method == "Commit" and not next(commits) else None


def always(fault: Fault, *methods: str) -> Plan:
    """Every call fails, or every call of these methods."""
    return lambda _, method: fault if not methods or method in methods else None


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        path = handler_call_details.method
        if path.removeprefix(SERVICE) in STREAMED:
            return grpc.unary_stream_rpc_method_handler(lambda request, context: self._stream(path, request, context))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._call(path, request, context))

    def _call(self, path: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        fault = self._proxy.fault(path.removeprefix(SERVICE))
        if fault and not fault.after:
            _strike(fault, context)
        try:
            answer: bytes = self._proxy._channel.unary_unary(path)(request, **_passed_on(context))
        except grpc.RpcError as error:
            if fault and fault.after:
                _strike(fault, context)
            context.abort(error.code(), error.details())
        if fault and fault.after:
            _strike(fault, context)
        return answer

    def _stream(self, path: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        fault = self._proxy.fault(path.removeprefix(SERVICE))
        if fault and not fault.after and not fault.midway:
            _strike(fault, context)
        try:
            answers = list(self._proxy._channel.unary_stream(path)(request, **_passed_on(context)))
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        if fault and fault.midway:
            yield answers.pop(0)
        if fault and (fault.after or fault.midway):
            _strike(fault, context)
        yield from answers


def _strike(fault: Fault, context: grpc.ServicerContext) -> None:
    if fault.then:
        fault.then()
    end = time.monotonic() + fault.seconds
    while time.monotonic() < end and context.is_active():
        time.sleep(0.01)
    fault.over()
    if fault.code:
        context.abort(CODES[fault.code], f"{fault.code} for a test")


def _passed_on(context: grpc.ServicerContext) -> dict[str, Any]:
    metadata = [(key, value) for key, value in context.invocation_metadata() if key != "user-agent"]
    return {"metadata": metadata, "timeout": 30}
