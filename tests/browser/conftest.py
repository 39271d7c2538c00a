"""A real Chromium on the running system, and people of its own for each test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.local.emulators import ROOT, STATE

PATIENCE_MS = 120_000
"""A busy machine takes its time; and the local system starts a process for every first call of a function."""
expect.set_options(timeout=PATIENCE_MS)

MESSAGES_STAY = """
  const start = window.setTimeout;
  window.setTimeout = (run, ...rest) => (run.name === 'linger' ? 0 : start(run, ...rest));
"""
"""A message of the page (toast() in ui.js) would go away by itself before a slow test has looked at it."""

SCREENSHOTS = STATE / "screenshots"
PASSWORD = "correct horse"
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "small": {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True},
    "narrow": {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True},
    "lying": {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True},
    "small-lying": {"viewport": {"width": 568, "height": 320}, "has_touch": True, "is_mobile": True},
}


@dataclass(frozen=True)
class Person:
    """A user of the system, and the API as they may call it."""

    base_url: str
    name: str
    email: str
    id: int
    token: str

    def call(self, method: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, self.base_url + path, json=body or None, headers=headers, timeout=300)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def offers(self, city: str, title: str, **fields: object) -> int:
        """Publishes a listing; gives its id."""
        defaults = {"deal_type": "rent", "property_type": "flat", "price": 250000}
        listing = self.call("POST", "/listings", city=city, title=title, **(defaults | fields))
        assert isinstance(listing, dict)
        return int(listing["id"])

    def shows(self, listing: int, picture: bytes) -> None:
        """Adds a photo to a listing."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "image/jpeg"}
        answer = requests.post(f"{self.base_url}/photos/{listing}", data=picture, headers=headers, timeout=300)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium or Chrome, without a window."""
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, EXECUTABLES)), None)
    if not executable:
        pytest.fail(
            "The browser tests need Chromium. Install it (Debian, Ubuntu: apt-get install chromium; "
            "macOS: brew install --cask chromium), or name a Chrome in CHROMIUM=/path/to/it."
        )
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])  # Chromium's sandbox refuses to run as root.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def system(suite: str) -> str:
    """The running system's base URL, with a process of every function.

    The Functions emulator gives each new process a random port; two that start in one moment may get the same, and then
    one function answers for the other. So they start one after the other.
    """
    for path in (
        "/health",
        "/auth/me",
        "/listings",
        "/preferences",
        "/feed",
        "/favorites",
        "/leads/my",
        "/notifications",
        "/searches",
        "/photos/1",
        "/admin/users",
    ):
        requests.get(f"{suite}/{path}", timeout=600)
    return suite


@pytest.fixture(params=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> str:
    """Every test that takes this runs at a phone's and at a desktop's width."""
    return str(request.param)


ServiceWorkers: TypeAlias = Literal["allow", "block"]


@pytest.fixture
def service_workers() -> ServiceWorkers:
    """None, as a rule: as soon as one is there, answers that a test puts in place of the server's may be passed by."""
    return "block"


@pytest.fixture
def open_page(chromium: Browser, system: str, service_workers: ServiceWorkers) -> Iterator[Callable[..., Page]]:
    """Opens the page (or another path) in a browser of its own.

    Afterwards, no page may have failed in its own code, broken its content security policy, or asked another host.
    """
    problems: list[str] = []
    contexts = []

    def open_page(path: str = "/", size: str = "desktop", locale: str = "en-GB") -> Page:
        context = chromium.new_context(locale=locale, service_workers=service_workers, **SIZES[size])
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(MESSAGES_STAY)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{error}\n{error.stack}"))
        page.on("console", lambda message: problems.extend([message.text] * ("Content Security" in message.text)))
        page.on("request", lambda sent: problems.extend([sent.url] * _elsewhere(sent.url, system)))
        page.goto(system + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def _elsewhere(url: str, base_url: str) -> bool:
    return url.startswith("http") and urlsplit(url).netloc != urlsplit(base_url).netloc


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a picture of the page for people to look at."""

    def screenshot(page: Page, name: str) -> None:
        test = request.node.name.removeprefix("test_").translate(str.maketrans("[", "-", "]"))
        page.wait_for_timeout(400)  # What moves shall have arrived.
        page.screenshot(path=SCREENSHOTS / f"{test}-{name}.png")

    return screenshot


@pytest.fixture
def person(system: str) -> Callable[..., Person]:
    """Registers somebody new through the API."""

    def person(role: str, name: str) -> Person:
        email = f"{role}-{uuid4().hex[:12]}@example.com"
        user = {"role": role, "name": name, "email": email, "password": PASSWORD}
        made = requests.post(f"{system}/auth/register", json=user, timeout=300)
        assert made.status_code == 200, made.text
        return Person(system, name, email, made.json()["id"], _login(system, email))

    return person


@pytest.fixture
def admin(system: str) -> Person:
    """An admin, made as ops make the first one: by the command."""
    email = f"admin-{uuid4().hex[:12]}@example.com"
    command = [sys.executable, "-m", "infra.admin"]
    env = os.environ | {"EMAIL": email, "PASSWORD": PASSWORD}
    subprocess.run(command, env=env, cwd=Path(ROOT), check=True, timeout=600)
    token = _login(system, email)
    me = requests.get(f"{system}/auth/me", headers={"Authorization": f"Bearer {token}"}, timeout=300).json()
    return Person(system, me["name"], email, me["id"], token)


def _login(base_url: str, email: str) -> str:
    form = {"username": email, "password": PASSWORD}
    return str(requests.post(f"{base_url}/auth/login", data=form, timeout=300).json()["access_token"])


@pytest.fixture
def city() -> str:
    """A city where only this test's listings are."""
    return f"Test {uuid4().hex[:8]}"
