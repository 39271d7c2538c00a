"""Functions as production has them: functions-framework and gunicorn, in processes that can be killed."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from infra.local.emulators import HOST, ROOT, free_ports

START_SECONDS = 300.0
PATIENT = ROOT / "tests/bench/patient_main.py"


@dataclass
class Served:
    """One running function."""

    function: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """Sends one request on a connection of its own."""
        headers = dict(options.pop("headers", {})) | {"Connection": "close"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(
            method,
            f"http://127.0.0.1:{self.port}{path}",
            headers=headers,
            timeout=options.pop("timeout", 300),
            **options,
        )

    def kill_worker(self) -> None:
        """The process that answers requests is gone from one moment to the next; gunicorn starts another."""
        for worker in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                worker.send_signal(signal.SIGKILL)

    def printed(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def function_process(
    function: str, source: Path, log: Path, threads: int = 16, **env: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Runs a function as production does while the body runs: functions-framework under gunicorn.

    The body is given the process and its port at once; it may not answer yet. Afterwards none of its processes is left.

    Args:
        function: Its name in the source.
        source: main.py, or a file that stands in for it.
        log: The file that takes what it prints.
        threads: Requests that it answers at the same time.
        env: Settings beyond those of this process.
    """
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "functions_framework", "--target", function, "--source", str(source)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--host", HOST, "--port", str(port)],
            env=os.environ | {"THREADS": str(threads), "PYTHONPATH": str(ROOT)} | env,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def served(function: str, folder: Path, source: Path = PATIENT, /, **env: str) -> Iterator[Served]:
    """Runs a function while the body runs, which begins when it takes connections.

    Args:
        function: Its name in main.py.
        folder: Where what it prints goes.
        source: main.py, or what stands in for it: on a busy machine, no request fails for the time that it takes.
        env: Settings beyond those of the tests.
    """
    log = folder / f"{function}-{secrets.token_hex(4)}.log"
    with function_process(function, source, log, threads=16, **env) as (process, port):
        _wait(process, port, log)
        yield Served(function, port, log, process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"The function did not start:\n{log.read_text(errors='replace')[-3000:]}")
