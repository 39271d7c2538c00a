"""What browsers are told of the page: its policy, its manifest, and what to show without a network."""

import hashlib
import re

import pytest
import requests
from playwright.sync_api import Page, expect

from infra.local.emulators import ROOT
from tests.browser.conftest import ServiceWorkers
from tests.browser.steps import Open, Register, sign_in

PAGE = ROOT / "infra" / "hosting"
OFFLINE_FILES = ("/offline.html", "/css/offline.css", "/favicon.svg")
KEPT = """
    async () => {
      const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
      return requests.map(({ url }) => new URL(url).pathname).sort();
    }
"""


@pytest.fixture
def service_workers() -> ServiceWorkers:
    return "allow"


def wait_for_worker(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller?.state === 'activated'")


def test_without_a_network_the_page_says_so_and_comes_back(open_page: Open, person: Register) -> None:
    page = open_page()
    wait_for_worker(page)
    sign_in(page, person("tenant", "Tenant"))
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="No network")).to_be_visible()
    expect(page.get_by_role("heading", name="Нет сети")).to_be_visible()
    assert page.locator("main").evaluate("main => getComputedStyle(main).display") == "grid"  # It has its styles.
    assert page.locator("img").evaluate("image => image.naturalWidth > 0")
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Discover")).to_be_visible()


def test_nothing_personal_is_kept(open_page: Open, person: Register) -> None:
    page = open_page()
    wait_for_worker(page)
    sign_in(page, person("tenant", "Tenant"))
    page.reload()
    expect(page.get_by_role("heading", name="Discover")).to_be_visible()
    page.get_by_role("link", name="Favorites").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert page.evaluate(KEPT) == sorted(OFFLINE_FILES)


def test_a_changed_offline_page_comes_with_a_new_version_of_its_worker() -> None:
    files = b"".join((PAGE / path[1:]).read_bytes() for path in OFFLINE_FILES)
    version = re.search(r"VERSION = '(\w+)'", (PAGE / "sw.js").read_text())
    assert version
    assert version[1] == hashlib.sha256(files).hexdigest()[:12], "Write this into infra/hosting/sw.js."


def test_the_page_can_be_installed(open_page: Open) -> None:
    page = open_page()
    client = page.context.new_cdp_session(page)
    manifest = client.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    assert client.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],
    )
    icons = page.evaluate(
        """async () => {
          const { icons } = await (await fetch('/manifest.webmanifest')).json();
          return Promise.all(icons.filter(({ type }) => type === 'image/png').map(async ({ src, sizes }) => {
            const { width, height } = await createImageBitmap(await (await fetch(src)).blob());
            return [sizes, `${width}x${height}`];
          }));
        }"""
    )
    assert len(icons) == 3
    assert all(told == real for told, real in icons)


@pytest.mark.parametrize("path", ["/", "/index.html", "/offline.html"])
def test_the_page_has_a_strict_policy(path: str, system: str) -> None:
    answer = requests.get(system + path, timeout=300)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-cache"
    assert not re.search(r"<style|<script(?![^>]*src=)| style=| on\w+=", answer.text)
