"""Independent things done at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each(items: Sequence[T], action: Callable[[T], R], *, workers: int) -> list[R]:
    """Do the action for every item, in order of the items; all have ended when the first error is raised."""
    if workers <= 1 or len(items) <= 1:
        return [action(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(workers, len(items))) as pool:
        futures = [pool.submit(action, item) for item in items]
        wait(futures)
        return [future.result() for future in futures]
