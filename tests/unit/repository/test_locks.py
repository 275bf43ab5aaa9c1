from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement

from scripts import locks

GROUPS = sorted(locks.groups())
SERVICES = sorted(locks.included("dev") - {"dev"})
PIN = re.compile(r"^(?P<name>[a-z0-9.-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)")


@dataclass(frozen=True)
class Pin:
    """One package of a lock. A universal lock may hold a package twice, for different Pythons."""

    name: str
    version: str
    hashes: int


def pins(group: str) -> list[Pin]:
    logical = locks.lock_path(group).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    found = []
    for line in logical:
        if line.strip() and not line.lstrip().startswith("#"):
            match = PIN.match(line)
            assert match, f"{group}: not a pin: {line}"
            found.append(Pin(match["name"], match["version"], line.count("--hash=sha256:")))
    return found


def versions(group: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in pins(group):
        found.setdefault(pin.name, set()).add(pin.version)
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_each_lock_was_made_from_what_pyproject_declares_now(group: str) -> None:
    first = locks.lock_path(group).read_text(encoding="utf-8").partition("\n")[0]
    assert first == locks.header(group), f"requirements/{group}.txt is stale: run `nox -s lock`"


@pytest.mark.parametrize("group", GROUPS)
def test_each_declared_requirement_is_met_by_its_pin(group: str) -> None:
    locked = versions(group)
    for requirement in map(Requirement, locks.declared(group)):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert any(requirement.specifier.contains(version) for version in locked.get(name, ())), str(requirement)


@pytest.mark.parametrize("group", GROUPS)
def test_each_pin_has_a_hash(group: str) -> None:
    assert [pin.name for pin in pins(group) if not pin.hashes] == []


@pytest.mark.parametrize("group", SERVICES)
def test_a_service_is_locked_to_the_versions_that_are_tested(group: str) -> None:
    tested = versions("dev")
    assert {name: found for name, found in versions(group).items() if not found <= tested.get(name, set())} == {}


@pytest.mark.parametrize("group", GROUPS)
def test_no_lock_names_where_packages_come_from(group: str) -> None:
    text = locks.lock_path(group).read_text(encoding="utf-8")
    assert re.findall(r"[a-z+]+://|^--?(?:i|index|extra|find|trusted)\S*", text, flags=re.MULTILINE) == []


def test_a_changed_requirement_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = locks.header("dev")
    changed = {**locks.groups(), "api": ["fastapi>=99"]}
    monkeypatch.setattr(locks, "groups", lambda: changed)
    assert locks.header("dev") != before
