"""Does anybody notice when Traefik is exchanged, its image and its static file, and how long does a request wait?

The control is the same change made as before: the old Traefik stops, then the new one starts. It has to fail requests,
or the load proves nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.engine.model import Release
from ops.engine.processes.environments import build_environment
from ops.release.git import environment_id
from tests.bench.kept import KEPT, ROOT
from tests.bench.machine import describe_machine
from tests.bench.story import say
from tests.integration.edge.takeover_fixtures import EdgeStack, Visitors, visitors

Make = Callable[[int], Release]


def main() -> None:
    """Exchange Traefik many times under visitors, then a few times as it was done before."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        cache = ROOT / ".local" / "cache"
        patch.setenv("SLIPWAY_CACHE_DIR", str(cache))
        env_id = environment_id(ROOT, "local")
        build_environment(cache, env="local", env_id=env_id, source_dir=ROOT, say=say)
        stack = EdgeStack(folder=Path(folder) / "stack", env_id=env_id)
        stack.folder.mkdir()
        stack.prepare()
        try:
            told = {
                "taking over": _exchange(stack, stack.edge_release, asked.exchanges, fresh=asked.clients),
                "stopped first": _exchange(stack, stack.edge_release_of_before, asked.controls, fresh=asked.clients),
            }
        finally:
            stack.engine("down", "--volumes")
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = {"machine": describe_machine(), **told}
    (KEPT / "edge-exchange.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    for way, figures in told.items():
        say(f"{way}: {figures}")
    if told["taking over"]["failed"] or not told["stopped first"]["failed"]:
        raise SystemExit("a request failed where none may, or none where some must")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--exchanges", type=int, default=20)
    parser.add_argument("--controls", type=int, default=3)
    parser.add_argument("--clients", type=int, default=64, help="that connect anew for each request")
    return parser.parse_args()


def _exchange(stack: EdgeStack, make: Make, count: int, *, fresh: int) -> dict[str, Any]:
    """Exchange that often under visitors; return what they got, and how long an exchange took."""
    _deploy(stack, make(0))
    seconds = []
    with visitors(stack, fresh=fresh) as seen:
        for number in range(1, count + 1):
            stack.change_template(f"exchange {number}")
            began = time.monotonic()
            _deploy(stack, make(number))
            seconds.append(round(time.monotonic() - began, 2))
    return _figures(seen, seconds)


def _deploy(stack: EdgeStack, release: Release) -> None:
    done = stack.engine(*stack.deploy_words(release), "--allow-interruption")
    if done.returncode:
        raise SystemExit(f"the deploy failed:\n{done.stdout}{done.stderr}")


def _figures(seen: Visitors, seconds: list[float]) -> dict[str, Any]:
    return {
        "exchanges": len(seconds),
        "answered": seen.answered,
        "failed": len(seen.failures),
        "longest_ms": round(seen.longest_s * 1000),
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
