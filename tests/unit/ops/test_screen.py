"""Does every text leave, whatever is at the other end?"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops import screen

ROOT = Path(__file__).resolve().parents[3]
FULL = Path("/dev/full")
# A program that says much more than a pipe holds, and ends as a word does.
SAYS = """
import sys
from ops import screen
screen.install()
for number in range({lines}):
    screen.data("✗ line → łódź …")
    screen.talk("talk ✓")
raise SystemExit(screen.exit_code({code}))
"""
FOLLOWS = """
import time
from ops import screen
screen.install()
screen.data("1")
screen.end_with_reader()
time.sleep(60)
"""


def a_word(*, lines: int = 1, code: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", SAYS.format(lines=lines, code=code))


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "✗ line → łódź …"),
        ("cp1252", "x line -> ?ód? …"),  # what western Windows writes into a file
        ("ascii", "x line -> ??d? ..."),
        ("cp437", "x line -> ?ód? ..."),
    ],
)
def test_a_letter_that_the_encoding_lacks_is_replaced_and_ends_nothing(encoding: str, told: str) -> None:
    environment = {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(a_word(code=9), capture_output=True, env=environment, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, done.stdout.decode(encoding)) == (9, f"{told}\n")
    assert done.stderr.decode(encoding) in {"talk ✓\n", "talk +\n"}


@pytest.mark.parametrize("code", [0, 8])
def test_a_reader_who_has_gone_leaves_the_exit_code_as_it_is_and_nothing_on_stderr(code: int) -> None:
    with subprocess.Popen(
        a_word(lines=20_000, code=code), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as word:
        assert word.stdout is not None
        assert word.stderr is not None
        word.stdout.readline()
        word.stdout.close()  # as `| head -1` does
        said = word.stderr.read().decode()
    assert (word.wait(timeout=60), said.replace("talk ✓\n", "")) == (code, "")


def test_what_is_followed_ends_with_its_reader_although_nothing_more_comes() -> None:
    with subprocess.Popen((sys.executable, "-c", FOLLOWS), stdout=subprocess.PIPE, cwd=ROOT) as word:
        assert word.stdout is not None
        assert word.stdout.readline() == b"1\n"
        word.stdout.close()
        assert word.wait(timeout=30) == 0


@pytest.mark.parametrize(("code", "ended"), [(0, 4), (9, 9)])
def test_an_answer_that_a_full_disk_did_not_take_is_an_error_unless_there_is_one_already(code: int, ended: int) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            a_word(code=code), stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, timeout=60, check=False
        )
    assert done.returncode == ended
    assert "error: the answer could not be written\nwhy:   No space left on device\nfix:   " in done.stderr


def test_talk_that_nobody_can_hear_keeps_nobody_from_working() -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(a_word(), stdout=subprocess.PIPE, stderr=full, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_a_stream_that_was_closed_from_the_start_is_no_error(closed: str) -> None:
    done = subprocess.run(("sh", "-c", f'"$@" {closed}', "sh", *a_word(code=9)), cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 9


def test_json_for_machines_has_its_letters_in_every_encoding() -> None:
    value = {"subject": "Grüße ✓ 😀", "quote": '"\\'}
    text = json.dumps(value, ensure_ascii=False)
    assert screen.ascii_json(text).isascii()
    assert json.loads(screen.ascii_json(text)) == value


def test_a_door_takes_text_after_its_stream_was_closed() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    door = screen.Door(stream)
    door.write("heard")
    stream.close()
    assert door.write("not heard") == 9
    assert not door.isatty()
