"""Is a log read with the right times, in order, across rotations, and followed?"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.engine.processes.logs import last_lines, read_logs, time_of
from ops.engine.runtime import LogQuery

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC).timestamp()


def stamped(seconds: float, text: str) -> str:
    at = datetime.fromtimestamp(NOON + seconds, UTC).isoformat()
    return json.dumps({"timestamp": at, "event": text}) + "\n"


def log(root: Path, name: str, text: str) -> Path:
    path = root / "logs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"event": "x", "timestamp": "2026-11-21T12:00:00.250000Z"}', NOON + 0.25),
        ('{"time": "2026-11-21T13:00:00+01:00", "level": "info"}', NOON),
        ('{"ts": 1795262400.5}', 1795262400.5),
        ("2026-11-21 12:00:00.123 UTC [77] LOG:  starting PostgreSQL", NOON + 0.123),
        ("2026-11-21T12:00:00Z INF ready", NOON),
        ("2026-11-21T14:00:00,5+02:00 hello", NOON + 0.5),
        ("2026/11/21 12:00:00 [notice] 1#1: start worker processes", NOON),
        ("[2026-11-21 12:00:00,750: INFO/MainProcess] celery ready", NOON + 0.75),
        ("812:M 21 Nov 2026 12:00:00.009 * Ready to accept connections tcp", NOON + 0.009),
        ("Traceback (most recent call last):", None),
        ("2026-13-41 99:00:00 nonsense", None),
        ('{"message": "no time at all"}', None),
        ("", None),
    ],
)
def test_a_line_tells_its_time(line: str, expected: float | None) -> None:
    assert time_of(line) == (pytest.approx(expected) if expected else None)


@pytest.mark.req("B-14")
def test_logs_of_services_are_merged_by_time_and_named(tmp_path: Path) -> None:
    log(tmp_path, "api-0123456789ab-0.log", stamped(1, "one") + "  more of one\n" + stamped(3, "three"))
    log(tmp_path, "nginx-static-0123456789ab-1.log", stamped(2, "two"))
    found = list(read_logs(tmp_path, LogQuery()))
    assert [(line.service, line.replica) for line in found] == [
        ("api", "api-0123456789ab-0"),
        ("api", "api-0123456789ab-0"),
        ("nginx-static", "nginx-static-0123456789ab-1"),
        ("api", "api-0123456789ab-0"),
    ]
    assert found[1].text == "  more of one"
    assert found[1].at == found[0].at == NOON + 1


@pytest.mark.req("B-14")
def test_one_service_text_and_count_narrow_the_lines(tmp_path: Path) -> None:
    log(tmp_path, "api-0123456789ab-0.log", "".join(stamped(second, f"Line {second}") for second in range(20)))
    log(tmp_path, "django-0123456789ab-0.log", stamped(5, "line of another"))
    assert {line.service for line in read_logs(tmp_path, LogQuery(services=("api",)))} == {"api"}
    assert [line.at - NOON for line in read_logs(tmp_path, LogQuery(services=("api",), grep="line 1", lines=3))] == [
        17,
        18,
        19,
    ]


@pytest.mark.req("B-14")
def test_since_leaves_older_lines_out(tmp_path: Path) -> None:
    now = time.time() - NOON
    log(tmp_path, "api-0123456789ab-0.log", stamped(now - 3600, "old") + stamped(now - 5, "new"))
    assert ["new" in line.text for line in read_logs(tmp_path, LogQuery(since_s=60))] == [True]


def test_rotated_files_come_first(tmp_path: Path) -> None:
    log(tmp_path, "api-0123456789ab-0.log.2", stamped(1, "a"))
    log(tmp_path, "api-0123456789ab-0.log.1", stamped(2, "b"))
    log(tmp_path, "api-0123456789ab-0.log", stamped(3, "c"))
    assert [line.at - NOON for line in read_logs(tmp_path, LogQuery())] == [1, 2, 3]


@pytest.mark.req("B-14")
def test_following_survives_a_rotation_and_sees_new_replicas(tmp_path: Path) -> None:
    path = log(tmp_path, "api-0123456789ab-0.log", stamped(1, "past"))
    lines = read_logs(tmp_path, LogQuery(follow=True))
    assert "past" in next(lines).text
    with path.open("a") as file:
        file.write(stamped(2, "before the rotation"))
    assert "before" in next(lines).text
    with path.open("a") as file:
        file.write(stamped(3, "last words"))
    path.rename(path.with_name(f"{path.name}.1"))
    log(tmp_path, path.name, stamped(4, "after the rotation"))
    assert "last words" in next(lines).text
    assert "after" in next(lines).text
    log(tmp_path, "api-0123456789ab-1.log", stamped(5, "another replica"))
    assert next(lines).replica == "api-0123456789ab-1"
    lines.close()


def test_a_log_without_times_counts_as_written_when_its_file_was(tmp_path: Path) -> None:
    log(tmp_path, "web-0123456789ab-0.log", "no time\nhere\n")
    assert [line.text for line in read_logs(tmp_path, LogQuery(since_s=60))] == ["no time", "here"]


def test_lines_above_the_first_time_get_that_time(tmp_path: Path) -> None:
    log(tmp_path, "web-0123456789ab-0.log", "made a new cluster\n" + stamped(1, "up") + stamped(2, "ready"))
    assert [line.at - NOON for line in read_logs(tmp_path, LogQuery())] == [1, 1, 2]


def test_a_line_that_is_still_being_written_waits_for_its_end(tmp_path: Path) -> None:
    path = log(tmp_path, "api-0123456789ab-0.log", "begun ")
    lines = read_logs(tmp_path, LogQuery(follow=True))
    with path.open("a") as file:
        file.write("and ended\n")
    assert next(lines).text == "begun and ended"
    lines.close()


def test_the_last_lines_of_a_log_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none.log", 5) == []
    assert last_lines(log(tmp_path, "x.log", "1\n2\n3\n"), 2) == ["2", "3"]


@pytest.mark.req("B-14")
def test_a_line_that_claims_to_be_older_stays_where_it_was_written(tmp_path: Path) -> None:
    log(tmp_path, "api-0123456789ab-0.log", stamped(5, "five") + stamped(1, "says one") + stamped(6, "six"))
    log(tmp_path, "web-0123456789ab-0.log", stamped(2, "two"))
    assert [line.at - NOON for line in read_logs(tmp_path, LogQuery())] == [2, 5, 5, 6]
