"""What does an imported file change, and what does it leave alone?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def send(club: Club, content: str | bytes, *, who: Person | None = None, **more: Any) -> httpx.Response:
    headers = {"Content-Type": "text/csv"} | more.pop("headers", {})
    return club.ask("POST", "~/people/import", who or club.coordinator, content=content, headers=headers, **more)


def people(club: Club) -> dict[str, tuple[str, str, str]]:
    query = "SELECT email, name, phone, role FROM signups_member WHERE organization_id = %s"
    return {email: (name, phone, role) for email, name, phone, role in club.sql(query, club.id)}


FILE = "name;email;phone\nAda;ada@example.org;+46 8 1\nMo;mo@example.org;\nNobody;nowhere;\n"
WRONG = [{"line": 4, "why": "email: is not an e-mail address that mail can be sent to"}]


def test_an_import_writes_people_down_and_names_what_it_left_out(club: Club) -> None:
    before = people(club)
    answer = send(club, "\ufeff" + FILE)
    assert (answer.status_code, answer.json()) == (200, {"created": 2, "updated": 0, "rejected": WRONG})
    new = {"ada@example.org": ("Ada", "+46 8 1", "volunteer"), "mo@example.org": ("Mo", "", "volunteer")}
    assert people(club) == before | new


def test_imported_twice_the_second_time_changes_nothing(club: Club) -> None:
    send(club, FILE)
    before = people(club)
    assert send(club, FILE).json() == {"created": 0, "updated": 0, "rejected": WRONG}
    assert people(club) == before


def test_a_dry_run_tells_the_same_and_changes_nothing(club: Club) -> None:
    club.person("Ada Old", email="ada@example.org")
    before = people(club)
    told = send(club, FILE, params={"dry_run": True}).json()
    assert told == {"created": 1, "updated": 1, "rejected": WRONG}
    assert people(club) == before
    assert send(club, FILE).json() == told


def test_a_known_person_is_brought_up_to_date_and_keeps_what_the_file_leaves_out(club: Club) -> None:
    club.sql("UPDATE signups_member SET phone = '1' WHERE id = %s", club.volunteer.id)
    answer = send(club, f"name,email\nNew name,{club.volunteer.email.upper()}\n")
    assert answer.json() == {"created": 0, "updated": 1, "rejected": []}
    assert people(club)[club.volunteer.email] == ("New name", "1", "volunteer")


def test_a_coordinator_cannot_rename_an_owner_by_a_file(club: Club) -> None:
    content = f"name,email\nMallory,{club.owner.email}\nowner,{club.owner.email.replace('owner', 'new')}\n"
    why = "email: only an owner may change owners and coordinators"
    assert send(club, content).json() == {"created": 1, "updated": 0, "rejected": [{"line": 2, "why": why}]}
    assert people(club)[club.owner.email] == ("owner", "", "owner")
    assert send(club, content, who=club.owner).json() == {"created": 0, "updated": 1, "rejected": []}
    assert people(club)[club.owner.email] == ("Mallory", "", "owner"), "and the role stays"


@pytest.mark.req("B-17")
def test_the_people_of_another_organization_are_not_touched(club: Club, services: Services, api: Web) -> None:
    with new_club(services, api) as other:
        theirs = people(other)
        assert send(club, f"name,email\nMallory,{other.volunteer.email}\n").json()["created"] == 1
        assert people(other) == theirs
        assert send(club, FILE, who=other.owner).status_code == 403


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (FILE, {"Content-Type": "application/json"}, 415),
        ("", {}, 422),
        (b"name,email\n\xff,a@example.org", {}, 422),
        ('name,email\n"open', {}, 422),
        ("name,email\n" + "a,a@example.org\n" * 5001, {}, 422),
        ("name,email\n" + "x" * 1024 * 1024, {}, 413),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    club: Club, content: str | bytes, headers: dict[str, str], status: int
) -> None:
    answer = send(club, content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert len(people(club)) == 3


def test_as_many_people_as_a_file_may_have_are_written(club: Club) -> None:
    content = "name,email\n" + "".join(f"Person {number},p{number}@example.org\n" for number in range(5000))
    assert send(club, content, timeout=30).json() == {"created": 5000, "updated": 0, "rejected": []}
    assert len(people(club)) == 5003
