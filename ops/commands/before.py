"""How does the release that is live answer, before anything of it is touched?

The engine says in its plan that something will change, and holds before it touches anything; meanwhile it builds, and
the live release is asked what the next one will be asked. Where nothing changes or nothing is live, nobody asks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from ops.commands.verify import judged
from ops.engine.host.words import ASKED, ASKING
from ops.errors import OpsError
from ops.runs import QUIET, Before
from ops.targets import Target, in_background
from ops.verification import Verified, failed, is_comparable, known_faults, stepping_back

HEARD_EVERY_S = 2.0  # the engine goes on when it hears nothing for longer
STARTING_S = 10.0  # what starts is waited for less patiently: the next release may be what mends it


class LiveRelease:
    """The release that is live when a run of the engine begins, and how it answers; `heard` is given its events."""

    def __init__(self, target: Target, run_id: str) -> None:
        self.id = ""
        self._target, self._run_id = target, run_id
        self._asked: Future[Verified] | None = None
        self._is_late = False  # the engine went on without the answers: they may be those of the next release

    def heard(self, event: Mapping[str, Any]) -> None:
        """Begin to ask once the engine's plan says that the live release will change."""
        if event["event"] in {"compared", "held"}:  # the latter of engines that called it so
            self._is_late = not event["answered"]
        if event["event"] != "plan" or self._asked is not None:
            return
        self.id = event.get("live") or ""
        if self.id and any(change["action"] not in QUIET for change in event["changes"]):
            self._asked = in_background(self._judged)
            in_background(self._keep_told)

    def answers(self) -> Before | None:
        """Return what failed on it; None when it was not asked, or not what it should answer."""
        if self._asked is None or self._is_late:
            return None
        try:
            found = self._asked.result()
        except Exception:  # noqa: BLE001 - then nobody knows, and the next release answers for itself
            return None
        if found.seen.release != self.id or not is_comparable(found.seen, self._target.site):
            return None
        faults = known_faults(found.checks, found.seen, self._target.site)
        return Before(release=self.id, failed=tuple(one.id for one in failed(found.checks) if one.id in faults))

    def _judged(self) -> Verified:
        site = self._target.site
        with stepping_back() if site.loopback_only else contextlib.nullcontext():
            return judged(self._target.host, site, say=lambda _: None, most_wait_s=STARTING_S)

    def _keep_told(self) -> None:
        """Tell the engine that the questions are still asked, and when they are answered."""
        asked = self._asked
        while asked is not None:
            with contextlib.suppress(OpsError, OSError):
                self._target.host.tell(self._run_id, ASKED if asked.done() else ASKING)
            if asked.done():
                return
            with contextlib.suppress(Exception):
                asked.result(timeout=HEARD_EVERY_S)
