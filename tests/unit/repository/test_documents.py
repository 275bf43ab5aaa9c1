from __future__ import annotations

import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import pytest
from invoke import Collection
from nox import registry

from ops import errors
from ops.errors import OpsError
from ops.settings import BY_NAME, KEYS
from scripts import stack_tables
from tests.unit.scripts.powershell_fixtures import DEFAULTS, MODES, WORDS_OF, flags, kebab

ROOT = Path(__file__).resolve().parents[3]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", CONTRIBUTING, *sorted((ROOT / "docs").rglob("*.md"))]
QUICKSTART = ROOT / "docs" / "quickstart.md"

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\binvoke (\w+)((?: +--[a-z][a-z-]*(?:[ =](?!--)[^\s`|#-][^\s`|#]*)?)*)")
KEY = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
CALL = re.compile(
    r"\b(account|actions|domains|droplets|droplet_actions|firewalls|reserved_ips|reserved_ips_actions|ssh_keys|tags)"
    r"\.(get|list\w*|create\w*|post|update\w*|patch\w*|delete\w*|destroy)\b"
)
VERBS = {"get": "read", "list": "read", "post": "update", "patch": "update", "destroy": "delete"}
NOT_OURS = {"NO_COLOR", "GIT_DIR", "SSH_AUTH_SOCK"}  # what others read


@cache
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.req("A-25")
def test_the_stack_page_has_the_services_and_keys_of_today() -> None:
    assert text(stack_tables.PAGE) == stack_tables.filled(text(stack_tables.PAGE)), "run `nox -s stack`"


@pytest.mark.req("A-25")
def test_the_stack_page_names_every_key() -> None:
    assert [key.name for key in KEYS if f"| `{key.name}` |" not in text(stack_tables.PAGE)] == []


def test_the_stack_page_has_a_scope_for_every_call_to_the_cloud() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ops" / "cloud").glob("*.py"))
    calls = set(CALL.findall(source))
    assert ("droplets", "create") in calls
    assert {scope(*call) for call in calls} <= set(re.findall(r"`(\w+:\w+)`", text(stack_tables.PAGE)))


def not_for_env() -> set[str]:
    """Return the keys that the stack's page says to be no settings."""
    return set(re.findall(r"`([A-Z_]+)`", text(stack_tables.PAGE).partition("### Not for `.env`")[2]))


@pytest.mark.req("A-25")
def test_every_key_that_a_service_reads_is_a_setting_or_said_to_be_none() -> None:
    api = set(re.findall(r"(?m)^    ([a-z_]+): ", (ROOT / "api" / "settings.py").read_text(encoding="utf-8")))
    django = (ROOT / "django" / "config" / "settings.py").read_text(encoding="utf-8")
    read = {name.upper() for name in api} | set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", django))
    assert {"DATABASE_POOL_MAX", "WORKER_GRACE_S", "EMAIL_USE_TLS"} <= read
    assert read - BY_NAME.keys() - not_for_env() == set()


@pytest.mark.req("A-25")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    local = [target for target in LINK.findall(text(page)) if "://" not in target]
    broken = [target for target in local if not leads_somewhere(page, target)]
    assert broken == []


OF_EVERY_WORD = {"--env"}


@pytest.mark.req("A-25")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_one_that_can_be_typed(page: Path) -> None:
    known = {word: task_flags(word) for word in tasks().task_names}
    wrong = [
        f"invoke {word}{options}"
        for word, options in COMMAND.findall(text(page))
        if not set(re.findall(r"--[a-z-]+", options)) <= known.get(word, set()) | OF_EVERY_WORD
        or (word not in known and options)
    ]
    assert wrong == []


@pytest.mark.req("A-25")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = {name for name in KEY.findall(text(page)) if name not in NOT_OURS}
    prefixes = {name.partition("_")[0] for name in BY_NAME}
    assert {name for name in named if name.partition("_")[0] in prefixes} <= BY_NAME.keys() | not_for_env()


@pytest.mark.req("A-25")
def test_the_quickstart_lists_every_exit_code_of_an_error() -> None:
    families = {kind.exit_code for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, OpsError)}
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text(QUICKSTART), flags=re.MULTILINE)}
    assert families - {OpsError.exit_code} <= listed


@pytest.mark.req("A-25")
def test_the_quickstart_maps_every_switch_of_the_wrappers() -> None:
    row = re.compile(r"^\| `-(\w+)[^`]*` \| `([^`]+)` \| (.+?) \|", flags=re.MULTILINE)
    rows = {switch: (shell, task) for switch, shell, task in row.findall(text(QUICKSTART))}
    known = flags(*WORDS_OF["deploy"])
    assert rows.keys() == {*known, *MODES, *DEFAULTS}
    for name, (shell, task) in rows.items():
        assert shell.partition(" ")[0] == kebab(name)
        if name in known:
            assert f"`{shell}`" in task
        if name in MODES:
            assert f"`invoke {MODES[name]}`" in task


def tasks() -> Collection:
    return Collection.from_module(importlib.import_module("tasks"))


def task_flags(word: str) -> set[str]:
    arguments = tasks()[word].get_arguments()
    return {"--help", *(f"--{name.replace('_', '-')}" for one in arguments for name in one.names if len(name) > 1)}


def scope(resource: str, method: str) -> str:
    """Return the scope of a call, as DigitalOcean names it: a resource and one of four verbs."""
    noun = resource if resource == "actions" else resource.removesuffix("_actions").removesuffix("s")
    verb = method.partition("_")[0]
    return f"{noun}:{VERBS.get(verb, verb)}"


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    aim = (page.parent / path).resolve() if path else page
    if not anchor or aim.suffix != ".md":
        return aim.exists()
    headings = re.findall(r"^#+ (.+)$", text(aim), flags=re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_map_of_the_repository_names_what_is_there() -> None:
    rows = re.findall(r"(?m)^\| (`.*?) \|", text(CONTRIBUTING).partition("## What to run")[0])
    named = {name.rstrip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    rooms = {
        f"ops/{path.name}" for path in (ROOT / "ops").iterdir() if path.name[0].isalpha() and path.name != "__init__.py"
    }
    assert rooms <= named


def test_the_page_for_contributors_names_every_nox_session() -> None:
    importlib.import_module("noxfile")
    assert [name for name in registry.get() if not re.search(rf"`[^`]*\b{name}\b", text(CONTRIBUTING))] == []


def test_the_glossary_says_where_each_word_lives() -> None:
    rows = re.findall(r"(?m)^\| \*\*(.+?)\*\* \| .+ \| (.+) \|$", text(ROOT / "docs" / "GLOSSARY.md"))
    assert len(rows) >= 20
    folders = [path for _, places in rows for path in re.findall(r"`((?:ops|api|rehearsal|traefik)/[^`]*)`", places)]
    lost = [path for path in folders if not ((ROOT / path).exists() or (ROOT / f"{path}.py").exists())]
    assert lost == []
