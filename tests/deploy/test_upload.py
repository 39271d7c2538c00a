"""What is uploaded runs as the platform runs it: that archive alone, those packages alone, those settings."""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from google.events.cloud.firestore import DocumentEventData

from infra.cloud import manifest
from infra.cloud.manifest import ROOT, Function, functions, uploaded_files
from infra.local.emulators import HOST, STATE, free_ports
from infra.local.subreaper import guarded
from tests.deploy.conftest import Release

START_SECONDS = 600


@dataclass(frozen=True)
class Site:
    """An empty folder with the uploaded source, its own Python, and secrets nobody knows."""

    folder: Path
    python: Path
    release: Release
    secrets: dict[str, str]

    def environment(self, function: Function, port: int, emulator: str) -> dict[str, str]:
        """All that a process gets: from the deploy, from the platform, and where the emulator is."""
        service = self.release.functions[function.service]["serviceConfig"]
        hidden = service.get("secretEnvironmentVariables", [])
        return {
            **service["environmentVariables"],
            **{each["key"]: self.secrets[each["secret"]] for each in hidden},
            "FUNCTION_TARGET": function.spec["entryPoint"],
            "FUNCTION_SIGNATURE_TYPE": "cloudevent" if function.event else "http",
            "K_SERVICE": function.service,
            "K_REVISION": f"{function.service}-00001-abc",
            "PORT": str(port),
            "FIRESTORE_EMULATOR_HOST": emulator,
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
        }


