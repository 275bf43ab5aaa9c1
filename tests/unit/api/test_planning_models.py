from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from api.events import pages
from api.events.models import EXAMPLE, EventChange, EventIn
from api.organizations.models import OrganizationIn
from api.organizations.slugs import candidates, slug_of
from api.shifts.models import EXAMPLE as SHIFT
from api.shifts.models import ShiftChange, ShiftIn

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Tidy Coast", "tidy-coast"),
        ("  Ängelholms Röda Kors!  ", "angelholms-roda-kors"),
        ("A&B", "a-b"),
        ("東京", "organization"),
        ("X", "x-organization"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_slug_is_made_from_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=300))
def test_every_made_slug_is_one_that_could_be_asked_for(name: str) -> None:
    made = candidates(name)
    assert len(set(made)) == len(made) == 10
    for slug in made:
        assert SLUG.fullmatch(slug)
        assert 3 <= len(slug) <= 80


@pytest.mark.parametrize("model", [OrganizationIn, EventIn, EventChange, ShiftIn, ShiftChange])
def test_the_examples_in_the_documentation_are_good(model: type[BaseModel]) -> None:
    for example in model.model_json_schema()["examples"]:
        model.model_validate(example)


@pytest.mark.parametrize(
    ("model", "good", "wrong", "where"),
    [
        (EventIn, EXAMPLE, {"taken": 0}, ("taken",)),
        (EventIn, EXAMPLE, {"organization_id": 1}, ("organization_id",)),
        (EventIn, EXAMPLE, {"state": "cancelled"}, ("state",)),
        (EventIn, EXAMPLE, {"title": " "}, ("title",)),
        (EventIn, EXAMPLE, {"title": "a\0"}, ("title",)),
        (EventIn, EXAMPLE, {"title": "\ud800"}, ("title",)),
        (EventIn, EXAMPLE, {"location": "line\nline"}, ("location",)),
        (EventIn, EXAMPLE, {"description": "a" * 5001}, ("description",)),
        (EventIn, EXAMPLE, {"shifts": [SHIFT] * 51}, ("shifts",)),
        (EventIn, EXAMPLE, {"shifts": [{**SHIFT, "capacity": 0}]}, ("shifts", 0, "capacity")),
        (EventIn, EXAMPLE, {"shifts": [{**SHIFT, "waiting": 3}]}, ("shifts", 0, "waiting")),
        (ShiftIn, SHIFT, {"capacity": "12"}, ("capacity",)),
        (ShiftIn, SHIFT, {"capacity": 10_001}, ("capacity",)),
        (ShiftIn, SHIFT, {"capacity": True}, ("capacity",)),
        (OrganizationIn, {"name": "Tidy"}, {"slug": "Tidy Coast"}, ("slug",)),
        (OrganizationIn, {"name": "Tidy"}, {"slug": "ab"}, ("slug",)),
        (OrganizationIn, {"name": "Tidy"}, {"slug": "tidy\n"}, ("slug",)),
        (OrganizationIn, {"name": "Tidy"}, {"id": 1}, ("id",)),
    ],
)
def test_what_must_not_come_in_is_refused_where_it_is(
    model: type[BaseModel], good: dict[str, Any], wrong: dict[str, Any], where: tuple[str | int, ...]
) -> None:
    model.model_validate(good)
    with pytest.raises(ValidationError) as caught:
        model.model_validate(good | wrong)
    assert [error["loc"] for error in caught.value.errors()] == [where]


@pytest.mark.parametrize("model", [EventChange, ShiftChange])
def test_a_change_of_nothing_changes_nothing(model: type[BaseModel]) -> None:
    nothing = model.model_validate({}).model_dump()
    assert set(nothing.values()) == {None}
    assert model.model_validate(nothing).model_dump() == nothing


@pytest.mark.parametrize(
    ("search", "patterns"),
    [
        ("", []),
        ("   ", []),
        ("beach", ["%beach%"]),
        (" beach  north ", ["%beach%", "%north%"]),
        ("100%_\\", ["%100\\%\\_\\\\%"]),
        ("a b c d e f g h i j", [f"%{letter}%" for letter in "abcdefgh"]),
    ],
)
def test_words_are_looked_for_as_they_stand(search: str, patterns: list[str]) -> None:
    assert pages.patterns(search) == patterns
