from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import resource
import stat
import urllib.parse
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme

from ops.errors import PreflightError, SecretFoundError
from ops.redact import Redactor
from ops.runs.artifacts import NAMES, OWN, create_run_folder
from tests.unit.ops.runs.evidence_fixtures import STARTED, failed_report, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ops.runs.artifacts import RunFolder

SECRET = 'pa"ss w/o+rd$1\\9'  # every encoding changes it
CLEAN = Redactor({})


def folder_of(root: Path, *, redactor: Redactor = CLEAN) -> RunFolder:
    return create_run_folder(root, redactor=redactor, clock=lambda: STARTED)


@pytest.mark.req("A-10")
def test_a_run_folder_is_named_by_the_time_in_utc(tmp_path: Path) -> None:
    assert folder_of(tmp_path / "local_run_logs").path.name == "20261121_030000"
    assert re.fullmatch(r"\d{8}_\d{6}", create_run_folder(tmp_path, redactor=CLEAN).path.name)


@pytest.mark.req("A-10")
def test_a_second_run_in_the_same_second_waits_for_a_name_of_its_own(tmp_path: Path) -> None:
    asked = iter(range(1000))
    first = folder_of(tmp_path)
    second = create_run_folder(tmp_path, redactor=CLEAN, clock=lambda: STARTED + timedelta(seconds=0.5 * next(asked)))
    assert (first.run_id, second.run_id) == ("20261121_030000", "20261121_030001")


@pytest.mark.req("A-10")
def test_latest_is_emptied_and_its_runs_keep_ids_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "old.txt").write_text("old")
    folder = create_run_folder(tmp_path, redactor=CLEAN, no_timestamp=True, clock=lambda: STARTED)
    assert folder.path == tmp_path / "latest"
    assert not (folder.path / "old.txt").exists()
    assert folder.run_id.startswith("20261121_030000_")


def test_latest_as_a_link_to_elsewhere_is_replaced_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "latest").symlink_to(elsewhere)
    folder = create_run_folder(tmp_path / "logs", redactor=CLEAN, no_timestamp=True)
    assert not folder.path.is_symlink()
    assert (elsewhere / "mine.txt").exists()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "local_run_logs").write_text("a file")
    with pytest.raises(PreflightError) as raised:
        folder_of(tmp_path / "local_run_logs")
    assert "local_run_logs" in raised.value.what
    assert raised.value.fix.startswith("df -h")


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.finish(report())
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.path.iterdir()} == {0o600}


