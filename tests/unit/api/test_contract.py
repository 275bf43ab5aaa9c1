from __future__ import annotations

import asyncio
import io
import json
import logging
import logging.config
import math
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from pydantic import SecretStr, ValidationError
from redis.exceptions import ConnectionError as RedisConnectionError

from api.database.pool import new_pool
from api.errors import UnavailableError
from api.settings import Settings, read_settings
from api.shared.logs import logging_config
from api.shared.outage import Outage
from api.task_queue import TaskQueue
from ops.engine.connections import POOL, WAITING_A_SECOND

ROOT = Path(__file__).resolve().parents[3]


def test_what_the_services_share_imports_nothing_of_either() -> None:
    lines = [line for path in (ROOT / "api/shared").glob("*.py") for line in path.read_text().splitlines()]
    imported = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]
    own = [name for name in imported if name.startswith("api.") and not name.startswith("api.shared")]
    assert len(imported) > 10
    assert own == []
    assert not {name.partition(".")[0] for name in imported} & {"config", "django", "fastapi", "signups"}


def test_django_takes_nothing_of_the_api_but_what_they_share() -> None:
    lines = [line for path in (ROOT / "django").rglob("*.py") for line in path.read_text().splitlines()]
    taken = {line.split()[1] for line in lines if line.lstrip().startswith(("import api", "from api"))}
    assert taken
    assert all(name.startswith("api.shared.") for name in taken)


def test_the_api_imports_nothing_of_django() -> None:
    for path in (ROOT / "api").rglob("*.py"):
        assert not any(
            line.startswith(("import django", "from django", "from signups", "from config"))
            for line in path.read_text().splitlines()
        ), path


@pytest.mark.req("C-11")
@pytest.mark.parametrize(("environment", "shown"), [("development", True), ("staging", True), ("production", False)])
def test_documentation_pages_are_for_everywhere_but_production(environment: Any, shown: bool) -> None:  # noqa: FBT001 - a column
    given = {"database_url": "postgresql://x", "redis_url": "redis://x", "token_secret_key": "x" * 32}
    settings = Settings(environment=environment, **given)  # type: ignore[arg-type]  # as the environment gives them
    assert settings.shows_docs == shown


STATED: dict[str, tuple[str, object, object]] = {  # of each key: what is stated, what it is then, and what without it
    "ENVIRONMENT": ("staging", "staging", None),
    "DATABASE_URL": ("postgresql://u:p@db.example.org/x", "postgresql://u:p@db.example.org/x", None),
    "REDIS_URL": ("redis://cache.example.org:6380/3", "redis://cache.example.org:6380/3", None),
    "TOKEN_SECRET_KEY": ("$t" * 20, "$t" * 20, None),
    "LOG_LEVEL": ("debug", "DEBUG", "INFO"),
    "SERVICE_VERSION": ("v7", "v7", "dev"),
    "ROOT_PATH": ("/v2", "/v2", "/api"),
    "DATABASE_POOL_MAX": ("5", 5, POOL),
    "DATABASE_POOL_WAITING": ("6", 6, 600),
    "DATABASE_POOL_TIMEOUT_S": ("0.5", 0.5, 2.0),
    "DATABASE_HOLD_SECONDS": ("7", 7.0, 10.0),
    "DRAIN_NOTICE_S": ("0.7", 0.7, 0.2),
    "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": ("17", 17, 30),
}


def shown(settings: Settings) -> dict[str, object]:
    plain = {name: getattr(settings, name) for name in Settings.model_fields}
    return {
        name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in plain.items()
    }


@pytest.mark.req("B-15", "B-09")
def test_each_setting_is_what_the_environment_says_and_else_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, (text, _, default) in STATED.items():
        monkeypatch.setenv(key, text)
        if default is not None:
            monkeypatch.delenv(key)
    assert shown(read_settings()) == {key: told if other is None else other for key, (_, told, other) in STATED.items()}
    for key, (text, _, _) in STATED.items():
        monkeypatch.setenv(key, text)
    assert shown(read_settings()) == {key: told for key, (_, told, _) in STATED.items()}


