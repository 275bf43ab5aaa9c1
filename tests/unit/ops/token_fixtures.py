"""What do tokens of other services look like? Made when a test runs: in a file a scanner would find them."""

from __future__ import annotations

import importlib
import string
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

FEW = 3  # how many more than it must a repetition without a bound has
_TABLE = tomllib.loads((Path(__file__).parent / "shapes_of_gitleaks.toml").read_text(encoding="utf-8"))
SHAPES: dict[str, str] = _TABLE["shape"]
NAMED: dict[str, str] = _TABLE["named"]
_CLASSES = {"CATEGORY_DIGIT": string.digits, "CATEGORY_WORD": f"{string.ascii_letters}{string.digits}_"}
_CLASSES |= {"CATEGORY_SPACE": " ", "CATEGORY_NOT_SPACE": string.ascii_letters + string.digits}


def made_from(pattern: str, chance: Random) -> str:
    """Return a text that the pattern matches, letter by letter by chance."""
    parser = importlib.import_module("re._parser")  # nothing public tells what a pattern is made of
    return _all_of(parser.parse(pattern), chance)


def _all_of(parts: Any, chance: Random) -> str:
    return "".join(_one_of(str(sort), value, chance) for sort, value in parts)


def _one_of(sort: str, value: Any, chance: Random) -> str:
    make: dict[str, Callable[[Any], str]] = {
        "LITERAL": chr,
        "ANY": lambda _: chance.choice(string.ascii_letters),
        "IN": lambda parts: chance.choice([letter for part in parts for letter in _letters(str(part[0]), part[1])]),
        "BRANCH": lambda branch: _all_of(chance.choice(branch[1]), chance),
        "SUBPATTERN": lambda group: _all_of(group[3], chance),
        "MAX_REPEAT": lambda repeat: _repeated(repeat, chance),
        "MIN_REPEAT": lambda repeat: _repeated(repeat, chance),
    }
    return make[sort](value) if sort in make else ""  # a boundary


def _repeated(repeat: tuple[int, int, Any], chance: Random) -> str:
    low, high, part = repeat
    return "".join(_all_of(part, chance) for _ in range(chance.randint(low, min(int(high), low + FEW))))


def _letters(sort: str, value: Any) -> str:
    if sort == "RANGE":
        return "".join(chr(code) for code in range(value[0], value[1] + 1))
    return chr(value) if sort == "LITERAL" else _CLASSES.get(str(value), string.ascii_letters)
