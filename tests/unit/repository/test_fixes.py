"""Does every `fix:` lead somewhere: a command that can be typed, or an edit that names file and key?"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from invoke.collection import Collection

import tasks
from ops import shell_words
from ops.commands.typed.words import TypedWords
from ops.settings import KEYS
from tests.unit.repository.fixes import AGAIN, ROOT, Fix, fixes

ALL = fixes()
# Programs that fixes name, and those among them that PowerShell has too.
PROGRAMS = {
    *("git", "ssh", "ssh-add", "ssh-keygen", "chmod", "cp", "mv", "df", "ls", "sudo", "kill", "docker", "nox", "wsl"),
    *("python3", "unset", "./scripts/deploy.sh"),
}
EVERYWHERE = {"invoke", "git", "ssh", "ssh-add", "ssh-keygen", "docker", "wsl"}
# What is only ever shown where these run: on a host, on the machine of the local target, in a rehearsal; and what
# `ops/shell_words.py` writes, which knows the shell.
POSIX_ONLY = ("ops/engine/", "ops/targets/local/", "rehearsal/")
SETTINGS = {key.name for key in KEYS}
FILES = ("traefik/dynamic/headers.yml", "traefik/dynamic/public.yml", "traefik/traefik.yml.template", "pyproject.toml")
IN_FILES = {"security-headers", "routers", "certificatesResolvers", "dependency-groups"}
PREPARATION = re.compile(
    r"(wait|check|free|renew|correct|connect|start|install|put|rename|move|set the clock"
    r"|let `[^`]+` log in with your key.*|delete that line from|run destroy)\b.*|.* on the host"
)
LEAD = re.compile(
    r"(only if you rebuilt it|look at it with|make a new one|on the host|if it fails again"
    r"|deploy to a host of its own, or (without its containers, )?on the host|make room on the host"
    r"|mend it on the host until this is content|free some space on the host"
    r"|install Docker Engine .*|set [A-Z_]+ in \.env.*): "
)
# An edit that can name no key: nobody knows which one it is.
KEYLESS = {"set a new value for that secret in .env"}


def parts(text: str) -> list[str]:
    """Return what is to be done, in order."""
    return [LEAD.sub("", part) for part in re.split(r", then |; (?=if it fails again)", text)]


def is_again(part: str) -> bool:
    """Tell whether the operator's own command is meant, which runs as it was typed."""
    return part.startswith(AGAIN) or part == "run the same command as its owner"


def is_edit(part: str) -> bool:
    """Tell whether a part names what to write, and where; raises AssertionError for a key that is none."""
    if re.match(r"save /\S+ as UTF-8$|if no newer .*: write 1 in format, beside state.json$|write 1 in format", part):
        return True
    found = re.match(
        r"(set|edit|empty|correct|add)\b(?P<what>.*?) (in|to) (?P<file>\.env|[\w./-]+\.\w+|that file)\b", part
    )
    keys = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", part))
    assert keys <= SETTINGS, keys - SETTINGS
    named = keys or {name for name in IN_FILES if f"`{name}`" in part} or part in KEYLESS
    return bool(found and named) and (found["file"] in {".env", *FILES} if found else False)


def is_command(part: str) -> bool:
    """Tell whether a part is typed as it stands."""
    return part.split(" ", 1)[0] in {"invoke", *PROGRAMS} or part.startswith("install -m ")  # else a preparation


def leads_somewhere(part: str) -> bool:
    """Tell whether a part is something to do that works."""
    return is_command(part) or is_again(part) or is_edit(part)


@pytest.mark.req("A-13")
def test_a_fix_ends_with_a_command_with_an_edit_or_with_a_page() -> None:
    assert len(ALL) > 150
    ends = {fix: parts(fix.text)[-1] for fix in ALL}
    assert [fix for fix, last in ends.items() if not leads_somewhere(last) and "https://" not in last] == []
    before = [(fix, part) for fix in ALL for part in parts(fix.text)[:-1]]
    assert [one for one in before if not leads_somewhere(one[1]) and not PREPARATION.fullmatch(one[1])] == []


TYPED = sorted({part for fix in ALL for part in parts(fix.text) if part.startswith("invoke ")})


@pytest.mark.req("A-13")
@pytest.mark.parametrize("typed", TYPED)
def test_invoke_takes_every_command_that_a_fix_names(typed: str) -> None:
    program = TypedWords(name="Invoke", binary="invoke", namespace=Collection.from_module(tasks))
    program.create_config()
    program.parse_core(shlex.split(typed))
    program.parse_collection()
    program.parse_tasks()
    assert [context.name for context in program.tasks] == [typed.split()[1]]
    assert program.core.unparsed == [] or program.tasks


def is_of_this_system(fix: Fix, part: str) -> bool:
    """Tell whether who reads a command has the program that it names."""
    source = (ROOT / fix.place.partition(":")[0]).read_text(encoding="utf-8")
    knows_the_shell = re.search(r"ops\.shell_words import|LOCAL_DEPLOY|IS_POSIX", source) is not None
    is_posix = fix.place.startswith(POSIX_ONLY) or "on the host" in fix.text or knows_the_shell
    return part.split(" ", 1)[0] in EVERYWHERE or is_posix


def test_no_fix_is_for_another_system_than_the_one_it_is_shown_on() -> None:
    typed = [(fix, part) for fix in ALL for part in parts(fix.text) if is_command(part)]
    assert [one for one in typed if not is_of_this_system(*one)] == []
    assert [fix for fix in ALL if " && " in fix.text] == []  # Windows PowerShell has none


def test_powershell_gets_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_words, "IS_WINDOWS", True)
    path = Path("pro ject") / "key"
    said = (
        *(shell_words.local_deploy(), shell_words.prepared(), shell_words.copied("a", "b"), shell_words.key_made(path)),
        *(shell_words.looked_at(path), shell_words.free_space(path), shell_words.public_half_written(path, path)),
        *(shell_words.unset("SLIPWAY_ENV"), shell_words.copied_for_one("a", "b"), shell_words.key_added(path)),
    )
    assert said == (
        *("wsl ./scripts/deploy.sh --target local", r".\scripts\deploy.ps1 --help", "copy a b"),
        *("ssh-keygen -t ed25519 -f 'pro ject/key'", "icacls 'pro ject/key'"),
        *(
            "Get-PSDrive -PSProvider FileSystem",
            "ssh-keygen -y -f 'pro ject/key' | Out-File -Encoding ascii 'pro ject/key'",
        ),
        *("Remove-Item Env:SLIPWAY_ENV", "copy a b", "ssh-add 'pro ject/key'"),
    )


def test_files_that_a_fix_names_are_there() -> None:
    for file in FILES:
        assert (ROOT / file).is_file()
    text = "".join(Path(ROOT / file).read_text(encoding="utf-8") for file in FILES)
    assert {name for name in IN_FILES if f"{name}:" not in text and f"[{name}]" not in text} == set()
