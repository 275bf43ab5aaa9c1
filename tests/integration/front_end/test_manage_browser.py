from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.integration.front_end.front_end_site import (
    DESKTOP,
    SMALLEST,
    Site,
    accessibility_faults,
    first_scripts,
    serve_site,
    too_wide,
)
from tests.integration.front_end.manage_api import Pretended
from tests.integration.front_end.manage_serving import Switch, serve

pytestmark = pytest.mark.browser

HOME = "/manage/tidy-coast"
PAGES = [
    (HOME, "Overview"),
    (f"{HOME}/events/new", "New event"),
    (f"{HOME}/events/1", "Beach clean-up"),
    (f"{HOME}/events/4", "Summer fête"),
    (f"{HOME}/events/1/edit", "Edit Beach clean-up"),
    (f"{HOME}/people", "People"),
    (f"{HOME}/announcements", "Messages"),
    (f"{HOME}/settings", "Settings"),
]


@pytest.fixture(scope="module")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("manage")
    with serve(switch) as address, serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


@pytest.fixture(autouse=True)
def api(switch: Switch) -> Pretended:
    return switch.renew()


def written(api: Pretended, method: str, path: str) -> list[Any]:
    """Return the bodies that were sent there."""
    return [body for verb, where, body in api.written if verb == method and where.endswith(path)]


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=isinstance(name, str)).click()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("path", "title"), PAGES)
def test_a_page_has_no_fault_that_axe_finds_and_fits_the_smallest_phone(
    site: Site, path: str, title: str, *, dark: bool
) -> None:
    for size in (DESKTOP, SMALLEST):
        with site.page(path, size=size, dark=dark, signed_in=True) as page:
            expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
            expect(page.get_by_text("Loading")).to_have_count(0)
            assert accessibility_faults(page) == []
            assert too_wide(page) == []


@pytest.mark.parametrize(
    ("path", "button"),
    [
        (f"{HOME}/events/1", "Add a person to Beach team, south"),
        (f"{HOME}/events/1", "Write to its people"),
        (f"{HOME}/events/1", "Cancel this event…"),
        (f"{HOME}/events/6", "Mark attendance"),
        (f"{HOME}/people", "Edit Babak Moradi"),
        (f"{HOME}/people", "Invite somebody"),
    ],
)
def test_a_dialog_has_no_fault_that_axe_finds(site: Site, path: str, button: str) -> None:
    for dark in (False, True):
        with site.page(path, size=SMALLEST, dark=dark, signed_in=True) as page:
            press(page, button)
            expect(page.get_by_text("Loading")).to_have_count(0)
            assert accessibility_faults(page) == []


def test_who_opens_a_shared_link_does_not_load_the_coordinators_pages(built: Path) -> None:
    scripts = first_scripts(built / "dist")
    assert [name for name, code in scripts.items() if b"Shifts that need people" in code] == []


def test_the_overview_begins_with_the_shifts_that_need_people_most(site: Site) -> None:
    with site.page(HOME, signed_in=True) as page:
        needs = page.get_by_role("region", name="Shifts that need people")
        expect(needs.get_by_role("link")).to_have_text(
            [
                "Sorting",
                "Beach team, south",
                "Beach team, north",
                "Serving",
                "Chopping",
                "Repairing bicycles, radios and whatever else arrives",
            ]
        )
        expect(needs.get_by_role("listitem").nth(1)).to_contain_text("Needs 7 of 8")
        needs.get_by_role("link", name="Beach team, south").click()
        expect(page.get_by_role("heading", name="Beach team, south")).to_be_focused()


def test_an_organization_without_events_is_shown_the_next_step(site: Site, api: Pretended) -> None:
    api.mood = "idle"
    with site.page(HOME, signed_in=True) as page:
        page.get_by_role("link", name="Plan an event").click()
        expect(page.get_by_role("heading", name="New event")).to_be_focused()


def test_an_api_that_is_ill_is_said_in_words(site: Site, api: Pretended) -> None:
    api.mood = "ill"
    with site.page(HOME, signed_in=True) as page:
        expect(page.get_by_role("alert")).to_contain_text("not available right now")
        api.mood = "well"
        press(page, "Try again")
        expect(page.get_by_role("heading", name="Shifts that need people")).to_be_visible()


