"""Is a deploy that cannot work refused at once, with every reason, and with evidence?"""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path

import pytest

from tests.stack import Stack, copy_checkout


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Stack:
    """Return a copy of the checkout in which nothing was ever deployed."""
    return copy_checkout(tmp_path_factory.mktemp("bare") / "checkout", cache_dir=cache_dir)


def newest_report(stack: Stack) -> dict[str, object]:
    folder = max((stack.root / "local_run_logs").glob("2*"))
    assert (folder / "manifest.json").exists()
    loaded: dict[str, object] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.req("A-05", "A-10")
def test_a_deploy_without_target_and_credentials_stops_at_once_and_names_the_local_target(bare: Stack) -> None:
    done = bare.invoke("deploy")
    assert done.returncode == 5
    assert "--target local" in done.stdout + done.stderr
    assert newest_report(bare)["outcome"] == "failed"
    assert not (bare.root / ".env").exists()


@pytest.mark.req("A-10")
def test_a_taken_port_is_refused_with_the_name_of_who_holds_it(bare: Stack) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", bare.https_port))
        holder.listen()
        done = bare.invoke("deploy", "--target", "local")
    assert done.returncode == 4
    assert str(bare.https_port) in done.stdout + done.stderr
    assert str(os.getpid()) in done.stdout + done.stderr
    assert "LOCAL_HTTPS_PORT" in done.stdout + done.stderr
    assert newest_report(bare)["outcome"] == "failed"


@pytest.mark.req("B-15")
def test_every_problem_of_env_is_shown_at_once(bare: Stack) -> None:
    env = bare.root / ".env"
    original = env.read_text(encoding="utf-8")
    broken = re.sub(r"(?m)^DJANGO_SECRET_KEY=.*", "DJANGO_SECRET_KEY=change-me", original)
    broken = broken.replace("LOG_LEVEL=INFO", "LOG_LEVEL=LOUD")
    env.write_text(broken + "\nRATE_LIMIT_API_BURST=-3\n", encoding="utf-8")
    done = bare.invoke("deploy", "--target", "local")
    env.write_text(original, encoding="utf-8")
    assert done.returncode == 3
    assert all(key in done.stdout + done.stderr for key in ("LOG_LEVEL", "DJANGO_SECRET_KEY", "RATE_LIMIT_API_BURST"))


@pytest.mark.req("A-03")
def test_an_env_that_others_may_read_is_refused_with_the_fix(bare: Stack) -> None:
    env = bare.root / ".env"
    env.chmod(0o644)
    done = bare.invoke("deploy", "--target", "local")
    env.chmod(0o600)
    assert done.returncode == 3
    assert "chmod 600" in done.stdout + done.stderr


def test_words_on_a_stack_that_was_never_deployed_say_so(bare: Stack) -> None:
    for word in ("status", "logs", "history", "rollback", "scale"):
        done = bare.invoke(word, "--target", "local")
        assert done.returncode == 2
        assert "nothing is deployed here" in done.stdout + done.stderr
