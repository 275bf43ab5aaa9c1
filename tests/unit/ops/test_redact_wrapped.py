from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.redact import Redactor, first_words, last_lines
from tests.unit.ops.secret_fixtures import ALLOWED, CANARY, ENCODINGS, SECRETS

SIMPLE_SECRETS = st.text(ALLOWED.replace("\\", ""), min_size=8, max_size=70)
ENV_FILE = (
    "DJANGO_DEBUG=false\nPOSTGRES_USER=slipway\nPOSTGRES_DB=slipway\n{key}={secret}\nLOG_LEVEL=INFO\nREDIS_DB=0\n"
)


def lines_of(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


# How text is broken over lines; a real line end can stand anywhere.
REAL_WRAPPINGS: dict[str, Callable[[str, int], str]] = {
    "line ends": lambda text, width: "\n".join(lines_of(text, width)),
    "line ends of mail": lambda text, width: "\r\n".join(lines_of(text, width)),
    "indented": lambda text, width: "\n        ".join(lines_of(text, width)),
    "a column of a table": lambda text, width: "   \n  ".join(lines_of(text, width)),
}
# Escaped line ends: of what encodings are made of, no character can be taken for a part of them.
ESCAPED_WRAPPINGS: dict[str, Callable[[str, int], str]] = {
    "in JSON": lambda text, width: json.dumps("\n".join(lines_of(text, width))),
    "of mail in JSON": lambda text, width: json.dumps("\r\n".join(lines_of(text, width))),
    "in JSON in JSON": lambda text, width: json.dumps(json.dumps("\n".join(lines_of(text, width)))),
    "in a URL": lambda text, width: quote("\r\n".join(lines_of(text, width))),
    "continued by a shell": lambda text, width: "\\\n".join(lines_of(text, width)),
}
OPAQUE = [name for name in ENCODINGS if name.startswith(("base64", "hex")) and name != "base64 in a URL"]
WIDTHS = st.integers(4, 100)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.req("A-12")
@pytest.mark.parametrize("wrapping", REAL_WRAPPINGS)
@given(encoding=st.sampled_from(sorted(ENCODINGS)), secret=SECRETS, width=WIDTHS, padding=st.integers(0, 100))
def test_no_encoding_survives_where_its_lines_are_broken(
    wrapping: str, encoding: str, secret: str, width: int, padding: int
) -> None:
    encoded = ENCODINGS[encoding](secret)

    shown = Redactor({"THE_KEY": secret}).text(REAL_WRAPPINGS[wrapping]("." * padding + encoded, width))

    assert "[redacted:THE_KEY]" in shown
    assert squeezed(encoded) not in squeezed(shown.replace("[redacted:THE_KEY]", "\0"))


@pytest.mark.req("A-12")
@pytest.mark.parametrize("wrapping", ESCAPED_WRAPPINGS)
@given(encoding=st.sampled_from(OPAQUE), secret=SIMPLE_SECRETS, width=WIDTHS)
def test_no_opaque_encoding_survives_where_its_line_ends_are_escaped(
    wrapping: str, encoding: str, secret: str, width: int
) -> None:
    wrapped = ESCAPED_WRAPPINGS[wrapping](ENCODINGS[encoding](secret), width)

    shown = Redactor({"THE_KEY": secret}).text(f"{{{wrapped}}}")

    assert "[redacted:THE_KEY]" in shown
    assert wrapped not in shown


@pytest.mark.req("A-12")
@given(secret=st.text(ALLOWED, min_size=8, max_size=70), key=st.text("ABCDEFG_", min_size=1, max_size=40))
def test_no_secret_can_be_read_out_of_an_encoded_environment_file(secret: str, key: str) -> None:
    encoded = base64.encodebytes(ENV_FILE.format(key=key, secret=secret).encode()).decode()

    shown = Redactor({"THE_KEY": secret}).text(encoded)

    assert "[redacted:THE_KEY]" in shown
    kept = squeezed(shown.replace("[redacted:THE_KEY]", "\n"))
    assert squeezed(encoded) not in kept


@pytest.mark.req("A-12")
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@given(secret=SECRETS, before=st.text(max_size=9))
def test_utf_16_does_not_hide_a_secret(encoding: str, secret: str, before: str) -> None:
    content = f"{before} {secret} ".encode(encoding, "surrogatepass")

    assert secret.encode(encoding) not in Redactor({"THE_KEY": secret}).bytes(content)


@pytest.mark.req("A-12")
def test_a_scan_finds_what_is_broken_over_lines_and_what_is_utf_16(tmp_path: Path) -> None:
    wrapped = "\n".join(textwrap.wrap(base64.b64encode(f"{'x' * 60}{CANARY}".encode()).decode(), 76))
    (tmp_path / "config.yaml").write_text(f"data:\n{textwrap.indent(wrapped, '    ')}\n", encoding="utf-8")
    (tmp_path / "windows.txt").write_text(CANARY, encoding="utf-16")
    (tmp_path / "clean.txt").write_text(wrapped[:40], encoding="utf-8")

    assert [found.file for found in Redactor({"THE_KEY": CANARY}).scan(tmp_path)] == ["config.yaml", "windows.txt"]


@pytest.mark.req("A-12")
@given(secret=SECRETS, width=st.sampled_from([64, 76]), start=st.integers(0, 80))
def test_log_lines_that_are_passed_on_one_by_one_hide_no_encoded_text_that_is_broken(
    secret: str, width: int, start: int
) -> None:
    encoded = base64.b64encode(b"x" * start + secret.encode() + b"y" * 200).decode()
    lines = ["before\n", *(f"{line}\n" for line in lines_of(encoded, width)), "after\n"]

    shown = "".join(Redactor({"THE_KEY": secret}).stream(lines))

    assert "[redacted:THE_KEY]" in shown
    assert encoded not in squeezed(shown)


def test_an_ordinary_line_is_passed_on_before_the_next_one_comes() -> None:
    told: list[str] = []

    def lines() -> list[str]:
        return [f"line {number} took 3 ms\n" for number in range(3)]

    for chunk in Redactor({"THE_KEY": CANARY}).stream(lines()):
        told.append(chunk)  # noqa: PERF402 - each comes by itself

    assert told == lines()


@pytest.mark.req("A-12")
@given(secret=SECRETS, count=st.integers(1, 4), start=st.integers(0, 200))
def test_the_last_lines_of_a_text_begin_in_the_middle_of_no_encoded_secret(secret: str, count: int, start: int) -> None:
    encoded = base64.encodebytes(b"x" * start + secret.encode() + b"y" * 100).decode()

    shown = Redactor({"THE_KEY": secret}).text(last_lines(f"first\n{encoded}", count))

    assert all(line not in shown for line in encoded.splitlines() if _holds_part_of(line, secret, encoded))


def _holds_part_of(line: str, secret: str, encoded: str) -> bool:
    """Tell whether the line is more of the secret than of what stands around it."""
    octets = base64.b64decode(squeezed(encoded))
    place = squeezed(encoded).index(line) // 4 * 3
    return octets.find(secret.encode()) >= place and octets.find(secret.encode()) + len(secret) <= place + 57


@pytest.mark.req("A-12")
@given(secret=SECRETS, before=st.integers(0, 60), most=st.integers(10, 60))
def test_the_first_words_of_a_text_end_in_the_middle_of_no_secret(secret: str, before: int, most: int) -> None:
    text = f"{'x' * before} password is {secret} and so on"

    shown = Redactor({"THE_KEY": secret}).text(first_words(text, most))

    assert (
        secret[: len(secret) // 2 + 1] not in shown or secret[: len(secret) // 2 + 1] in "x password is and so on ..."
    )


@pytest.mark.req("A-12")
def test_values_of_any_shape_are_redacted_whole() -> None:
    redactor = Redactor({"THE_KEY": CANARY})

    shown = redactor.value({CANARY: [f"a {CANARY}", (1, None, CANARY)], "number": 2})

    assert shown == {"[redacted:THE_KEY]": ["a [redacted:THE_KEY]", (1, None, "[redacted:THE_KEY]")], "number": 2}
