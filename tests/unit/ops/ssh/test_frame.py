"""Is an answer told from what a log-in shell says around it?"""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.ssh.frame import Asked, Frame, Lines

NOISE = b"Welcome!\nyou have mail"
FRAME = Frame("slipway-1")
LETTERS = st.characters(exclude_characters="\n", exclude_categories=["Cs"])
SHELLS = [name for name in ("sh", "bash", "dash", "zsh", "fish", "tcsh") if shutil.which(name)]
WORDS = ("printf", "%s|", "a'b\\ !x\n$HOME `id`", "")


def framed(text: bytes) -> bytes:
    return NOISE + FRAME.begin + text + FRAME.end + b"bye\n"


@given(st.binary())
def test_noise_before_and_after_is_no_part_of_an_answer(text: bytes) -> None:
    assert FRAME.answer(framed(text)) == text
    assert FRAME.errors(framed(text), framed(b"")) == text


def test_a_command_that_never_began_tells_what_the_shell_said_instead() -> None:
    said = b"This account is currently not available.\n"
    assert FRAME.answer(said) is None
    assert FRAME.errors(b"", said) == said


def test_an_answer_that_was_cut_is_what_came_of_it() -> None:
    assert FRAME.answer(NOISE + FRAME.begin + b"half") == b"half"


@given(
    st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), max_size=5), st.integers(1, 9)
)
def test_lines_come_whole_in_whatever_pieces_they_arrive(lines: list[str], size: int) -> None:
    raw = framed("".join(f"{line}\n" for line in lines).encode())
    told = Lines(FRAME)
    got = [line for start in range(0, len(raw), size) for line in told.feed(raw[start : start + size])]
    assert [*got, *told.rest()] == lines


def test_a_last_line_without_an_end_is_told_too() -> None:
    told = Lines(FRAME)
    assert [*told.feed(framed(b"1\n2")), *told.rest()] == ["1", "2"]


def test_what_the_login_shell_reads_means_the_same_to_every_shell() -> None:
    asked = Asked(("printf", "%s", "a'b\\ !x\n$HOME `id`"), None, sudo=True, terminal=True)
    assert re.fullmatch(r"""sh -c 'eval "\$\(echo [A-Za-z0-9+/=]+ \| base64 -d\)"'""", asked.line)


@pytest.mark.parametrize(
    "shell", [name for name in ("sh", "bash", "dash", "zsh", "fish", "tcsh") if shutil.which(name)]
)
def test_a_shell_passes_words_scripts_input_and_exit_codes_through(shell: str) -> None:
    words, script = ("printf", "%s|", "a'b\\ !x\n$HOME `id`", ""), "cat; echo told >&2; exit 3"
    for command, output, errors, code in (
        (words, b"a'b\\ !x\n$HOME `id`||", b"", 0),
        (script, b"\0in\r\n", b"told\n", 3),
    ):
        asked = Asked(command, None, sudo=False, terminal=False)
        done = subprocess.run(
            (shell, "-c", asked.line), input=b"\0in\r\n", capture_output=True, timeout=60, check=False
        )
        assert (asked.frame.answer(done.stdout), done.returncode) == (output, code)
        assert asked.frame.errors(done.stderr, done.stdout) == errors


def test_each_command_has_marks_of_its_own() -> None:
    assert Frame().begin != Frame().begin


@pytest.mark.parametrize(
    ("command", "name"), [(("python3", "x" * 99, "hello"), "`python3 hello`"), ("# look\nid", "`look`")]
)
def test_a_command_is_named_by_its_first_words(command: tuple[str, ...] | str, name: str) -> None:
    assert Asked(command, None, sudo=False, terminal=False).name == name
