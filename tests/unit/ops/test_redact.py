import base64
import html
import itertools
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.redact import Finding, Redactor, sounds_secret
from ops.settings import KEYS
from tests.unit.ops.secret_fixtures import ANY_TEXT, CANARY, ENCODINGS, SECRETS


@pytest.mark.req("A-12")
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(secret=SECRETS, before=ANY_TEXT, after=ANY_TEXT)
def test_no_encoding_of_any_secret_survives(encoding: str, secret: str, before: str, after: str) -> None:
    encoded = ENCODINGS[encoding](secret)

    shown = Redactor({"THE_KEY": secret}).text(f"{before} {encoded} {after}")

    # the escapes of an awkward neighbour may be taken along, the secret itself may not stay
    assert "[redacted:THE_KEY]" in shown
    assert encoded not in shown.replace("[redacted:THE_KEY]", "\0")


@pytest.mark.req("A-12")
@given(secret=SECRETS, before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_a_secret_inside_longer_base64_does_not_survive_at_any_alignment(
    secret: str, before: bytes, after: bytes
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after).decode()

        shown = Redactor({"THE_KEY": secret}).text(f"Authorization: Basic {encoded}")

        assert "[redacted:THE_KEY]" in shown
        assert encoded not in shown


@pytest.mark.req("A-12")
def test_a_basic_auth_header_names_the_redacted_key() -> None:
    header = "Authorization: Basic " + base64.b64encode(b"admin:correct-horse-battery").decode()

    shown = Redactor({"DJANGO_ADMIN_PASSWORD": "correct-horse-battery"}).text(header)

    assert shown == "Authorization: Basic [redacted:DJANGO_ADMIN_PASSWORD]"


@pytest.mark.req("A-12")
def test_the_longer_of_two_secrets_that_begin_alike_wins() -> None:
    redactor = Redactor({"SHORT": "abcdefgh", "LONG": "abcdefgh-and-more"})

    assert redactor.text("a abcdefgh b abcdefgh-and-more c") == "a [redacted:SHORT] b [redacted:LONG] c"


def test_text_without_secrets_stays_as_it_is() -> None:
    text = 'GET /api/events?next=%2Fa%20b {"ok": true} \\ ünïcode "&amp;"\n'

    assert Redactor({"THE_KEY": CANARY}).text(text) == text
    assert Redactor({}).text(text) == text


@pytest.mark.req("A-12")
def test_bytes_that_are_no_text_stay_as_they_are_around_a_secret() -> None:
    redactor = Redactor({"THE_KEY": CANARY})

    assert redactor.bytes(b"\xff\x00" + CANARY.encode() + b"\xfe") == b"\xff\x00[redacted:THE_KEY]\xfe"


@pytest.mark.req("A-12")
def test_a_secret_of_several_lines_or_of_other_letters_does_not_survive() -> None:
    key, password = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END KEY-----\n", "größe-π-42"
    redactor = Redactor({"TLS_PRIVATE": key, "OTHER_PASSWORD": password})

    assert "MIIE" not in "".join(redactor.stream(key.splitlines(keepends=True)))
    assert redactor.text(key.strip()).startswith("[redacted:TLS_PRIVATE]")
    for shown in (password, quote(password), json.dumps(password), html.escape(password)):
        assert redactor.text(shown).strip('"') == "[redacted:OTHER_PASSWORD]"
    assert redactor.bytes(password.encode()) == b"[redacted:OTHER_PASSWORD]"


@pytest.mark.req("A-12")
@given(cuts=st.lists(st.integers(0, 200), max_size=6))
def test_a_secret_that_is_cut_between_two_chunks_does_not_survive(cuts: list[int]) -> None:
    text = f"first line\npassword={CANARY} token={CANARY}\nlast"
    marks = [0, *sorted(cuts), len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(marks)]
    redactor = Redactor({"THE_KEY": CANARY})

    assert "".join(redactor.stream(chunks)) == redactor.text(text)


@pytest.mark.req("A-12")
def test_a_line_without_end_is_passed_on_in_parts_that_cut_no_secret() -> None:
    redactor = Redactor({"THE_KEY": CANARY})
    text = ("." * 1999 + CANARY) * 100
    chunks = [text[start : start + 1000] for start in range(0, len(text), 1000)]

    passed_on = list(redactor.stream(chunks))

    assert len(passed_on) > 2
    assert "".join(passed_on) == redactor.text(text)


@pytest.mark.req("A-12")
def test_a_scan_finds_every_encoding_in_files_and_in_their_names(tmp_path: Path) -> None:
    for number, encode in enumerate(ENCODINGS.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "log.txt").write_bytes(b"\xff" + encode(CANARY).encode() + b"\x00")
    (tmp_path / f"report-{CANARY.encode().hex()}.txt").write_text("nothing here", encoding="utf-8")
    (tmp_path / "clean.txt").write_text("nothing here", encoding="utf-8")

    found = Redactor({"THE_KEY": CANARY}).scan(tmp_path)

    assert {finding.file for finding in found} == {f"{number}/log.txt" for number in range(len(ENCODINGS))} | {
        "report-[redacted:THE_KEY].txt"
    }
    assert Finding(file="report-[redacted:THE_KEY].txt", key="THE_KEY", encoding="hex") in found


@pytest.mark.req("A-12")
def test_a_scan_of_redacted_files_finds_nothing(tmp_path: Path) -> None:
    redactor = Redactor({"THE_KEY": CANARY})
    text = "\n".join(encode(CANARY) for encode in ENCODINGS.values())
    (tmp_path / "log.txt").write_text(redactor.text(text), encoding="utf-8")

    assert redactor.scan(tmp_path) == []


@pytest.mark.req("A-12")
def test_a_canary_for_every_secret_key_is_redacted_under_its_own_name() -> None:
    canaries = {key.name: f"canary-{key.name.lower()}-0123456789" for key in KEYS if key.secret}

    shown = Redactor(canaries).text(" ".join(canaries.values()))

    assert shown == " ".join(f"[redacted:{name}]" for name in canaries)


@pytest.mark.req("A-12")
def test_a_secret_too_short_to_be_told_from_ordinary_text_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="THE_KEY") as refused:
        Redactor({"THE_KEY": "hunter2"})

    assert "hunter2" not in str(refused.value)


