"""Do the words that only look at a stack end well, whoever reads them and however?"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

from tests.stack import Stack


def typed(stack: Stack, line: str) -> subprocess.CompletedProcess[bytes]:
    """Type a line in a shell, in which `invoke` is this checkout's."""
    environment = {**stack.environment, "PATH": f"{Path(sys.executable).parent}:{stack.environment['PATH']}"}
    command = ("bash", "-o", "pipefail", "-c", line)
    return subprocess.run(command, cwd=stack.root, env=environment, capture_output=True, timeout=120, check=False)


def test_logs_of_a_service_that_is_none_are_refused_with_those_there_are(stack: Stack) -> None:
    done = stack.invoke("logs", "--target", "local", "--service", "djagno")
    assert done.returncode == 2
    assert "error: there is no service `djagno`" in done.stderr
    assert "fix:   invoke logs --service django --target local" in done.stderr


def test_a_reader_who_goes_and_an_encoding_with_few_letters_are_no_failure(stack: Stack) -> None:
    western = dataclasses.replace(stack, environment={**stack.environment, "PYTHONIOENCODING": "cp1252"})
    for line in (
        "status --target local > out.txt",
        "history --target local | head -1",
        "logs --target local | head -1",
    ):
        done = typed(western, f"invoke {line}")
        assert (done.returncode, done.stderr.decode("cp1252")) == (0, ""), line


def test_an_answer_that_could_not_be_written_is_an_error(stack: Stack) -> None:
    done = typed(stack, "invoke status --target local --json > /dev/full")
    assert done.returncode == 4
    assert b"error: the answer could not be written" in done.stderr
