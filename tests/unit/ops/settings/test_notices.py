from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.engine.connections import (
    MAX_CONNECTIONS,
    MOST_REPLICAS,
    OF_HEALTH_CHECKS,
    OF_JOBS,
    POOL,
    USABLE,
    most_needed,
)
from ops.settings import KEYS, Settings, load
from tests.unit.ops.settings.settings_fixtures import RANDOM, ROOT, SECRETS, problems, sound, written

COMPOSE = """
services:
  mine: # asks for ASKED_IN_A_COMMENT
    image: mine:${MINE_VERSION:-dev}
    environment: [SENTRY_DSN]
"""
KEPT = Path(__file__).parent / "settings_kept"


def notices(folder: Path, more: str, *, target: str = "local") -> tuple[str, ...]:
    return load(sound(folder, more), environ={}, target=target).notices


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SERVER_NAME", "WEBSITE_DOMAIN"),
        ("DOMAIN", "WEBSITE_DOMAIN"),
        ("SECRET_KEY", "DJANGO_SECRET_KEY"),
        ("DATABASE_HOST", "DATABASE_URL"),
        ("DEBUG", "DJANGO_DEBUG"),
        ("allowed_hosts", "DJANGO_ALLOWED_HOSTS"),
        ("POSTGRES_DATABASE", ""),
        ("POSTGRES_PASS", "POSTGRES_PASSWORD"),
    ],
)
def test_a_key_that_nothing_reads_is_named_with_the_one_that_was_meant(tmp_path: Path, name: str, meant: str) -> None:
    hint = f" (did you mean {meant}?)" if meant else ""
    assert notices(tmp_path, f"{name}={RANDOM}") == (f".env has a key that nothing here reads: {name}{hint}",)


def test_many_unread_keys_are_one_short_line_with_those_that_have_an_answer_first(tmp_path: Path) -> None:
    keys = [f"MINE_{number}" for number in range(20)]
    (line,) = notices(tmp_path, "\n".join(f"{key}=x" for key in [*keys, "DEBUG"]))
    assert line == (
        ".env has 21 keys that nothing here reads: DEBUG (did you mean DJANGO_DEBUG?), "
        "MINE_0, MINE_1, MINE_2, MINE_3, MINE_4 and 15 more"
    )


def test_what_the_compose_files_name_is_not_unknown(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(COMPOSE, encoding="utf-8")
    (tmp_path / "docker-compose.prod.yml").write_text("services: {mine: {env: $IN_PROD}}\n", encoding="utf-8")
    stated = "MINE_VERSION=1\nSENTRY_DSN=x\nIN_PROD=x\nASKED_IN_A_COMMENT=x"
    assert notices(tmp_path, stated) == (".env has a key that nothing here reads: ASKED_IN_A_COMMENT",)


@pytest.mark.req("A-12")
def test_no_notice_holds_a_value(tmp_path: Path) -> None:
    assert RANDOM not in " ".join(notices(tmp_path, f"SERVER_NAME={RANDOM}\nAPI_TOKEN={RANDOM}\nAPI_REPLICAS=9"))


def test_a_key_of_the_environment_is_nobodys_business(tmp_path: Path) -> None:
    assert load(sound(tmp_path), environ={"SERVER_NAME": "x", "DEBUG": "1"}, target="local").notices == ()


def test_true_for_tls_is_answered_with_what_is_meant(tmp_path: Path) -> None:
    wrong = problems(sound(tmp_path, "USE_TLS=true"))
    assert wrong == {"USE_TLS": "`true` is not a source of certificates (HTTPS is always on)"}


@pytest.mark.req("B-09")
def test_replicas_that_connections_do_not_suffice_for_are_refused_with_the_reason(tmp_path: Path) -> None:
    wrong = problems(sound(tmp_path, f"API_REPLICAS={MOST_REPLICAS + 1}"))
    assert wrong == {"API_REPLICAS": "`11` is not a whole number from 1 to 10"}
    write = Settings.API_REPLICAS.kind.write
    assert write.endswith("PostgreSQL has 92 connections for replicas, and one of the API or Django takes up to 9")


@pytest.mark.req("B-09")
def test_replicas_that_an_update_may_not_have_connections_for_are_a_notice(tmp_path: Path) -> None:
    assert notices(tmp_path, "API_REPLICAS=4") == ()
    (line,) = notices(tmp_path, "API_REPLICAS=4\nDJANGO_REPLICAS=2")
    assert line.startswith("an update under full load may take 115 connections, and PostgreSQL has 97: ")
    assert notices(tmp_path, "API_REPLICAS=4\nDJANGO_REPLICAS=2\nDATABASE_POOL_MAX=6") == ()


@pytest.mark.req("B-09")
@pytest.mark.parametrize("pool", ["0", "51", "90"])
def test_a_pool_that_one_replica_may_not_have_is_refused(tmp_path: Path, pool: str) -> None:
    wrong = problems(sound(tmp_path, f"DATABASE_POOL_MAX={pool}"))
    assert wrong == {"DATABASE_POOL_MAX": f"`{pool}` is not a whole number from 1 to 50"}


@pytest.mark.req("B-09")
def test_all_the_replicas_that_may_be_have_room_in_postgresql_at_once() -> None:
    assert MOST_REPLICAS * (POOL + OF_HEALTH_CHECKS) + OF_JOBS <= USABLE


def test_the_budget_is_that_of_the_compose_files_of_the_services_and_of_the_guide() -> None:
    compose = [(ROOT / name).read_text(encoding="utf-8") for name in ("docker-compose.yml", "docker-compose.prod.yml")]
    tested = (ROOT / "tests" / "integration" / "services" / "services_fixtures.py").read_text(encoding="utf-8")
    stated = {int(number) for text in (*compose, tested) for number in re.findall(r"max_connections=(\d+)", text)}
    guide = (ROOT / "docs" / "guides" / "scaling.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", guide, re.MULTILINE)
    assert stated == {MAX_CONNECTIONS}
    assert (MAX_CONNECTIONS, USABLE) == (100, 97)
    assert Settings.DATABASE_POOL_MAX.default == str(POOL) == "8"
    assert f"so {USABLE} can be used" in guide
    assert f"at most {MOST_REPLICAS} replicas" in guide
    assert rows
    assert {row: most_needed(servers=int(row[0]) + int(row[1]), tasks=int(row[2])) for row in rows} == {
        row: int(row[3]) for row in rows
    }


@pytest.mark.parametrize(("name", "target"), [("development", "local"), ("production", "droplet")])
def test_a_file_of_an_earlier_version_still_holds(tmp_path: Path, name: str, target: str) -> None:
    text = (KEPT / f"{name}.env").read_text(encoding="utf-8")
    settings = load(written(tmp_path, text), environ={**SECRETS, "DIGITALOCEAN_TOKEN": f"t_{RANDOM}"}, target=target)
    stated = dict(re.findall(r"(?m)^([A-Z_0-9]+)=([^'\n]*)$", text))
    public = {key.name for key in KEYS if not key.secret} & stated.keys()
    assert {key: settings.values[key] or "" for key in public if stated[key]} == {
        key: stated[key] for key in public if stated[key]
    }
    assert [notice for notice in settings.notices if "names for examples" not in notice] == []