@pytest.mark.req("B-09")
@pytest.mark.parametrize("pool", ["0", "51", "90"])
def test_a_pool_that_one_replica_may_not_have_stops_the_start(monkeypatch: pytest.MonkeyPatch, pool: str) -> None:
    for key, (text, _, _) in STATED.items():
        monkeypatch.setenv(key, text)
    monkeypatch.setenv("DATABASE_POOL_MAX", pool)
    with pytest.raises(ValidationError, match="database_pool_max"):
        read_settings()


@pytest.mark.req("B-09")
def test_the_pool_of_a_replica_is_as_large_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, (text, _, _) in STATED.items():
        monkeypatch.setenv(key, text)

    async def sizes() -> tuple[int, int, float]:
        pool = new_pool(read_settings(), Outage())
        return pool.max_size, pool.max_waiting, pool.timeout

    assert asyncio.run(sizes()) == (5, 6, 0.5)


@pytest.mark.req("B-09")
def test_the_plan_knows_how_many_may_wait_in_a_second() -> None:
    fields = Settings.model_fields
    waiting, timeout_s = fields["database_pool_waiting"].default, fields["database_pool_timeout_s"].default
    assert waiting / timeout_s == WAITING_A_SECOND["api"]
    assert '"max_waiting": 64,\n            "timeout": 3,' in (ROOT / "django" / "config" / "settings.py").read_text()
    assert WAITING_A_SECOND["django"] == 64 // 3


@pytest.mark.req("B-09", "D-12")
def test_while_the_database_is_held_as_many_may_wait_as_come_in_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, (text, _, _) in STATED.items():
        monkeypatch.setenv(key, text)

    async def waiting() -> tuple[int, int, int]:
        outage = Outage(hold_s=10.0)
        pool = new_pool(read_settings(), outage)  # six may wait half a second
        outage.found()
        before = pool.max_waiting
        outage.lost(is_announced=True)
        held = pool.max_waiting
        monkeypatch.setattr(outage, "ended_within", lambda _: False)
        outage.found()
        return before, held, pool.max_waiting

    assert asyncio.run(waiting()) == (6, 120, 6)


@pytest.mark.req("A-12", "B-15")
def test_wrong_settings_are_named_all_at_once_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
    monkeypatch.setenv("LOG_LEVEL", "canary")
    for key in ("REDIS_URL", "ENVIRONMENT", "TOKEN_SECRET_KEY"):
        monkeypatch.delenv(key, raising=False)
    with pytest.raises(ValidationError) as caught:
        read_settings()
    wrong = {str(error["loc"][0]) for error in caught.value.errors()}
    assert wrong == {"redis_url", "environment", "log_level", "token_secret_key"}
    assert "canary" not in str(caught.value)


@pytest.mark.req("C-12", "B-14")
def test_what_python_warns_of_what_others_log_and_what_we_say_are_json_lines_with_the_time_in_utc() -> None:
    code = (
        "import logging.config, structlog, warnings; from api.shared.logs import configure_structlog, logging_config;"
        "logging.config.dictConfig(logging_config(service='api', level='INFO'));"
        "configure_structlog(service='api', level='INFO'); warnings.warn('this goes away');"
        "logging.getLogger('foreign').info('from afar'); structlog.get_logger('slipway').info('from here')"
    )
    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=ROOT,
        env={**os.environ, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert [(line["severity"], line["service"]) for line in lines] == [
        ("WARNING", "api"),
        ("INFO", "api"),
        ("INFO", "api"),
    ]
    assert ["this goes away" in lines[0]["message"], *(line["message"] for line in lines[1:])] == [
        *(True, "from afar", "from here"),
    ]
    for line in lines:
        assert line["time"].endswith("Z")
        assert abs((datetime.now(UTC) - datetime.fromisoformat(line["time"])).total_seconds()) < 600


@pytest.mark.req("B-14")
def test_an_exception_is_one_json_line_with_its_stack() -> None:
    config = logging_config(service="api", level="info")["formatters"]["json"]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=config["foreign_pre_chain"], processors=config["processors"]
    )
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("foreign")  # noqa: LOG001 - one of its own, so that nothing else is changed
    logger.addHandler(handler)
    try:
        int("first\nsecond")
    except ValueError:
        logger.exception("it %s", "failed", extra={"request": object(), "path": "/x"})
    (line,) = stream.getvalue().splitlines()
    seen = json.loads(line)
    assert (seen["severity"], seen["service"], seen["message"], seen["path"]) == ("ERROR", "api", "it failed", "/x")
    assert "ValueError: invalid literal" in seen["stack_trace"]
    assert "request" not in seen


