"""The engine of a local stack, asked as the operator's side asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.stack import Stack


def run_engine(stack: Stack, *arguments: str) -> Any:
    """Ask the engine itself, without the operator's side."""
    done = subprocess.run(
        (sys.executable, str(stack.state / "engine.pyz"), *arguments),
        env={**stack.environment, "SLIPWAY_CACHE_DIR": stack.environment["LOCAL_CACHE_DIR"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
