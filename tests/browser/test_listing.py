"""A listing with all that is told of it, its address for everybody, and its owner's editor."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.steps import Open, Register, Screenshot, agree, sign_in, top_card

DETAILS = {
    "description": "Two rooms.\n<b>No bold</b>",
    "district": "Yesil",
    "address": "Dostyk 5",
    "rooms": 2,
    "area": 54.5,
    "floor": 3,
    "floors": 9,
    "pets_allowed": True,
    "deposit": 0,
    "latitude": 51.1283,
    "longitude": 71.4305,
}


def told(page: Page, name: str) -> str:
    return page.locator(".told div").filter(has=page.get_by_text(name, exact=True)).locator("dd").inner_text()


def test_a_shared_address_opens_without_an_account_and_leads_back_after_signing_in(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    listing = owner.offers(city, "Light flat", details=DETAILS)
    page = open_page(f"/#/listing/{listing}", size=size)
    expect(page.get_by_role("heading", name="Light flat")).to_be_focused()
    expect(page).to_have_title("Light flat · Real Estate Tinder")
    assert told(page, "Area") == "54.5 m²"
    assert told(page, "Floor") == "3 of 9"
    assert told(page, "Pets allowed") == "Yes"
    assert told(page, "Deposit") == "No"
    expect(page.locator(".told")).not_to_contain_text("Furnished")
    expect(page.get_by_text("<b>No bold</b>")).to_be_visible()
    place = page.get_by_role("link", name="Show it on a map")
    expect(place).to_have_attribute(
        "href", re.compile(r"^https://www\.openstreetmap\.org/\?mlat=51\.1283&mlon=71\.4305")
    )
    screenshot(page, "stranger")

    page.get_by_role("button", name="Sign in and contact the owner").click()
    sign_in(page, tenant)
    expect(page.get_by_role("heading", name="Light flat")).to_be_visible()
    page.get_by_role("button", name="Contact the owner").click()
    agree(page)
    expect(page.get_by_role("heading", name="Olga Owner")).to_be_visible()
    assert len(owner.call("GET", "/leads/for-me")) == 1

    owner.call("DELETE", f"/listings/{listing}")
    page.goto(page.url.split("#")[0] + f"#/listing/{listing}")
    expect(page.get_by_role("heading", name="This listing is gone")).to_be_visible()


def test_the_top_card_tells_more_and_can_be_liked_there(
    size: str, open_page: Open, person: Register, city: str
) -> None:
    owner, tenant = person("agent", "Owner"), person("tenant", "Tenant")
    owner.offers(city, "Second")
    owner.offers(city, "First", details=DETAILS)
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size=size)
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text("First")
    expect(page.locator(".card[data-depth='0']")).to_contain_text("rooms: 2")
    page.locator(".card[data-depth='0']").get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="First")).to_be_focused()
    page.get_by_role("button", name="Back").click()
    expect(top_card(page)).to_have_text("First")
    if size == "desktop":
        page.keyboard.press("ArrowDown")
    else:
        top_card(page).tap()
    expect(page.get_by_role("heading", name="First")).to_be_focused()
    page.get_by_role("button", name="Like").click()
    agree(page)
    expect(top_card(page)).to_have_text("Second")


def test_strangers_look_around_with_filters_whose_address_can_be_kept(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Owner")
    owner.offers(city, "Small", price=100_000, details={"rooms": 1, "area": 30})
    owner.offers(city, "Large", price=300_000, details={"rooms": 4, "area": 120})
    page = open_page(size=size)
    page.get_by_role("link", name="Just look around first").click()
    expect(page.get_by_role("heading", name="All listings")).to_be_focused()
    page.locator(".explore-filters summary").click()
    page.get_by_label("City").fill(city)
    page.get_by_label("Price from").fill("much")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("Price from")).to_have_accessible_description("A number is needed here.")
    page.get_by_label("Price from").fill("200 000")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("[data-listing]")).to_have_count(1)
    expect(page.locator("[data-listing]")).to_contain_text("Large")
    screenshot(page, "explored")
    page.reload()
    expect(page.locator("[data-listing]")).to_have_count(1)
    expect(page.locator(".explore-filters summary")).to_contain_text("from ₸200,000")
    page.get_by_role("link", name="Large").click()
    expect(page.get_by_role("heading", name="Large")).to_be_focused()


def test_a_new_tenant_is_asked_what_they_look_for(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Owner")
    owner.offers(city, "Cheap", price=100_000)
    owner.offers(city, "Dear", price=900_000)
    page = open_page(size=size)
    page.get_by_role("button", name="Register").click()
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_label("Email", exact=True).fill(f"{city.replace(' ', '.')}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    start = page.get_by_role("dialog", name="What are you looking for?")
    start.get_by_label("City").fill(city)
    start.get_by_label("Price to").fill("200 000")
    screenshot(page, "start")
    start.get_by_role("button", name="Show me homes").click()
    expect(top_card(page)).to_have_text("Cheap")
    page.goto(page.url.split("#")[0] + "#/preferences")
    wishes = page.get_by_role("main")
    expect(wishes.get_by_label("Price to")).to_have_value("200000")
    wishes.get_by_label("Price to").fill("")
    wishes.get_by_role("button", name="Save").click()
    expect(top_card(page)).to_have_text("Dear")


def test_a_landlord_tells_details_and_a_draft_keeps_them(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Owner")
    page = open_page(size=size)
    sign_in(page, owner)
    page.get_by_role("button", name="New listing").first.click()
    editor = page.get_by_role("dialog")
    editor.get_by_label("Title").fill("With details")
    editor.get_by_label("City").fill(city)
    editor.get_by_label("Price").fill("250000")
    editor.get_by_text("Details", exact=True).click()
    editor.get_by_label("Description").fill("Near the park")
    editor.get_by_label("Rooms").fill("2")
    editor.get_by_label("Area").fill("54,5")
    editor.get_by_label("Pets").select_option("Yes")
    editor.get_by_label("Point on the map").fill("somewhere")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New listing").first.click()
    expect(editor.get_by_label("Description")).to_have_value("Near the park")
    expect(editor.get_by_label("Pets")).to_have_value("true")
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_label("Point on the map")).to_have_accessible_description(
        "Two numbers are needed here: latitude and longitude."
    )
    editor.get_by_label("Point on the map").fill("https://www.openstreetmap.org/#map=17/51.1283/71.4305")
    editor.get_by_label("Floor", exact=True).fill("500")
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_label("Floor", exact=True)).to_have_accessible_description("Must be at most 200.")
    screenshot(page, "details")
    editor.get_by_label("Floor", exact=True).fill("5")
    editor.get_by_role("button", name="Save").click()
    expect(page.locator("[data-listing]")).to_contain_text("With details")
    [listing] = owner.call("GET", "/listings/my?include=details")
    kept = {name: listing["details"][name] for name in ("description", "rooms", "area", "floor", "pets_allowed")}
    assert kept == {"description": "Near the park", "rooms": 2, "area": 54.5, "floor": 5, "pets_allowed": True}
    assert (listing["details"]["latitude"], listing["details"]["longitude"]) == (51.1283, 71.4305)
    page.get_by_role("button", name="Unpublish").click()
    page.get_by_role("button", name="Publish again").click()
    expect(page.locator(".toast")).to_contain_text("Published again")
    assert owner.call("GET", "/listings/my?include=details")[0]["details"] == listing["details"]
