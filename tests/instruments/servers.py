"""Functions running as in production: functions-framework under gunicorn, one worker, a thread per parallel call."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from infra.local.emulators import HOST, ROOT
from tests.instruments.processes import function_process

MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "functions.yaml").read_text())["endpoints"]
PLAIN = ROOT / "main.py"
RECORDED = ROOT / "tests/bench/recorded_main.py"
BARE = ROOT / "tests/bench/minimal_function.py"
START_SECONDS = 60.0
ANSWER_SECONDS = 3600.0
"""How long a request is waited for: the emulator answers some queries in minutes. See tests/instruments/patience.py."""


@dataclass(frozen=True)
class Request:
    """One request to a function."""

    method: str
    path: str
    token: str | None = None
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        headers = dict(self.headers)
        body = self.body
        if self.json is not None:
            body = json.dumps(self.json).encode()
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request(self.method, self.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


class Server:
    """One running function."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._port = port
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_SECONDS)

    def call(self, request: Request) -> Any:
        """The JSON of an answer, which must be a success."""
        try:
            status, body = request.send(self._connection)
        except (http.client.HTTPException, OSError):  # gunicorn closes a connection that was idle for two seconds.
            self._connection = self._connect()
            status, body = request.send(self._connection)
        if status != 200:
            raise RuntimeError(f"{request.method} {request.path}: {status} {body[:500]!r}")
        return json.loads(body) if body[:1] in (b"{", b"[", b"n", b'"') else body

    def call_in_parallel(self, request: Request, count: int) -> list[int]:
        """The statuses of equal requests that arrive at once, each on a connection of its own."""
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(lambda _: request.send(self._connect())[0], range(count)))

    def first_answer(self, request: Request) -> int:
        """Waits for an answer, and gives its status."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                return request.send(self._connect())[0]
            if self._process.poll() is not None:
                break
            time.sleep(0.002)
        raise RuntimeError("the function did not start")

    def _processes(self) -> list[psutil.Process]:
        master = psutil.Process(self._process.pid)
        return [master, *master.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """CPU time used so far, to the nanosecond where the kernel tells."""
        if sys.platform == "linux":  # clock_getcpuclockid(3) makes such a clock of a process id.
            return sum(time.clock_gettime((~process.pid << 3) | 2) for process in self._processes())
        return sum(sum(process.cpu_times()[:2]) for process in self._processes())

    def memory_bytes(self) -> int:
        """Memory of all its processes, what they share counted once: what a container is billed and killed by."""
        return sum(process.memory_full_info().pss for process in self._processes())


@contextmanager
def running(function: str, source: Path, log: Path, **env: str) -> Iterator[Server]:
    """Runs a function while the body runs; it is not waited for."""
    threads = MANIFEST.get(function, {}).get("concurrency", 24)
    with function_process(function, source, log, threads=threads, **env) as (process, port):
        yield Server(process, port)