@pytest.mark.req("A-12")
def test_a_redactor_shows_only_the_names_of_its_secrets() -> None:
    assert repr(Redactor({"THE_KEY": CANARY})) == "Redactor(THE_KEY)"


@pytest.mark.req("A-12")
def test_a_file_that_is_written_again_is_scanned_again(tmp_path: Path) -> None:
    redactor = Redactor({"KEY": "canary-8812-canary"})
    file = tmp_path / "a.txt"
    file.write_text("nothing")
    assert redactor.scan(tmp_path) == []
    assert redactor.scan(tmp_path) == []
    file.write_text("canary-8812-canary")
    assert [found.file for found in redactor.scan(tmp_path)] == ["a.txt"]
    assert [found.file for found in redactor.scan(tmp_path)] == ["a.txt"], "it stays found"


@pytest.mark.req("A-12")
@pytest.mark.parametrize(
    ("key", "sounds"),
    [
        *(
            (key, True)
            for key in ("SENTRY_TOKEN", "AWS_ACCESS_KEY_ID", "apikey", "SIGNING_KEY", "DB_PASSWD", "CREDENTIALS")
        ),
        *((key, False) for key in ("SENTRY_DSN", "KEYBOARD", "MONKEY", "LOG_LEVEL")),
    ],
)
def test_a_key_that_nobody_declared_is_taken_for_a_secret_by_its_sound(key: str, *, sounds: bool) -> None:
    assert sounds_secret(key) is sounds
