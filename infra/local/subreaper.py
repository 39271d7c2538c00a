"""Runs a command so that every process it ever starts ends with it, and with the one who asked for it.

firebase-tools leaves its gunicorn processes behind at every stop and puts Java into a session of its own, so neither
waiting for it nor killing its process group ends everything. Between the caller and the command therefore stands one
small process, this file run as a program. It adopts orphans (prctl(2), PR_SET_CHILD_SUBREAPER) and reads a pipe from
the caller. When the pipe ends, because the caller is done or has died in whatever way, it interrupts the command, waits
for its clean end, and kills what is left.
"""

import ctypes
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

PATIENCE_SECONDS = 60.0
"""How long a command may take to end by itself: firebase-tools saves the local data then."""

PR_SET_CHILD_SUBREAPER = 36


@contextmanager
def guarded(
    command: list[str],
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a command while the body runs; afterwards nothing that it started is left.

    Args:
        command: Program and arguments.
        log: The file that takes everything it prints.
        env: Its environment; the caller's by default.
        cwd: Its working directory; the caller's by default.
        patience_seconds: How long it may take to end by itself.
    """
    with log.open("wb") as output:
        guard = subprocess.Popen(
            # -P: this folder's modules shadow none of the library's.
            [sys.executable, "-P", __file__, str(patience_seconds), *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,  # Ctrl-C reaches the caller alone, who then ends the rest in order.
        )
    assert guard.stdin
    try:
        yield guard
    finally:
        guard.stdin.close()
        guard.wait()


def main() -> int:
    """Runs the command of sys.argv until it ends, standard input ends or SIGTERM comes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    patience_seconds, *words = sys.argv[1:]
    command = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    try:
        while command.poll() is None and not select.select([sys.stdin], [], [], 0.2)[0]:
            pass
    finally:
        _end(command, float(patience_seconds))
    return abs(int(command.returncode))


def _end(command: subprocess.Popen[bytes], patience_seconds: float) -> None:
    family = psutil.Process().children(recursive=True)  # Where orphans are not adopted, they are known by now.
    command.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        command.wait(patience_seconds)
    while left := [*filter(psutil.Process.is_running, family), *psutil.Process().children(recursive=True)]:
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=1)
    command.wait()


if __name__ == "__main__":
    sys.exit(main())
