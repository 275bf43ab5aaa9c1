"""Are the counts of `invoke scale` understood as they are typed?"""

from __future__ import annotations

from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.parser import Parser

import tasks
from ops.commands import output
from ops.commands.scale import as_flags, counts_from, show_counts
from ops.errors import UsageError
from tests.unit.ops.commands.story_fixtures import FakeHost, asked, opened


@pytest.mark.req("B-08")
@pytest.mark.parametrize(
    ("typed", "counts"),
    [
        ("scale api=3", ["api=3"]),
        ("scale api=3 worker=2 --target local", ["api=3", "worker=2"]),
        ("scale --target local api=3", ["api=3"]),
        ("scale --count api=3 -c worker=2", ["api=3", "worker=2"]),
        ("scale --count=api=3", ["api=3"]),
        ("scale --reset", []),
    ],
)
def test_counts_stand_where_a_person_would_type_them(typed: str, counts: list[str]) -> None:
    contexts = Collection.from_module(tasks).to_contexts()
    [parsed] = Parser(contexts=contexts).parse_argv(as_flags(typed.split()))
    assert parsed.args["count"].value == counts


def test_other_words_stay_as_they_are() -> None:
    typed = ["deploy", "--target=local", "--allow", "a=b"]
    assert as_flags(typed) == typed


@pytest.mark.req("B-08")
def test_counts_are_numbers_of_services() -> None:
    assert counts_from(("api=3", "nginx-static=10"), target="local") == {"api": 3, "nginx-static": 10}


@pytest.mark.parametrize("word", ["api", "api=", "api=x", "api=-1", "api=1.5", "=3", "API=3", "api=0", "api=11"])
def test_a_word_of_another_form_is_refused_with_an_example(word: str) -> None:
    with pytest.raises(UsageError) as refused:
        counts_from((word,), target="local")
    assert f"`{word}`" in refused.value.what
    assert refused.value.fix == "invoke scale api=3 --target local"


@pytest.mark.req("B-09")
def test_too_many_replicas_are_refused_with_what_they_would_take() -> None:
    with pytest.raises(UsageError) as refused:
        counts_from(("api=11",), target="local")
    assert refused.value.why.startswith("there are 1 to 10 replicas: PostgreSQL has 92 connections for replicas")


def test_a_service_has_one_count() -> None:
    assert counts_from(("api=3", "api=3"), target="droplet") == {"api": 3}
    with pytest.raises(UsageError, match="api has two counts"):
        counts_from(("api=3", "api=4"), target="droplet")


def test_without_anything_that_runs_there_are_no_numbers_to_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = FakeHost(status={"release": None, "scale": {}, "services": [], "lock": None})
    monkeypatch.setattr(output, "open_target", lambda root, _: opened(root, host))
    assert show_counts(Path(), asked("scale")) == 2
    assert "error: nothing is deployed here" in capsys.readouterr().err
