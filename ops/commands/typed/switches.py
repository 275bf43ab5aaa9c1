"""Which values do the switches take that are numbers or spans of time?

One table for every word. It is asked while the command line is read: what it refuses was no run and leaves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoke.parser import Argument, ParserContext

from ops.engine.durations import seconds
from ops.errors import UsageError

EXAMPLES = {"scale": "scale api=3"}  # where the word alone does not say what is meant


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number that is not too small; `unit` is what is counted."""

    least: int
    unit: str
    example: int
    most: int = 1_000_000  # what is larger is a slip of the hand, and no counter over there takes it

    @property
    def why(self) -> str:
        """What it has to be."""
        return f"it has to be a whole number of {self.unit}, {self.least} to {self.most}"

    def read(self, text: str) -> Any:
        """Return the number; raises ValueError."""
        number = int(text)
        if not self.least <= number <= self.most or not text.strip().isascii():
            raise ValueError(text)
        return number


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span of time, kept as it was typed."""

    example: str
    why: str = "it has to be a span of time: numbers with s, m, h or d, such as 90s, 10m, 1h30m"

    def read(self, text: str) -> Any:
        """Return the span; raises ValueError."""
        seconds(text)
        return text


LOCK_WAIT: dict[str, Whole | Span] = {"lock-wait": Whole(least=0, unit="seconds", example=60)}
# word -> switch -> what it takes. `tests/unit/ops/commands/test_switches.py` knows when one is missing here.
VALUES: dict[str, dict[str, Whole | Span]] = {
    **dict.fromkeys(("deploy", "update", "rollback", "scale"), LOCK_WAIT),
    "history": {"lines": Whole(least=1, unit="runs", example=20)},
    "logs": {"lines": Whole(least=0, unit="lines", example=200), "since": Span(example="10m")},
    "mail": {
        "last": Whole(least=0, unit="mails", example=20),
        "show": Whole(least=1, unit="mails, counted from the oldest", example=1),
    },
    "seed": {
        "organizations": Whole(least=0, unit="organizations", example=100, most=100_000),
        "people": Whole(least=0, unit="people", example=50, most=5_000),
        "events": Whole(least=0, unit="events", example=10, most=1_000),
    },
}


class CheckedArgument(Argument):
    """A switch whose value is read by the table; raises UsageError for one that it does not take."""

    word: str

    def set_value(self, value: Any, cast: bool = True) -> None:  # noqa: FBT001, FBT002 - invoke's own signature
        """Take the value."""
        known = VALUES.get(self.word, {}).get(self.names[0])
        if known is None or not cast:
            super().set_value(value, cast=cast)
            return
        try:
            read = known.read(value)
        except ValueError:
            as_typed = EXAMPLES.get(self.word, self.word)
            raise UsageError(
                f"--{self.names[0]} {value} is not possible",
                why=known.why,
                fix=f"invoke {as_typed} --{self.names[0]} {known.example}",
            ) from None
        self.raw_value = value
        super().set_value(read, cast=False)


def check_values(context: ParserContext) -> None:
    """Have the switches of a word checked."""
    for argument in {id(one): one for one in context.args.values()}.values():
        argument.__class__ = CheckedArgument
        argument.word = str(context.name)
