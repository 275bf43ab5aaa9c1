"""What scripts/check.sh says before the checks begin and after they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.components import ALL, Component

QUICK = ("lint", "types", "unit")
INTERRUPTED = 130


@dataclass(kw_only=True)
class Counts:
    """What the tests of one session came to; the reasons of what was skipped, with how many each."""

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one session ended: `success`, `failed`, `aborted` or `skipped`, and why."""

    name: str
    result: str
    reason: str = ""
    seconds: float = 0.0


def help_text(seconds: Mapping[str, float]) -> str:
    """Return what `--help` prints."""
    quick = sum(seconds[name] for name in QUICK)
    whole = about(sum(seconds.values()))
    rows = (
        ("./scripts/check.sh", f"all that must hold before a change goes in; {whole} on 2 cores:"),
        ("", ", ".join(seconds)),
        ("./scripts/check.sh --quick", f"what to run before each commit: {', '.join(QUICK)}; {about(quick)}"),
        ("./scripts/check.sh --help", "this"),
        ("./scripts/check.sh ARGUMENTS", "anything else goes to nox: `-l` lists all sessions,"),
        ("", "`-s unit -- -k lock` runs tests by their names"),
    )
    table = "".join(f"  {left:<30}{right}\n" for left, right in rows)
    return f"Check the code. The exit code is nox's: 0 when all is well.\n\n{table}"


def announcement(sessions: Sequence[str], seconds: Mapping[str, float], missing: Sequence[Component]) -> str:
    """Return what will run, for how long, and what is left out for want of what."""
    out = [name for name in sessions if any(one.wanted.get(name) == ALL for one in missing)]
    run = [name for name in sessions if name not in out]
    known = all(name in seconds for name in run)
    long = f": {about(sum(seconds[name] for name in run))} on 2 cores" if run and known else ""
    lines = [f"{', '.join(run) or 'nothing'} will run{long}"]
    for one in missing:
        what = ", ".join(
            name if one.wanted[name] == ALL else f"{one.wanted[name]} ({name})"
            for name in sessions
            if name in one.wanted and (one.wanted[name] == ALL or name not in out)
        )
        if what:
            lines.append(f"left out: {what}: {one.lack}")
    return "".join(f"checks: {line}\n" for line in lines)


def verdict(
    sessions: Sequence[str],
    outcomes: Sequence[Outcome],
    counts: Mapping[str, Counts],
    *,
    seconds: float,
    exit_code: int,
) -> str:
    """Return the last line: what passed, what failed, what did not run, and for want of what."""
    named = {one.name for one in outcomes}
    passed = [_told(one.name, counts) for one in outcomes if one.result == "success"]
    failed = [_told(one.name, counts, failed=True) for one in outcomes if one.result not in {"success", "skipped"}]
    parts = {
        "passed": passed,
        "did not run": [name for name in sessions if name not in named],
        "left out": _left_out(outcomes, counts),
    }
    if exit_code:
        word = "stopped" if exit_code == INTERRUPTED else "FAILED"
        head = f"{word} after {spoken(seconds)}" + (f": {', '.join(failed)}" if failed else "")
    elif passed:
        head = f"all passed in {spoken(seconds)}: {', '.join(parts.pop('passed'))}"
    else:
        head = "nothing ran"
    rest = "".join(f"; {what}: {', '.join(names)}" for what, names in parts.items() if names)
    return f"checks: {head}{rest}\n"


def _told(name: str, counts: Mapping[str, Counts], *, failed: bool = False) -> str:
    count = counts.get(name, Counts())
    if failed and count.failed:
        return f"{name} ({_number(count.failed, 'test')} failed)"
    if failed and count.skipped:
        return f"{name} ({_number(count.skipped.total(), 'test')} skipped)"
    return f"{name} ({_number(count.passed, 'test')})" if count.passed and not failed else name


def _left_out(outcomes: Sequence[Outcome], counts: Mapping[str, Counts]) -> list[str]:
    whole = [f"{one.name} ({_short(one.reason)})" for one in outcomes if one.result == "skipped"]
    parts = []
    for one in outcomes:
        if one.result == "success":
            reasons = Counter[str]()
            for reason, number in counts.get(one.name, Counts()).skipped.items():
                reasons[_short(reason)] += number
            parts += [f"{_number(number, 'test')} of {one.name} ({reason})" for reason, number in reasons.items()]
    return [*whole, *parts]


def _short(reason: str) -> str:
    return reason.partition(" on this machine")[0]


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def about(seconds: float) -> str:
    """Return a length to plan with."""
    return f"about {max(1, round(seconds / 60))} min"


def spoken(seconds: float) -> str:
    """Return a length that was measured."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
