"""The two sides of a lead write to each other."""

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.steps import Open, Register, Screenshot, sign_in


def message_field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def bubbles(page: Page) -> Locator:
    return page.locator(".bubble p")


def test_both_sides_of_a_lead_write_to_each_other(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    owner, tenant = person("landlord", "Olga Owner"), person("tenant", "Timur Tenant")
    lead = tenant.call("POST", "/leads/", listing_id=owner.offers(city, "A flat"))
    theirs = open_page(size=size)
    sign_in(theirs, tenant)
    theirs.get_by_role("link", name="Leads").click()
    theirs.get_by_role("link", name="Write to Olga Owner").click()
    expect(theirs.get_by_role("heading", name="Olga Owner")).to_be_focused()
    expect(theirs.get_by_text("Nothing is written here yet.")).to_be_visible()
    for text in ("Is it <b>free</b>?", "I could come today"):
        message_field(theirs).fill(text)
        theirs.get_by_role("button", name="Send").click()
    expect(bubbles(theirs)).to_have_text(["Is it <b>free</b>?", "I could come today"])
    expect(theirs.get_by_text("Nothing is written here yet.")).to_be_hidden()

    page = open_page(size=size)
    sign_in(page, owner)
    page.get_by_role("link", name="Leads").click()
    link = page.locator("[data-lead] .talk-link")
    expect(link).to_contain_text("I could come today")
    expect(link.locator(".count")).to_have_text("2 unread")
    screenshot(page, "unread")
    link.click()
    expect(bubbles(page)).to_have_text(["Is it <b>free</b>?", "I could come today"])
    message_field(page).fill("Yes, at six")
    page.get_by_role("button", name="Send").click()
    expect(bubbles(page)).to_have_count(3)
    expect(bubbles(theirs).last).to_have_text("Yes, at six")  # Without a reload.
    screenshot(theirs, "answered")
    page.get_by_role("link", name="All leads").click()
    expect(link).to_contain_text("Yes, at six")
    expect(link.locator(".count")).to_have_count(0)

    owner.call("PATCH", f"/leads/{lead['id']}", status="closed")
    message_field(theirs).fill("Too late")
    theirs.get_by_role("button", name="Send").click()
    expect(theirs.get_by_text("The owner has closed this lead")).to_be_visible()
    expect(message_field(theirs)).to_be_hidden()
    expect(theirs.locator("[data-sending]")).to_contain_text("Not sent.")
    assert len(owner.call("GET", f"/leads/{lead['id']}/messages")) == 3
    link.click()
    expect(page.get_by_text("This lead is closed: set it in progress to write.")).to_be_visible()
    page.get_by_role("radio", name="In progress").check()
    expect(message_field(page)).to_be_visible()


def test_a_message_whose_answer_was_lost_is_sent_once(open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("agent", "Olga Owner"), person("tenant", "Tenant")
    lead = tenant.call("POST", "/leads/", listing_id=owner.offers(city, "A flat"))
    for number in range(35):
        owner.call("POST", f"/leads/{lead['id']}/messages", text=f"Number {number}")
    page = open_page()
    sign_in(page, tenant)
    page.goto(page.url.split("#")[0] + f"#/leads/{lead['id']}")
    expect(bubbles(page)).to_have_count(30)
    page.get_by_role("button", name="Show earlier ones").click()
    expect(bubbles(page)).to_have_text([f"Number {number}" for number in range(35)])

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/messages", lose)
    message_field(page).fill("Once")
    message_field(page).press("Enter")
    unsent = page.locator("[data-sending]")
    expect(unsent).to_contain_text("Not sent. The server cannot be reached.")
    page.unroute("**/messages")
    unsent.get_by_role("button", name="Try again").click()
    expect(unsent).to_have_count(0)
    expect(bubbles(page)).to_have_count(36)
    texts = [message["text"] for message in owner.call("GET", f"/leads/{lead['id']}/messages")]
    assert texts.count("Once") == 1


def test_a_hidden_tab_asks_nothing(open_page: Open, person: Register, city: str) -> None:
    owner, tenant = person("agent", "Olga Owner"), person("tenant", "Tenant")
    lead = tenant.call("POST", "/leads/", listing_id=owner.offers(city, "A flat"))
    page = open_page()
    sign_in(page, tenant)
    page.goto(page.url.split("#")[0] + f"#/leads/{lead['id']}")
    expect(message_field(page)).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    asked.clear()
    page.wait_for_timeout(6000)
    assert asked == []
    with page.expect_request("**/messages*"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
