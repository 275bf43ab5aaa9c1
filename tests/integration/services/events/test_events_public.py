from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.events.models import Event, EventCards
from tests.integration.services.clubs import Club, new_club
from tests.integration.services.planning import at, event, plan, shift
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def titles(cards: dict[str, Any]) -> list[str]:
    return [card["title"] for card in cards["items"]]


def test_the_list_holds_what_is_published_and_not_over_the_next_one_first(club: Club) -> None:
    assert club.get("~/events") == {"items": [], "next": None}
    for title, hours in (("Third", 20), ("First", 1), ("Second", 10)):
        plan(club, start_h=hours, end_h=hours + 3, title=title)
    plan(club, title="Draft", state="draft")
    cancelled = plan(club, title="Cancelled")
    club.ask("PATCH", f"~/events/{cancelled['id']}", club.coordinator, json={"state": "cancelled"})
    club.event(title="Over", in_h=-30)
    club.event(title="Runs", in_h=-5)
    assert titles(club.get("~/events")) == ["Runs", "First", "Second", "Third"]


def test_a_card_is_what_the_document_says(club: Club) -> None:
    made = plan(club, title='Quotes " and \\ and ü', location="Quay\t1".replace("\t", " "), shifts=[shift(), shift()])
    club.sign_up(made["shifts"][0]["id"], club.person("Mo"))
    answer = club.ask("GET", "~/events")
    assert answer.headers["content-type"] == "application/json"
    (card,) = EventCards.model_validate_json(answer.content).items
    assert set(answer.json()["items"][0]) == set(EventCards.model_fields["items"].annotation.__args__[0].model_fields)  # type: ignore[union-attr]  # a list of cards
    assert (card.id, card.title, card.location) == (made["id"], 'Quotes " and \\ and ü', "Quay 1")
    assert (card.organization, card.organization_slug) == (f"The {club.slug}", club.slug)
    assert (card.capacity, card.taken, card.free) == (4, 1, 3)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_follow_each_other_without_gap_and_repetition(club: Club, limit: int) -> None:
    for number in range(7):
        plan(club, start_h=number // 3, end_h=9, title=f"Event {number}", shifts=[shift(4, 5)])
    seen, cursor = [], None
    for _ in range(8):
        page = club.get("~/events", limit=limit, **({"cursor": cursor} if cursor else {}))
        seen += titles(page)
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"Event {number}" for number in range(7)]
    assert seen == titles(club.get("~/events"))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=broken", "cursor=WzFd", "cursor=" + "a" * 2000]
)
def test_a_page_that_cannot_be_is_refused(club: Club, query: str) -> None:
    for path in (f"/events?{query}", f"/organizations/{club.slug}/events?{query}"):
        assert club.ask("GET", path).status_code == 422, path


def test_all_organizations_are_searched_for_words(club: Club) -> None:
    mark = club.slug.replace("club-", "")
    plan(club, title="Beach clean-up", location=f"Quay {mark}")
    plan(club, title="100% soup_kitchen", location=f"Hall {mark}")
    found = {
        words: titles(club.get("/events", search=words))
        for words in (
            f"quay {mark}",
            f"BEACH {mark}",
            f"{club.slug} hall",
            f"{mark} 0% soup_",
            f"{mark} 0%soup",
            f"{mark} nowhere",
        )
    }
    assert list(found.values()) == [
        ["Beach clean-up"],
        ["Beach clean-up"],
        ["100% soup_kitchen"],
        ["100% soup_kitchen"],
        [],
        [],
    ]
    assert set(titles(club.get("/events", search=f" {mark} "))) == {"Beach clean-up", "100% soup_kitchen"}
    assert club.get("/events", search="  ")["items"]
    assert club.ask("GET", "/events?search=%00").status_code == 422
    assert club.ask("GET", "/events?search=" + "a" * 201).status_code == 422
    first = club.get("/events", search=mark, limit=1)
    second = club.get("/events", search=mark, limit=1, cursor=first["next"])
    assert {*titles(first), *titles(second)} == {"Beach clean-up", "100% soup_kitchen"}


def test_the_page_of_an_event_has_its_shifts_in_order(club: Club) -> None:
    shifts = [shift(4, 6, title="Late", capacity=3), shift(0, 2, title="Early", capacity=1)]
    made = plan(club, description="Bring gloves.", shifts=shifts)
    early = next(one["id"] for one in made["shifts"] if one["title"] == "Early")
    for name in ("Mo", "Kim"):
        club.sign_up(early, club.person(name))
    answer = club.ask("GET", f"/events/{made['id']}")
    page = Event.model_validate_json(answer.content)
    assert set(answer.json()) == set(Event.model_fields)
    assert (page.description, page.state, page.capacity, page.taken, page.free) == (
        "Bring gloves.",
        "published",
        4,
        1,
        3,
    )
    assert [(one.title, one.taken, one.free, one.waiting) for one in page.shifts] == [
        ("Early", 1, 0, 1),
        ("Late", 0, 3, 0),
    ]


@pytest.mark.req("B-17")
def test_a_draft_is_seen_by_its_coordinators_alone(club: Club) -> None:
    draft = plan(club, state="draft")["id"]
    with new_club(club.services, club.web) as other:
        asked = {
            who: club.ask("GET", f"/events/{draft}", token).status_code
            for who, token in {
                "stranger": None,
                "owner": club.owner,
                "coordinator": club.coordinator,
                "volunteer": club.volunteer,
                "other owner": other.owner,
            }.items()
        }
        assert other.ask("GET", f"~/events/{draft}", other.owner).status_code == 404
    assert asked == {"stranger": 404, "owner": 200, "coordinator": 200, "volunteer": 404, "other owner": 404}
    assert club.get(f"/events/{draft}", club.owner)["state"] == "draft"
    assert club.ask("GET", f"/events/{draft}", "not.a.token").status_code == 401


@pytest.mark.parametrize(("number", "status"), [("0", 422), ("x", 422), (str(2**63), 422), (str(2**63 - 1), 404)])
def test_an_event_that_is_not_there(api: Web, number: str, status: int) -> None:
    assert api.get(f"/events/{number}").status_code == status


def test_who_signs_up_is_counted_at_once(club: Club) -> None:
    made = plan(club)
    for number in range(3):
        club.sign_up(made["shifts"][0]["id"], club.person(f"P {number}"))
        (card,) = club.get("~/events")["items"]
        assert (card["taken"], card["free"]) == (min(number + 1, 2), max(1 - number, 0))


def test_an_event_that_runs_for_weeks_is_listed_to_its_end(club: Club) -> None:
    answer = club.ask("POST", "~/events", club.coordinator, json=event(-29 * 24, 24, title="Long", shifts=[shift()]))
    assert answer.status_code == 201, answer.text
    assert titles(club.get("~/events")) == ["Long"]
    longer = club.ask("PATCH", f"~/events/{answer.json()['id']}", club.coordinator, json={"ends_at": at(3 * 24)})
    assert [error["location"] for error in longer.json()["errors"]] == [["body", "ends_at"]]