@pytest.mark.req("A-11", "A-10")
def test_the_manifest_lists_each_file_with_its_checksum_and_the_missing_with_a_reason(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.write("compose-ps.txt", "SERVICE\n")
    folder.omit("api-logs.txt", "the API wrote no line")
    folder.finish(report())
    manifest = json.loads((folder.path / "manifest.json").read_text())
    files = {entry["name"]: entry for entry in manifest["files"]}
    missing = {entry["name"]: entry["why"] for entry in manifest["missing"]}
    assert set(files) == {"compose-ps.txt", "deploy.log", "report.json", "report.html"}
    assert files.keys() | missing.keys() == set(NAMES) - {"manifest.json"}
    assert missing["api-logs.txt"] == "the API wrote no line"
    for name, entry in files.items():
        content = (folder.path / name).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert datetime.fromisoformat(entry["written_at"]).tzinfo is not None


@pytest.mark.req("A-27")
def test_the_manifest_carries_the_run_and_the_health_of_its_services(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.finish(failed_report())
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert manifest["run"]["outcome"] == "failed"
    assert {"service", "route", "status", "latency_ms"} <= manifest["service_health"][0].keys()
    assert manifest["cloud_instance"] is None


@pytest.mark.req("A-10", "A-05")
def test_a_run_that_failed_before_anything_still_has_log_report_and_manifest(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.log("error: cloud credentials are missing")
    folder.finish(report("failed", steps=(), checks=(), services=(), answers={}))
    assert {path.name for path in folder.path.iterdir()} == set(OWN)


def test_the_log_has_a_time_before_every_line_and_ends_with_the_run(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.log("one\ntwo")
    folder.finish(report())
    folder.log("too late")
    lines = (folder.path / "deploy.log").read_text().splitlines()
    assert lines == ["2026-11-21T03:00:00.000+00:00 one", "2026-11-21T03:00:00.000+00:00 two"]


@pytest.mark.req("A-12")
def test_a_secret_that_got_through_is_removed_and_fails_the_run(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, redactor=Redactor({"TOKEN": SECRET}))
    (folder.path / "api-logs.txt").write_text(f"token={SECRET}\n")
    with pytest.raises(SecretFoundError, match=re.escape("api-logs.txt")):
        folder.finish(report())
    assert not (folder.path / "api-logs.txt").exists()
    written = json.loads((folder.path / "report.json").read_text())
    assert written["outcome"] == "failed"
    assert "api-logs.txt" in written["error"]["what"]
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert {"name": "api-logs.txt", "why": "removed: it held a secret"} in manifest["missing"]


@pytest.mark.req("A-12")
def test_a_private_key_that_a_build_prints_line_by_line_is_in_no_log_and_fails_nothing(tmp_path: Path) -> None:
    key = trustme.CA().issue_cert("app.example.org").private_key_pem.bytes().decode()
    folder = folder_of(tmp_path)
    for line in ("before", *key.splitlines(), "after"):
        folder.log(line)
    folder.finish(report())
    log = (folder.path / "deploy.log").read_text(encoding="utf-8")
    assert [line for line in key.splitlines() if line in log] == []
    assert "[redacted:private key]" in log
    assert log.splitlines()[-1].endswith(" after")


@pytest.mark.req("A-12")
def test_planted_secrets_are_in_no_file_in_any_encoding(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, redactor=Redactor({"TOKEN": SECRET}))
    forms = encodings(SECRET)
    for name in set(NAMES) - set(OWN):
        folder.write(name, "\n".join(f"x={form};" for form in forms.values()))
    folder.omit("nothing.txt", f"because of {SECRET}")
    folder.log(f"the token is {SECRET}\nand {forms['base64']}")
    folder.finish(report(warnings=tuple(forms.values()), url=f"https://u:{forms['url']}@slipway.localhost"))
    for path in folder.path.iterdir():
        content = path.read_text()
        assert [name for name, form in forms.items() if form in content] == [], path.name


def encodings(secret: str) -> dict[str, str]:
    return {
        "plain": secret,
        "url": urllib.parse.quote(secret, safe=""),
        "base64": base64.b64encode(secret.encode()).decode(),
        "json": json.dumps(secret)[1:-1],
        "shell": secret.replace("'", "'\"'\"'"),
        "html": secret.replace('"', "&#34;"),
    }


@contextlib.contextmanager
def room(limit_bytes: int) -> Iterator[None]:
    """Let no file grow beyond the limit: the system then refuses the write in the middle, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.req("A-11")
def test_a_write_that_is_cut_makes_a_missing_file_and_the_run_goes_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with room(100):
        folder.write("api-logs.txt", "x" * 1000)
        folder.log("y" * 1000)
    folder.finish(report())
    manifest = json.loads((folder.path / "manifest.json").read_text())
    missing = {entry["name"]: entry["why"] for entry in manifest["missing"]}
    assert missing["api-logs.txt"] == "File too large"
    assert missing["deploy.log"] == "it ends early: File too large"
    assert sorted(path.name for path in folder.path.iterdir()) == sorted(OWN)


def test_a_manifest_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with room(100), pytest.raises(PreflightError, match=re.escape(folder.path.name)):
        folder.finish(report())


@pytest.mark.req("A-10")
def test_a_full_disk_leaves_room_for_the_report_that_says_so(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    held = sum(path.stat().st_size for path in folder.path.iterdir())
    folder.finish(failed_report())
    assert held >= sum(path.stat().st_size for path in folder.path.iterdir())
