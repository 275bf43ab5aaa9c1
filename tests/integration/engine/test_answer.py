"""Does an answer of the engine arrive whole, whatever hits the engine while the reader is slow?"""

from __future__ import annotations

import array
import fcntl
import signal
import subprocess
import sys
import termios
import time
from typing import IO

from tests.stack import ROOT

LONG = 300_000
PIPE_HOLDS = 65_536
# An unbuffered Python would take what was written when the signal came for all of it.
PROGRAM = f"""
import os, signal
from ops.engine.cli import _print
signal.signal(signal.SIGUSR1, lambda *_: os.write(2, b"signalled\\n"))
_print({{"long": "x" * {LONG}}})
"""


def test_a_long_answer_survives_a_signal_without_a_buffer() -> None:
    with subprocess.Popen(
        (sys.executable, "-c", PROGRAM),
        cwd=ROOT,
        env={"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        wait_until_full(process.stdout)
        process.send_signal(signal.SIGUSR1)
        assert process.stderr.readline() == b"signalled\n"
        assert len(process.stdout.read()) > LONG


def wait_until_full(pipe: IO[bytes]) -> None:
    deadline, waiting = time.monotonic() + 20, array.array("i", [0])
    while waiting[0] < PIPE_HOLDS:
        assert time.monotonic() < deadline, f"the pipe held {waiting[0]} bytes after 20 s"
        fcntl.ioctl(pipe.fileno(), termios.FIONREAD, waiting)
        time.sleep(0.01)  # between two looks; the deadline is above
