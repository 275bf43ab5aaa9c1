from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.background import IN_THE_BACKGROUND

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 60  # for a machine that does much else


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody answers there."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody answers at {port}"
            time.sleep(0.02)
        else:
            return


@pytest.mark.parametrize("by", [(), IN_THE_BACKGROUND], ids=["typed", "in-the-background"])
@pytest.mark.parametrize("what", ["cloud", "relay"])
def test_what_runs_until_ctrl_c_ends_with_it_however_it_was_started(what: str, by: tuple[str, ...]) -> None:
    port = free_port()
    words = {
        "cloud": ("rehearsal.cloud", "--port", str(port), "--dns-port", str(free_port())),
        "relay": ("rehearsal.relay", f"127.0.0.1:{port}", "127.0.0.1:1", "0"),
    }
    command = (*by, sys.executable, "-m", *words[what])
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            process.send_signal(signal.SIGINT)
            assert process.wait(LIMIT_S) == 0
        finally:
            process.kill()
