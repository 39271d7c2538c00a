"""The emulator of Cloud Storage: in this process, so that it needs no other program, and ends with this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import APIThread
from gcp_storage_emulator.storage import Storage

from shared.settings import LOCAL_DEFAULTS


class _LazyStorage(Storage):  # type: ignore[misc]
    """Writes its list of objects once, at the end: with thousands of them, writing it at each change takes minutes.

    Firestore's emulator saves its data at the end, too, so the two agree also after a crash.
    """

    def _write_config_to_file(self) -> None:
        pass

    def save(self) -> None:
        super()._write_config_to_file()


@contextmanager
def storage(host: str, port: int, folder: Path | None = None) -> Iterator[None]:
    """Runs the emulator with the bucket of the photos while the body runs.

    Args:
        host: Where it listens.
        port: Likewise.
        folder: Has its data, from the last time and for the next. None: in memory.
    """
    kept = _LazyStorage(use_memory_fs=True) if folder is None else _LazyStorage(data_dir=str(folder.resolve()))
    if bucket := create_bucket(LOCAL_DEFAULTS["photos_bucket"], kept):
        bucket["softDeletePolicy"] = {"retentionDurationSeconds": "0"}  # As the deploy makes it.
    server = APIThread(host, port, kept, daemon=True)
    server.start()
    server.is_running.wait()
    try:
        yield
    finally:
        server.join()
        kept.save()
