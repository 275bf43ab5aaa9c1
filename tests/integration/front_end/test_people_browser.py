from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.front_end.front_end_api import Api, serve
from tests.integration.front_end.front_end_site import PHONE, Site, accessibility_faults, serve_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with serve(api) as address, serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(api: Api) -> None:
    api.reset("well", signed_in=False)


def asked(api: Api, method: str, path: str) -> list[object]:
    """Return the bodies that came with such requests."""
    return [body for way, where, body, _ in api.asked if (way, where) == (method, path)]


def say_who(page: Page, email: str = "ben@example.org") -> None:
    """Fill in a stranger's name and address."""
    page.get_by_label("Your name").fill("Ben Okafor")
    page.get_by_label("Your e-mail").fill(email)


@pytest.mark.req("D-09")
def test_a_stranger_on_a_phone_signs_up_and_takes_the_shift_along(site: Site, api: Api) -> None:
    with site.page("/events/4", size=PHONE) as page:
        page.get_by_role("radio", name="Collecting along the beach").check()
        say_who(page)
        page.get_by_role("button", name="Sign up", exact=True).click()
        expect(page.get_by_role("heading", name="You are signed up")).to_be_focused()
        assert accessibility_faults(page) == []
        with page.expect_download() as saved:
            page.get_by_role("button", name="Add to calendar").click()
        assert "DTSTART:20300504T090000Z" in Path(saved.value.path()).read_text()
        page.get_by_role("button", name="Sign up for another shift").click()
        expect(page.get_by_label("Your e-mail")).to_have_value("ben@example.org")
    assert asked(api, "POST", "/shifts/12/sign-ups") == [{"name": "Ben Okafor", "email": "ben@example.org"}]
    assert [headers["Idempotency-Key"] for _, path, _, headers in api.asked if path == "/shifts/12/sign-ups"]


@pytest.mark.req("D-09")
def test_a_full_shift_offers_its_waiting_list(site: Site) -> None:
    with site.page("/events/4") as page:
        page.get_by_role("radio", name="Soup and tea").check()
        say_who(page)
        page.get_by_role("button", name="Join the waiting list").click()
        expect(page.get_by_role("heading", name="You are number 3 on the waiting list")).to_be_focused()


def test_what_is_missing_or_wrong_is_said_beside_its_field(site: Site, api: Api) -> None:
    with site.page("/events/4") as page:
        page.get_by_role("button", name="Sign up", exact=True).click()
        expect(page.get_by_text("Please choose a shift.")).to_be_visible()
        expect(page.get_by_role("radio").first).to_be_focused()
        page.get_by_role("radio").first.check()
        say_who(page, "ben@nowhere")
        page.get_by_role("button", name="Sign up", exact=True).click()
        expect(page.get_by_label("Your e-mail")).to_be_focused()
        complaint = re.compile(r"This is not an e-mail address\.$")
        expect(page.get_by_label("Your e-mail")).to_have_accessible_description(complaint)
        assert accessibility_faults(page) == []
    assert len(asked(api, "POST", "/shifts/11/sign-ups")) == 1


def test_a_sign_up_that_came_too_late_says_so_and_can_be_tried_again(site: Site, api: Api) -> None:
    api.mood = "closed"
    with site.page("/events/4") as page:
        page.get_by_role("radio").first.check()
        say_who(page)
        page.get_by_role("button", name="Sign up", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("closed")
        api.mood = "well"
        page.get_by_role("button", name="Sign up", exact=True).click()
        expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    first, second = (headers["Idempotency-Key"] for _, path, _, headers in api.asked if path == "/shifts/11/sign-ups")
    assert first == second


@pytest.mark.req("D-09")
def test_a_mailed_link_shows_and_cancels_a_sign_up(site: Site, api: Api) -> None:
    with site.page("/my-sign-up#a.mailed.token") as page:
        expect(page.get_by_text("Confirmed")).to_be_visible()
        page.get_by_role("button", name="Cancel my sign-up").click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Cancel my sign-up")).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Cancel my sign-up").click()
        expect(page.get_by_text("Cancelled")).to_be_visible()
        expect(page.get_by_role("heading", name="Your sign-up")).to_be_focused()
    assert asked(api, "POST", "/sign-ups/cancel") == [{"token": "a.mailed.token"}]


