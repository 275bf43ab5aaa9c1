"""Is somebody asked before unsaved work is lost, and left in peace otherwise?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.integration.front_end.front_end_site import (
    DESKTOP,
    SMALLEST,
    Site,
    accessibility_faults,
    serve_site,
    too_wide,
)
from tests.integration.front_end.manage_serving import Switch, serve

pytestmark = pytest.mark.browser

HOME = "/manage/tidy-coast"
EDIT = f"{HOME}/events/1/edit"
FORMS = [(EDIT, "Place"), (f"{HOME}/events/new", "Place"), (f"{HOME}/announcements", "Message")]


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("unsaved")
    with serve(Switch()) as address, serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("path", "field"), FORMS)
def test_a_link_asks_before_what_was_typed_is_lost(site: Site, path: str, field: str) -> None:
    with site.page(path, signed_in=True) as page:
        typed = page.get_by_label(re.compile(f"^{field}"))
        typed.fill("North Pier")
        page.get_by_role("link", name="People").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("would be lost")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("link", name="People")).to_be_focused()
        expect(typed).to_have_value("North Pier")
        page.get_by_role("link", name="People").click()
        press(page, "Leave")
        expect(page.get_by_role("heading", name="People", level=1, exact=True)).to_be_visible()
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("heading", name="Settings", level=1, exact=True)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_the_question_has_no_fault_that_axe_finds(site: Site, *, dark: bool) -> None:
    for size in (DESKTOP, SMALLEST):
        with site.page(EDIT, size=size, dark=dark, signed_in=True) as page:
            page.get_by_label("Place").fill("North Pier")
            page.get_by_role("link", name="People").click()
            expect(page.get_by_role("dialog", name="Leave without saving?")).to_be_visible()
            assert accessibility_faults(page) == []
            assert too_wide(page) == []


@pytest.mark.parametrize("start", ["/", HOME])
def test_the_way_back_of_the_browser_asks_too_and_then_leads_there(site: Site, start: str) -> None:
    with site.page(start, signed_in=True) as page:
        page.evaluate(
            "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }", EDIT
        )
        page.get_by_label("Place").fill("North Pier")
        page.go_back()
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page).to_have_url(f"{site.url}{EDIT}")
        press(page, "Go on editing")
        expect(page.get_by_label("Place")).to_have_value("North Pier")
        page.go_back()
        press(page, "Leave")
        expect(page).to_have_url(f"{site.url}{start}")
        expect(page.get_by_role("heading", name="Edit Beach clean-up")).to_have_count(0)
        page.go_forward()
        expect(page.get_by_label("Place")).to_have_value("South Pier")


def test_a_closed_tab_asks_in_the_browsers_words_only_while_something_is_changed(site: Site) -> None:
    with site.page(EDIT, signed_in=True) as page:
        questions: list[str] = []

        def accept(dialog: Dialog) -> None:
            questions.append(dialog.type)
            dialog.accept()

        page.on("dialog", accept)
        place = page.get_by_label("Place")
        place.fill("North Pier")
        place.fill("South Pier")
        page.reload()
        expect(place).to_be_visible()
        assert questions == []
        place.fill("North Pier")
        page.reload()
        expect(place).to_have_value("South Pier")
        assert questions == ["beforeunload"]


def test_nobody_is_asked_without_a_change_or_after_saving(site: Site) -> None:
    with site.page(EDIT, signed_in=True) as page:
        page.get_by_label("Place").click()
        page.get_by_role("link", name="People").click()
        expect(page.get_by_role("heading", name="People", level=1, exact=True)).to_be_visible()
        page.go_back()
        page.get_by_label("Place").fill("North Pier")
        press(page, "Save changes")
        expect(page.get_by_role("heading", name="Beach clean-up", level=1, exact=True)).to_be_visible()
        page.get_by_role("link", name="People").click()
        expect(page.get_by_role("heading", name="People", level=1, exact=True)).to_be_visible()


def test_a_message_that_is_being_written_is_not_closed_by_accident(site: Site) -> None:
    with site.page(f"{HOME}/events/1", signed_in=True) as page:
        press(page, "Write to its people")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        press(page, "Write to its people")
        page.get_by_label("Message").fill("Bring gloves.")
        page.keyboard.press("Escape")
        press(page, "Go on writing")
        expect(page.get_by_label("Message")).to_have_value("Bring gloves.")
        press(page, "Cancel")
        press(page, "Leave")
        expect(page.get_by_role("dialog")).to_have_count(0)
