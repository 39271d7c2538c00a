"""Filters in the list and in the feed, and searches that tell of new listings."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.browser.steps import Open, Register, Screenshot, sign_in, top_card


def homes(owner: Person, city: str) -> None:
    owner.offers(city, "One room", details={"rooms": 1, "area": 31})
    owner.offers(city, "Two rooms", details={"rooms": 2, "area": 52.5})
    owner.offers(city, "Four rooms", details={"rooms": 4, "area": 110})
    owner.offers(city, "Untold")


def titles(page: Page) -> list[str]:
    expect(page.locator("main .loading")).to_have_count(0)
    return page.locator("[data-listing] h2").all_inner_texts()


def test_the_list_filters_by_rooms_area_and_photos(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    homes(person("landlord", "Owner"), city)
    page = open_page("/#/explore", size=size)
    page.locator(".explore-filters summary").click()
    page.get_by_label("City").fill(city)
    page.get_by_label("Rooms from").fill("5")
    page.get_by_label("Rooms to").fill("2")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("Rooms from")).to_have_accessible_description("A “from” is above its “to”.")
    page.get_by_label("Rooms from").fill("1")
    page.get_by_label("Area from").fill("40,5")
    screenshot(page, "filters")
    page.get_by_role("button", name="Show", exact=True).click()
    summary = page.locator(".explore-filters summary")
    expect(summary).to_contain_text("rooms: 1–2 · from 40.5 m²")
    assert titles(page) == ["Two rooms"]
    page.reload()
    expect(summary).to_contain_text("rooms: 1–2 · from 40.5 m²")
    assert titles(page) == ["Two rooms"]
    summary.click()
    expect(page.get_by_label("Rooms to")).to_have_value("2")
    page.get_by_label("Rooms to").fill("")
    page.get_by_label("Only with photos").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing matches these filters")).to_be_visible()
    expect(summary).to_contain_text("with photos")


def test_a_tenant_s_filters_choose_the_cards(size: str, open_page: Open, person: Register, city: str) -> None:
    homes(person("landlord", "Owner"), city)
    tenant = person("tenant", "Tenant")
    page = open_page("/#/enter", size=size)
    sign_in(page, tenant)
    page.goto(page.url.split("#")[0] + "#/preferences")
    wishes = page.get_by_role("main")
    wishes.get_by_label("City").fill(city)
    wishes.get_by_label("Rooms from").fill("2")
    wishes.get_by_label("Area to").fill("60")
    wishes.get_by_role("button", name="Save").click()
    expect(top_card(page)).to_have_text("Two rooms")
    expect(page.locator(".card")).to_have_count(1)
    filters = tenant.call("GET", "/preferences?include=filters")["filters"]
    assert {name: value for name, value in filters.items() if value is not None} == {"rooms_min": 2, "area_max": 60}
    page.goto(page.url.split("#")[0] + "#/preferences")
    expect(wishes.get_by_label("Area to")).to_have_value("60")
    wishes.get_by_role("button", name="Clear all").click()
    expect(page.get_by_role("heading", name="Discover")).to_be_visible()
    assert tenant.call("GET", "/preferences?include=filters")["filters"]["rooms_min"] is None


WORDS = {
    "en": ("Tell me of new ones", "Name of the search", "Save"),
    "ru": ("Сообщать о новых", "Название поиска", "Сохранить"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_search_is_saved_from_the_filters_in_use(
    language: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    tell, name, save = WORDS[language]
    user = person("tenant", "Tenant")
    page = open_page("/#/enter", size="phone")
    sign_in(page, user)
    page.locator(f".languages [lang={language}]").click()
    page.goto(page.url.split("#")[0] + f"#/explore?city={city}&rooms_min=2&price_max=300000")
    page.get_by_role("button", name=tell).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(city)
    dialog.get_by_label(name).fill("Two rooms")
    screenshot(page, "dialog")
    dialog.get_by_role("button", name=save).click()
    expect(page.locator(".toast")).to_be_visible()
    [search] = user.call("GET", "/searches")
    assert (search["name"], search["city"], search["price_max"], search["filters"]["rooms_min"]) == (
        "Two rooms", city, 300000, 2
    )  # fmt: skip
    assert search["frequency"] == "instant"
    page.locator(".toast-action").click()
    expect(page.locator("[data-search]")).to_contain_text("Two rooms")
    screenshot(page, "searches")


def test_people_rename_their_searches_and_choose_how_often_they_are_told(
    size: str, open_page: Open, person: Register, city: str
) -> None:
    user = person("tenant", "Tenant")
    user.call("POST", "/searches", name="Home", city=city, filters={"area_min": 50})
    page = open_page("/#/enter", size=size)
    sign_in(page, user)
    page.get_by_role("link", name="Notifications").click()
    page.get_by_role("link", name="My searches").click()
    row = page.locator("[data-search]")
    row.get_by_role("button", name="Rename the search: Home").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name of the search").fill("New home")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("The search is now called “New home”.")
    row.get_by_role("radio", name="Once a day").check()
    expect(page.locator(".toast")).to_contain_text("New home: Once a day")
    [search] = user.call("GET", "/searches")
    assert (search["name"], search["frequency"], search["filters"]["area_min"]) == ("New home", "daily", 50)
    row.get_by_role("button", name="Delete the search: New home").click()
    expect(page.get_by_role("heading", name="No searches yet")).to_be_visible()
    assert user.call("GET", "/searches") == []
    page.get_by_role("button", name="Put back").click()
    expect(row).to_contain_text("New home")
    row.get_by_role("link", name="Show listings: New home").click()
    expect(page.locator(".explore-filters summary")).to_contain_text(f"{city} · from 50 m²")
    for number in range(19):
        user.call("POST", "/searches", name=f"Search {number}")
    page.get_by_role("button", name="Tell me of new ones").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("There are 20 searches already.")