def test_a_private_page_asks_for_a_sign_in_and_is_shown_after_it(site: Site, api: Api) -> None:
    with site.page("/me") as page:
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password", exact=True).fill("wrong password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        page.get_by_label("Password", exact=True).fill("right password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="My sign-ups")).to_be_focused()
        expect(page).to_have_url(f"{site.url}/me")
        page.get_by_role("button", name="Cancel Collecting along the beach").click()
        page.get_by_role("button", name="Cancel my sign-up").click()
        expect(page.get_by_text("Cancelled")).to_be_visible()
    assert api.cancelled == {2}


def test_signing_out_everywhere_ends_the_session_in_every_tab(site: Site, api: Api) -> None:
    api.signed_in = True
    with site.page("/me", signed_in=True) as page:
        other = page.context.new_page()
        other.goto(f"{site.url}/")
        expect(other.get_by_role("link", name="My sign-ups")).to_be_visible()
        page.get_by_role("button", name="Sign out everywhere").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(other.get_by_role("link", name="Sign in")).to_be_visible()
    assert len(asked(api, "POST", "/auth/logout-everywhere")) == 1


@pytest.mark.parametrize(("path", "title"), [("/register", "Make an account"), ("/forgot", "Forgot your password?")])
def test_what_is_answered_by_mail_says_so(site: Site, path: str, title: str) -> None:
    with site.page(path) as page:
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        if path == "/register":
            page.get_by_label("Your name").fill("Ada")
        page.get_by_label("E-mail").or_(page.get_by_label("Your e-mail")).fill("ada@example.org")
        page.get_by_role("button", name="Send me a link").click()
        expect(page.get_by_role("heading", name="Look into your mail")).to_be_focused()
        assert accessibility_faults(page) == []


def test_a_chosen_password_and_an_accepted_invitation_sign_in(site: Site, api: Api) -> None:
    with site.page("/choose-password#mailed") as page:
        page.get_by_label("Password", exact=True).fill("short")
        page.get_by_role("button", name="Save and sign in").click()
        expect(page.get_by_text("Please use at least 10 characters.")).to_be_visible()
        page.get_by_label("Password", exact=True).fill("long enough for it")
        page.get_by_role("button", name="Save and sign in").click()
        expect(page).to_have_url(f"{site.url}/manage/tidy-coast")
    with site.page("/invitation#mailed") as page:
        page.get_by_label("Your name").fill("Ben")
        page.get_by_label("Password", exact=True).fill("long enough for it")
        page.get_by_role("button", name="Accept the invitation").click()
        expect(page.get_by_role("heading", name="Tidy Coast")).to_be_focused()
    assert asked(api, "POST", "/auth/password") == [{"token": "mailed", "password": "long enough for it"}]


@pytest.mark.parametrize(
    "path", ["/choose-password", "/choose-password#spent", "/invitation#spent", "/my-sign-up#spent"]
)
def test_a_spent_link_says_so(site: Site, path: str) -> None:
    with site.page(path) as page:
        if path.startswith("/choose-password#"):
            page.get_by_label("Password", exact=True).fill("long enough for it")
            page.get_by_role("button", name="Save and sign in").click()
        expect(page.get_by_text("This link does not work")).to_be_visible()


def test_a_new_organization_needs_an_address_that_is_free(site: Site, api: Api) -> None:
    api.signed_in = True
    with site.page("/new-organization", signed_in=True) as page:
        page.get_by_label("Name", exact=True).fill("Café für Alle")
        address = page.get_by_label("Address of its page")
        expect(address).to_have_value("cafe-fur-alle")
        address.fill("taken")
        page.get_by_role("button", name="Add the organization").click()
        expect(page.get_by_text("This address is taken.")).to_be_visible()
        expect(address).to_be_focused()
        address.fill("cafe-for-all")
        page.get_by_role("button", name="Add the organization").click()
        expect(page).to_have_url(f"{site.url}/manage/tidy-coast")