class Redis:
    """The three commands that the queue uses, on a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def set(self, key: str, value: Any, *, nx: bool = False, ex: int) -> bool:
        """Store, with `nx` only what is not there."""
        assert ex > 0
        if nx and key in self.kept:
            return False
        self.kept[key] = str(value)
        return True

    async def get(self, key: str) -> str | None:
        """Look up."""
        return self.kept.get(key)

    async def delete(self, *keys: str) -> None:
        """Forget."""
        for key in keys:
            self.kept.pop(key, None)


class Producer:
    """Remembers what is sent, or fails, always or so many times."""

    def __init__(self, error: Exception | None = None, *, failures: float = math.inf) -> None:
        self.error = error
        self.failures = failures
        self.sent: list[tuple[Any, ...]] = []

    def send_task(self, name: str, **more: Any) -> None:
        """Take a task."""
        if self.error and self.failures > 0:
            self.failures -= 1
            raise self.error
        self.sent.append((name, more["task_id"]))


def queue_with(producer: Producer) -> tuple[TaskQueue, Any]:
    redis: Any = Redis()
    redis.outage = Outage(loss_s=0.2)
    redis.outage.found()
    queue = TaskQueue(redis, broker_url="redis://x")
    queue._producer = producer  # noqa: SLF001 - the network is the integration tests' part
    return queue, redis


@pytest.mark.req("A-23")
def test_a_delivery_is_queued_once_within_seconds() -> None:
    producer = Producer()
    queue, _ = queue_with(producer)

    async def twice() -> tuple[str, str]:
        return await queue.put(), await queue.put()

    first, second = asyncio.run(twice())
    assert first == second
    assert producer.sent == [("signups.deliver", first)]


def test_a_delivery_that_could_not_be_queued_may_be_asked_for_again() -> None:
    queue, redis = queue_with(Producer(OSError("gone")))
    with pytest.raises(UnavailableError):
        asyncio.run(queue.put())
    assert redis.kept == {}


@pytest.mark.req("A-23", "D-12")
def test_a_delivery_whose_sender_alone_meets_the_absence_is_sent_again() -> None:
    producer = Producer(OSError("gone"), failures=2)
    queue, redis = queue_with(producer)
    redis.outage.loss_s = 30
    task_id = asyncio.run(queue.put())
    assert producer.sent == [("signups.deliver", task_id)]
    assert redis.kept["task:deliver"] == task_id


class AwayAtFirst(Redis):
    """Fails twice; the second time it has done what it was asked for, and only its answer was lost."""

    def __init__(self) -> None:
        super().__init__()
        self.outage = Outage()
        self.outage.found()
        self.failed = 0

    async def set(self, key: str, value: Any, *, nx: bool = False, ex: int) -> bool:
        """Store, from the third time on with an answer."""
        if self.failed < 2:
            self.failed += 1
            self.outage.lost()
            self.kept |= {key: str(value)} if self.failed == 2 else {}
            raise RedisConnectionError("gone")
        return await super().set(key, value, nx=nx, ex=ex)


@pytest.mark.req("A-23", "D-12")
def test_a_delivery_waits_for_a_redis_that_is_away_for_a_moment_and_is_queued_once() -> None:
    producer, redis = Producer(), cast("Any", AwayAtFirst())
    queue = TaskQueue(redis, broker_url="redis://x")
    queue._producer = cast("Any", producer)  # noqa: SLF001 - the network is the integration tests' part
    task_id = asyncio.run(queue.put())
    assert producer.sent == [("signups.deliver", task_id)]
