"""Every `fix:` in the source, as an operator may come to read it: values that are only known later are samples."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = (*sorted((ROOT / "ops").rglob("*.py")), *sorted((ROOT / "rehearsal").rglob("*.py")))
ALONE = ROOT / "scripts" / "bootstrap.py"
NAMES = {"fix", "hint", "again", "FIX"}
AGAIN = "run the same command again"
# What a value that is only known later may be, by the expression that stands for it.
SAMPLES = {
    "AGAIN": AGAIN,
    "held.fix": "sudo systemctl disable --now nginx.service",
    "DEPLOY": "invoke deploy",
    "LOCAL_DEPLOY": "./scripts/deploy.sh --target local",
    "EXAMPLE": "203.0.113.7",
    "as_typed": "deploy",
    "self.names[0]": "lock-wait",
    "known.example": "60",
    "past[0].release": "20261121_030000-0a1b2c3",
    "host or EXAMPLE": "203.0.113.7",
    "typed_word(request)": "deploy",
    "near": "api",
    "name": "api",
    "key": "LOCAL_HTTPS_PORT",
    "replica.service": "api",
    "service.name": "api",
    "wrong[1].upper()": "SIZE",
    "sick": "api",
    "local_deploy().removeprefix('wsl ')": "./scripts/deploy.sh --target local",
    "shlex.join(forget)": "ssh-keygen -R droplet-1 -f /srv/x",
    "KEYS.get(service.name, service.name.upper())": "HTTPS",
    "_TOKENS": "https://cloud.digitalocean.com/account/api/tokens",
    "version": "3.12",
    "least": "3.11",
    "keys": "LOG_LEVEL",
    "pid": "4711",
    "FORMAT": "1",
    "FILE": "format",
    "login.port": "22",
    "login.user": "deploy",
    "login.address": "203.0.113.7",
    "_user(owner)": "ada",
    "pebble.container": "slipway-acme",
    "_DOCKERS_OWN": "172.16.0.0/12",
    "env_file if env_file.exists() else 'the environment'": ".env",
    "edit": "edit LOG_LEVEL in .env",
}
PATH = "/srv/pro-ject/x"  # any other value in a text is a path
# Functions that write a command, with what they write of their first word.
BUILDERS = {
    "command": "invoke {}",
    "site.word": "invoke {}",
    "target.site.word": "invoke {}",
    "site.logs": "invoke logs --service {}",
    "local_deploy": "./scripts/deploy.sh --target local",
    "prepared": "./scripts/deploy.sh --help",
    "copied": "cp .env.prod.example .env",
    "_git_in": "git -C api rm --cached api/x",
    "renamed": "mv $'/srv/\\xe9' /srv/x",
    "looked_at": "ls -ld /srv/x",
    "free_space": "df -h /srv/x",
    "key_made": "ssh-keygen -t ed25519 -N '' -f /srv/x",
    "_make_beside": "ssh-keygen -t ed25519 -N '' -f /srv/x",
    "key_added": "ssh-add /srv/x",
    "copied_for_one": "install -m 600 .env.prod.example .env",
    "unset": "unset SLIPWAY_ENV",
    "public_half_written": "ssh-keygen -y -f /srv/x > /srv/x.pub",
}
# A fix that another place wrote, and that is found there.
PASSED_ON = re.compile(
    r"(error|failure|obstacle|first|one|problem|raised|refused|still)\.(fix|hint)|error\['fix'\]|told.*|fix|hint|again"
    r"|with_target\(.*\)|addressed\(hint\)"
    r"|ASKS_FOR_SWITCH\.sub\(.*\)|said\.get\('fix', AGAIN\)\.strip\(\)|self\..*|why|_hint\(.*\)"
    r"|' && '\.join\(commands\)|'\\n *'\.join\(.*\)|hint if found else ''|getattr\(.*\)"
)


@dataclass(frozen=True)
class Fix:
    """One text, and where it stands."""

    place: str
    text: str


def fixes() -> list[Fix]:
    """Return all of them."""
    found = []
    for path in (*SOURCES, ALONE):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in _places(tree):
            inner = [one for one in scopes if one.lineno <= node.lineno <= (one.end_lineno or 0)]
            known = _assigned(tree) | (_assigned(inner[-1]) if inner else {})
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            found += [Fix(place, text) for text in _texts(node, known, depth=0)]
    return found


def _places(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (one.value for one in node.keywords if one.arg in NAMES)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            stated = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
            yield from [stated["fix"]] if {"what", "fix"} <= stated.keys() else []


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for name, value in zip(target.elts, node.value.elts, strict=True):
                        if isinstance(name, ast.Name):
                            found.setdefault(name.id, []).append(value)
    return found


def _texts(node: ast.expr, known: dict[str, list[ast.expr]], *, depth: int) -> list[str]:  # noqa: PLR0911 - a case each
    """Return what an expression may come to say; nothing for what is only passed on."""
    source = ast.unparse(node)
    if isinstance(node, ast.Constant):
        return [str(node.value)] if node.value else []
    if source in SAMPLES:
        return [SAMPLES[source]]
    if isinstance(node, ast.JoinedStr):
        parts = [_part(part, known, depth=depth) for part in node.values]
        return ["".join(said) for said in itertools.product(*parts)]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body, known, depth=depth), *_texts(node.orelse, known, depth=depth)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _texts(value, known, depth=depth)]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in BUILDERS:
        first = _texts(node.args[0], known, depth=depth + 1) if node.args else [""]
        return [BUILDERS[ast.unparse(node.func)].format(word) for word in first or [PATH]]
    if isinstance(node, ast.Name) and node.id in known and depth < 2:
        return [text for value in known[node.id] for text in _texts(value, known, depth=depth + 1)]
    if PASSED_ON.fullmatch(source):
        return []
    if depth:  # a part of a text
        return [PATH]
    message = f"what does `{source}` come to say?"
    raise AssertionError(message)


def _part(part: ast.expr, known: dict[str, list[ast.expr]], *, depth: int) -> list[str]:
    if isinstance(part, ast.FormattedValue):
        return _texts(part.value, known, depth=depth + 1) or [PATH]
    return _texts(part, known, depth=depth)