@pytest.fixture(scope="session")
def site(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("workspace")
    with zipfile.ZipFile(BytesIO(release.archive)) as archive:
        archive.extractall(folder)
    names = {
        each["secret"]
        for function in release.functions.values()
        for each in function["serviceConfig"].get("secretEnvironmentVariables", [])
    }
    python = installed(folder / "requirements.txt")
    values = {name: secrets.token_urlsafe(48) for name in names}
    return Site(folder, python, release, values | {"smtp-url": "smtps://user:password@mail.example.com"})


def installed(requirements: Path) -> Path:
    """A Python with these packages and no others; made once for each content of the file, which takes a minute."""
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = STATE / f"function-{digest}"
    python = folder / "bin/python"
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "function.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Another worker may be making it right now.
        if not (folder / "complete").exists():
            for old in STATE.glob("function-*"):
                shutil.rmtree(old)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            quiet = ("--quiet", "--disable-pip-version-check")
            subprocess.run([python, "-m", "pip", "install", *quiet, "--requirement", requirements], check=True)
            (folder / "complete").touch()
    return python


@pytest.fixture(scope="module")
def addresses(site: Site, emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Every function, running, by name; with the buildpack's command, which takes all from the environment."""
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as running:
        found = {}
        processes = {}
        for function, port in zip(functions(), free_ports(len(functions())), strict=True):
            log = logs / f"{function.name}.log"
            environment = site.environment(function, port, emulator)
            command = [str(site.python.with_name("functions-framework"))]
            processes[port] = running.enter_context(guarded(command, log, environment, site.folder)), log
            found[function.name] = f"http://{HOST}:{port}"
        for port, (process, log) in processes.items():
            deadline = time.monotonic() + START_SECONDS
            while not listens(port):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield found


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def test_what_is_uploaded_is_what_gcloud_lists(release: Release, gcloud: Any) -> None:
    """gcloud reads .gcloudignore in two ways, and the one of the upload decides."""
    with zipfile.ZipFile(BytesIO(release.archive)) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    assert names == {str(path.relative_to(ROOT)) for path in uploaded_files()}


def test_the_upload_is_the_committed_code_and_nothing_else(release: Release) -> None:
    committed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "functions", "shared", "main.py"]
    code = subprocess.check_output([*committed, "requirements.txt"], text=True, cwd=ROOT).split()
    with zipfile.ZipFile(BytesIO(release.archive)) as archive:
        assert {name for name in archive.namelist() if not name.endswith("/")} == set(code)


def test_every_package_is_pinned(site: Site) -> None:
    """What pip chose by itself would be another one at the next deploy."""
    frozen = subprocess.check_output([site.python, "-m", "pip", "freeze"], text=True)
    assert packages(frozen) == packages((ROOT / "requirements.txt").read_text())


def packages(lines: str) -> list[str]:
    """Names and versions, each name in its normal form (PEP 503)."""
    pins = re.findall(r"^([\w.-]+)(?:\[.*?\])?(==[\w.]+)", lines, re.MULTILINE)
    return sorted(name.lower().replace("_", "-") + version for name, version in pins)


def test_the_whole_api_works_from_the_upload(addresses: dict[str, str]) -> None:
    def call(method: str, path: str, person: str | None = None, own: bool = False, **options: Any) -> Any:
        """A request as Hosting sends it, or (``own``) as it comes to the function's own address."""
        function = path.split("/")[1]
        base, seen = addresses.get(function, addresses["health"]), path
        if own:
            seen = path.removeprefix(f"/{function}") or "/"
        headers = {"Authorization": f"Bearer {tokens[person]}"} if person else {}
        answer = requests.request(method, base + seen, headers=headers, timeout=300, **options)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json() if "json" in answer.headers["Content-Type"] else answer.text

    tokens: dict[str, str] = {}
    for role in ("landlord", "tenant"):
        email, password = f"{role}@upload.example", "secret-password"
        body = {"role": role, "name": role, "email": email, "password": password}
        call("POST", "/auth/register", json=body, own=role == "tenant")
        login = call("POST", "/auth/login", data={"username": email, "password": password})
        tokens[role] = login["access_token"]

    flat = {"title": "Flat", "city": "Astana", "price": 250000}
    listing = call("POST", "/listings", "landlord", json=flat, own=True)
    call("POST", "/preferences", "tenant", json={"city": "astana"})
    assert call("GET", "/feed/next", "tenant", own=True)["id"] == listing["id"]
    call("POST", "/favorites", "tenant", json={"listing_id": listing["id"]})
    call("POST", "/feed/action", "tenant", json={"listing_id": listing["id"], "action": "like"})

    tenant, landlord = call("GET", "/auth/me", "tenant")["id"], call("GET", "/auth/me", "landlord")["id"]
    assert deliver(addresses["create_lead"], user_id=tenant, listing_id=listing["id"], owner_id=landlord) == 200
    assert [lead["listing_id"] for lead in call("GET", "/leads/for-me", "landlord")] == [listing["id"]]

    refused = requests.get(f"{addresses['admin']}/admin/users", headers={"Authorization": f"Bearer {tokens['tenant']}"})
    assert refused.status_code == 403
    assert call("GET", "/health")["environment"] == "production"
    assert requests.get(f"{addresses['feed']}/feed/next", timeout=300).headers["X-Release"] == manifest.release()
    assert call("GET", "/openapi.json")["openapi"].startswith("3.1")
    assert "<html" in call("GET", "/docs")


def deliver(address: str, **ids: int) -> int:
    """A like, as Eventarc brings it: protobuf, unencoded."""
    fields: dict[str, Any] = {name: {"integer_value": value} for name, value in ids.items()}
    event = DocumentEventData(value={"fields": fields | {"action": {"string_value": "like"}}})
    headers = {
        "ce-id": "1",
        "ce-specversion": "1.0",
        "ce-source": "//firestore.googleapis.com/projects/my-project/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.written",
        "Content-Type": "application/protobuf",
    }
    return requests.post(address, DocumentEventData.serialize(event), headers=headers, timeout=300).status_code


def test_browsers_may_call_from_the_projects_own_pages(addresses: dict[str, str]) -> None:
    for origin, allowed in (("https://my-project.web.app", True), ("https://elsewhere.example", False)):
        answer = requests.get(f"{addresses['health']}/health", headers={"Origin": origin}, timeout=300)
        assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed


@pytest.mark.parametrize(
    ("target", "changes"),
    [
        ("feed", {"JWT_KEYS": None}),
        ("feed", {"JWT_KEYS": "short-key-that-is-visible"}),
        ("auth", {"JWT_KEYS": None}),
        ("auth", {"PASSWORD_PEPPER": None}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value) + ("-short" if all(value.values()) else ""),
)
def test_a_function_without_its_secrets_does_not_start(
    target: str, changes: dict[str, str | None], site: Site, emulator: str, tmp_path: Path
) -> None:
    [function] = [each for each in functions() if each.name == target]
    (port,) = free_ports(1)
    environment: dict[str, str | None] = {**site.environment(function, port, emulator), **changes}
    given = {name: value for name, value in environment.items() if value is not None}
    log = tmp_path / "log"
    with guarded([str(site.python.with_name("functions-framework"))], log, given, site.folder) as process:
        assert process.wait(START_SECONDS)
        assert not listens(port)
    [name] = changes
    assert f"{name} must be set to secrets of at least 32 bytes" in log.read_text()
    assert "short-key-that-is-visible" not in log.read_text()
