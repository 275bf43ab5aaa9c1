"""Which tokens of other services are taken out of a text, and what is left alone?"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from ops.engine.host.journal import Journal
from ops.redact import KeyLines, Redactor, last_lines
from ops.redact.shapes import SHAPES as OURS
from ops.runs.artifacts import create_run_folder
from ops.runs.console import Console
from tests.unit.ops.token_fixtures import NAMED, SHAPES, made_from

ROOT = Path(__file__).parents[3]
REDACTOR = Redactor({})
SAMPLES = 20
# What of gitleaks' rules is not, or not always, taken out, and why not.
READABLE = {
    "curl-auth-header": "a header of any name, with a value of eight letters",
    "curl-auth-user": "a password of three characters in quotes",
    "facebook-access-token": "the form with % is what a percent-encoded text looks like",
    "jwt": "without its third part, or without JSON in it",
    "jwt-base64": "shorter than any that is signed",
    "kubernetes-secret-yaml": "any value below `data`",
    "nuget-config-password": "anything, a word too",
    "private-key": "marks that do not belong together",
    "sourcegraph-access-token": "forty hexadecimal digits: that is a commit",
    "vault-service-token": "the form before 2022: s. and 24 letters",
    "adobe-client-id": "the name of a client, no secret",
    "asana-client-id": "the name of a client, no secret",
    "bitbucket-client-id": "the name of a client, no secret",
    "discord-client-id": "the name of a client, no secret",
    "generic-api-key": "a value that may be a word",
    "hashicorp-tf-password": "a password without a digit",
    "linkedin-client-id": "the name of a client, no secret",
    "looker-client-id": "the name of a client, no secret",
    "mailgun-pub-key": "public",
    "messagebird-client-id": "the name of a client, no secret",
    "new-relic-user-api-id": "a name, no secret",
    "plaid-client-id": "the name of a client, no secret",
    "sendbird-access-id": "a name, no secret",
    "sidekiq-secret": "two times eight digits, in a variable without a telling name",
    "sumologic-access-id": "a name, no secret",
}
PUBLIC_KEY = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + hashlib.sha256(b"key").digest()).decode()
INTEGRITY = base64.b64encode(hashlib.sha512(b"js").digest()).decode()
HEX = hashlib.sha256(b"layer").hexdigest()
OF_KEYS = ("-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n")
MARKS = sorted({mark for shape in OURS for mark in shape.marks} | {"token=", "curl ", "://a:", "session=", *OF_KEYS})
ORDINARY = [
    f"#7 sha256:{HEX} 3.62MB / 29.78MB 1.2s",
    f"image: ghcr.io/acme/api@sha256:{HEX}",
    f"docker-image://python:3.13-slim@sha256:{HEX}",
    f"commit {HEX[:40]} (HEAD -> main)",
    f"container {HEX} exited (0)",
    f"Created container slipway-api-1 {HEX[:12]}",
    f"{uuid.UUID(int=7)} is the request",
    f"ssh-ed25519 {PUBLIC_KEY} ops@example.org",
    f"256 SHA256:{base64.b64encode(hashlib.sha256(b'k').digest()).decode().rstrip('=')} host (ED25519)",
    f"psycopg==3.3.1 --hash=sha256:{HEX}",
    f'"js-tokens": "^3.0.0 || ^4.0.0", "integrity": "sha512-{INTEGRITY}"',
    "release 20261121_030000-1a2b3c4 is live",
    "TOKEN_SECRET_KEY is missing\n         write: a random value of printable ASCII characters, without blanks",
    "password: incorrect for user postgres",
    "token: expired, password=required, secret: unavailable",
    "POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password_18",
    "the API key is read from api_key = settings.GOOGLE_API_KEY_2026.value",
    "postgresql://user:password@host:1234/name (passwords percent-encoded)",
    "Bearer authentication is not permitted for non-TLS protected URLs",
    'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
    "http://127.0.0.1:8081/api/http/routers and https://app.example.org:8443/@scope/package",
    "docker run -u 1000:1000 python:3.13; curl -sS http://localhost:8080/health",
    "session=closed after 3 s; csrf token missing or incorrect",
    "error:0909006C:PEM routines:get_name:no start line: Expecting: ANY PRIVATE KEY",
    "20:15:01.123456 risk-averse task-based desk-top sk-learn asks-for",
    "Traefik 3.7.0, EAAAB and AKIA are no tokens, SG.1 and pk.2 neither",
]  # fmt: skip


def ways_to_write(table: dict[str, str], name: str) -> list[str]:
    chance = Random(name)  # noqa: S311 - the same ones every time
    return [made_from(table[name], chance) for _ in range(SAMPLES)]


def is_taken_out(line: str, token: str) -> bool:
    return token.strip('"') not in REDACTOR.text(line)


@pytest.mark.req("A-12")
@pytest.mark.parametrize("rule", sorted(SHAPES.keys() - READABLE.keys()))
def test_a_token_is_taken_out_by_its_shape_wherever_it_stands(rule: str) -> None:
    for token in ways_to_write(SHAPES, rule):
        for line in (f"api-1  | failed with {token} again", json.dumps({"tried": token}), f"'{token}'", token):
            assert is_taken_out(line, token)
            assert REDACTOR.text(REDACTOR.text(line)) == REDACTOR.text(line)


@pytest.mark.req("A-12")
@pytest.mark.parametrize("rule", sorted(NAMED.keys() - READABLE.keys()))
def test_a_value_without_a_shape_is_taken_out_by_its_name(rule: str) -> None:
    name = rule.replace("-", "_")
    for value in ways_to_write(NAMED, rule):
        for line in (f'{name.upper()}="{value}"', f"export {name}={value}", json.dumps({name: value})):
            assert is_taken_out(line, value)


def test_the_guide_says_how_many_of_the_known_shapes_are_taken_out() -> None:
    known = SHAPES.keys() | NAMED.keys()
    whole = {rule for rule in known if _is_taken_out_always(rule)}

    assert known - whole == READABLE.keys()
    guide = (ROOT / "docs" / "guides" / "environment.md").read_text(encoding="utf-8")
    assert f"{len(whole)} of the {len(known)}" in guide


def _is_taken_out_always(rule: str) -> bool:
    if rule in SHAPES:
        return all(is_taken_out(f"failed with {token} again", token) for token in ways_to_write(SHAPES, rule))
    name = rule.replace("-", "_").upper()
    return all(is_taken_out(f'{name}="{value}"', value) for value in ways_to_write(NAMED, rule))


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_output_stays_as_it_is(line: str) -> None:
    assert REDACTOR.text(line) == line
    assert REDACTOR.text(json.dumps({"line": line})) == json.dumps({"line": line})


@given(st.binary(min_size=20, max_size=64))
def test_no_digest_whatever_it_is_looks_like_a_token(octets: bytes) -> None:
    encoded = base64.b64encode(octets).decode()
    text = f"sha256:{octets.hex()} {octets.hex()[:40]} {octets.hex()[:12]} {octets.hex()[:32]}"

    assert REDACTOR.text(text) == text
    assert REDACTOR.text(f"sha512-{encoded}") == f"sha512-{encoded}"


def test_the_locks_the_documents_and_the_stack_hold_nothing_that_looks_like_a_token() -> None:
    names = (
        "requirements/*.txt",
        "react-app/package-lock.json",
        "docs/**/*.md",
        "*.yml",
        "*.md",
        "traefik/*",
        "ops/**/*.py",
    )
    for path in (path for name in names for path in ROOT.glob(name) if path.is_file()):
        text = path.read_text(encoding="utf-8")
        assert (path.name, REDACTOR.text(text)) == (path.name, text)


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    """Return a private key and the certificate for it, as PEM."""
    made = trustme.CA().issue_cert("app.example.org")
    return made.private_key_pem.bytes().decode(), made.cert_chain_pems[0].bytes().decode()


@pytest.mark.req("A-12")
def test_a_private_key_is_taken_out_however_it_is_written_and_its_certificate_is_not(pair: tuple[str, str]) -> None:
    key, certificate = pair
    text = f"before\n{key}{certificate}after\n"

    assert REDACTOR.text(text) == f"before\n[redacted:private key]\n{certificate}after\n"
    assert json.loads(REDACTOR.text(json.dumps({"text": text})))["text"] == REDACTOR.text(text)
    assert key.splitlines()[2] not in REDACTOR.text("\n".join(f"api-1  | {line}" for line in key.splitlines()))
    assert "".join(REDACTOR.stream(text.splitlines(keepends=True))) == REDACTOR.text(text)
    assert REDACTOR.text(base64.b64encode(key.encode()).decode()) == "[redacted:private key]"
    encoded = base64.b64encode(certificate.encode()).decode()
    assert REDACTOR.text(encoded) == encoded


@pytest.mark.req("A-12")
@given(first=st.integers(0, 12), escaped=st.booleans())
def test_what_is_left_of_a_private_key_is_taken_out_too(pair: tuple[str, str], first: int, *, escaped: bool) -> None:
    lines = pair[0].strip().splitlines()
    first %= len(lines) - 1
    for rest in (lines[first:], lines[: first + 2], last_lines(pair[0], len(lines) - first).splitlines()):
        shown = REDACTOR.text(json.dumps("\n".join(rest)) if escaped else "\n".join(rest))
        assert not [line for line in lines[1:-2] if line in shown]


@pytest.mark.req("A-12")
@pytest.mark.parametrize("prefix", ["", "#7 0.123 "])
def test_lines_that_come_one_by_one_hold_nothing_of_a_private_key(pair: tuple[str, str], prefix: str) -> None:
    keys = KeyLines()
    lines = ["before", *"".join(pair).splitlines(), "after"]

    shown = [REDACTOR.text(keys.text(f"{prefix}{line}")) for line in lines]

    assert not [line for line in pair[0].splitlines()[1:-2] if line in "".join(shown)]
    assert [line for line in pair[1].splitlines() if f"{prefix}{line}" not in shown] == []
    assert (shown[0], shown[-1]) == (f"{prefix}before", f"{prefix}after")


def test_a_line_of_logs_does_not_wait_for_a_private_key_that_never_ends() -> None:
    lines = ["Expecting: -----BEGIN PRIVATE KEY-----\n", *(f"line {number} took 3 ms\n" for number in range(300))]
    told: list[str] = []

    def read() -> list[str]:
        return lines

    for chunk in REDACTOR.stream(read()):
        told.append(chunk)  # noqa: PERF402 - each comes by itself

    assert "".join(told) == "".join(lines)
    assert len(told) > 50


@pytest.mark.req("A-12")
def test_no_place_that_a_run_writes_to_shows_a_token(tmp_path: Path) -> None:
    token = made_from(SHAPES["github-pat"], Random(1))  # noqa: S311 - the same one every time
    folder = create_run_folder(tmp_path, redactor=REDACTOR, clock=lambda: datetime(2026, 11, 29, tzinfo=UTC))
    screen = io.StringIO()
    console = Console(REDACTOR, out=screen, err=screen, environment={})
    console.log = folder.log
    journal = Journal(tmp_path / "journal.jsonl", redactor=REDACTOR)

    console.say(f"the service says {token}")
    folder.write("api-logs.txt", f"Authorization: Bearer {token}")
    journal.write("job", output=f"pushed with {token}", error={"why": [token]})
    journal.close()

    written = {
        path.name: path.read_text(encoding="utf-8") for path in (*folder.path.iterdir(), tmp_path / "journal.jsonl")
    }
    assert not [name for name, text in {**written, "screen": screen.getvalue()}.items() if token in text]
    assert "[redacted:GitHub token]" in screen.getvalue()
    assert folder.quarantine() == ()


@pytest.mark.req("A-12")
def test_a_scan_finds_a_token_that_nobody_took_out(tmp_path: Path) -> None:
    (tmp_path / "raw.txt").write_text(made_from(SHAPES["npm-access-token"], Random(2)), encoding="utf-8")  # noqa: S311

    assert [(found.key, found.encoding) for found in REDACTOR.scan(tmp_path)] == [("npm token", "shape")]


@pytest.mark.req("A-12")
def test_a_secret_of_the_settings_keeps_its_own_name_also_where_it_has_a_shape() -> None:
    token = made_from(SHAPES["digitalocean-pat"], Random(3))  # noqa: S311 - the same one every time
    redactor = Redactor({"DIGITALOCEAN_TOKEN": token})

    assert redactor.text(f"token={token}") == "token=[redacted:DIGITALOCEAN_TOKEN]"
    assert redactor.text(f"Authorization: Bearer {token}") == "Authorization: Bearer [redacted:DIGITALOCEAN_TOKEN]"


@pytest.mark.req("A-12")
@pytest.mark.parametrize("scheme", ["amqp", "mongodb+srv", "https", "postgresql"])
def test_the_password_of_any_url_is_taken_out(scheme: str) -> None:
    assert REDACTOR.text(f"cannot reach {scheme}://me:s3cr%40et-@-more@db.example.org/x") == (
        f"cannot reach {scheme}://me:[redacted:password in a URL]@db.example.org/x"
    )


@pytest.mark.parametrize("mark", MARKS)
def test_no_text_however_hostile_takes_long(mark: str) -> None:
    for text in (mark * (10_000 // len(mark)), f" {mark}{'a1' * 5_000}", f"{mark}{'A1.' * 100} " * 25):
        assert len(REDACTOR.text(text)) <= len(text) + 10_000  # a pattern that tries everything would never return


def test_no_two_shapes_are_the_same_and_each_has_a_mark() -> None:
    assert len({shape.pattern for shape in OURS}) == len(OURS)
    assert all(
        re.compile(shape.pattern) and all(len(mark) > 1 or mark == "|" for mark in shape.marks) for shape in OURS
    )
