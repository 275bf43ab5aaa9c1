"""Who keeps asking a stack while a test changes it?"""

from __future__ import annotations

import threading
from typing import Self

import httpx

from tests.stack import Stack


class Visitor:
    """Asks the API without pause until told to stop, and keeps what failed."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self.asked = 0
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _visit(self) -> None:
        with self._stack.client() as client:
            while not self._stop.wait(0.12):  # below the rate limit of the edge
                try:
                    answer = self._stack.ask("/api/ready", client=client)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                self.asked += 1
                # 429: the burst of a verification has used up what this address may ask
                if answer.status_code not in {200, 429}:
                    self.failures.append(f"{answer.status_code} {answer.text[:200]}")
