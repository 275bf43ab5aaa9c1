"""Work that goes on beside other work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def in_background(work: Callable[[], Result]) -> Future[Result]:
    """Begin some work beside what goes on; its error comes with its result, and a program that ends does not wait."""
    result: Future[Result] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it comes with the result
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result
