"""Sessions that last, in all tabs, and the account view."""

import re
from collections.abc import Callable

import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.steps import Open, Register, Screenshot, sign_in

REFRESH_TOKEN = "JSON.parse(localStorage.session).token"
RENEW_OFTEN = """
    async () => {
      const { api, session } = await import('/js/api.js');
      for (let times = 0; times < 4; times += 1) await session.renew(await session.token());
      return (await api.me()).id;
    }
"""


def refresh(base_url: str, token: str) -> int:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return requests.post(f"{base_url}/auth/token", data=form, timeout=300).status_code


def test_tabs_and_restarts_stay_signed_in_until_one_signs_out(open_page: Open, person: Register) -> None:
    user = person("landlord", "Olga Owner")
    page = open_page()
    sign_in(page, user)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="My listings")).to_be_visible()
    page.evaluate(f"window.both = ({RENEW_OFTEN})(); null")  # Both at once.
    assert other.evaluate(RENEW_OFTEN) == user.id
    assert page.evaluate("window.both") == user.id
    stored = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "eyJ" not in stored  # No access token lies anywhere.

    token = page.evaluate(REFRESH_TOKEN)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Swipe homes")).to_be_visible()
    expect(other.get_by_role("heading", name="Swipe homes")).to_be_visible()
    assert refresh(user.base_url, token) == 401
    sign_in(other, user)
    expect(page.get_by_role("heading", name="My listings")).to_be_visible()


def test_a_session_that_the_api_no_longer_takes_ends_here(open_page: Open, person: Register) -> None:
    user = person("landlord", "Olga Owner")
    page = open_page()
    sign_in(page, user)
    user.call("POST", "/auth/logout", everywhere=True)
    page.get_by_role("link", name="Leads").click()
    expect(page.get_by_role("alert").filter(has_text="The session has ended")).to_be_visible()
    expect(page.get_by_label("Email or phone")).to_be_visible()


