"""How did latency go over time, and which step of a deploy ran meanwhile? Draws what a measurement kept.

    python -m tests.bench.picture rolling          writes docs/images/rolling-*.png

Needs requirements/bench.txt; `nox -s pictures -- rolling` brings it.
"""

from __future__ import annotations

import re
import sys

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.kept import KEPT, ROOT, Story, read_stories
from tests.bench.recording import Sample, in_slots
from tests.bench.spans import Update

IMAGES = ROOT / "docs" / "images"
SLOT_S = 0.1
BEFORE_S, AFTER_S = 5.0, 3.0
MOST_NEAR = 4
DOTS_PER_INCH = 100
COLOURS = {
    "build": "#f4d58d",
    "migrate": "#f0b67f",
    "start": "#bfd7ea",
    "gate": "#bfd7ea",
    "replace": "#d6c9e8",
    "switch": "#8fd19e",
    "watch": "#dff2e1",
    "undo": "#f7b2ad",
    "drain": "#d9d9d9",
    "stop": "#d9d9d9",
    "verify": "#fff3c4",
}


def main(names: list[str]) -> None:
    """Draw each measurement that is named."""
    mpl.use("agg")
    mpl.rcParams.update({"font.size": 9, "font.family": "sans-serif"})
    IMAGES.mkdir(exist_ok=True)
    for name in names:
        stories = read_stories(KEPT / f"{name}.json")
        drawn = {f"{name}.png": compare(stories)} if name == "peers" else {}
        drawn |= {f"{name}-{_slug(story.title)}.png": draw(story) for story in stories if name != "peers"}
        for file, figure in drawn.items():
            figure.savefig(IMAGES / file, dpi=DOTS_PER_INCH)
            sys.stderr.write(f"wrote docs/images/{file}\n")


def draw(story: Story) -> Figure:
    """Draw a story: all of it above, below it one update near by, or every update of a story with few."""
    near = [story.updates[len(story.updates) // 2]] if len(story.updates) > MOST_NEAR else list(story.updates)
    rows = 1 + len(near)
    figure, axes = plt.subplots(rows, 1, figsize=(10, 2.6 * rows), layout="constrained", squeeze=False)
    _draw_all(axes[0][0], story)
    for row, update in zip(axes[1:], near, strict=True):
        _draw_update(row[0], story, update)
    return figure


def compare(stories: list[Story]) -> Figure:
    """Draw whole stories below each other, on the same scale."""
    rows = len(stories)
    figure, axes = plt.subplots(rows, 1, figsize=(10, 2.2 * rows), layout="constrained", squeeze=False, sharey=True)
    for row, story in zip(axes, stories, strict=True):
        _draw_all(row[0], story)
    return figure


def _slug(title: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))


def _draw_all(axes: Axes, story: Story) -> None:
    zero = story.recording.samples[0].at
    for number, update in enumerate(story.updates):
        label = "an update runs" if number == 0 else None
        axes.axvspan(update.typed_at - zero, update.ended_at - zero, color="#eef2f7", lw=0, label=label)
        _mark(axes, update, "switch", zero, label="switch" if number == 0 else None)
    _latencies(axes, story.recording.samples, zero)
    title = story.title.replace("`", "")
    axes.set_title(f"{title}: {len(story.updates)} updates", loc="left")
    axes.set_xlabel("seconds since the load began")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, fontsize=8, frameon=False)


def _draw_update(axes: Axes, story: Story, update: Update) -> None:
    zero = update.typed_at
    for place, span in enumerate(span for span in update.spans if span.ended_at - span.began_at > SLOT_S):
        begin, end = span.began_at - zero, span.ended_at - zero
        axes.axvspan(begin, end, color=COLOURS.get(span.name, "#f0f0f0"), alpha=0.8, lw=0)
        height = 0.97 - 0.09 * (place % 3)
        axes.text(begin, height, span.name, transform=axes.get_xaxis_transform(), va="top", fontsize=8)
    samples = story.recording.between(zero - BEFORE_S, update.ended_at + AFTER_S)
    _latencies(axes, samples, zero)
    axes.set_title(f"{update.name}: {update.outcome}", loc="left")
    axes.set_xlabel("seconds since `invoke update` was typed")


def _latencies(axes: Axes, samples: tuple[Sample, ...], zero: float) -> None:
    for share, colour, label in ((0.5, "#1f6f8b", "p50"), (0.99, "#d1495b", "p99")):
        points = in_slots(samples, seconds=SLOT_S, share=share)
        axes.plot([at - zero for at, _ in points], [ms for _, ms in points], color=colour, lw=0.8, label=label)
    failed = [sample for sample in samples if sample.failure]
    if failed:
        times, waits = [one.at - zero for one in failed], [max(one.latency_ms, 1.0) for one in failed]
        axes.plot(times, waits, "x", color="black", ms=4, mew=0.8, label=f"{len(failed)} failed")
    axes.set_yscale("log")
    axes.set_ylabel("ms in 0.1 s")
    axes.grid(visible=True, which="major", axis="y", color="#dddddd", lw=0.5)
    axes.margins(x=0)


def _mark(axes: Axes, update: Update, step: str, zero: float, *, label: str | None) -> None:
    span = update.step(step)
    if span:
        axes.axvline(span.ended_at - zero, color="#3a9d5d", lw=0.8, label=label)


if __name__ == "__main__":
    main(sys.argv[1:])
