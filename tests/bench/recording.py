"""What did the load generator see, and what do the figures say? Pure."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


class Sample(NamedTuple):
    """One request: wall time when it was due (s), latency from then on (ms), what it was and what came of it."""

    at: float
    latency_ms: float
    kind: str
    failure: str
    version: str
    lag_ms: float

    @property
    def ended_at(self) -> float:
        """Return the wall time of the answer."""
        return self.at + self.latency_ms / 1000


@dataclass(frozen=True)
class Recording:
    """All requests of one run of the generator, in the order in which they were due."""

    samples: tuple[Sample, ...]
    head: dict[str, Any] = field(default_factory=dict)

    def between(self, begin: float, end: float) -> tuple[Sample, ...]:
        """Return what was due within a stretch of wall time."""
        return tuple(sample for sample in self.samples if begin <= sample.at < end)


def read_recording(lines: Iterable[str]) -> Recording:
    """Read what the generator wrote: one object, then a row for each request."""
    head, *rows = (json.loads(line) for line in lines)
    began_at = float(head["began_at"])
    return Recording(tuple(Sample(began_at + row[0], *row[1:]) for row in rows), head)


@dataclass(frozen=True)
class Latencies:
    """The latencies of some answered requests, and how many of all failed."""

    sorted_ms: tuple[float, ...]
    failures: Counter[str]

    @property
    def asked(self) -> int:
        """Return how many requests were made."""
        return len(self.sorted_ms) + self.failures.total()

    def at_share(self, share: float) -> float:
        """Return the latency in ms that this share of the answered requests did not exceed; NaN without any."""
        if not self.sorted_ms:
            return math.nan
        return self.sorted_ms[max(0, math.ceil(share * len(self.sorted_ms)) - 1)]

    def figures(self) -> dict[str, float]:
        """Return the usual shares in ms."""
        return {name: self.at_share(share) for name, share in SHARES.items()}


def latencies(samples: Iterable[Sample]) -> Latencies:
    """Sort answered and failed requests apart."""
    known = tuple(samples)
    answered = sorted(sample.latency_ms for sample in known if not sample.failure)
    return Latencies(tuple(answered), Counter(sample.failure for sample in known if sample.failure))


def lags(samples: Iterable[Sample]) -> Latencies:
    """Return how late the generator itself was."""
    return Latencies(tuple(sorted(sample.lag_ms for sample in samples)), Counter())


def in_slots(samples: Iterable[Sample], *, seconds: float, share: float) -> list[tuple[float, float]]:
    """Return (wall time of the slot's middle, latency of that share in ms) for each slot that has an answer."""
    slots: dict[int, list[Sample]] = {}
    for sample in samples:
        slots.setdefault(int(sample.at // seconds), []).append(sample)
    pairs = ((slot, latencies(found).at_share(share)) for slot, found in sorted(slots.items()))
    return [((slot + 0.5) * seconds, value) for slot, value in pairs if not math.isnan(value)]
