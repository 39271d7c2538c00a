"""Photos on cards, in lists, details and leads; the editor for them; and the whole way of a home to its lead."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.steps import COLOURS, Open, Register, Screenshot, picture, sign_in, swipe, top_card
from tests.browser.test_layout import SHIFTS

TEXTS = "tag => import('/js/i18n.js').then(({ languages }) => languages[tag])"
PHOTOS_LOADED = (
    "count => performance.getEntriesByType('resource').filter(({ name }) => /photos/.test(name)).length >= count"
)
SHOWN = """
    image => image.complete && image.naturalWidth > 0 && (() => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d');
      canvas.drawImage(image, 0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    })()
"""


def colour_of(image: Locator) -> str:
    """Which of the pictures it is, once it has come."""
    expect(image).to_be_visible()
    handle = image.element_handle()
    value = image.page.wait_for_function(SHOWN, arg=handle).json_value()
    return min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], value, strict=True)))


def colours(images: Locator, count: int) -> list[str]:
    expect(images).to_have_count(count)
    return [colour_of(images.nth(number)) for number in range(count)]


def choose(page: Page, *names: str) -> None:
    files: list[Any] = [{"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture(name)} for name in names]
    page.locator("#photos-files").set_input_files(files)


def speak(page: Page, language: str) -> dict[str, str]:
    page.locator(f".languages [lang={language}]").click()
    texts: dict[str, str] = page.evaluate(TEXTS, language)
    return texts


def begin(page: Page, city: str, title: str) -> Locator:
    page.locator("[data-create]").first.click()
    editor = page.get_by_role("dialog")
    editor.locator("[name=title]").fill(title)
    editor.locator("[name=city]").fill(city)
    editor.locator("[name=price]").fill("250000")
    return editor


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_home_is_offered_found_and_asked_for_on_phones(
    language: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    page = open_page(size="narrow")
    sign_in(page, owner)
    texts = speak(page, language)
    editor = begin(page, city, "Three photos and a view")
    expect(editor.locator("#photos-camera")).to_have_attribute("capture", "environment")
    choose(page, "red", "green", "blue")
    expect(editor.locator(".shelf-item")).to_have_count(3)
    editor.get_by_text(texts["own.details"], exact=True).click()
    editor.locator("[name=rooms]").fill("2")
    editor.locator("[name=area]").fill("54,5")
    editor.locator("[name=description]").fill("By the park")
    screenshot(page, "editor")
    editor.get_by_role("button", name=texts["save"]).click()
    expect(page.locator(".toast")).to_contain_text(texts["own.created"])
    row = page.locator("[data-listing]")
    assert colour_of(row.locator(".thumb img")) == "red"
    screenshot(page, "listings")

    owner.offers(city, "No photos", details={"rooms": 2, "area": 60})
    owner.offers(city, "Too small", details={"rooms": 1, "area": 20})
    theirs = open_page(size="narrow")
    sign_in(theirs, tenant)
    speak(theirs, language)
    theirs.locator(".nav a[href='#/preferences']").click()
    wishes = theirs.get_by_role("main")
    wishes.locator("[name=city]").fill(city)
    wishes.locator("[name=rooms_min]").fill("2")
    wishes.get_by_role("button", name=texts["save"]).click()
    expect(top_card(theirs)).to_have_text("No photos")
    swipe(theirs, -190, 10)
    expect(top_card(theirs)).to_have_text("Three photos and a view")
    card = theirs.locator(".card[data-depth='0']")
    assert colour_of(card.locator(".photo")) == "red"
    screenshot(theirs, "card")
    card.locator(".gallery").tap(position={"x": 250, "y": 100})
    assert colour_of(card.locator(".photo")) == "green"
    expect(card.locator(".photo")).to_have_attribute("alt", texts["photos.nth"].format(n=2, total=3))
    card.get_by_role("link", name=texts["feed.details"]).tap()
    expect(theirs.get_by_role("heading", name="Three photos and a view")).to_be_focused()
    expect(theirs.locator(".listing")).to_contain_text("By the park")
    assert colour_of(theirs.locator(".listing .photo")) == "red"
    theirs.get_by_role("button", name=texts["photos.next"]).tap()
    assert colour_of(theirs.locator(".listing .photo")) == "green"
    screenshot(theirs, "details")
    theirs.get_by_role("button", name=texts["feed.like"]).click()
    theirs.get_by_role("dialog").get_by_role("button", name=texts["contacts.agree"]).click()
    expect(theirs.get_by_role("heading", name=texts["feed.empty"])).to_be_visible()

    for each, other in ((theirs, "Olga Owner"), (page, "Timur Tenant")):
        each.locator(".nav a[href='#/leads']").click()
        lead = each.locator("[data-lead]")
        expect(lead).to_contain_text(other)
        expect(lead).to_contain_text("Three photos and a view")
        assert colour_of(lead.locator(".thumb img")) == "red"
        screenshot(each, f"lead-{other[:5]}")
        lead.locator(".talk-link").click()
        assert colour_of(each.locator(".item .thumb img")) == "red"


def test_photos_are_put_in_order_and_taken_away(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Owner")
    listing = owner.offers(city, "A flat")
    page = open_page(size=size)
    sign_in(page, owner)
    page.get_by_role("button", name="Edit: A flat").click()
    choose(page, "red", "green", "blue")
    shelf = page.locator(".shelf-item")
    expect(shelf.locator("progress")).to_have_count(0)
    assert colours(shelf.locator("img"), 3) == ["red", "green", "blue"]
    page.get_by_role("button", name="Photo 3: earlier").click()
    expect(page.get_by_role("button", name="Photo 2: earlier")).to_be_focused()
    page.keyboard.press("Enter")
    assert colours(shelf.locator("img"), 3) == ["blue", "red", "green"]
    if size == "desktop":
        shelf.nth(2).drag_to(shelf.nth(0))
        assert colours(shelf.locator("img"), 3) == ["green", "blue", "red"]
        page.get_by_role("button", name="Photo 1: later").click()
        assert colours(shelf.locator("img"), 3) == ["blue", "green", "red"]
    screenshot(page, "ordered")
    page.get_by_role("button", name="Remove photo 2").click()
    expect(page.get_by_role("button", name="Remove photo 2")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()  # Photos of a listing that is there are saved as they are chosen.
    row = page.locator("[data-listing]")
    assert colour_of(row.locator(".thumb img")) == "blue"
    page.wait_for_load_state("networkidle")
    assert len(owner.call("GET", f"/photos/{listing}")) == 2
    page.reload()
    assert colour_of(row.locator(".thumb img")) == "blue"


def test_photos_of_a_draft_survive_and_go_out_small(
    open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Owner")
    page = open_page(size="phone")
    sign_in(page, owner)
    editor = begin(page, city, "A draft")
    choose(page, "red", "green")
    expect(editor.locator(".shelf-item")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_contain_text("Your draft is kept")
    page.reload()
    page.locator("[data-create]").first.click()
    assert colours(editor.locator(".shelf-item img"), 2) == ["red", "green"]
    expect(editor.locator("[name=title]")).to_have_value("A draft")

    sent: list[Request] = []
    lost = ["once"]

    def lose(route: Route) -> None:
        if lost:
            lost.pop()
            return route.abort()
        sent.append(route.request)
        return route.continue_()

    page.route("**/photos/*", lose)
    editor.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="The listing is saved, but not all photos")).to_be_visible()
    failed = editor.locator(".is-failed")
    expect(failed).to_contain_text("The server cannot be reached.")
    screenshot(page, "failed")
    failed.get_by_role("button", name="Try again").click()
    expect(failed).to_have_count(0)
    expect(editor.locator("progress")).to_have_count(0)
    editor.get_by_role("button", name="Save").click()
    expect(editor).to_be_hidden()
    uploads = [request.post_data_buffer for request in sent if request.method == "POST"]
    assert len(uploads) == 2
    for upload in uploads:
        assert upload is not None
        assert max(Image.open(io.BytesIO(upload)).size) == 2000
    [listing] = owner.call("GET", "/listings/my?include=photos")
    assert len(listing["photos"]) == 2
    assert colour_of(page.locator("[data-listing] .thumb img")) == "red"
    page.locator("[data-create]").first.click()
    expect(editor.locator(".shelf-item")).to_have_count(0)


def test_what_is_no_photo_is_said_at_its_place(open_page: Open, person: Register, city: str) -> None:
    owner = person("landlord", "Owner")
    owner.offers(city, "A flat")
    page = open_page(size="phone")
    sign_in(page, owner)
    page.get_by_role("button", name="Edit: A flat").click()
    fake: Any = {"name": "fake.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}
    page.locator("#photos-files").set_input_files([fake])
    expect(page.locator(".shelf-item.is-failed")).to_contain_text("This is not a photo that can be shown.")
    page.get_by_role("button", name="Remove photo 1").click()
    expect(page.locator(".shelf-item")).to_have_count(0)


def test_what_comes_next_is_loaded_before_and_nothing_jumps(open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("landlord", "Owner"), person("tenant", "Tenant")
    for title, names in (("Second", ["blue"]), ("First", ["red", "green"])):
        listing = owner.offers(city, title)
        for name in names:
            owner.shows(listing, picture(name))
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size="phone")
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text("First")
    page.wait_for_function(PHOTOS_LOADED, arg=3)  # Of the card, the next one of the card, and of the next card.
    page.add_init_script(SHIFTS)
    for view in ("feed", "explore"):
        page.goto(page.url.split("#")[0] + f"#/{view}?city={city}")
        page.reload()
        expect(page.locator(".card, .item").first).to_be_visible()
        page.wait_for_function(PHOTOS_LOADED, arg=2)
        page.wait_for_timeout(500)
        assert page.evaluate("window.shifted") < 0.05, view  # The footer makes way for the list.
