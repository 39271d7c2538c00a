"""People use the system in a real browser: the page at /, and the reference at /docs."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import PASSWORD, Person
from tests.browser.steps import Open, Register, Screenshot, agree, sign_in, swipe, top_card


def test_a_tenant_swipes_until_a_lead_appears(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Olga Owner")
    for title in ("Oldest", "Older", "Newer", "Newest"):
        owner.offers(city, title)

    page = open_page(size=size)
    screenshot(page, "welcome")
    page.get_by_role("button", name="Register").click()
    page.get_by_label("Name").fill("Timur Tenant")
    page.get_by_label("Phone", exact=True).fill(f"+7 701 {int(city[-8:], 16) % 10**7:07d}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("dialog").get_by_role("button", name="Skip").click()
    expect(page.get_by_role("heading", name="Discover")).to_be_visible()

    page.goto(page.url.split("#")[0] + "#/preferences")
    wishes = page.get_by_role("main")
    wishes.get_by_label("City").fill(city.upper())
    wishes.get_by_label("Price to").fill("300 000,50")
    wishes.get_by_role("button", name="Save").click()
    expect(top_card(page)).to_have_text("Newest")
    screenshot(page, "card")

    swipe(page, 30, 0)  # Not far enough.
    expect(top_card(page)).to_have_text("Newest")
    swipe(page, 190, 10)
    agree(page)
    expect(page.locator(".toast")).to_contain_text("A lead is on its way")
    expect(top_card(page)).to_have_text("Newer")
    swipe(page, -190, 10)
    expect(top_card(page)).to_have_text("Older")
    page.get_by_role("button", name="Bring the last one back").click()
    expect(top_card(page)).to_have_text("Newer")
    page.get_by_role("button", name="Not for me").click()
    expect(top_card(page)).to_have_text("Older")
    swipe(page, 0, -190)
    expect(top_card(page)).to_have_text("Oldest")
    page.get_by_role("button", name="Like", exact=True).click()
    expect(page.get_by_role("heading", name="You have seen everything that fits")).to_be_visible()
    screenshot(page, "empty")

    page.get_by_role("link", name="Leads").click()
    leads = page.locator("[data-lead]")
    expect(leads).to_have_count(2)
    for title in ("Newest", "Oldest"):
        lead = leads.filter(has_text=title)
        expect(lead).to_contain_text("Olga Owner")
        expect(lead.get_by_role("link", name=f"Write: {owner.email}")).to_be_visible()
        expect(lead.get_by_role("img", name="Status: New")).to_be_visible()
    screenshot(page, "leads")

    page.get_by_role("link", name="Favorites").click()
    expect(page.locator("[data-listing]")).to_have_count(1)
    screenshot(page, "favorites")
    page.get_by_role("button", name="Contact the owner: Older").click()
    expect(page.locator(".toast")).to_contain_text("The owner has your lead")
    page.get_by_role("button", name="Remove from favorites: Older").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    found = owner.call("GET", "/leads/for-me")
    assert isinstance(found, list)
    assert len(found) == 3


def test_the_keyboard_alone_signs_in_and_swipes(open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("agent", "Owner"), person("tenant", "Tenant")
    liked, kept, passed = (owner.offers(city, title) for title in ("Liked", "Kept", "Passed"))
    tenant.call("POST", "/preferences", city=city)

    page = open_page()
    page.get_by_label("Email or phone").focus()
    page.keyboard.type(tenant.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    for key, shown in (("ArrowLeft", "Passed"), ("ArrowUp", "Kept"), ("ArrowRight", "Liked")):
        expect(top_card(page)).to_have_text(shown)
        page.keyboard.press(key)
    page.keyboard.press("Enter")  # The owner will see the contacts: yes.
    expect(page.get_by_role("heading", name="You have seen everything")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(top_card(page)).to_have_text("Liked")
    expect(page.locator(".toast")).to_contain_text("The owner already has the lead")
    page.keyboard.press("z")
    expect(top_card(page)).to_have_text("Kept")

    assert tenant.call("GET", "/favorites/") == []
    deck = tenant.call("GET", "/feed?limit=10")
    assert isinstance(deck, list)
    assert {listing["id"] for listing in deck} == {liked, kept}
    assert passed not in {listing["id"] for listing in deck}


@pytest.mark.parametrize("failure", ["offline", "unavailable"])
def test_a_swipe_that_cannot_be_saved_brings_its_card_back(
    failure: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("agent", "Owner"), person("tenant", "Tenant")
    owner.offers(city, "Second")
    first = owner.offers(city, "First")
    tenant.call("POST", "/preferences", city=city)

    def fail(route: Route) -> None:
        if failure == "offline":
            return route.abort()
        return route.fulfill(status=503, headers={"Retry-After": "7"}, json={"detail": "unavailable"})

    page = open_page()
    sign_in(page, tenant)
    expect(top_card(page)).to_have_text("First")
    page.route("**/feed/action", fail)
    page.keyboard.press("ArrowRight")
    agree(page)
    alert = page.get_by_role("alert").filter(has_text="Your choice was not saved, the card is back.")
    expect(alert).to_contain_text("in 7 seconds" if failure == "unavailable" else "cannot be reached")
    expect(top_card(page)).to_have_text("First")
    screenshot(page, "lost")

    page.unroute("**/feed/action")
    page.keyboard.press("ArrowRight")
    expect(top_card(page)).to_have_text("Second")
    page.get_by_role("link", name="Leads").click()
    expect(page.locator("[data-lead]")).to_contain_text("First")
    leads = tenant.call("GET", "/leads/my")
    assert isinstance(leads, list)
    assert [lead["listing_id"] for lead in leads] == [first]


def test_a_landlord_offers_a_home_and_works_its_lead(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    page = open_page(size=size)
    sign_in(page, owner)

    expect(page.get_by_role("heading", name="Your listings will be here")).to_be_visible()
    page.get_by_role("button", name="New listing").last.click()
    editor = page.get_by_role("dialog")
    editor.get_by_label("Title").fill("<img src=x onerror=alert(1)> & view")  # Shown, never run.
    editor.get_by_label("City").fill(city)
    editor.get_by_label("Price").fill("0")
    editor.get_by_role("radio", name="House").check()
    editor.get_by_role("button", name="Save").click()
    expect(editor).to_contain_text("Must be more than 0.")
    editor.get_by_label("Price").fill("78 500 000,50")
    editor.get_by_role("radio", name="Sale").check()
    screenshot(page, "editor")
    editor.get_by_role("button", name="Save").click()
    expect(page.locator("[data-listing] h2")).to_have_text("<img src=x onerror=alert(1)> & view")
    expect(page.locator("[data-listing] .price")).to_contain_text("78,500,000.50")

    page.get_by_role("button", name=re.compile("^Edit")).click()
    editor.get_by_label("Title").fill("House with a view")
    editor.get_by_role("button", name="Save").click()
    expect(page.locator("[data-listing] h2")).to_have_text("House with a view")
    page.get_by_role("button", name="Unpublish: House with a view").click()
    expect(page.locator("[data-listing]")).to_contain_text("Unpublished")
    page.reload()
    page.get_by_role("button", name="Publish again: House with a view").click()
    expect(page.locator("[data-listing]")).to_contain_text("Published")
    screenshot(page, "listings")

    listing = int(page.locator("[data-listing]").get_attribute("data-listing") or 0)
    tenant.call("POST", "/leads/", listing_id=listing)
    page.get_by_role("link", name="Leads").click()
    lead = page.locator("[data-lead]")
    expect(lead).to_contain_text("Timur Tenant")
    expect(lead).to_contain_text("House with a view")
    expect(lead.get_by_role("link", name=f"Write: {tenant.email}")).to_have_attribute("href", f"mailto:{tenant.email}")
    screenshot(page, "leads")
    for status, label in (("in_progress", "In progress"), ("closed", "Closed"), ("in_progress", "In progress")):
        lead.get_by_role("radio", name=label).check()
        expect(page.locator(".toast")).to_contain_text(f"Timur Tenant: {label}")
        assert tenant.call("GET", "/leads/my")[0]["status"] == status

    choose = page.get_by_role("group", name="Show")
    choose.get_by_role("radio", name="New").check()
    expect(page.get_by_role("heading", name="There are no leads in this status.")).to_be_visible()
    choose.get_by_role("radio", name="In progress").check()
    expect(lead).to_contain_text("Timur Tenant")


def test_an_admin_changes_a_role_and_ends_an_access(
    size: str, open_page: Open, admin: Person, person: Register, screenshot: Screenshot
) -> None:
    user = person("tenant", "Rolan Changer")
    theirs = open_page()
    sign_in(theirs, user)
    expect(theirs.get_by_role("link", name="Discover")).to_be_visible()

    page = open_page(size=size)
    sign_in(page, admin)
    row = page.locator(f"[data-user='{user.id}']")
    expect(row).to_contain_text(user.email)
    row.get_by_label("Role: Rolan Changer").select_option("agent")
    screenshot(page, "users")
    row.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Rolan Changer: now Agent.")
    assert user.call("GET", "/auth/me")["role"] == "agent"
    theirs.reload()
    expect(theirs.get_by_role("heading", name="My listings")).to_be_visible()

    row.get_by_role("button", name="Disable: Rolan Changer").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Active")
    row.get_by_role("button", name="Disable: Rolan Changer").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("Disabled")
    theirs.get_by_role("link", name="Leads").click()
    expect(theirs.get_by_role("alert").filter(has_text="The session has ended")).to_be_visible()
    expect(theirs.get_by_role("heading", name="Swipe homes")).to_be_visible()

    row.get_by_role("button", name="Enable: Rolan Changer").click()
    expect(row).to_contain_text("Active")


def test_an_admin_finds_listings_page_by_page(
    size: str, open_page: Open, admin: Person, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, other = person("agent", "Owner"), person("landlord", "Other")
    for number in range(21):
        owner.offers(city, f"Number {number}")
    other.offers(city, "Of another", is_active=False)

    page = open_page(size=size)
    sign_in(page, admin)
    page.get_by_role("link", name="Listings").click()
    rows = page.locator("tr[data-listing]")
    page.get_by_label("City").fill(city.lower())
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(22)
    expect(page.get_by_text("22 items shown · That is all")).to_be_visible()

    page.get_by_label("State", exact=True).select_option("Unpublished")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(1)
    screenshot(page, "listings")
    page.get_by_role("button", name="Publish again: Of another").click()
    expect(rows).to_contain_text("Published")
    rows.get_by_role("button", name="Listings of Other").click()
    expect(page.get_by_label("Owner (id)")).to_have_value(str(other.id))
    expect(rows).to_have_count(1)


def test_an_admin_finds_people_and_sees_what_was_changed_of_them(
    size: str, open_page: Open, admin: Person, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Olga Owner")
    listing = owner.offers(city, "A flat", details={"rooms": 2})
    fields = {"title": "A flat", "city": city, "deal_type": "rent", "property_type": "flat", "is_active": True}
    admin.call("PUT", f"/listings/{listing}", price=300000, **fields)
    admin.call("PATCH", f"/admin/users/{owner.id}", role="agent")
    page = open_page(size=size)
    sign_in(page, admin)
    page.get_by_label("Email").fill(owner.email.upper())
    page.get_by_label("Phone").fill("12")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("Phone")).to_have_accessible_description("This does not look like a phone number.")
    page.get_by_label("Phone").fill("")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("[data-user]")).to_have_count(1)
    page.get_by_label("Role", exact=True).select_option("Landlord")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing matches these filters")).to_be_visible()
    page.get_by_label("Role", exact=True).select_option("Agent")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("[data-user]")).to_contain_text("Olga Owner")
    screenshot(page, "found")
    page.get_by_role("button", name="Audit: Olga Owner").click()
    rows = page.locator("[data-audit]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Role: Landlord → Agent")
    expect(rows.last).to_contain_text("Price, ₸: ₸250,000 → ₸300,000")
    expect(rows.last.get_by_role("button", name="Olga Owner")).to_be_visible()
    expect(rows.last.get_by_role("button", name=admin.name)).to_be_visible()
    screenshot(page, "audit")
    page.get_by_role("button", name="Reset").click()
    expect(rows.filter(has_text="New admin").first).to_contain_text("an operator, by command")


def test_a_form_says_what_is_wrong_with_each_field(open_page: Open, person: Register, screenshot: Screenshot) -> None:
    taken = person("tenant", "First")
    page = open_page()
    page.get_by_role("button", name="Register").click()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("Somebody")
    page.get_by_label("Email", exact=True).fill("nobody")
    page.get_by_label("Phone", exact=True).fill("12")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create account").click()
    for label, problem in (
        ("Email", "This does not look like an email address."),
        ("Phone", "This does not look like a phone number."),
        ("Password", "Too short: at least 8 needed."),
    ):
        expect(page.get_by_label(label, exact=True)).to_have_accessible_description(problem)
        expect(page.get_by_label(label, exact=True)).to_have_attribute("aria-invalid", "true")
    screenshot(page, "fields")
    page.get_by_label("Phone", exact=True).fill("")
    page.get_by_label("Email", exact=True).fill("")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert").filter(has_text="An email or a phone is needed.")).to_be_visible()
    page.get_by_label("Email", exact=True).fill(taken.email)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert").filter(has_text="already taken")).to_be_visible()


def test_a_limit_says_how_long_to_wait(open_page: Open) -> None:
    page = open_page()
    limit = {"status": 429, "headers": {"Retry-After": "42"}, "json": {"detail": "Too many attempts"}}
    page.route("**/auth/token", lambda route: route.fulfill(**limit))
    page.get_by_label("Email or phone").fill("somebody@example.com")
    page.get_by_label("Password").fill("wrong password")
    page.locator(".account").get_by_role("button", name="Sign in").last.click()
    expect(page.get_by_role("alert").filter(has_text="Try again in 42 seconds.")).to_be_visible()


def test_one_click_signs_in_as_a_demo_user_of_each_role_but_only_locally(
    size: str, open_page: Open, screenshot: Screenshot
) -> None:
    page = open_page(size=size)
    homes = {"tenant": ".card", "landlord": "[data-listing]", "agent": "[data-listing]", "admin": "[data-user]"}
    for role, home in homes.items():
        page.locator(f"[data-demo={role}]").click()
        expect(page.locator(home).first).to_be_visible()
        screenshot(page, role)
        page.get_by_role("button", name="Sign out").click()

    page.route("**/health", lambda route: route.fulfill(json={"status": "ok", "environment": "production"}))
    with page.expect_response("**/health"):
        page.reload()
    expect(page.get_by_label("Email or phone")).to_be_visible()
    expect(page.locator("[data-demo]")).to_have_count(0)


def test_before_the_first_like_the_page_says_what_the_owner_will_see(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Owner"), person("tenant", "Timur Tenant")
    for title in ("Third", "Second", "First"):
        owner.offers(city, title)
    tenant.call("POST", "/preferences", city=city)
    page = open_page(size=size)
    sign_in(page, tenant)

    expect(top_card(page)).to_have_text("First")
    swipe(page, 190, 10)
    question = page.get_by_role("dialog", name="The owner will see your contacts")
    expect(question).to_contain_text("Timur Tenant")
    expect(question).to_contain_text(tenant.email)
    screenshot(page, "question")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(top_card(page)).to_have_text("First")
    assert owner.call("GET", "/leads/for-me") == []

    page.get_by_role("button", name="Like", exact=True).click()
    agree(page)
    expect(top_card(page)).to_have_text("Second")
    page.reload()
    expect(top_card(page)).to_have_text("Second")
    page.keyboard.press("ArrowRight")
    expect(top_card(page)).to_have_text("Third")
    expect(question).to_have_count(0)


def test_the_question_before_the_first_like_is_asked_in_favorites_and_in_russian_too(
    open_page: Open, person: Register, city: str
) -> None:
    owner, tenant = person("landlord", "Owner"), person("tenant", "Тимур")
    tenant.call("POST", "/favorites/", listing_id=owner.offers(city, "Kept"))
    page = open_page()
    sign_in(page, tenant)
    page.get_by_role("link", name="Favorites").click()
    page.get_by_role("button", name="RU", exact=True).click()
    page.get_by_role("button", name="Оставить заявку: Kept").click()
    question = page.get_by_role("dialog", name="Владелец увидит ваши контакты")
    expect(question).to_contain_text(tenant.email)
    question.get_by_role("button", name="Отмена").click()
    assert owner.call("GET", "/leads/for-me") == []
    page.get_by_role("button", name="Оставить заявку: Kept").click()
    question.get_by_role("button", name="Понятно, отправить").click()
    expect(page.locator("[data-listing]")).to_contain_text("Заявка отправлена")


def test_favorites_say_what_was_already_asked_for(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Owner"), person("tenant", "Tenant")
    new, liked, worked = (owner.offers(city, title) for title in ("Not yet", "Liked before", "In work"))
    for listing in (new, liked, worked):
        tenant.call("POST", "/favorites/", listing_id=listing)
    tenant.call("POST", "/leads/", listing_id=liked)
    lead = tenant.call("POST", "/leads/", listing_id=worked)
    assert isinstance(lead, dict)
    owner.call("PATCH", f"/leads/{lead['id']}", status="in_progress")

    page = open_page(size=size)
    sign_in(page, tenant)
    page.get_by_role("link", name="Favorites").click()
    rows = {listing: page.locator(f"[data-listing='{listing}']") for listing in (new, liked, worked)}
    for listing, status in ((liked, "New"), (worked, "In progress")):
        expect(rows[listing]).to_contain_text("Lead sent")
        expect(rows[listing].get_by_role("img", name=f"Status: {status}")).to_be_visible()
        expect(rows[listing].get_by_role("button", name="Contact the owner")).to_have_count(0)
    expect(rows[new]).not_to_contain_text("Lead sent")
    rows[new].get_by_role("button", name="Contact the owner").click()
    agree(page)
    expect(rows[new]).to_contain_text("Lead sent")
    expect(rows[new].get_by_role("link", name="My leads: Not yet")).to_be_focused()
    screenshot(page, "asked")

    rows[liked].get_by_role("button", name="Remove").click()
    page.locator(".toast").get_by_role("button", name="Put back").click()
    expect(rows[liked]).to_contain_text("Lead sent")


def test_the_admin_sees_owners_by_name_and_hears_what_is_wrong_with_an_id(
    size: str, open_page: Open, admin: Person, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner = person("landlord", "Olga Owner")
    owner.offers(city, "Hers")
    page = open_page(size=size)
    sign_in(page, admin)
    page.get_by_role("link", name="Listings").click()
    rows, owner_id = page.locator("tr[data-listing]"), page.get_by_label("Owner (id)")
    page.get_by_label("City").fill(city)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Olga Owner")
    expect(rows).not_to_contain_text(str(owner.id))

    for wrong in ("abc", "0", "99999999999999999"):
        owner_id.fill(wrong)
        page.get_by_role("button", name="Show", exact=True).click()
        expect(owner_id).to_have_accessible_description("The id of an owner is a number. This filter is not applied.")
        expect(owner_id).to_be_focused()
        expect(rows).to_have_count(1)
    screenshot(page, "wrong")
    owner_id.fill("")
    rows.get_by_role("button", name="Listings of Olga Owner").click()
    expect(owner_id).to_have_value(str(owner.id))
    expect(owner_id).to_have_accessible_description("Olga Owner")

    page.goto(page.url.split("#")[0] + f"#/listings?city={city}&owner_id=abc")
    expect(owner_id).to_have_attribute("aria-invalid", "true")
    expect(owner_id).to_have_value("abc")
    expect(rows).to_contain_text("Hers")


@pytest.mark.parametrize("way_out", ["Escape", "back", "reload"])
def test_what_was_typed_into_the_editor_is_still_there(
    way_out: str, open_page: Open, person: Register, city: str
) -> None:
    owner = person("landlord", "Owner")
    owner.offers(city, "As it was", price=100)
    page = open_page()
    sign_in(page, owner)
    page.get_by_role("link", name="Leads").click()
    page.get_by_role("link", name="Listings").click()

    def leave() -> None:
        if way_out == "Escape":
            page.keyboard.press("Escape")
        elif way_out == "reload":
            page.reload()
        else:
            page.go_back()
            page.go_forward()
        expect(page.get_by_role("heading", name="My listings")).to_be_visible()
        expect(editor).to_have_count(0)

    editor = page.get_by_role("dialog")
    page.get_by_role("button", name="New listing").first.click()
    expect(editor).not_to_contain_text("This is your draft")
    editor.get_by_label("Title").fill("Half a title")
    editor.get_by_label("Price").fill("12 345")
    editor.get_by_role("radio", name="House").check()
    editor.get_by_label("Show it in the feed").uncheck()
    leave()
    page.get_by_role("button", name="Edit: As it was").click()
    expect(editor.get_by_label("Title")).to_have_value("As it was")  # A draft belongs to one listing.
    editor.get_by_label("Price").fill("200")
    leave()

    page.get_by_role("button", name="New listing").first.click()
    expect(editor).to_contain_text("This is your draft: it is not saved yet.")
    expect(editor.get_by_label("Title")).to_have_value("Half a title")
    expect(editor.get_by_label("Price")).to_have_value("12 345")
    expect(editor.get_by_role("radio", name="House")).to_be_checked()
    expect(editor.get_by_label("Show it in the feed")).not_to_be_checked()
    editor.get_by_label("City").fill(city)
    editor.get_by_role("button", name="Save").click()
    expect(page.locator("[data-listing]").first).to_contain_text("Half a title")
    page.get_by_role("button", name="New listing").first.click()
    expect(editor.get_by_label("Title")).to_have_value("")
    editor.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Edit: As it was").click()
    expect(editor.get_by_label("Price")).to_have_value("200")
    editor.get_by_role("button", name="Start over").click()
    expect(editor.get_by_label("Price")).to_have_value("100")
    expect(editor).not_to_contain_text("This is your draft")
    editor.get_by_label("Price").fill("300")
    editor.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Edit: As it was").click()
    expect(editor.get_by_label("Price")).to_have_value("100")
    editor.get_by_label("Price").fill("300")
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_contain_text("Your draft is kept")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Email or phone")).to_be_visible()  # The session has ended on the server, too.
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_cities_are_suggested_in_the_readers_language_where_the_api_knows_some(
    open_page: Open, person: Register
) -> None:
    cities = [{"name": "Astana", "ru": "Астана", "kk": "Астана", "en": "Astana"}, {"name": "Taraz", "ru": "Тараз"}]
    page = open_page()
    page.route("**/listings/cities", lambda route: route.fulfill(status=404, json={"detail": "Not Found"}))
    sign_in(page, person("agent", "Agent"))
    city = page.get_by_role("dialog").get_by_label("City")
    page.get_by_role("button", name="New listing").first.click()
    with page.expect_response("**/listings/cities"):
        city.focus()
    expect(city).not_to_have_attribute("list", re.compile("."))
    page.keyboard.press("Escape")

    page.route("**/listings/cities", lambda route: route.fulfill(json=cities))
    for language, names in (("EN", ["Astana", "Taraz"]), ("RU", ["Астана", "Тараз"])):
        page.get_by_role("button", name=language, exact=True).click()
        page.locator("[data-create]").first.click()
        city = page.get_by_role("dialog").locator("[name=city]")
        city.focus()
        expect(page.locator("dialog datalist option")).to_have_count(2)
        assert city.evaluate("input => [...input.list.options].map(({ value }) => value)") == names
        page.keyboard.press("Escape")


def test_the_page_speaks_russian_and_english_and_remembers(open_page: Open, screenshot: Screenshot) -> None:
    page = open_page(locale="ru-RU", size="phone")
    expect(page.get_by_role("heading", name="Листайте жильё")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    screenshot(page, "russian")
    page.get_by_label("Почта или телефон").fill("typed@example.com")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_label("Email or phone")).to_have_value("typed@example.com")
    page.reload()
    expect(page.get_by_role("heading", name="Swipe homes")).to_be_visible()
    texts = page.evaluate("import('/js/i18n.js').then(module => JSON.stringify(module.languages))")
    keys = [{re.sub(r"\.(one|few|many|other)$", "", key) for key in texts} for texts in json.loads(texts).values()]
    assert keys[0] == keys[1]


def test_the_reference_logs_in_and_calls(open_page: Open, person: Register, screenshot: Screenshot) -> None:
    user = person("tenant", "Reader of references")
    page = open_page("/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator("#oauth_username").fill(user.email)
    page.locator("#oauth_password").fill(PASSWORD)
    page.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(page.get_by_role("button", name="Remove authorization")).to_be_visible()
    page.locator(".dialog-ux").get_by_role("button", name="Close").last.click()

    call = page.locator(".opblock-get").filter(has=page.locator("[data-path='/auth/me']"))
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Execute").click()
    answer = call.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text(user.email)
    answer.scroll_into_view_if_needed()
    screenshot(page, "answer")
