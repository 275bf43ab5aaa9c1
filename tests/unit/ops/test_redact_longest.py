"""How much of a line without an end has to be held back, so that no cut goes through a secret?"""

from __future__ import annotations

import base64
import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.redact import Redactor
from ops.redact.forms import forms_of
from tests.unit.ops.secret_fixtures import ALLOWED, AWKWARD

ANY_SECRET = st.text(ALLOWED, min_size=8, max_size=20) | st.text(f"{AWKWARD}ß€😀", min_size=8, max_size=12)
CHUNK = 1000
# one secret in its longest spelling: four octets, each percent-encoded four times; a slash escaped eight times
LONGEST = {
    "percent-encoded": ("😀" * 40, "".join(f"%252525{octet:02X}" for octet in ("😀" * 40).encode())),
    "spelled out": ("q" * 200, "".join(r"\\\\\\\\x71" for _ in range(200))),
    "base64 with escaped slashes": ("?" * 200, base64.b64encode(b"?" * 201).decode().replace("/", "\\" * 8 + "/")),
    "UTF-16": ("a-b/c#d" * 200, "\0".join("a-b/c#d" * 200)),
}


@given(secret=ANY_SECRET)
def test_no_form_of_a_secret_is_longer_than_it_says(secret: str) -> None:
    parser = importlib.import_module("re._parser")  # nothing public tells what a pattern is made of
    for form in forms_of("THE_KEY", secret):
        assert parser.parse(form.pattern).getwidth()[1] <= form.longest


@pytest.mark.req("A-12")
@pytest.mark.parametrize("spelling", LONGEST)
@pytest.mark.parametrize("before", [1, 999])
def test_a_secret_in_its_longest_spelling_survives_no_cut_of_a_line_without_end(spelling: str, before: int) -> None:
    secret, spelled = LONGEST[spelling]
    redactor = Redactor({"THE_KEY": secret})
    text = f"{'.' * before}{(spelled + '!' * 977) * (140_000 // len(spelled) + 1)}"

    shown = list(redactor.stream(text[start : start + CHUNK] for start in range(0, len(text), CHUNK)))

    assert len(shown) > 2
    assert "".join(shown) == redactor.text(text)
    assert spelled[:40] not in "".join(shown)
