"""Do the figures say what the requests were, failures and waiting time included?"""

from __future__ import annotations

import json
import math

import pytest

from tests.bench.kept import Story
from tests.bench.recording import Recording, Sample, in_slots, latencies, read_recording
from tests.bench.spans import Span, Update, read_update, seen_of, spans_of, step_at
from tests.bench.tables import bad_table, failure_kinds, failure_list, latency_table, step_table, times_table

REPORT = {
    "started_at": "2026-11-21T10:00:00.000+00:00",
    "steps": [
        {"name": "verify", "began_after_s": 4.0, "seconds": 1.0, "outcome": "ok"},
        {"name": "gate", "began_after_s": 1.0, "seconds": 2.5, "outcome": "ok"},
        {"name": "migrate", "began_after_s": 0.9, "seconds": 0.0, "outcome": "skipped"},
    ],
}
TEN = 1_795_255_200.0  # 2026-11-21 10:00 UTC


def sample(at: float, ms: float = 5.0, *, failure: str = "", version: str = "") -> Sample:
    return Sample(at, ms, "health", failure, version, 0.5)


def an_update(name: str = "api 1", *, at: float = 10.0, steps: tuple[Span, ...] = ()) -> Update:
    return Update(name=name, typed_at=at, ended_at=at + 5, exit_code=0, outcome="success", spans=steps)


def a_story() -> Story:
    """Ten calm seconds of 5 ms and the old version, then an update that answers in 8 ms and fails twice."""
    before = tuple(sample(number / 10, version="old") for number in range(100))
    during = tuple(sample(10 + number / 10, 8.0, version="old" if number < 20 else "new") for number in range(50))
    failed = (sample(12.05, 1.0, failure="status 502"), sample(12.06, 2.0, failure="status 502"))
    rows = tuple(sorted((*before, *during, *failed)))
    steps = (Span("switch", 12.0, 12.1), Span("stop", 13.0, 13.5))
    return Story(title="api", recording=Recording(rows), updates=(an_update(steps=steps),))


def test_a_percentile_is_a_latency_that_was_measured_and_failures_are_counted_apart() -> None:
    found = latencies([sample(0, float(ms)) for ms in range(1, 101)] + [sample(1, 9000.0, failure="closed")])
    assert found.figures() == {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 100.0, "max": 100.0}
    assert (found.asked, found.failures) == (101, {"closed": 1})
    assert math.isnan(latencies([]).at_share(0.5))


def test_what_the_generator_wrote_becomes_wall_time() -> None:
    lines = [json.dumps({"began_at": 100.0, "cpu_s": 1.0}), json.dumps([2.5, 500.0, "health", "", "v1", 0.1])]
    (only,) = read_recording(lines).samples
    assert (only.at, only.ended_at, only.version) == (102.5, 103.0, "v1")


def test_slots_hold_the_share_of_what_was_due_in_them() -> None:
    rows = [sample(0.01, 1.0), sample(0.05, 3.0), sample(0.15, 7.0), sample(0.25, 1.0, failure="closed")]
    assert in_slots(rows, seconds=0.1, share=1.0) == [(0.05, 3.0), (pytest.approx(0.15), 7.0)]


def test_spans_come_from_the_steps_of_a_report_in_the_order_of_time() -> None:
    assert spans_of(REPORT) == (Span("gate", TEN + 1.0, TEN + 3.5), Span("verify", TEN + 4.0, TEN + 5.0))


def test_every_moment_is_told_by_the_step_that_ran_then() -> None:
    update = an_update(steps=(Span("gate", 11.0, 12.0),))
    told = [step_at([update], at) for at in (9.9, 10.5, 11.5, 15.1)]
    assert told == ["steady", "api 1: between steps", "api 1: gate", "steady"]


def test_an_update_is_seen_from_the_first_new_answer_to_the_last_old_one() -> None:
    story = a_story()
    seen = seen_of(story.updates[0], story.recording, until=math.inf)
    assert seen.versions == ("old", "new")
    assert seen.first_new_s == pytest.approx(2.008)
    assert seen.last_old_s == pytest.approx(1.908)
    assert seen.old_gone_s == 3.5


def test_a_release_that_no_visitor_saw_has_no_first_answer() -> None:
    recording = Recording(tuple(sample(at / 10, version="old") for at in range(200)))
    seen = seen_of(an_update(), recording, until=math.inf)
    assert (seen.versions, seen.first_new_s, seen.last_old_s) == (("old",), None, None)


def test_the_tables_tell_failures_and_how_p99_compares_with_the_steady_one() -> None:
    story = a_story()
    assert "| api: during updates | 52 | 2 | 8.0 | 8.0 | 8.0 | 8.0 | 8.0 | 1.6 |" in latency_table([story])
    assert "| api | 1 | 2.01 s (2.01 to 2.01) | 1.91 s (1.91 to 1.91) | 3.50 s" in times_table([story])
    assert "| api 1 | `success` | 0 | 5.0 s | 52 | 2 | 2 | 8.0 (1.6 x steady) |" in bad_table([story])
    assert "| switch | 0.10 s (0.10 to 0.10) | 3 | 2 |" in step_table([story])
    assert failure_kinds(story) == "2 x status 502"
    assert failure_list([story]).splitlines()[0] == "- api, after 12.05 s, api 1: switch: health: status 502"


def test_an_update_is_kept_and_read_again() -> None:
    update = an_update(steps=(Span("gate", 11.0, 12.0),))
    assert read_update(json.loads(json.dumps(update.as_json()))) == update
