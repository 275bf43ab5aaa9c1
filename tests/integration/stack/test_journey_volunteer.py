from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.integration.stack.journey_club import Club
from tests.integration.stack.journey_fixtures import Town, address, fill, heading, look, press

pytestmark = pytest.mark.browser

KEYSTROKE_MS = 60  # a fast typist on a phone


class Taps:
    """A thumb that counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Locator) -> None:
        """Tap once."""
        target.tap()
        self.count += 1


def choose_and_sign(page: Page, shift: str, name: str, email: str) -> None:
    """Fill the sign-up in, up to its button."""
    page.get_by_role("radio", name=shift).check()
    fill(page, {"Your name": name, "Your e-mail": email})


@pytest.mark.req("D-09")
def test_a_shared_link_on_a_phone_takes_three_taps_to_a_place(
    town: Town, club: Club, record_property: Callable[[str, object], None]
) -> None:
    event = club.event("Boat wash")
    email, tap, began = address("vera"), Taps(), time.monotonic()
    with town.person(f"/events/{event['id']}", on_phone=True) as page:
        tap(page.get_by_text("Setting up"))
        tap(page.get_by_label("Your name"))
        page.keyboard.type("Vera Novak", delay=KEYSTROKE_MS)
        page.keyboard.press("Tab")  # the key that says `next` on a phone
        page.keyboard.type(email, delay=KEYSTROKE_MS)
        tap(page.get_by_role("button", name="Sign up", exact=True))
        expect(page.get_by_role("heading", name="You are signed up")).to_be_focused()
        record_property("seconds", round(time.monotonic() - began, 1))
        assert tap.count == 3
        look(page, "signed-up")
        town.wait_for_mail(email, "Boat wash")


@pytest.mark.req("D-09")
def test_who_waits_is_promoted_when_a_mailed_link_frees_a_place(town: Town, club: Club) -> None:
    event = club.event("Sail loft")
    first = club.sign_up(event, "Frida")
    second = address("selma")
    with town.person(f"/events/{event['id']}", on_phone=True) as page:
        look(page, "event-full-shift")
        choose_and_sign(page, "Setting up", "Selma Berg", second)
        press(page, "Join the waiting list")
        expect(page.get_by_role("heading", name="You are number 1 on the waiting list")).to_be_focused()
        look(page, "waiting")

        page.goto(town.link(second, "/my-sign-up#"))
        expect(page.get_by_text("Number 1 on the waiting list")).to_be_visible()
        with town.person() as other:
            other.goto(town.link(first, "/my-sign-up#"))
            expect(other.get_by_text("Confirmed")).to_be_visible()
            look(other, "my-sign-up")
            press(other, "Cancel my sign-up")
            look(other, "my-sign-up-cancelling")
            other.get_by_role("dialog").get_by_role("button", name="Cancel my sign-up").click()
            expect(other.get_by_text("Cancelled")).to_be_visible()
            look(other, "my-sign-up-cancelled")

        page.goto(town.link(second, "/my-sign-up#", subject="it is yours"))
        page.reload()
        expect(page.get_by_text("Confirmed")).to_be_visible()


@pytest.mark.req("D-09")
def test_of_two_who_take_the_last_place_at_one_moment_one_waits(town: Town, club: Club) -> None:
    event = club.event("Lighthouse paint")
    with town.person(f"/events/{event['id']}") as one, town.person(f"/events/{event['id']}") as other:
        for page, name in ((one, "Kim"), (other, "Robin")):
            choose_and_sign(page, "Setting up", name, address(name.lower()))
        at = time.time() * 1000 + 500
        for page in (one, other):
            page.evaluate(
                "at => setTimeout(() => document.querySelector('main form').requestSubmit(), at - Date.now())", at
            )
        said = []
        for page in (one, other):
            answer = page.get_by_role("status").get_by_role("heading", level=2)
            expect(answer).to_be_visible(timeout=10_000)
            said.append(answer.inner_text())
    assert sorted(said) == ["You are number 1 on the waiting list", "You are signed up"]


@pytest.mark.req("D-09")
def test_without_a_connection_the_page_says_so_and_sends_the_same_sign_up_later(town: Town, club: Club) -> None:
    event = club.event("Quay market")
    with town.person(f"/events/{event['id']}", on_phone=True, goes_offline=True) as page:
        choose_and_sign(page, "Setting up", "Nora", address("nora"))
        page.context.set_offline(True)
        press(page, "Sign up")
        expect(page.get_by_role("alert")).to_contain_text("could not be reached")
        look(page, "offline")
        page.context.set_offline(False)
        press(page, "Sign up")
        expect(page.get_by_role("heading", name="You are signed up")).to_be_focused()


def test_a_link_that_was_cut_off_changed_or_is_too_old_says_what_to_do(town: Town, club: Club) -> None:
    event = club.event("Rope course")
    link = town.link(club.sign_up(event, "Tilda"), "/my-sign-up#")
    middle = len(link) // 2 + 20
    changed = link[:middle] + ("A" if link[middle] != "A" else "B") + link[middle + 1 :]
    with town.person() as page:
        for broken in (link[:-8], changed, f"{town.url}/my-sign-up"):
            page.goto(broken)
            page.reload()
            expect(page.get_by_text("This link does not work")).to_be_visible()
        look(page, "link-bad")
        used = town.link(club.owner, "/choose-password#")
        page.goto(used)
        fill(page, {"Password": "another long password"})
        press(page, "Save and sign in")
        heading(page, "This link does not work")
        look(page, "link-used")
        page.goto(f"{town.url}/invitation#{'x' * 43}")
        heading(page, "This link does not work")
