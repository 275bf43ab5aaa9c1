from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.engine.errors import INTERRUPTED
from ops.engine.packing import pack
from tests.background import IN_THE_BACKGROUND

LIMIT_S = 60  # for a machine that does much else


@pytest.mark.parametrize("by", [(), IN_THE_BACKGROUND], ids=["typed", "in-the-background"])
def test_ctrl_c_ends_an_engine_that_waits_however_it_was_started(tmp_path: Path, by: tuple[str, ...]) -> None:
    engine, run = pack(tmp_path / "engine.pyz"), tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "journal.jsonl").write_text(json.dumps({"event": "waited_for"}) + "\n", encoding="utf-8")
    command = (*by, sys.executable, str(engine), "follow", "--root", str(tmp_path), "--run-id", "one")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert "waited_for" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(LIMIT_S) == INTERRUPTED
        finally:
            process.kill()
