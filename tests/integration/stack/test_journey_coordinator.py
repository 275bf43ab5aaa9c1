from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.integration.stack.journey_club import Club
from tests.integration.stack.journey_fixtures import Town, address, fill, heading, look, press, sign_in

pytestmark = pytest.mark.browser


def test_who_came_is_marked_and_stays(town: Town, club: Club) -> None:
    event = club.event("Harbour breakfast", places=3, begins_in=timedelta(minutes=30))
    for name in ("Hanna", "Ivo"):
        club.sign_up(event, name)
    with town.person(club.path(f"/events/{event['id']}")) as page:
        sign_in(page, club.owner)
        heading(page, "Harbour breakfast")
        press(page, "Mark attendance")
        for name, mark in (("Hanna", "Came"), ("Ivo", "Absent")):
            choice = page.get_by_role("group", name=name).get_by_role("radio", name=mark)
            choice.click()
            expect(choice).to_be_checked()
        look(page, "attendance")
        press(page, "Done")
        page.reload()
        people = page.get_by_role("list", name="Signed up for Setting up")
        expect(people.get_by_role("listitem").filter(has_text="Hanna")).to_contain_text("Came")
        expect(people.get_by_role("listitem").filter(has_text="Ivo")).to_contain_text("Did not come")
        look(page, "manage-event")


def test_a_message_reaches_the_people_of_an_event(town: Town, club: Club) -> None:
    event = club.event("Net mending", places=3)
    email = club.sign_up(event, "Jonna")
    with town.person(club.path(f"/events/{event['id']}")) as page:
        sign_in(page, club.owner)
        press(page, "Write to its people")
        fill(page, {"Subject": "We meet at the slipway", "Message": "Not at the pier: it is being painted."})
        look(page, "write")
        press(page, "Review and send")
        press(page, "Send to 1 person")
        expect(page.get_by_role("dialog")).to_have_count(0)
        town.wait_for_mail(email, "We meet at the slipway")
        page.goto(town.url + club.path("/announcements"))
        expect(page.get_by_text("We meet at the slipway")).to_be_visible()
        look(page, "announcements")


def test_people_come_in_by_a_file_and_go_out_by_a_file(town: Town, club: Club, tmp_path: Path) -> None:
    known, file = address("liv"), tmp_path / "people.csv"
    file.write_text(f"name,email,phone\nLiv Aas,{known},+358 40 123\nNobody,not-an-address,\n", encoding="utf-8")
    with town.person(club.path("/people")) as page:
        sign_in(page, club.owner)
        heading(page, "People")
        page.get_by_label("Choose a file").set_input_files(file)
        expect(page.get_by_role("row").filter(has_text="3")).to_be_visible()
        look(page, "import")
        press(page, "Import now")
        expect(page.get_by_role("listitem").filter(has_text="Liv Aas")).to_contain_text(known)
        press(page, "Make the file")
        with page.expect_download(timeout=30_000) as saved:
            page.get_by_role("button", name="Download", exact=True).click(timeout=30_000)
        look(page, "people-export")
        assert known in Path(saved.value.path()).read_text(encoding="utf-8-sig")
        assert saved.value.suggested_filename == f"{club.slug}-people.csv"


def test_signing_out_everywhere_ends_another_browser_at_its_next_request(town: Town, club: Club) -> None:
    with town.person("/me") as lost, town.person("/me") as here:
        for page in (lost, here):
            sign_in(page, club.owner)
            heading(page, "My sign-ups")
        look(here, "me")
        press(here, "Sign out everywhere")
        heading(here, "Sign in")
        lost.get_by_role("link", name="Manage", exact=True).click()
        heading(lost, "Sign in")
        look(lost, "signed-out")
        lost.go_back()
        expect(lost.get_by_role("heading", name="My account")).to_have_count(0)


def test_what_else_there_is_to_see_has_no_fault_that_axe_finds(town: Town, club: Club) -> None:
    with town.person(club.path("/settings")) as page:
        sign_in(page, club.owner)
        heading(page, "Settings")
        look(page, "settings")
    with town.person(f"/o/{club.slug}") as page:
        heading(page, club.name)
        look(page, "organization")
    with town.person("/") as page:
        expect(page.get_by_role("article").first).to_be_visible()
        look(page, "home")
    with town.person("/no/such/page") as page:
        heading(page, "Not found")
        look(page, "not-found")
    with town.person("/forgot") as page:
        heading(page, "Forgot your password?")
        look(page, "forgot")
