from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.integration.stack.journey_club import Club
from tests.integration.stack.journey_fixtures import PASSWORD, Town, address, fill, heading, look, press, sign_in

pytestmark = pytest.mark.browser


def published_event(page: Page, name: str) -> str:
    """Add the organization and publish an event with two shifts; return the link to share."""
    page.get_by_role("link", name="Add your organization").click()
    look(page, "new-organization")
    fill(page, {"Name": name})
    press(page, "Add the organization")
    heading(page, "Overview")
    look(page, "overview-new")

    page.get_by_role("link", name="Plan an event").click()
    fill(page, {"Title": f"Beach day of {name}", "Place (optional)": "South Pier"})
    fill(page, {"Task": "Collecting"})
    press(page, "Add a shift")
    page.get_by_role("group", name="Shift 2").get_by_label("Task").fill("Soup and tea")
    look(page, "event-new")
    press(page, "Publish")
    heading(page, f"Beach day of {name}")
    look(page, "manage-event-new")
    shared = page.get_by_label("Link to share").input_value()

    page.get_by_role("link", name="Overview").first.click()
    expect(page.get_by_role("region", name="Shifts that need people").get_by_role("link")).to_have_count(2)
    look(page, "overview")
    return shared


def test_somebody_registers_founds_an_organization_and_publishes_an_event(town: Town) -> None:
    email, name = address("ada"), f"Tidy Shores {secrets.token_hex(3)}"
    with town.person("/register") as page:
        look(page, "register")
        fill(page, {"Your name": "Ada Lindqvist", "Your e-mail": email})
        press(page, "Send me a link")
        expect(page.get_by_role("heading", name="Look into your mail")).to_be_focused()
        look(page, "register-sent")

        page.goto(town.link(email, "/choose-password#"))
        heading(page, "Choose a password")
        look(page, "choose-password")
        fill(page, {"Password": PASSWORD})
        press(page, "Save and sign in")
        heading(page, "My sign-ups")
        look(page, "me-new")
        shared = published_event(page, name)
    with town.person(f"/?search={name.rsplit(' ', maxsplit=1)[1]}") as page:
        look(page, "home-search")
        page.get_by_role("link", name=f"Beach day of {name}").click()
        heading(page, f"Beach day of {name}")
        assert page.url == shared


def test_a_coordinator_who_is_invited_by_mail_helps_to_run_the_organization(town: Town, club: Club) -> None:
    email = address("cora")
    with town.person(club.path("/people")) as page:
        look(page, "sign-in")
        sign_in(page, club.owner)
        press(page, "Invite somebody")
        dialog = page.get_by_role("dialog")
        look(page, "invite")
        dialog.get_by_label("E-mail").fill(email)
        dialog.get_by_label("Role").select_option("coordinator")
        press(page, "Send invitation")
        expect(page.get_by_role("listitem").filter(has_text=email)).to_contain_text("Waiting for an answer")

        with town.person() as other:
            other.goto(town.link(email, "/invitation#"))
            heading(other, f"Join {club.name}")
            look(other, "invitation")
            fill(other, {"Your name": "Cora Haas", "Password": PASSWORD})
            press(other, "Accept the invitation")
            heading(other, club.name)
            look(other, "organization-new")
            other.get_by_role("main").get_by_role("link", name="Manage").click()
            heading(other, "Overview")

        page.reload()
        expect(page.get_by_role("listitem").filter(has_text=email).last).to_contain_text("Accepted")
        expect(page.get_by_role("listitem").filter(has_text="Cora Haas")).to_contain_text("Coordinator")
        look(page, "people")
