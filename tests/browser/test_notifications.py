"""The bell, the list behind it, and how else people want to hear of things."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import Open, Register, Screenshot, sign_in, top_card


def test_the_bell_tells_of_a_lead_and_leads_to_it(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    lead = tenant.call("POST", "/leads/", listing_id=owner.offers(city, "A flat"))
    tenant.call("POST", f"/leads/{lead['id']}/messages", text="Is it free?")
    page = open_page(size=size)
    sign_in(page, owner)
    page.get_by_role("link", name="Notifications, 2 new").click()
    told = page.locator("[data-notification]")
    expect(told).to_have_count(2)
    expect(told.first).to_contain_text("You have a new message")
    expect(told.last).to_contain_text("A new lead on your listing")
    screenshot(page, "told")
    told.last.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Timur Tenant")).to_be_visible()
    page.get_by_role("link", name="Notifications, 1 new").click()
    expect(page.locator(".told-list .is-unread")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    expect(page.locator(".told-list .is-unread")).to_have_count(0)
    assert owner.call("GET", "/notifications?unread=true") == []


def test_people_choose_when_and_in_which_language_they_are_told(open_page: Open, person: Register) -> None:
    user = person("tenant", "Timur Tenant")
    page = open_page()
    sign_in(page, user)
    page.get_by_role("link", name="Notifications").click()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    page.get_by_label("Do not disturb from").fill("22:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="check the marked fields")).to_be_visible()
    page.get_by_label("to", exact=True).fill("08:00")
    page.get_by_role("radio", name="Қазақша").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    settings = user.call("GET", "/notifications/settings")
    assert settings["quiet_hours"] == {"from": "22:00", "to": "08:00"}
    assert settings["locale"] == "kk"


def test_the_bell_does_not_forget_while_the_views_change(open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    tenant.call("POST", "/leads/", listing_id=owner.offers(city, "A flat"))
    page = open_page()
    sign_in(page, owner)
    unread = page.get_by_role("link", name="Notifications, 1 new")
    expect(unread).to_be_visible()
    page.route("**/notifications?unread=true*", lambda route: None)  # The next answer does not come.
    page.get_by_role("link", name="Leads").click()
    expect(page.get_by_role("heading", name="Leads")).to_be_focused()
    assert unread.is_visible()


NOTE_PAUSES = """
  () => {
    const start = window.setTimeout;
    window.pauses = [];
    window.setTimeout = (run, pause, ...rest) => {
      if (run.name === 'run') window.pauses.push(pause); // What asks again, see polling.js.
      return start(run, pause, ...rest);
    };
  }
"""
WORDS = {"en": ("Like", "I see, send it"), "ru": ("Нравится", "Понятно, отправить")}


@pytest.mark.parametrize("language", WORDS)
def test_what_happens_elsewhere_shows_within_ten_seconds(
    language: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    """A like in one browser is a lead in the owner's other browser; the answer comes back; a search tells once."""
    like, agree = WORDS[language]
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    tenant.call("POST", "/preferences", city=city)
    tenant.call("POST", "/searches", name="New here", city=city)
    owner.offers(city, "A flat")
    page, theirs = open_page(size="phone"), open_page(size="phone")
    sign_in(page, owner)
    sign_in(theirs, tenant)
    for each in (page, theirs):
        each.locator(f".languages [lang={language}]").click()
    page.evaluate(NOTE_PAUSES)
    page.locator(".nav a[href='#/leads']").click()
    unread = page.locator(".bell-count")
    expect(page.locator("main .loading")).to_have_count(0)
    expect(unread).to_be_hidden()

    expect(top_card(theirs)).to_have_text("A flat")
    theirs.get_by_role("button", name=like, exact=True).click()
    theirs.get_by_role("dialog").get_by_role("button", name=agree).click()
    expect(unread).to_have_text("1")
    lead_row = page.locator("[data-lead]")
    expect(lead_row).to_contain_text("Timur Tenant")
    assert 0 < max(page.evaluate("pauses")) <= 8000  # In milliseconds; the answers come fast where the machine is.
    screenshot(page, "lead")
    lead_row.locator(".talk-link").click()
    page.locator("textarea").fill("Come and see it")
    page.locator(".composer button").click()
    theirs.locator(".nav a[href='#/leads']").click()
    expect(theirs.locator("[data-lead] .talk-last")).to_have_text("Come and see it")

    owner.offers(city, "Another flat")
    told = theirs.locator("[data-notification]").filter(has_text="New here")
    theirs.locator(".bell").click()
    expect(told.filter(has_text="Another flat")).to_have_count(1)
    theirs.wait_for_timeout(3000)
    theirs.reload()
    expect(told).to_have_count(2)  # The first flat, and the second: each once.
    kinds = [each["type"] for each in tenant.call("GET", "/notifications")]
    assert sorted(kinds) == ["listing.match", "listing.match", "message.new"]
