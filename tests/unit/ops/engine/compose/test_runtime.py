from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops.engine.compose.descriptions import describe_job, describe_replica, double, image_id, tag
from ops.engine.model import Image, Route, Service
from ops.release.compose_file import compose_binary

NASTY = "p$word-$$-${HOME}-${X:-y}-{version}"
MOUNT = {"type": "bind", "source": "/root/replicas/x/0-app.yml", "target": "/etc/app.yml", "read_only": True}
SERVICE = Service(
    name="api",
    image=Image(id="api-0123456789ab", files={}, dockerfile="api/Dockerfile"),
    command=("serve", "--format", "$host"),
    environment={"SERVICE_VERSION": "{version}", "PASSWORD": NASTY},
    route=Route(ready="/ready", host="example.org", port=8000),
    container={
        "networks": {"data": None, "edge": {"priority": 1}},
        "volumes": [{"type": "volume", "source": "media", "target": "/srv/media", "volume": {}}],
        "ports": [{"target": 80, "published": "80"}],
        "healthcheck": {"test": ["CMD", "check"]},
        "restart": "unless-stopped",
        "read_only": True,
        "labels": {"team": "a"},
    },
)
PROJECT = {
    "networks": {"edge": {"name": "slipway_edge", "internal": True}, "data": {"internal": True}, "public": {}},
    "volumes": {"media": {"name": "slipway_media"}, "other": {}},
}


def replica(service: Service = SERVICE, **fields: Any) -> dict[str, Any]:
    named = {"name": "api-abc-1", "mounts": [MOUNT], **fields}
    return describe_replica(service, PROJECT, **named)


def job() -> dict[str, Any]:
    return describe_job(SERVICE, PROJECT, name="slipway-job-api-1", command=("true",), mounts=[], owner="7 1 boot")


def one(description: dict[str, Any]) -> dict[str, Any]:
    (found,) = description["services"].values()
    return dict(found)


def test_a_replica_is_one_service_that_others_find_by_its_own_and_by_the_plain_name() -> None:
    described = replica()
    assert list(described["services"]) == ["api-abc-1"]
    assert one(described)["container_name"] == "api-abc-1"
    assert one(described)["networks"] == {
        "data": {"aliases": ["api"]},
        "edge": {"priority": 1, "aliases": ["api"]},
    }


def test_a_replica_carries_all_that_observing_it_needs() -> None:
    assert one(replica())["labels"] == {
        "team": "a",
        "slipway.service": "api",
        "slipway.fingerprint": SERVICE.fingerprint,
        "slipway.image": "api-0123456789ab",
        "slipway.port": "8000",
    }


def test_a_replica_keeps_what_compose_said_and_gets_the_networks_and_volumes_it_uses() -> None:
    described = replica()
    assert one(described)["read_only"] is True
    assert one(described)["restart"] == "unless-stopped"
    assert one(described)["volumes"] == [*SERVICE.container["volumes"], MOUNT]
    assert set(described["networks"]) == {"edge", "data"}
    assert described["networks"]["edge"]["internal"] is True
    assert set(described["volumes"]) == {"media"}


def test_a_replica_without_a_command_keeps_that_of_its_image() -> None:
    assert "command" not in one(replica(dataclasses.replace(SERVICE, command=())))


def test_the_version_is_filled_in() -> None:
    assert one(replica())["environment"]["SERVICE_VERSION"] == "api-0123456789ab"


def test_a_job_is_taken_for_no_replica() -> None:
    described = one(job())
    assert not {"ports", "healthcheck"} & set(described)
    assert described["restart"] == "no"
    assert described["command"] == ["true"]
    assert described["networks"] == SERVICE.container["networks"]
    assert described["labels"] == {"team": "a", "slipway.job": "api", "slipway.owner": "7 1 boot"}


def test_an_image_that_is_built_is_tagged_by_its_hash_and_one_that_is_pulled_by_its_reference() -> None:
    built = Image(id="nginx-static-0123456789ab", files={}, dockerfile="nginx/Dockerfile")
    assert tag(built) == "slipway/nginx-static:0123456789ab"
    assert image_id(tag(built)) == built.id
    assert tag(Image(id="postgres-1", files={}, reference="postgres:18")) == "postgres:18"


TREES = st.recursive(
    st.text(alphabet="${}ab:-\\") | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="ab", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(TREES)
def test_every_dollar_is_doubled_and_nothing_else_changes(tree: Any) -> None:
    doubled = json.dumps(double(tree))
    assert all(len(run) % 2 == 0 for run in re.findall(r"\$+", doubled))
    assert json.loads(doubled.replace("$$", "$")) == tree


@pytest.mark.req("A-03")
def test_compose_itself_reads_every_value_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "compose.json"
    file.write_text(json.dumps(replica()), encoding="utf-8")
    command = (compose_binary(), "-f", str(file), "--env-file", os.devnull, "config")
    environment = {"HOME": "/wrong", "X": "wrong", "word": "wrong"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=30)
    read = one(yaml.safe_load(done.stdout.replace("$$", "$")))
    assert read["environment"]["PASSWORD"] == NASTY.replace("{version}", "api-0123456789ab")
    assert read["command"] == list(SERVICE.command)
    assert read["labels"] == one(replica())["labels"]
    assert done.stderr == ""
