from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.integration.front_end.front_end_site import PHONE, Site, serve_site
from tests.integration.front_end.manage_api import Pretended
from tests.integration.front_end.manage_serving import Switch, serve

pytestmark = pytest.mark.browser

HOME = "/manage/tidy-coast"


@pytest.fixture(scope="module")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("manage-people")
    with serve(switch) as address, serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


@pytest.fixture(autouse=True)
def api(switch: Switch) -> Pretended:
    return switch.renew()


def test_people_are_searched_and_chosen_by_role(site: Site) -> None:
    with site.page(f"{HOME}/people", signed_in=True) as page:
        edit = page.get_by_role("button", name=re.compile("^Edit "))
        expect(edit).to_have_count(12)
        page.get_by_label("Search").fill("chiara")
        expect(edit).to_have_count(1)
        page.get_by_label("Role").select_option("owner")
        expect(page.get_by_text("Nobody fits this search.")).to_be_visible()


def test_a_person_is_added_and_a_second_one_with_the_same_address_refused(site: Site) -> None:
    with site.page(f"{HOME}/people", size=PHONE, signed_in=True) as page:
        page.get_by_role("button", name="Add a person").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("Mo Farouk")
        dialog.get_by_label("E-mail").fill("ada@example.org")
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog.get_by_role("alert")).to_contain_text("in the organization already")
        dialog.get_by_label("E-mail").fill("mo.farouk@example.org")
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("button", name="Edit Mo Farouk")).to_be_visible()


def test_an_owner_changes_a_role_and_a_coordinator_is_not_offered_it(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/people", signed_in=True) as page:
        page.get_by_role("button", name="Edit Chiara De Santis").click()
        page.get_by_role("dialog").get_by_label("Role").select_option("coordinator")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Chiara De Santis is saved.")).to_be_visible()
    assert ("PATCH", "/organizations/tidy-coast/people/3", {"role": "coordinator"}) in api.written
    api.role = "coordinator"
    with site.page(f"{HOME}/people", signed_in=True) as page:
        page.get_by_role("button", name="Edit Dilnoza Karimova").click()
        expect(page.get_by_role("dialog").get_by_label("Name")).to_be_visible()
        expect(page.get_by_role("dialog").get_by_label("Role")).to_have_count(0)


def test_removing_a_person_says_what_becomes_of_their_shifts(site: Site) -> None:
    with site.page(f"{HOME}/people", signed_in=True) as page:
        page.get_by_role("button", name="Edit Chiara De Santis").click()
        page.get_by_role("button", name="Remove this person…").click()
        expect(page.get_by_role("dialog")).to_contain_text("3 sign-ups for shifts ahead will be cancelled")
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("Chiara De Santis is removed.")).to_be_visible()
        expect(page.get_by_role("button", name="Edit Chiara De Santis")).to_have_count(0)


def test_somebody_is_invited_and_the_invitation_taken_back(site: Site) -> None:
    with site.page(f"{HOME}/people", signed_in=True) as page:
        page.get_by_role("button", name="Invite somebody").click()
        page.get_by_role("dialog").get_by_label("E-mail").fill("new@example.org")
        page.get_by_role("dialog").get_by_label("Role").select_option("coordinator")
        page.get_by_role("button", name="Send invitation").click()
        page.get_by_role("button", name="Take back the invitation of new@example.org").click()
        page.get_by_role("button", name="Take back", exact=True).click()
        item = page.get_by_role("listitem").filter(has_text="new@example.org")
        expect(item).to_contain_text("Taken back")


def test_a_file_is_checked_before_it_is_imported_and_its_bad_lines_are_named(site: Site, api: Pretended) -> None:
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=b"name,email\nMo,mo@x.org\nBo,nothing\n")
    with site.page(f"{HOME}/people", signed_in=True) as page:
        page.get_by_label("Choose a file").set_input_files(file)
        expect(page.get_by_text("1 person would be added. 1 line is left out.")).to_be_visible()
        expect(page.get_by_role("row").nth(1)).to_contain_text("3")
        page.get_by_role("button", name="Import now").click()
        expect(page.get_by_text("1 person was added. 1 line is left out.")).to_be_visible()
        expect(page.get_by_role("button", name="Import now")).to_have_count(0)
    assert len([path for _, path, _ in api.written if path.endswith("/import")]) == 2


def test_the_people_are_exported_as_a_file(site: Site) -> None:
    with site.page(f"{HOME}/people", signed_in=True) as page:
        page.get_by_role("button", name="Make the file").click()
        expect(page.get_by_text("The file is ready: 12 lines.")).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        assert waiting.value.suggested_filename == "tidy-coast-people.csv"


def test_a_message_is_sent_after_a_look_at_how_many_get_it(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/announcements", signed_in=True) as page:
        page.get_by_label("About").select_option("1")
        page.get_by_label("To whom").select_option("waiting")
        page.get_by_label("Subject").fill("Weather")
        page.get_by_label("Message").fill("Bring boots.")
        page.get_by_role("button", name="Review and send").click()
        page.get_by_role("button", name="Send to 1 person").click()
        expect(page.get_by_text("Only the waiting list · Beach clean-up · being sent")).to_be_visible()
        expect(page.get_by_label("Subject")).to_have_value("")
    sent = [body for method, _, body in api.written if method == "POST"]
    assert sent == [{"subject": "Weather", "body": "Bring boots.", "audience": "waiting", "event_id": 1}]


def test_an_owner_describes_the_organization_and_a_coordinator_reads_it(site: Site, api: Pretended) -> None:
    with site.page(f"{HOME}/settings", signed_in=True) as page:
        page.get_by_label("Name").fill("Tidy Coast North")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The settings are saved.")).to_be_visible()
        expect(page.get_by_label("Public page")).to_have_value(f"{site.url}/o/tidy-coast")
    api.role = "coordinator"
    with site.page(f"{HOME}/settings", signed_in=True) as page:
        expect(page.get_by_text("Owners of the organization can change this.")).to_be_visible()
