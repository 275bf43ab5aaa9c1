"""Do the lists of mutations still speak of this code?"""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants import draw, listed, running, sampled

ROOT = Path(__file__).resolve().parents[3]
MUTANTS = listed.mutants()
NAMES = [mutant.name for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_a_mutation_changes_one_line_that_is_there_once(mutant: listed.Mutant) -> None:
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    before, after = source.splitlines(), mutant.mutated(source).splitlines()
    assert len(before) == len(after)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.file.endswith(".py")], ids=lambda one: one.name)
def test_a_mutation_of_python_is_python(mutant: listed.Mutant) -> None:
    ast.parse(mutant.mutated((ROOT / mutant.file).read_text(encoding="utf-8")))


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_a_mutation_names_tests_that_there_are(mutant: listed.Mutant) -> None:
    assert mutant.tests
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), test
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), test


def test_there_are_eighty_mutations_and_half_of_them_nobody_chose() -> None:
    counted = Counter(mutant.origin for mutant in MUTANTS)
    assert counted.total() >= 80
    assert counted["drawn"] >= 40
    assert len(set(NAMES)) == len(NAMES)


def test_each_part_of_the_requirements_has_mutations() -> None:
    requirements = {mutant.req for mutant in MUTANTS}
    assert all(re.fullmatch(r"[A-D]-\d\d", requirement) for requirement in requirements)
    assert {requirement[0] for requirement in requirements} == {"A", "B", "C", "D"}
    assert len(requirements) >= 40


def test_a_mutation_of_code_that_was_changed_says_which_and_where() -> None:
    stale = listed.Mutant(name="one", origin="drawn", file="a.py", before="x = 1", after="x = 2", req="A-01", tests=())
    with pytest.raises(listed.StaleError, match=r"drawn.toml \[one\]: `before` is 0 times in a.py, not once"):
        stale.mutated("y = 1\n")
    with pytest.raises(listed.StaleError, match="2 times"):
        stale.mutated("x = 1\nx = 1\n")


def test_only_lines_on_which_something_happens_are_drawn() -> None:
    source = (
        '"""What?"""\n\nimport os\n\n\ndef f(a: int) -> str:\n    """Do."""\n    b: int = a + 1\n    return os.sep * b'
    )
    assert draw.mutable_lines(source) == [8, 9]


def test_a_longer_sample_begins_with_the_shorter_one_of_the_same_seed() -> None:
    every = [sampled.Made("a.py", line, 4, f"core/{name}", 0) for line in range(9) for name in ("AddNot", "NoOp")]
    longer = sampled.draw(every, how_many=9, seed=7)
    assert longer[:4] == sampled.draw(every, how_many=4, seed=7)
    assert len({one.line for one in longer}) == 9, "a place is drawn once, whatever can be done to it"
    assert longer != sampled.draw(every, how_many=9, seed=8)


@pytest.mark.parametrize(
    ("body", "timeout_s", "how"),
    [
        ("pass", 60, "survived"),
        ("assert 1 == 2", 60, "killed"),
        ("import threading; threading.Event().wait()", 2, "timeout"),
    ],
)
def test_a_mutation_is_killed_by_a_test_that_fails_and_by_none_that_hangs(
    tmp_path: Path, body: str, timeout_s: float, how: str
) -> None:
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n", encoding="utf-8")
    ran = running.run(tmp_path, ["test_it.py"], timeout_s=timeout_s)
    assert (ran.how, ran.by) == (how, "test_it.py::test_it" if how == "killed" else "")


def test_tests_that_are_not_there_kill_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    assert running.run(tmp_path, ["test_it.py::test_other"]).how == "broken"


def test_a_mutated_file_is_put_back_whatever_happens(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n", encoding="utf-8")

    def stopped() -> None:
        with running.restored(path) as source:
            path.write_text(source.replace("1", "2"), encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_text(encoding="utf-8") == "x = 1\n"
