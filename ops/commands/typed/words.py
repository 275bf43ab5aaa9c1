"""The words that were typed: counts without their flag, and the nearest word to one that nobody knows.

People type plain `invoke`, which has made its program before it reads tasks.py: there that program gets this class.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
from collections.abc import Iterator
from typing import Any

from invoke.exceptions import Exit, ParseError
from invoke.parser import Argument, Parser, ParserContext
from invoke.program import Program
from invoke.tasks import Task

from ops import environments, screen
from ops.commands.scale import as_flags
from ops.commands.typed.switches import check_values
from ops.engine.interrupts import hear_interrupts
from ops.errors import UsageError
from ops.shell_words import unset

LIKENESS = 0.7  # of 1; with less, `invoke deploy local` would hear of `scale`
_UNKNOWN = re.compile(r"No idea what (['\"])(?P<word>.+)\1 is!")


_NO_VALUE = re.compile(r"Flag <\w+: (?P<name>[\w-]+).*> needed value and was not given one!")


class NoDash(Task[Any]):
    """A task none of whose switches is `--` for short: `--no-rollback` is `-r`, as `-n` and `-o` are others there."""

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:
        """Return what invoke's parser has to know of a switch."""
        return super().arg_opts(name, default, {*taken_names, "-"})


class TypedWords(Program):
    """Invoke's program, with counts as people type them and a hint beside a word that is unknown."""

    def execute(self) -> None:
        """Do what was typed, until Ctrl-C."""
        hear_interrupts()
        with _answered():
            super().execute()

    def parse_tasks(self) -> None:
        """Read the words and their switches; `invoke scale api=3` is `invoke scale --count api=3`."""
        screen.install()
        self.core.unparsed[:] = as_flags(self.core.unparsed)
        with self._hint():
            super().parse_tasks()

    def core_args(self) -> list[Argument]:
        """Return the switches that every word takes."""
        told = "the environment: `.env.NAME` instead of `.env`, with a droplet and runs of its own (or SLIPWAY_ENV)"
        return [*super().core_args(), Argument(names=("env",), kind=str, help=told)]

    def _update_core_context(self, context: ParserContext, new_args: dict[str, Argument]) -> None:
        """Take the switches of every word; the environment is chosen here, before any word begins."""
        stated = new_args["env"]
        name = str(stated.value) if stated.got_value else os.environ.get(environments.VARIABLE, "").strip()
        if stated.got_value and not name.strip():
            raise UsageError("--env names no environment", why="its value is empty", fix="invoke environments")
        try:
            environments.choose(name)
        except ValueError as error:
            switch = f"--env {name}" if stated.got_value else f"{environments.VARIABLE}={name}"
            fix = "invoke environments" if stated.got_value else unset(environments.VARIABLE)
            raise UsageError(f"{switch} is not possible", why=str(error), fix=fix) from None
        super()._update_core_context(context, {key: one for key, one in new_args.items() if one is not stated})

    def parse_cleanup(self) -> None:
        """Answer `--help` and `--list`, if they were asked for."""
        with self._hint(), _answered():
            super().parse_cleanup()

    def _make_parser(self) -> Parser:
        """Return the parser of the words, which checks what switches are given."""
        parser: Parser = super()._make_parser()
        for context in parser.contexts.values():
            check_values(context)
        return parser

    @contextlib.contextmanager
    def _hint(self) -> Iterator[None]:
        try:
            yield
        except ParseError as refused:
            hint = "".join(f" Did you mean `{near}`?" for near in self._near(refused))
            told = _NO_VALUE.sub(r"--\g<name> needs a value and was given none", str(refused))
            raise ParseError(f"{told}{hint}", refused.context) from None
        except UsageError as refused:
            raise Exit(str(refused), code=refused.exit_code) from None

    def _near(self, refused: ParseError) -> list[str]:
        unknown = _UNKNOWN.fullmatch(str(refused))
        if not unknown:
            return []
        word = unknown["word"]
        switches = [*(refused.context.flags if refused.context else ()), *self.initial_context.flags]
        known = switches if word.startswith("-") else list(self.parser.contexts)
        return difflib.get_close_matches(word, known, n=1, cutoff=LIKENESS)


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Let a word that ends well end otherwise when its answer could not be written."""
    try:
        yield
    except SystemExit as ended:
        raise SystemExit(screen.exit_code(ended.code)) if isinstance(ended.code, int) else ended from None
    except Exit as ended:
        raise Exit(ended.message, code=screen.exit_code(ended.code)) from None
