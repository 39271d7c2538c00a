"""What people do on the page, for all browser tests."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, Person

Open = Callable[..., Page]
Register = Callable[..., Person]
Screenshot = Callable[[Page, str], None]
COLOURS = {"red": (190, 60, 50), "green": (60, 140, 80), "blue": (50, 80, 170)}


def picture(colour: str) -> bytes:
    """A photo as a phone makes it, of one colour above a dark floor."""
    width, height = 2400, 1600
    image = Image.new("RGB", (width, height), COLOURS[colour])
    ImageDraw.Draw(image).rectangle((0, height - 40, width, height), fill=(20, 20, 20))
    body = io.BytesIO()
    image.save(body, "JPEG", quality=95)
    return body.getvalue()


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("Email or phone").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator(".account").get_by_role("button", name="Sign in").last.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def top_card(page: Page) -> Locator:
    return page.locator(".card[data-depth='0'] h2")


def swipe(page: Page, dx: int, dy: int) -> None:
    """Drags the top card: with a finger where there is one, else with the mouse."""
    card = page.locator(".card[data-depth='0']")
    card.evaluate("card => Promise.all(card.getAnimations().map(animation => animation.finished))")
    box = card.bounding_box()
    assert box
    x, y, steps = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 6
    if not page.evaluate("navigator.maxTouchPoints"):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dx, y + dy, steps=steps)
        return page.mouse.up()
    fingers = page.context.new_cdp_session(page)
    for step in range(steps + 1):
        point = {"x": x + dx * step / steps, "y": y + dy * step / steps}
        kind = "touchMove" if step else "touchStart"
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    return fingers.detach()


def agree(page: Page) -> None:
    """Says yes to the one question before the first like."""
    page.get_by_role("dialog").get_by_role("button", name="I see, send it").click()