def test_a_volunteer_is_told_whose_page_it_is(site: Site, api: Pretended) -> None:
    api.role = "volunteer"
    with site.page(HOME, signed_in=True) as page:
        expect(page.get_by_text("You do not manage this organization.")).to_be_visible()


def test_an_event_is_planned_with_its_shifts_and_published(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/events/new", signed_in=True) as page:
        press(page, "Publish")
        expect(page.get_by_label("Title")).to_be_focused()
        expect(page.get_by_text("Give the event a name.")).to_be_visible()
        page.get_by_label("Title").fill("Harbour day")
        page.get_by_label("Task").fill("Morning")
        press(page, "Duplicate Morning")
        second = page.get_by_role("group", name="Shift 2")
        expect(second.get_by_label("Task")).to_be_focused()
        second.get_by_label("Task").fill("Welcome desk")
        press(page, "Publish")
        expect(page.get_by_role("heading", name="Harbour day", level=1, exact=True)).to_be_visible()
    (sent,) = written(api, "POST", "/events")
    assert sent["state"] == "published"
    assert [shift["title"] for shift in sent["shifts"]] == ["Morning", "Welcome desk"]
    assert sent["starts_at"].endswith("Z")


def test_enter_saves_a_draft_and_never_publishes(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/events/new", signed_in=True) as page:
        page.get_by_label("Task").fill("Morning")
        page.get_by_label("Title").fill("Harbour day")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Only coordinators see this draft.")).to_be_visible()
    assert [event["state"] for event in written(api, "POST", "/events")] == ["draft"]


def test_what_the_api_refuses_stands_at_its_field(site: Site) -> None:
    with site.page(f"{HOME}/events/new", signed_in=True) as page:
        page.get_by_label("Title").fill("refused")
        page.get_by_label("Task").fill("Morning")
        press(page, "Save as draft")
        expect(page.get_by_label("Task")).to_be_focused()
        expect(page.get_by_label("Task")).to_have_accessible_description(re.compile("at most 200 characters"))


def test_an_event_is_changed_by_what_differs_alone(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/events/1/edit", signed_in=True) as page:
        page.get_by_label("Place").fill("North Pier")
        page.get_by_role("group", name="Shift 2").get_by_label("People needed").fill("9")
        press(page, "Save changes")
        expect(page.get_by_role("heading", name="Beach clean-up", level=1, exact=True)).to_be_visible()
    assert written(api, "PATCH", "/events/1") == [{"location": "North Pier"}]
    assert written(api, "PATCH", "/shifts/12") == [{"capacity": 9}]


def test_cancelling_an_event_says_who_is_told_before_it_is_done(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/events/1", signed_in=True) as page:
        press(page, "Cancel this event…")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("told by e-mail: 9 sign-ups")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Cancel this event…")).to_be_focused()
        assert api.written == []
        press(page, "Cancel this event…")
        press(page, "Cancel event")
        expect(page.get_by_text("This event is cancelled.")).to_be_visible()


def test_attendance_is_marked_by_keys_alone(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/events/6", signed_in=True) as page:
        press(page, "Mark attendance")
        page.get_by_role("group", name="Babak Moradi").get_by_label("Unknown").focus()
        for key in "ppa":
            page.keyboard.press(key)
        expect(page.get_by_text("2 came, 1 did not, 2 not marked")).to_be_visible()
        expect(page.get_by_role("group", name="Erik Johansson").get_by_label("Unknown")).to_be_focused()
        press(page, "Done")
        expect(page.get_by_role("listitem").filter(has_text="Dilnoza")).to_contain_text("Did not come")
    marked = {where: body["attended"] for verb, where, body in api.written if verb == "PUT"}  # they may overtake
    assert sorted(marked.values()) == [False, True, True]


def test_a_person_is_put_on_a_shift_and_taken_off_it(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/events/1", signed_in=True) as page:
        press(page, "Add a person to Beach team, south")
        page.get_by_label("Name or e-mail").fill("hana")
        press(page, "Add Hana Nováková")
        expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Hana Nováková has a place.")
        press(page, "Done")
        press(page, "Cancel the sign-up of Hana Nováková")
        press(page, "Cancel sign-up")
        expect(page.get_by_text("Hana Nováková is off the list.")).to_be_visible()
    assert written(api, "POST", "/shifts/13/sign-ups") == [{"member_id": 8}]
