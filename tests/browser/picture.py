"""Draws the README's picture anew: the demo tenant's next card, from the system that `make run` has started."""

import io
import os
import shutil

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from infra.local.emulators import ROOT
from tests.browser.conftest import EXECUTABLES, FLAGS, SIZES

TARGET = ROOT / "infra" / "page.webp"


def draw(base_url: str) -> bytes:
    """The page as a PNG, when all of its first screen has come."""
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, EXECUTABLES)), None)
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_context(locale="en-GB", **SIZES["desktop"]).new_page()
        page.goto(base_url)
        page.locator("[data-demo=tenant]").click()
        expect(page.locator(".card[data-depth='0'] .photo")).to_be_visible(timeout=60_000)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)  # What moves has arrived.
        picture = page.screenshot()
        browser.close()
    return picture


def main() -> None:
    picture = draw("http://localhost:8000")
    Image.open(io.BytesIO(picture)).convert("RGB").save(TARGET, "WEBP", quality=82, method=6)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
