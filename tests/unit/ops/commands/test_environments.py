"""Does the list of environments say what is there, and does a broken file cost no more than its row?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.commands.environments import environments


def checkout(folder: Path) -> Path:
    """Make a checkout with environments of which one has run, and one cannot be read."""
    (folder / ".env").write_text("ENVIRONMENT=development\nWEBSITE_DOMAIN=slipway.localhost\n", encoding="utf-8")
    (folder / ".env.staging").write_text(
        "ENVIRONMENT=staging\nWEBSITE_DOMAIN=staging.example.org\nPOSTGRES_PASSWORD=exec:touch asked\n",
        encoding="utf-8",
    )
    (folder / ".env.broken").write_bytes(b"\xff\xfe")
    for number, outcome in ((1, "failed"), (2, "success")):
        run = folder / "local_run_logs" / "staging" / f"2026112{number}_030000"
        run.mkdir(parents=True)
        report = {
            "mode": "full",
            "target": "droplet",
            "outcome": outcome,
            "finished_at": f"2026-11-2{number}T03:00:00+00:00",
        }
        (run / "report.json").write_text(
            json.dumps({**report, "release": f"2026112{number}_030000-1"}), encoding="utf-8"
        )
    (folder / "local_run_logs" / "staging" / "20261123_030000").mkdir()
    return folder


@pytest.mark.req("D-03")
def test_each_environment_has_a_row_with_its_last_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert environments(checkout(tmp_path), as_json=True) == 0
    rows = {row["environment"]: row for row in json.loads(capsys.readouterr().out)["environments"]}
    assert list(rows) == ["", "broken", "staging"]
    staging = rows["staging"]
    assert (staging["file"], staging["site"], staging["droplet"]) == (
        ".env.staging",
        "staging.example.org",
        "slipway-staging",
    )
    assert (staging["last_run"], staging["outcome"], staging["release"]) == (
        "full to droplet",
        "success",
        "20261122_030000-1",
    )
    assert (rows[""]["rules"], rows[""]["droplet"], rows[""]["last_run"]) == ("development", "slipway", "")
    assert "is not UTF-8 text" in rows["broken"]["problem"]
    assert not (tmp_path / "asked").exists()


@pytest.mark.req("D-03", "D-04")
def test_the_words_of_a_command_are_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("WEBSITE_DOMAIN='exec:vault read a-token-of-mine'\n", encoding="utf-8")
    assert environments(tmp_path, as_json=True) == 0
    told = capsys.readouterr().out
    assert "(from a command)" in told
    assert "a-token-of-mine" not in told


@pytest.mark.req("D-03")
def test_people_read_a_table_and_what_is_wrong_below_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert environments(checkout(tmp_path), as_json=False) == 0
    told = capsys.readouterr()
    assert "(default)" in told.out
    assert "staging.example.org" in told.out
    assert ".env.broken: .env.broken is not UTF-8 text" in told.err


@pytest.mark.req("D-03")
def test_a_checkout_without_any_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert environments(tmp_path, as_json=False) == 0
    assert "no environment yet" in capsys.readouterr().err
