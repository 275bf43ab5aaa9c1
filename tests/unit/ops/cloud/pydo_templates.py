"""How does pydo say that an answer looks? Its docstrings hold a template of each: keys, types, and what is required."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

KEY = re.compile(r'"(?P<key>\w+)": (?P<value>"[^"]*"|\{\}|\{|\[|[\w.+-]+)')
ITEM = re.compile(r'(?P<value>"[^"]*"|\{|\[|\d[\d.]*)\s*(?:$|#|,)')
START = re.compile(r"# response body for status code\(s\): ([\d, ]+)$")
KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    (r'".*"', (str,)),
    (r"bool|True|False", (bool,)),
    (r"\d+", (int,)),
    (r"\d+\.\d+", (int, float)),
)


@dataclass
class Template:
    """One place in a template: `kind` is object, list, any, or the Python types that fit."""

    kind: str | tuple[type, ...]
    is_required: bool = False
    keys: dict[str, Template] = field(default_factory=dict)
    items: list[Template] = field(default_factory=list)


def template_of(operation: Any, status: int) -> Template:
    """Return what a method of pydo says about the body of its answer with this status."""
    lines = [line.strip() for line in (operation.__doc__ or "").splitlines()]
    for place, line in enumerate(lines):
        found = START.match(line)
        if found and str(status) in found[1].split(", "):
            return _read(lines[place + 2 :], Template("object"))
    raise AssertionError(f"{operation.__qualname__} says nothing about {status}")


def differences(template: Template, body: Any, where: str = "") -> list[str]:
    """Return where a body is not as its template says: an unknown key, a missing one, another type."""
    if body is None or template.kind == "any":
        return [f"{where} is null"] if template.is_required and body is None else []
    if template.kind == "list":
        if not isinstance(body, list):
            return [f"{where} is no list"]
        return [one for item in body for kind in template.items[:1] for one in differences(kind, item, f"{where}[]")]
    if template.kind == "object":
        return _object(template, body, where)
    fits = type(body) in template.kind
    return [] if fits else [f"{where} is {type(body).__name__}"]


def _object(template: Template, body: Any, where: str) -> list[str]:
    if not isinstance(body, dict):
        return [f"{where} is no object"]
    found = [f"{where}.{key} is unknown" for key in body if key not in template.keys]
    for key, inner in template.keys.items():
        if key in body:
            found += differences(inner, body[key], f"{where}.{key}")
        elif inner.is_required:
            found.append(f"{where}.{key} is missing")
    return found


def _read(lines: list[str], root: Template) -> Template:
    """Build the tree; lines that begin nothing are the rest of a comment."""
    open_ones = [root]
    last = root
    for line in lines:
        if line[:1] in {"}", "]"}:
            open_ones.pop()
            if not open_ones:
                return root
        elif found := _entry(line, in_list=open_ones[-1].kind == "list"):
            key, value = found
            last = Template(_kind(value))
            if key:
                open_ones[-1].keys[key] = last
            else:
                open_ones[-1].items.append(last)
            if value in {"{", "["}:
                open_ones.append(last)
        if line.endswith("Required."):
            last.is_required = True
    raise AssertionError("the template has no end")


def _entry(line: str, *, in_list: bool) -> tuple[str, str] | None:
    found = ITEM.match(line) if in_list else KEY.match(line)
    if not found:
        return None
    return found.groupdict().get("key") or "", found["value"]


def _kind(value: str) -> str | tuple[type, ...]:
    if value in {"{", "["}:
        return "object" if value == "{" else "list"
    return next((types for pattern, types in KINDS if re.fullmatch(pattern, value)), "any")
