"""How do the stories of a measurement read as Markdown tables? Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from tests.bench.kept import Story
from tests.bench.recording import SHARES, Latencies, Sample, lags, latencies
from tests.bench.spans import Seen, Update, seen_of, step_at

FAILURES_SHOWN = 12


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(row) for row in rows)]
    return "".join(f"| {line} |\n" for line in lines)


def latency_table(stories: Iterable[Story]) -> str:
    """Return one row for the steady phase and one for the updates of each story, in ms."""
    rows = []
    for story in stories:
        steady, during = latencies(story.steady), latencies(story.during)
        rows.append(_latency_row(f"{story.title}: steady", steady, against=steady))
        rows.append(_latency_row(f"{story.title}: during updates", during, against=steady))
    return table(["phase", "requests", "failed", *(f"{name} ms" for name in SHARES), "p99 to steady"], rows)


def _latency_row(name: str, found: Latencies, *, against: Latencies) -> list[str]:
    figures = [f"{value:.1f}" for value in found.figures().values()]
    ratio = found.at_share(0.99) / against.at_share(0.99)
    return [name, f"{found.asked:,}", f"{found.failures.total()}", *figures, f"{ratio:.1f}"]


def times_table(stories: Iterable[Story]) -> str:
    """Return how long updates took until visitors saw them: median with the range."""
    rows = []
    for story in stories:
        seen = [seen_of(update, story.recording, until=story.until(update)) for update in story.updates]
        columns = (
            [one.first_new_s for one in seen],
            [one.last_old_s for one in seen],
            [one.old_gone_s for one in seen],
            [update.seconds for update in story.updates],
        )
        rows.append(
            [story.title, str(len(seen)), *(spread([v for v in column if v is not None]) for column in columns)]
        )
    return table(["updates", "runs", "first new answer", "last old answer", "old replicas gone", "whole command"], rows)


def bad_table(stories: Iterable[Story]) -> str:
    """Return how each bad release ended."""
    rows = []
    for story in stories:
        steady = latencies(story.steady).at_share(0.99)
        for update in story.updates:
            found = latencies(story.recording.between(update.typed_at, update.ended_at))
            seen = seen_of(update, story.recording, until=story.until(update))
            ratio = found.at_share(0.99) / steady
            rows.append(_bad_row(update, found, seen, ratio=ratio))
    return table(["release", "ended", "exit code", "took", "requests", "failed", "versions seen", "p99 ms"], rows)


def _bad_row(update: Update, found: Latencies, seen: Seen, *, ratio: float) -> list[str]:
    p99 = f"{found.at_share(0.99):.1f} ({ratio:.1f} x steady)"
    counts = [f"{found.asked:,}", f"{found.failures.total()}", str(len(seen.versions))]
    return [update.name, f"`{update.outcome}`", str(update.exit_code), f"{update.seconds:.1f} s", *counts, p99]


def step_table(stories: Iterable[Story]) -> str:
    """Return the latency within each step, over all updates, to see what costs."""
    within: dict[str, list[Sample]] = {}
    lengths: dict[str, list[float]] = {}
    for story in stories:
        for update in story.updates:
            for sample in story.recording.between(update.typed_at, update.ended_at):
                name = step_at([update], sample.at).removeprefix(f"{update.name}: ")
                within.setdefault(name, []).append(sample)
            for span in update.spans:
                lengths.setdefault(span.name, []).append(span.ended_at - span.began_at)
    rows = [
        [name, spread(lengths.get(name, [])), *_step_figures(samples)]
        for name, samples in sorted(within.items(), key=lambda pair: -latencies(pair[1]).at_share(0.99))
    ]
    return table(["step", "took", "requests", "failed", "p50 ms", "p99 ms", "generator late p99 ms"], rows)


def _step_figures(samples: list[Sample]) -> list[str]:
    found = latencies(samples)
    shares = [f"{found.at_share(share):.1f}" for share in (0.5, 0.99)]
    return [f"{found.asked:,}", f"{found.failures.total()}", *shares, f"{lags(samples).at_share(0.99):.1f}"]


def failure_list(stories: Iterable[Story]) -> str:
    """Name the first failures: when, what, and the step that ran then."""
    lines = []
    for story in stories:
        zero = story.recording.samples[0].at
        failed = story.failures
        shown = failed[:FAILURES_SHOWN]
        lines += [
            f"- {story.title}, after {one.at - zero:.2f} s, {step_at(story.updates, one.at)}: {one.kind}: {one.failure}"
            for one in shown
        ]
        if len(failed) > len(shown):
            lines.append(f"- and {len(failed) - len(shown)} more")
    return "\n".join(lines) or "No request failed."


def failure_kinds(story: Story) -> str:
    """Say how often each kind of failure came."""
    found = latencies(story.recording.samples).failures.most_common()
    return ", ".join(f"{count:,} x {kind}" for kind, count in found) or "no request failed"


def spread(values: Sequence[float]) -> str:
    """Write the median of some seconds with their range."""
    if not values:
        return "-"
    return f"{statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f})"
