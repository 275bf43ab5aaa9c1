"""Spans of time as people and Compose write them: 90s, 10m, 1m30s, 300ms."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = r"(\d+(?:\.\d+)?)(ms|s|m|h|d)"
_SPAN = re.compile(rf"(?:{_PART})+")


def seconds(span: str) -> float:
    """Read a span; raises ValueError when it is none."""
    if not _SPAN.fullmatch(span):
        raise ValueError(f"`{span}` is not a span of time")
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, span))
