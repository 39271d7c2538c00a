"""`make run`: the whole system on this machine, with demo data, until Ctrl-C."""

import os
import shutil
import signal
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from functions import HTTP_FUNCTIONS
from infra.local import schedules, sent
from infra.local.emulators import STATE, Ports, StartError, suite

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Starts everything, waits, and ends everything, also when the start fails half-way."""
    for ending in ENDINGS:
        signal.signal(ending, _leave)
    from infra.local import demo  # Takes a second to import, and Ctrl-C shall work before.

    ports = Ports.configured()
    folder = STATE / f"suite-{ports.hosting}"
    try:
        ports.require_free()
        if os.environ.get("FRESH", "0") != "0":
            shutil.rmtree(folder, ignore_errors=True)
        print("Starting Firestore, the functions and the web page ", end="", flush=True)
        with ExitStack() as stack:
            sending = stack.enter_context(sent.kept(ports.base_url))
            os.environ |= sending.environment
            waiting = partial(print, ".", end="", flush=True)
            system = stack.enter_context(suite(ports, folder, keep_data=True, waiting=waiting))
            stack.enter_context(schedules.kept(ports))
            print(flush=True)
            os.environ |= ports.environment
            demo.load()
            print(_overview(ports, folder, sending.url, demo.logins()), flush=True)
            system.wait()
            raise StartError(f"The emulators have ended by themselves. See {folder}/firebase.log")
    except StartError as error:
        sys.exit(f"\n{error}")


def _leave(*_: Any) -> None:
    """Ends the program in order, once: a second Ctrl-C must not interrupt that."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    print("\nSaving the data and stopping …", flush=True)
    sys.exit()


def _overview(ports: Ports, folder: Path, sent_url: str, logins: dict[str, str]) -> str:
    rows = [
        ("API", ports.base_url),
        ("Documentation", f"{ports.base_url}/docs"),
        ("Web page", f"{ports.base_url}/"),
        ("Mail and Telegram", f"{sent_url}/ shows what was sent"),
        ("Firestore", ports.environment["FIRESTORE_EMULATOR_HOST"]),
        *((f"Function {name}", ports.function_url(name)) for name in HTTP_FUNCTIONS),
        ("Log", folder / "firebase.log"),
        *((f"Login as {role}", login) for role, login in logins.items()),
    ]
    return "\n".join(["", *(f"  {what:<22} {where}" for what, where in rows), "", "Ctrl-C stops everything."])


if __name__ == "__main__":
    main()
