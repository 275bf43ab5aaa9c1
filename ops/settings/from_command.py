"""`KEY=exec:op read op://vault/item/field`: a value that a program prints, so that it need not lie in a file.

The program is started without a shell, in the folder of the environment's file; its words are split as a POSIX shell
splits them, on every system. It may ask at the terminal by itself. What it prints on stderr is never shown: it may
hold what it was asked for.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import IO

import psutil

from ops.settings.env_file import Problem

PREFIX = "exec:"
LIMIT_S = 60.0  # somebody may have to touch a key, or to type a password
MOST_BYTES = 65_536
# Decisions that somebody has to be able to read, and names by which environments are told apart.
WRITTEN_OUT = ("ENVIRONMENT", "ACME_DIRECTORY", "DROPLET_NAME", "DROPLET_TAG")
_CHUNK = 4096
_LOOK_S = 0.05
LEFT_OPEN_S = 0.5
_BY_HAND = "run the command by itself to see what it says, or write the value"


@dataclass
class Answer:
    """What a program said: its output as far as it is wanted, how many lines it wrote on stderr, how it ended."""

    output: bytes = b""
    complaints: int = 0
    exit_code: int | None = None  # None: it was ended, because it took too long or printed too much


def is_command(value: str) -> bool:
    """Tell whether a value is to be had from a program."""
    return value.startswith(PREFIX)


def unreadable(stated: Mapping[str, str], environ: Mapping[str, str]) -> list[Problem]:
    """Return what must not be a command: keys that have to be written out, and any value of the environment."""
    found = [
        Problem(key=key, wrong="comes from a command; it has to be written out", write="the value itself")
        for key in WRITTEN_OUT
        if is_command(stated.get(key, ""))
    ]
    wrong = "is a command in the environment; only the file may name one"
    return found + [
        Problem(key=key, wrong=wrong, write="the value itself") for key in environ if is_command(environ[key])
    ]


def ask_commands(
    stated: Mapping[str, str], *, folder: Path, say: Callable[[str], None], limit_s: float = LIMIT_S
) -> tuple[dict[str, str], list[Problem]]:
    """Return the values with those from commands asked for, one command after the other, and what went wrong.

    Two keys with the same command ask once: a person may have to answer.
    """
    values, problems = dict(stated), list[Problem]()
    asked: dict[tuple[str, ...], list[str]] = {}
    for key in (key for key, value in stated.items() if is_command(value)):
        try:
            words = tuple(shlex.split(stated[key].removeprefix(PREFIX)))
        except ValueError:
            words = ()
        if not words:
            wrong = "names no command behind `exec:`, or its quotes are not closed"
            problems.append(Problem(key=key, wrong=wrong, write="KEY='exec:PROGRAM WORDS'"))
            continue
        asked.setdefault(words, []).append(key)
    for words, keys in asked.items():
        say(f"asking `{Path(words[0]).name}` for {' and '.join(keys)}")
        value, wrong = _value(words, folder=folder, limit_s=limit_s)
        values |= dict.fromkeys(keys, value)
        problems += [Problem(key=key, wrong=wrong, write=_BY_HAND) for key in keys if wrong]
    return values, problems


def _value(words: tuple[str, ...], *, folder: Path, limit_s: float) -> tuple[str, str]:
    """Return what a command prints, or what is wrong with it."""
    name = f"its command, `{Path(words[0]).name}`,"
    is_path = Path(words[0]).name != words[0]  # a name alone is never looked for in the checkout
    program = shutil.which(str(folder / words[0]) if is_path else words[0])
    if program is None:
        return "", f"{name} is not there, or may not be run"
    try:
        answer = _run((program, *words[1:]), folder=folder, limit_s=limit_s)
    except OSError as error:
        return "", f"{name} could not be started: {error.strerror}"
    said = (
        f"; {_lines(answer.complaints)} on stderr, not shown because they may hold a secret"
        if answer.complaints
        else ""
    )
    if len(answer.output) > MOST_BYTES:
        return "", f"{name} printed more than {MOST_BYTES // 1024} KiB"
    if answer.exit_code is None:
        return "", f"{name} did not end within {limit_s:g} s{said}"
    if answer.exit_code:
        how = f"exit code {answer.exit_code}" if answer.exit_code > 0 else f"signal {-answer.exit_code}"
        return "", f"{name} ended with {how}{said}"
    return _one_line(answer.output, name=name, said=said)


def _one_line(output: bytes, *, name: str, said: str) -> tuple[str, str]:
    try:
        text = output.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return "", f"{name} printed what is no UTF-8 text"
    if not text.strip():
        return "", f"{name} printed nothing{said}"
    if "\n" in text or "\r" in text:
        return "", f"{name} printed {_lines(len((text + '.').splitlines()))}; one is wanted"
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        return "", f"{name} printed what is no text"
    return text, ""


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _run(words: Iterable[str], *, folder: Path, limit_s: float) -> Answer:
    """Run a program to its end; it is ended with all that it started when it takes too long or prints too much.

    What it left behind may hold its pipes open: that is waited for a moment only, and what was printed by then counts.
    """
    deadline, answer = monotonic() + limit_s, Answer()
    process = subprocess.Popen(
        tuple(words), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        readers = [
            threading.Thread(target=_read, args=(pipe, take), daemon=True)
            for pipe, take in ((process.stdout, _take(answer)), (process.stderr, _count(answer)))
        ]
        for reader in readers:
            reader.start()
        while process.poll() is None:
            if monotonic() > deadline or len(answer.output) > MOST_BYTES:
                return answer
            sleep(_LOOK_S)  # the deadline is above
        for reader in readers:
            reader.join(LEFT_OPEN_S)
        answer.exit_code = process.returncode
    finally:
        if answer.exit_code is None:
            _end(process)
    return answer


def _read(pipe: IO[bytes] | None, take: Callable[[bytes], bool]) -> None:
    """Read to the end, and close the pipe: nobody else does, because a close waits for whoever reads."""
    if pipe is None:
        return
    with pipe:
        while (chunk := os.read(pipe.fileno(), _CHUNK)) and take(chunk):
            pass


def _take(answer: Answer) -> Callable[[bytes], bool]:
    def take(chunk: bytes) -> bool:
        answer.output += chunk
        return len(answer.output) <= MOST_BYTES

    return take


def _count(answer: Answer) -> Callable[[bytes], bool]:
    def take(chunk: bytes) -> bool:
        answer.complaints += chunk.count(b"\n") or not answer.complaints
        return True

    return take


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started, which may hold its pipes open."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        children = []
    process.kill()
    for child in children:
        try:
            child.kill()
        except psutil.Error:
            continue
    process.wait()
