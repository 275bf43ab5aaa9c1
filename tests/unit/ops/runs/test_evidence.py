from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ops.runs.artifacts import NAMES, OWN
from ops.runs.evidence import evidence_of, table
from ops.verification.observations import Observations
from tests.unit.ops.runs.evidence_fixtures import on_droplet, sound, with_answer

TEMPLATES = {"traefik-static.template.yml": "entryPoints: {}", "traefik-dynamic.template.yml": "http: {}"}
MIGRATED = {
    "event": "job",
    "name": "migrate",
    "exit_code": 0,
    "output": "Applying signups.0001... OK\n",
    "seconds": 1.0,
}


@pytest.mark.req("A-11")
def test_a_sound_stack_fills_every_name_of_the_set() -> None:
    evidence = evidence_of(sound(), templates=TEMPLATES, events=[MIGRATED])
    assert evidence.missing == {}
    assert evidence.texts.keys() == set(NAMES) - set(OWN)


def test_nothing_seen_still_says_why_for_each_name() -> None:
    evidence = evidence_of(Observations(problems={"status": "the host is gone"}), templates={})
    assert evidence.missing["compose-ps.txt"] == "the host is gone"
    assert all(evidence.missing.values())


@pytest.mark.req("A-11")
def test_the_migrate_job_of_the_run_goes_before_what_django_says_later() -> None:
    text = evidence_of(sound(), templates={}, events=[MIGRATED]).texts["django-migrate.txt"]
    assert text == "Applying signups.0001... OK\n# exit code 0, 1.00 s\n"


@pytest.mark.req("A-11")
def test_on_a_droplet_the_published_ports_stand_beside_traefik() -> None:
    texts = evidence_of(on_droplet(), templates={}).texts
    (traefik,) = (line for line in texts["compose-ps.txt"].splitlines() if line.startswith("traefik "))
    assert "  80/tcp, 443/tcp, 443/udp  " in traefik
    assert "(not ours)  0.0.0.0     22/tcp    612  sshd" in texts["published-ports.txt"]
    assert texts["published-ports.txt"].endswith("192.0.2.7:5432 closed\n192.0.2.7:8000 closed\n")


@pytest.mark.req("A-07", "A-11")
def test_without_the_host_each_missing_file_says_why() -> None:
    evidence = evidence_of(Observations(problems={"host": "the connection was cut"}), templates={})
    assert evidence.missing["published-ports.txt"] == "the connection was cut"
    assert evidence.missing["api-logs.txt"] == "the connection was cut"


def test_a_conversation_reads_as_curl_shows_it() -> None:
    text = evidence_of(sound(), templates={}).texts["curl-api-health.txt"]
    assert text.startswith("> GET https://slipway.localhost:8443/api/health\n* TLSv1.3, slipway.localhost")
    assert "< HTTP/1.1 200\n" in text
    assert "< x-frame-options: SAMEORIGIN\n" in text
    assert '"status": "healthy"' in text


def test_json_files_are_json_even_when_the_command_said_more() -> None:
    seen = sound()
    noisy = replace(seen.commands["celery-ping"], output='warning\n{"w": {"ok": "pong"}}\n1 node online.\n')
    broken = replace(seen.commands["schema-compat-check"], output="Traceback", exit_code=1)
    changed = replace(seen, commands={**seen.commands, "celery-ping": noisy, "schema-compat-check": broken})
    texts = evidence_of(changed, templates={}).texts
    assert json.loads(texts["celery-ping.json"]) == {"w": {"ok": "pong"}}
    assert json.loads(texts["schema-compat-check.json"]) == {"exit_code": 1, "output": "Traceback"}


@pytest.mark.req("A-11")
def test_the_schema_check_holds_what_the_api_says_of_its_statements() -> None:
    queries = {"ok": False, "seconds": 0.1, "detail": "1 do not fit the schema: api.events.sql.EVENT: no such column"}
    seen = with_answer("api-health", status=503, body_head=json.dumps({"checks": {"queries": queries}}))
    ran = replace(seen.commands["schema-compat-check"], output='{"ok": true}')
    seen = replace(seen, commands={**seen.commands, "schema-compat-check": ran})
    text = evidence_of(seen, templates={}).texts["schema-compat-check.json"]
    assert json.loads(text) == {"ok": True, "queries_of_the_api": queries}


def test_a_health_that_is_no_json_is_kept_as_a_fact() -> None:
    texts = evidence_of(with_answer("api-health", status=502, body_head="<html>"), templates={}).texts
    assert json.loads(texts["api-health.json"])["status"] == 502


def test_a_table_has_its_columns_in_line() -> None:
    assert table(("A", "B"), (("long", 1), ("x", 22))) == "A     B\nlong  1\nx     22\n"