def test_without_a_network_nobody_is_signed_out(open_page: Open, person: Register) -> None:
    page = open_page()
    sign_in(page, person("landlord", "Olga Owner"))
    page.route("**/auth/**", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    page.unroute("**/auth/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="My listings")).to_be_visible()


def open_account(page: Page) -> None:
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_focused()


def test_people_change_their_profile_and_password_and_end_sessions(
    size: str, open_page: Open, person: Register, screenshot: Screenshot
) -> None:
    user = person("tenant", "Timur Tenant")
    elsewhere = open_page()
    sign_in(elsewhere, user)
    page = open_page(size=size)
    sign_in(page, user)
    open_account(page)
    expect(page.locator(".devices li")).to_have_count(2)
    screenshot(page, "account")

    about = page.get_by_role("region", name="About you")
    about.get_by_label("Name").fill("Timur the Tenant")
    about.get_by_label("Email").fill(f"new-{user.email}")
    about.get_by_role("button", name="Save").click()
    expect(about).to_contain_text("The current password is wrong.")
    about.get_by_label("Current password").fill(PASSWORD)
    about.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    assert user.call("GET", "/auth/me")["email"] == f"new-{user.email}"

    page.locator(".devices li").last.get_by_role("button", name="End the session").click()
    expect(page.locator(".devices li")).to_have_count(1)
    elsewhere.reload()
    expect(elsewhere.get_by_label("Email or phone")).to_be_visible()

    change = page.get_by_role("region", name="Password")
    change.get_by_label("Current password").fill(PASSWORD)
    change.get_by_label("New password").fill("another horse")
    change.get_by_role("button", name="Change password").click()
    expect(page.locator(".toast")).to_contain_text("The password is changed.")
    page.reload()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()

    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_label("Email or phone")).to_be_visible()
    assert page.evaluate("localStorage.session") is None


def test_a_forgotten_password_is_asked_for_by_a_code(
    size: str, open_page: Open, person: Register, sent_to: Callable[[str], list[dict[str, str]]]
) -> None:
    page, user = open_page(size=size), person("tenant", "Timur Tenant")
    page.get_by_role("button", name="Forgot your password?").click()
    reset = page.get_by_role("dialog", name="A new password by a code")
    reset.get_by_label("Email or phone").fill(user.email)
    unconfigured = {"detail": "Codes cannot be sent here", "code": "not_configured"}
    page.route("**/auth/password/reset", lambda route: route.fulfill(status=503, json=unconfigured))
    reset.get_by_role("button", name="Send the code").click()
    expect(reset).to_contain_text("No codes are sent here yet")
    page.unroute("**/auth/password/reset")
    reset.get_by_role("button", name="Send the code").click()
    expect(reset.get_by_label("Code of six digits")).to_be_focused()
    (mail,) = sent_to(user.email)
    code = re.findall("[0-9]{6}", mail["subject"])[0]
    reset.get_by_label("Code of six digits").fill(f"{(int(code) + 1) % 1_000_000:06}")
    reset.get_by_label("New password").fill("another horse")
    reset.get_by_role("button", name="Change the password and sign in").click()
    expect(reset).to_contain_text("The code is wrong or too old.")
    reset.get_by_label("Code of six digits").fill(code)
    reset.get_by_role("button", name="Change the password and sign in").click()
    expect(page.get_by_role("link", name="Notifications")).to_be_visible()


def test_people_download_their_data_and_delete_their_account(
    size: str, open_page: Open, person: Register, city: str, screenshot: Screenshot
) -> None:
    user, owner = person("tenant", "Timur Tenant"), person("landlord", "Olga Owner")
    lead = user.call("POST", "/leads/", listing_id=owner.offers(city, "A flat"), message="Is it free?")
    page = open_page(size=size)
    sign_in(page, user)
    open_account(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    assert download.value.suggested_filename.endswith(".json")
    data = download.value.path().read_text()
    assert user.email in data
    assert "Is it free?" in data

    page.get_by_role("button", name="Delete the account").click()
    question = page.get_by_role("dialog", name="Delete the account for good?")
    screenshot(page, "question")
    question.get_by_label("Current password").fill("a wrong horse")
    question.get_by_role("button", name="Delete the account").click()
    expect(question).to_contain_text("The current password is wrong.")
    question.get_by_role("button", name="Cancel").click()
    page.reload()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete the account").click()
    question.get_by_label("Current password").fill(PASSWORD)
    question.get_by_role("button", name="Delete the account").click()
    expect(page.locator(".toast")).to_contain_text("The account is deleted.")
    expect(page.get_by_role("heading", name="Swipe homes")).to_be_visible()
    assert page.evaluate("localStorage.session") is None
    page.get_by_label("Email or phone").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator(".account").get_by_role("button", name="Sign in").last.click()
    expect(page.locator(".account")).to_contain_text("Wrong login or password.")

    sign_in(page, owner)
    page.goto(page.url.split("#")[0] + f"#/leads/{lead['id']}")
    expect(page.get_by_text("The other side has deleted their account")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_be_hidden()


def test_people_verify_their_email_by_a_code(
    size: str, open_page: Open, person: Register, sent_to: Callable[[str], list[dict[str, str]]], screenshot: Screenshot
) -> None:
    user = person("tenant", "Timur Tenant")
    page = open_page(size=size)
    sign_in(page, user)
    open_account(page)
    verification = page.get_by_role("region", name="Verification")
    expect(verification).to_contain_text(f"{user.email}Not verified")
    verification.get_by_role("button", name="Verify the email").click()
    code = verification.get_by_label("Code of six digits")
    expect(code).to_be_focused()
    (mail,) = sent_to(user.email)
    digits = re.findall("[0-9]{6}", mail["subject"])[0]
    for number in range(1, 4):  # Each wrong code counts once: five of them would end it.
        code.fill(f"{(int(digits) + number) % 1_000_000:06}")
        verification.get_by_role("button", name="Confirm").click()
        expect(verification.get_by_role("alert")).to_have_text("The code is wrong or too old.")
    screenshot(page, "wrong")
    code.fill(digits)
    verification.get_by_role("button", name="Confirm").click()
    expect(page.locator(".toast")).to_contain_text("The email is verified.")
    expect(verification).to_contain_text(f"{user.email}Verified")
    assert user.call("GET", "/auth/me?include=verification")["verification"]["email"] is True
