from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.commands import history, output
from ops.engine.host.journal import Journal
from ops.errors import HostError
from ops.redact import Redactor
from ops.runs.artifacts import create_run_folder
from ops.runs.console import Console
from ops.runs.run import Run
from ops.targets import Request
from tests.unit.ops.secret_fixtures import ENCODINGS, SECRETS

KEY = "[redacted:THE_KEY]"


def run_of(root: Path, redactor: Redactor, *, json_too: bool = False) -> tuple[Run, io.StringIO]:
    """Return a run that prints into one place, whatever it says where."""
    folder = create_run_folder(root, redactor=redactor, clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
    screen = io.StringIO()
    console = Console(redactor, json_too, out=screen, err=screen, environment={})
    console.log = folder.log
    run = Run(mode="full", target="local", folder=folder, console=console, redactor=redactor, url="")
    return run, screen


def said(run: Run, text: str) -> None:
    run.say(text)


def told_as_progress(run: Run, text: str) -> None:
    run.add({"event": "progress", "step": "start", "text": text})


def warned(run: Run, text: str) -> None:
    run.warn(text)


def failed(run: Run, text: str) -> None:
    run.fail(HostError("the host refused", why=text, fix=f"look at {text}"))


def changed(run: Run, text: str) -> None:
    run.changed("firewall", "update", text)


def seen_in_the_journal(run: Run, text: str) -> None:
    run.add({"event": "job", "name": "migrate", "exit_code": 1, "output": text, "seconds": 1.0})


PLACES = (said, told_as_progress, warned, failed, changed, seen_in_the_journal)


@pytest.mark.req("A-12")
@pytest.mark.parametrize("place", PLACES)
@given(encoding=st.sampled_from(sorted(ENCODINGS)), secret=SECRETS, padding=st.integers(0, 100), as_json=st.booleans())
def test_no_run_shows_or_writes_a_secret_wherever_a_line_is_folded(
    place: Callable[[Run, str], None], encoding: str, secret: str, padding: int, *, as_json: bool
) -> None:
    encoded = ENCODINGS[encoding](secret)
    with tempfile.TemporaryDirectory() as root:
        run, screen = run_of(Path(root), Redactor({"THE_KEY": secret}), json_too=as_json)
        place(run, f"{'.' * padding}{encoded}")
        run.finish()
        written = [path.read_text(encoding="utf-8") for path in run.folder.path.iterdir()]
    for text in (screen.getvalue(), *written):
        assert squeezed(encoded) not in squeezed(text.replace(KEY, "\0"))


@pytest.mark.req("A-12")
@given(encoding=st.sampled_from(sorted(ENCODINGS)), secret=SECRETS, padding=st.integers(0, 100))
def test_no_journal_holds_a_secret(encoding: str, secret: str, padding: int) -> None:
    encoded = ENCODINGS[encoding](secret)
    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / "journal.jsonl"
        journal = Journal(path, redactor=Redactor({"THE_KEY": secret}))
        journal.write("job", output=f"{'.' * padding}{encoded}", error={"why": [encoded]})
        journal.close()
        entry = json.loads(path.read_text(encoding="utf-8"))
    assert encoded not in entry["output"].replace(KEY, "\0")
    assert encoded not in entry["error"]["why"][0].replace(KEY, "\0")


@pytest.fixture(scope="module")
def shown_by() -> Iterator[Callable[[str, dict[str, Any]], str]]:
    """Return what `invoke history` prints for this secret and this answer of the engine."""
    with pytest.MonkeyPatch.context() as patch:

        def shown(secret: str, seen: dict[str, Any]) -> str:
            target = SimpleNamespace(
                redactor=Redactor({"THE_KEY": secret}),
                reach=lambda _: None,
                close=lambda: None,
                settings=SimpleNamespace(notices=()),
                host=SimpleNamespace(engine=lambda *_: seen),
            )
            screen = io.StringIO()
            patch.setattr(output, "open_target", lambda *_: target)
            patch.setattr("sys.stdout", screen)
            assert history.history(Path(), Request(mode="history", target="local"), lines=9) == 0
            return screen.getvalue()

        yield shown


@pytest.mark.req("A-12")
@given(secret=SECRETS, padding=st.integers(0, 60))
def test_no_table_shows_a_secret_that_it_folds(
    shown_by: Callable[[str, dict[str, Any]], str], secret: str, padding: int
) -> None:
    run = {
        "run": "r1",
        "word": "deploy",
        "release": "20261121_030000-abc",
        "commit": "",
        "subject": secret,
        "began_at": "2026-11-21T03:00:00Z",
        "outcome": "failed",
        "seconds": 1.0,
        "by": f"{'.' * padding}{secret}",
        "error": secret,
    }
    text = shown_by(secret, {"live": None, "past": [], "runs": [run]})
    assert squeezed(secret) not in squeezed(text.replace(KEY, "\0"))


def squeezed(text: str) -> str:
    return "".join(text.split())
