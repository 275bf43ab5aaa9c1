"""Is what can be saved of a damaged Redis saved by what its guide says?"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ops.engine.model import Service
from ops.engine.processes.runtime import ProcessesRuntime
from redis import Redis
from tests.integration.processes.processes_fixtures import (
    CHECKOUT,
    REDIS_PASSWORD,
    one,
    redis,
    running_in,
    started,
    wait_for,
)

BAD = "Bad file format reading the append only file"


def asked(service: Service) -> Redis:
    return Redis(port=service.port, password=REDIS_PASSWORD, decode_responses=True)


def guide() -> str:
    return (CHECKOUT / "docs" / "guides" / "redis.md").read_text(encoding="utf-8")


def damage(runtime: ProcessesRuntime, before: bytes) -> None:
    """Damage the file that is read at the start, from the change on in which these bytes are."""
    (file,) = (runtime.layout.data / "redis" / "appendonlydir").glob("*.incr.aof")
    content = file.read_bytes()
    at = content.rindex(b"*", 0, content.index(before))
    file.write_bytes(content[:at] + b"#" + content[at + 1 :])


def start_again(runtime: ProcessesRuntime, service: Service, name: str) -> None:
    runtime.stop(name, signal="TERM", grace_s=5)
    runtime.start(service, name)


@pytest.mark.req("A-25")
def test_a_damaged_redis_says_so_and_its_guide_saves_what_was_before_the_damage(
    tmp_path: Path, local_env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLIPWAY_CACHE_DIR", raising=False)
    service = redis()
    with running_in(tmp_path / ".local", local_env) as runtime:
        name = started(runtime, service)
        with asked(service) as client:
            for word in ("first", "second", "third"):
                client.set(word, "kept")
        runtime.stop(name, signal="TERM", grace_s=5)
        damage(runtime, b"second")
        runtime.start(service, name)
        wait_for("Redis to say why", lambda: any(BAD in line for line in runtime.logs(name, lines=50)))
        assert BAD in guide()
        (typed,) = re.findall(r"```bash\n(.*?)```", guide(), re.DOTALL)
        done = subprocess.run(("bash", "-euc", typed), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "Successfully truncated AOF" in done.stdout, done.stdout + done.stderr
        start_again(runtime, service, name)
        wait_for("Redis", lambda: runtime.is_healthy(service, one(runtime, name)))
        with asked(service) as client:
            assert (client.get("first"), client.get("second")) == ("kept", None)
        assert len(list((runtime.layout.data / "redis").glob("damaged-*"))) == 1
