from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FRONT_END = Path(__file__).parents[3] / "react-app"


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    lock = json.loads((FRONT_END / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert ".tgz" not in (FRONT_END / "package-lock.json").read_text()


def test_every_dependency_is_pinned_to_a_version_and_locked() -> None:
    package = json.loads((FRONT_END / "package.json").read_text())
    locked = json.loads((FRONT_END / "package-lock.json").read_text())["packages"]
    wanted = package["dependencies"] | package["devDependencies"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_no_package_may_run_code_when_it_is_installed() -> None:
    settings = (FRONT_END / ".npmrc").read_text().splitlines()
    assert {"ignore-scripts=true", "omit-lockfile-registry-resolved=true"} <= set(settings)


@pytest.mark.req("A-17")
def test_the_page_has_nothing_that_the_content_security_policy_refuses() -> None:
    page = (FRONT_END / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\bstyle=|\bon\w+=|https?://", page) == []
    sources = "".join(path.read_text() for path in (FRONT_END / "src").rglob("*.tsx") if ".test." not in path.name)
    assert re.findall(r"\bstyle=|dangerouslySetInnerHTML|\beval\(", sources) == []


def test_the_page_has_one_colour_scheme_for_the_day_and_one_for_the_night() -> None:
    tokens = (FRONT_END / "src/styles/tokens.css").read_text()
    day, night = (
        set(re.findall(r"(--[\w-]+): (?:#|rgb)", part)) for part in tokens.split("prefers-color-scheme: dark")
    )
    assert day == night
    others = "".join(path.read_text() for path in (FRONT_END / "src").rglob("*.css") if path.name != "tokens.css")
    assert re.findall(r"#[0-9a-f]{3,8}\b|\brgb\(", others) == [], "colours stand in tokens.css"


def test_every_module_of_the_front_end_is_short_and_begins_by_saying_what_it_is_or_answers() -> None:
    written = [
        path for path in (FRONT_END / "src").rglob("*.ts*") if ".test." not in path.name and path.name != "schema.d.ts"
    ]
    first_lines = {str(path.relative_to(FRONT_END)): path.read_text().split("\n", 1)[0] for path in written}
    assert {name: line for name, line in first_lines.items() if not re.match(r"// .+[.?]", line)} == {}
    assert [path.name for path in written if path.read_text().count("\n") > 150] == []
