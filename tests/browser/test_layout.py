"""The page on small and lying phones: nothing is cut off, nothing covers what people need, nothing jumps."""

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.steps import Open, Register, Screenshot, agree, sign_in, swipe, top_card

PHONES = ["small", "narrow", "lying", "small-lying"]
VIEWS = {
    "tenant": ["feed", "favorites", "leads", "preferences"],
    "landlord": ["listings", "leads"],
    "admin": ["users", "listings", "audit"],
}
SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
"""
WIDER_THAN_THE_SCREEN = """
    () => [document.documentElement, document.querySelector('header')]
      .filter((node) => node.scrollWidth > node.clientWidth)
      .map((node) => `${node.tagName}: ${node.scrollWidth} > ${node.clientWidth}`)
"""


def place(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box
    return box


def overlap(one: FloatRect, other: FloatRect) -> bool:
    beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    return not beside and not above


@pytest.mark.parametrize("locale", ["ru-RU", "en-GB"])
@pytest.mark.parametrize("phone", PHONES)
def test_no_view_is_wider_than_a_phone(phone: str, locale: str, open_page: Open) -> None:
    page = open_page(size=phone, locale=locale)
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    for role, views in VIEWS.items():
        page.locator(f"[data-demo={role}]").click()
        expect(page.locator(".nav")).to_be_visible()
        for view in views:
            page.locator(f".nav a[href='#/{view}']").click()
            expect(page.locator("main h1")).to_be_visible()
            expect(page.locator("main .loading")).to_have_count(0)
            assert page.evaluate(WIDER_THAN_THE_SCREEN) == [], f"{role}: {view}"
        page.locator(".me button").click()


@pytest.mark.parametrize("phone", ["phone", *PHONES])
def test_a_message_covers_neither_title_nor_filter_nor_buttons(
    phone: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("agent", "Owner"), person("tenant", "Tenant")
    for title in ("Third", "Second", "First"):
        owner.offers(city, title)
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size=phone)
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text("First")
    page.get_by_role("button", name="Like", exact=True).click()
    agree(page)
    toast = page.locator(".toast")
    expect(toast).to_contain_text("A lead is on its way")
    screenshot(page, "liked")
    controls = [page.locator(f".controls [data-action={name}]") for name in ("undo", "dislike", "favorite", "like")]
    for name, needed in {
        "title": page.get_by_role("heading", name="Discover"),
        "filter": page.locator(".wishes"),
        "listing": top_card(page),
        **{str(number): control for number, control in enumerate(controls)},
        "sections": page.locator(".nav"),
    }.items():
        assert not overlap(place(toast), place(needed)), name
    if not phone.endswith("lying"):
        swipe(page, 190, 10)  # Also from where the message is.
        expect(top_card(page)).to_have_text("Third")
    for view, heading in (("Favorites", "Favorites"), ("Leads", "My leads")):
        page.get_by_role("link", name=view).first.click()
        top = page.get_by_role("heading", name=heading)
        expect(top).to_be_visible()  # By now, a message that belonged to the view before has gone.
        assert toast.count() == 0 or not overlap(place(toast), place(top))


@pytest.mark.parametrize("phone", ["phone", *PHONES])
def test_all_buttons_of_the_deck_are_on_the_first_screen(
    phone: str, open_page: Open, person: Register, city: str
) -> None:
    owner, tenant = person("agent", "Owner"), person("tenant", "Tenant")
    owner.offers(city, "A flat")
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size=phone)
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text("A flat")
    for control in page.locator(".controls button").all():
        expect(control).to_be_in_viewport(ratio=1)
        if "lying" not in phone:
            assert not overlap(place(control), place(page.locator(".nav")))


@pytest.mark.parametrize("size", ["small", "small-lying", "desktop"])
def test_the_longest_title_can_be_read_to_its_end(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    title = f"{'A flat with a view of the mountains, ' * 6:.240} and its end"
    owner, tenant = person("landlord", "Owner"), person("tenant", "Tenant")
    listing = owner.offers(city, title)
    tenant.call("POST", "/preferences", city=city)
    tenant.call("POST", "/leads/", listing_id=listing)
    tenant.call("POST", "/favorites/", listing_id=listing)
    page = open_page(size=size)
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text(title)
    page.wait_for_timeout(400)
    screenshot(page, "card")
    text = page.locator(".card[data-depth='0'] .card-text")
    assert top_card(page).evaluate("title => title.scrollHeight <= title.clientHeight + 1")
    if text.evaluate("text => text.scrollHeight > text.clientHeight + 1"):
        expect(text).to_have_attribute("tabindex", "0")
        text.focus()
        page.keyboard.press("End")
    end = page.locator(".card[data-depth='0'] .card-text p").last
    expect(end).to_be_in_viewport(ratio=1)
    card = place(page.locator(".card[data-depth='0']"))
    page.wait_for_function(
        "text => text.scrollTop + text.clientHeight >= text.scrollHeight - 2", arg=text.element_handle()
    )
    assert place(end)["y"] + place(end)["height"] <= card["y"] + card["height"] + 1

    for view, selector in (("favorites", "[data-listing] h2"), ("leads", "[data-lead] h2")):
        page.locator(f".nav a[href='#/{view}']").click()
        shown = page.locator(selector)
        expect(shown).to_have_text(title)
        assert shown.evaluate(
            "title => title.scrollHeight <= title.clientHeight + 1 && title.scrollWidth <= title.clientWidth"
        )


@pytest.mark.parametrize("environment", ["local", "slow"])
def test_nothing_jumps_on_the_first_screen(environment: str, size: str, open_page: Open) -> None:
    page = open_page(size=size)
    page.add_init_script(SHIFTS)
    if environment == "slow":
        page.route("**/health", lambda route: (page.wait_for_timeout(700), route.continue_()))
        page.route("**/listings?*", lambda route: (page.wait_for_timeout(900), route.continue_()))
    page.reload()
    expect(page.locator("[data-demo=tenant]")).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.evaluate("window.shifted") < 0.01


def test_something_shows_before_the_first_script(size: str, open_page: Open, screenshot: Screenshot) -> None:
    page = open_page(size=size)
    page.route("**/js/app.js", lambda route: route.abort())
    page.reload()
    expect(page.locator(".skeleton")).to_be_visible()
    expect(page.locator("header .brand")).to_be_visible()
    screenshot(page, "skeleton")
