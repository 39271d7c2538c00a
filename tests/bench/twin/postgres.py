"""A PostgreSQL of its own in a temporary folder, from the package that the system has."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "postgres"
"""Who it runs as when this runs as root, which PostgreSQL refuses; the distributions' packages make this account."""


class NoPostgresError(Exception):
    """There is none to be had here; the message says why."""


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is. Debian keeps all but psql out of the PATH.

    Raises:
        NoPostgresError: It is not installed.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
    if path is None:
        raise NoPostgresError(f"{name} is not installed (Debian and Ubuntu: apt-get install postgresql)")
    return path


@contextmanager
def postgres() -> Iterator[str]:
    """Runs PostgreSQL while the body runs, and gives the URL of an empty database, as SQLAlchemy takes it.

    Raises:
        NoPostgresError: It is not installed, or cannot run here.
    """
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    account = ACCOUNT if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="twin-"))
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(command, user=account, cwd=folder, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise NoPostgresError(f"{Path(command[0]).name} fails: {(done.stderr or done.stdout).strip()[-500:]}")

    try:
        if account:
            try:
                shutil.chown(folder, account)
            except LookupError as error:
                raise NoPostgresError(f"this runs as root, and there is no account {ACCOUNT} to run it as") from error
        run(initdb, "--pgdata", str(data), "--username=twin", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        run(pg_ctl, "start", "--pgdata", str(data), "-w", "--log", str(folder / "log"), "--options", options)
        try:
            yield f"postgresql+psycopg://twin@/postgres?host={folder}"
        finally:
            run(pg_ctl, "stop", "--pgdata", str(data), "-w", "--mode=immediate")
    finally:
        shutil.rmtree(folder)
