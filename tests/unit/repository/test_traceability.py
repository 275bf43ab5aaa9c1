from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from scripts.traceability import marks_elsewhere, proofs, requirements, row

ROOT = Path(__file__).resolve().parents[3]
MOST = 4  # a test that proves more proves none of them in particular
TEST = "def test_it(): pass\n"


def test_every_mark_stands_at_one_test() -> None:
    files = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    assert {path.name: lines for path, text in files.items() if (lines := marks_elsewhere(text))} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f'@pytest.mark.req("A-01")\n{TEST}', []),
        (f'pytestmark = pytest.mark.req("A-01")\n{TEST}', [1]),
        (f'pytestmark = [pytest.mark.slow, pytest.mark.req("A-01")]\n{TEST}', [1]),
        (f'@pytest.mark.req("A-01")\nclass TestIt:\n    {TEST}', [1]),
        (f'@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("A-01"))])\n{TEST}', [1]),
    ],
    ids=["test", "module", "list of a module", "class", "case"],
)
def test_a_mark_that_marks_more_or_less_than_a_test_is_noticed(source: str, lines: list[int]) -> None:
    assert marks_elsewhere(source) == lines


def test_every_marked_requirement_is_in_the_list() -> None:
    assert {name for proof in proofs() for name in proof.requirements} - requirements().keys() == set()


def test_a_test_proves_few_requirements_and_each_of_them_once() -> None:
    counts = {(proof.path, proof.test): Counter(proof.requirements) for proof in proofs()}
    assert {test: count for test, count in counts.items() if count.total() > MOST or count.total() > len(count)} == {}


def test_a_requirement_without_a_test_says_what_it_waits_for() -> None:
    proven = {name for proof in proofs() for name in proof.requirements}
    assert [name for name, one in requirements().items() if name not in proven and not one.open] == []


def test_the_page_has_a_row_for_each_requirement_with_or_without_a_test() -> None:
    wanted = requirements()
    assert {name[0] for name in wanted} == set("ABCD")
    assert all(
        row(name, one, []).endswith(f"| no test yet: {one.open} |\n") for name, one in wanted.items() if one.open
    )
    page = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8")
    assert [name for name, one in wanted.items() if f"| {name} | {one.asks} | " not in page] == []
