"""axe-core finds nothing in any view, in both languages."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.steps import Open, Register, agree, picture, sign_in, top_card

# Experimental in axe, and a rule of WCAG all the same (2.5.3).
OPTIONS = {"rules": {"label-content-name-mismatch": {"enabled": True}}, "resultTypes": ["violations"]}
# What moves has arrived; what spins for ever is not waited for.
STILL = """
    () => Promise.allSettled(document.getAnimations()
      .filter(({ effect }) => effect.getTiming().iterations === 1)
      .map(({ finished }) => finished))
"""
VIEWS = {
    "tenant": ["feed", "favorites", "leads", "preferences"],
    "landlord": ["listings", "leads"],
    "agent": ["listings", "leads", "account", "notifications", "searches", "explore"],
    "admin": ["users", "listings", "audit"],
}


def problems(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    page.evaluate(STILL)
    found: list[dict[str, Any]] = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("locale", "scheme"), [("ru-RU", "dark"), ("en-GB", "light")])
def test_axe_finds_nothing_in_any_view(size: str, locale: str, scheme: Any, open_page: Open) -> None:
    page = open_page(size=size, locale=locale)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator("[data-demo=tenant]")).to_be_visible()
    assert problems(page) == []
    page.locator("[data-tab=register]").click()
    assert problems(page) == []
    for role, views in VIEWS.items():
        page.locator(f"[data-demo={role}]").click()
        expect(page.locator(".nav")).to_be_visible()
        for view in views:
            page.goto(page.url.split("#")[0] + f"#/{view}")
            expect(page.locator("main h1")).to_be_visible()
            expect(page.locator("main .loading")).to_have_count(0)
            assert problems(page) == [], f"{role}: {view}"
        page.locator(".me button").click()


def test_axe_finds_nothing_where_photos_are(size: str, open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("landlord", "Owner"), person("tenant", "Tenant")
    listing = owner.offers(city, "With photos", details={"rooms": 2, "description": "By the park"})
    for colour in ("red", "green"):
        owner.shows(listing, picture(colour))
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size=size)
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, tenant)
    expect(page.locator(".card .photo")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="With photos")).to_be_focused()
    assert problems(page) == []
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, owner)
    page.get_by_role("button", name="Edit: With photos").click()
    expect(page.locator(".shelf-item")).to_have_count(2)
    assert problems(page) == []


def test_axe_finds_nothing_in_dialogs_and_messages(open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("landlord", "Owner"), person("tenant", "Tenant")
    owner.offers(city, "Long title " * 22)
    owner.offers(city, "Liked")
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size="small")
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text("Liked")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert problems(page) == []
    agree(page)
    expect(page.locator(".toast")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, owner)
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_label("Price").fill("")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_contain_text("Please fill this in.")
    assert problems(page) == []


def test_the_offline_page_has_no_problem(open_page: Open) -> None:
    assert problems(open_page("/offline.html")) == []
