"""Does anybody notice when a droplet exchanges its Traefik, or restarts its Docker Engine? A small site in containers.

Each exchange changes the image and the static file. The controls are the same done as before: Traefik stopped first,
which has to fail requests, or the load proves nothing; and an Engine around which nothing is kept, which is told only.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ops.settings import KEYS, Settings
from ops.targets.droplet.bootstrap import bootstrap_script
from rehearsal.docker import this_process
from tests.bench.kept import KEPT
from tests.bench.machine import describe_machine
from tests.bench.story import say
from tests.rehearsal import load as visitors
from tests.rehearsal.compose.compose_fixtures import DOORS, STATIC, Small, small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome
from tests.rehearsal.droplet.droplet_fixtures import docker_machine
from tests.rehearsal.load import load_on, wait_for

IMAGES = ("traefik:v3.7", "traefik:again")
KEPT_ALIVE = ("/",) * 8 + ("/slow",) * 4
PAUSE_S = 0.25  # of each client: who connects anew leaves a port in use for a minute, and has 28,000 of them
DROP_IN = "/etc/systemd/system/docker.service.d/slipway.conf"


def main() -> None:
    """Exchange and restart many times under visitors, then a few times as it was before."""
    asked = _arguments()
    visitors.EVERY_S = PAUSE_S
    with docker_machine("exchange", owner=this_process()) as machine:
        host = EngineHost(machine)
        _deploy(host, small_release("one"))
        host.docker("tag", *IMAGES)
        told = {
            "traefik taking over": _measured(host, asked, asked.times, lambda number: _exchange(host, number, DOORS)),
            "traefik stopped first": _measured(host, asked, asked.controls, lambda number: _exchange(host, number, {})),
        }
        _deploy(host, small_release("one"))
        _keep_around_restarts(host)
        told["engine restarted"] = _measured(host, asked, asked.times, lambda _: _restart(host))
        host.run("rm", DROP_IN)
        host.run("systemctl", "daemon-reload")
        told["engine restarted, nothing kept"] = _measured(host, asked, asked.controls, lambda _: _restart(host))
        back = [_reboot(host) for _ in range(asked.reboots)]
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = {"machine": describe_machine(), **told, "seconds until it served after a reboot": back}
    (KEPT / "host-exchange.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    for way, figures in told.items():
        say(f"{way}: {figures}")
    say(f"served after a reboot: {len(back)} of {asked.reboots}, after {back} s")
    ways = list(told.values())
    if any(way["failed"] for way in ways[::2]) or not told["traefik stopped first"]["failed"]:
        raise SystemExit("a request failed where none may, or none where some must")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--controls", type=int, default=3)
    parser.add_argument("--reboots", type=int, default=10)
    parser.add_argument("--clients", type=int, default=64, help="that connect anew for each request")
    return parser.parse_args()


def _measured(
    host: EngineHost, asked: argparse.Namespace, count: int, change: Callable[[int], object]
) -> dict[str, Any]:
    """Change something that often under visitors; return what they got, and how long each change took."""
    seconds = []
    change(0)
    with load_on(host.machine.address, *KEPT_ALIVE, anew=asked.clients) as load:
        wait_for("answers", lambda: load.answers["one"] > 500)
        for number in range(1, count + 1):
            began = time.monotonic()
            change(number)
            seconds.append(round(time.monotonic() - began, 2))
    return {
        "times": count,
        "answered": load.answers.total(),
        "failed": len(load.failures),
        "how": dict(Counter(failure[:80] for failure in load.failures).most_common(3)),
        "longest_ms": round(load.longest_s * 1000),
        "seconds": seconds,
    }


def _exchange(host: EngineHost, number: int, doors: dict[str, str]) -> None:
    static = f"{STATIC}# {number}\n"
    small = small_release("one", edge=IMAGES[number % 2], static_file=static, doors=doors)
    _deploy(host, replace(small, release=replace(small.release, id=f"small-{len(doors)}-{number}")))


def _deploy(host: EngineHost, small: Small) -> None:
    end = outcome(host.deploy(small, "--allow-interruption"))
    if end["outcome"] != "success":
        raise SystemExit(f"the deploy failed: {end}")


def _keep_around_restarts(host: EngineHost) -> None:
    values = {key.name: key.default for key in KEYS}
    settings = Settings(target="droplet", values=MappingProxyType(values), extra=MappingProxyType({}))
    host.machine.run("sh", "-s", "outlive_restarts", stdin=bootstrap_script(settings).encode())


def _restart(host: EngineHost) -> None:
    host.run("systemctl", "reset-failed", "docker")  # systemd starts nothing too often
    host.run("systemctl", "restart", "docker")


def _reboot(host: EngineHost) -> float:
    """Reboot, and return how many seconds after the machine was up again the site answered."""
    host.machine.reboot()
    began = time.monotonic()
    wait_for("the site", lambda: host.serving() == "one")
    return round(time.monotonic() - began, 2)


if __name__ == "__main__":
    main()
