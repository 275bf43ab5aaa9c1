"""Does the host's own configuration of its Docker Engine stay, whatever we put beside it?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.targets.droplet import daemon_json
from ops.targets.droplet.bootstrap import engine_configuration
from ops.targets.droplet.daemon_json import ConfigurationError, merge, read, without

PLAIN = engine_configuration("")
MIRRORED = engine_configuration("http://172.17.0.1:5000")
NAMES = (*MIRRORED, "data-root", "storage-driver", "runtimes", "dns", "labels", "debug")
VALUES = st.one_of(
    st.booleans(),
    st.text(max_size=8),
    st.lists(st.sampled_from(["http://172.17.0.1:5000", "172.17.0.1:5000", "https://other.example.org"]), unique=True),
    st.dictionaries(st.sampled_from(["max-size", "max-file", "tag"]), st.sampled_from(["3", "10m", "1g"]), min_size=1),
)
FILES = st.dictionaries(st.sampled_from(NAMES), VALUES)
MIRRORS = st.sampled_from(["", "https://mirror.example.org", "http://172.17.0.1:5000"])


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("there", "expected", "kept"),
    [
        ({}, PLAIN, ()),
        ({"data-root": "/mnt/big/docker"}, {"data-root": "/mnt/big/docker", **PLAIN}, ()),
        (
            {"storage-driver": "btrfs", "bip": "10.9.0.1/24", "runtimes": {"runsc": {"path": "/usr/bin/runsc"}}},
            {
                "storage-driver": "btrfs",
                "bip": "10.9.0.1/24",
                "runtimes": {"runsc": {"path": "/usr/bin/runsc"}},
                **PLAIN,
            },
            (),
        ),
        ({"userland-proxy": True}, {**PLAIN, "userland-proxy": True}, ("`userland-proxy` of /etc/docker/daemon.json",)),
        ({"live-restore": False}, {**PLAIN, "live-restore": False}, ("`live-restore` of /etc/docker/daemon.json",)),
        (
            {"log-driver": "journald", "log-opts": {"tag": "{{.Name}}"}},
            {
                "log-driver": "journald",
                "log-opts": {"tag": "{{.Name}}"},
                "live-restore": True,
                "userland-proxy": False,
            },
            ("`log-driver` of /etc/docker/daemon.json",),
        ),
        (
            {"log-opts": {"max-size": "1g"}},
            {**PLAIN, "log-opts": {"max-size": "1g", "max-file": "3"}},
            ("`log-opts` of /etc/docker/daemon.json",),
        ),
        ({"registry-mirrors": ["https://theirs"]}, {"registry-mirrors": ["https://theirs"], **PLAIN}, ()),
    ],
)
def test_our_keys_stand_beside_the_hosts_own_and_where_both_say_something_its_own_stays(
    there: dict[str, Any], expected: dict[str, Any], kept: tuple[str, ...]
) -> None:
    merged = merge(there, None, PLAIN)
    assert (merged.keys, merged.kept) == (expected, kept)


def test_a_mirror_is_asked_before_those_of_the_host_and_goes_again_without_them() -> None:
    theirs = {"registry-mirrors": ["https://theirs"], "data-root": "/mnt"}
    with_ours = merge(theirs, None, engine_configuration("https://ours"))
    assert with_ours.keys["registry-mirrors"] == ["https://ours", "https://theirs"]
    assert merge(with_ours.keys, with_ours.added, PLAIN).keys == {**theirs, **PLAIN}


@pytest.mark.parametrize("mirror", ["", "https://mirror.example.org", "http://172.17.0.1:5000"])
@pytest.mark.parametrize("now", ["", "https://another.example.org"])
def test_a_file_that_an_earlier_bootstrap_wrote_whole_is_ours_and_changes_as_if_it_had_kept_a_record(
    mirror: str, now: str
) -> None:
    merged = merge(engine_configuration(mirror), None, engine_configuration(now))
    assert (merged.keys, merged.kept) == (engine_configuration(now), ())


def test_what_the_host_added_to_a_file_of_an_earlier_bootstrap_is_its_own() -> None:
    edited = {**PLAIN, "data-root": "/mnt/big", "log-opts": {"max-size": "1g", "max-file": "3"}}
    assert merge(edited, None, PLAIN).keys == edited


@pytest.mark.parametrize(
    ("words", "missing", "kept"),
    [
        ("dockerd -H fd:// --containerd=/run/c.sock", set(), None),
        ("dockerd --live-restore", {"live-restore"}, "--live-restore"),
        ("dockerd --log-driver journald", {"log-driver", "log-opts"}, "--log-driver"),
        ("dockerd --log-opt=max-size=1g", {"log-opts"}, "--log-opt"),
        ("dockerd --userland-proxy=true -D", {"userland-proxy"}, "--userland-proxy"),
    ],
)
def test_what_the_command_line_of_the_engine_says_does_not_stand_in_its_file_too(
    words: str, missing: set[str], kept: str | None
) -> None:
    merged = merge({}, None, PLAIN, tuple(words.split()))
    assert set(PLAIN) - set(merged.keys) == missing
    assert merged.kept == ((f"{kept} of the Docker Engine's command line",) if kept else ())


@pytest.mark.parametrize(
    ("there", "words", "named"),
    [
        ({"iptables": False}, (), "`iptables`"),
        ({"userns-remap": "default"}, (), "`userns-remap`"),
        ({"bridge": "none"}, (), "`bridge`"),
        ({"hosts": ["tcp://127.0.0.1:2375"]}, (), "`hosts`"),
        ({"iptables": False, "userns-remap": "me"}, (), "`iptables` and `userns-remap`"),
        ({}, ("dockerd", "--iptables=false"), "`iptables`"),
        ({}, ("dockerd", "--userns-remap", "default"), "`userns-remap`"),
    ],
)
def test_what_no_release_can_run_with_is_refused_by_name(
    there: dict[str, Any], words: tuple[str, ...], named: str
) -> None:
    with pytest.raises(ConfigurationError, match="a release cannot run with") as refused:
        merge(there, None, PLAIN, words)
    assert named in refused.value.what
    assert f"take {named} out of" in refused.value.fix
    assert ("systemctl cat docker" in refused.value.fix) == bool(words)


@pytest.mark.parametrize(
    "there",
    [{"iptables": True}, {"userns-remap": ""}, {"bridge": ""}, {"hosts": ["tcp://10.0.0.1:2376", "unix://"]}],
    ids=str,
)
def test_what_a_release_can_run_with_is_not_refused(there: dict[str, Any]) -> None:
    assert merge(there, None, PLAIN).keys == {**there, **PLAIN}


@pytest.mark.parametrize(
    ("content", "why"),
    [(b'{"data-root": "/mnt",}', "line 1"), (b"[1]", "a list"), (b"\xff{}", "utf-8"), (b'"a"', "a str")],
)
def test_a_file_that_the_engine_would_not_read_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ConfigurationError, match="is not valid JSON") as refused:
        read(content)
    assert why in refused.value.why
    assert "python3 -m json.tool /etc/docker/daemon.json" in refused.value.fix


def test_an_empty_file_says_nothing() -> None:
    assert (read(b""), read(b" \n"), read(b"\xef\xbb\xbf{}")) == ({}, {}, {})


@given(there=FILES, mirror=MIRRORS)
def test_no_value_of_the_host_is_lost(there: dict[str, Any], mirror: str) -> None:
    merged = merge(there, {}, engine_configuration(mirror)).keys
    for key, value in there.items():
        if isinstance(value, list):
            assert [one for one in merged[key] if one in value] == value
        elif isinstance(value, dict):
            assert {**merged[key], **value} == merged[key]
        else:
            assert merged[key] == value


@given(there=FILES, mirrors=st.lists(MIRRORS, min_size=1, max_size=4))
def test_a_second_run_changes_nothing_and_the_last_mirror_decides(there: dict[str, Any], mirrors: list[str]) -> None:
    once = merge(there, {}, engine_configuration(mirrors[-1]))
    seen = merge(there, {}, engine_configuration(mirrors[0]))
    for mirror in mirrors[1:]:
        seen = merge(seen.keys, seen.added, engine_configuration(mirror))
    assert (said(seen.keys), seen.added) == (said(once.keys), once.added)


def said(keys: dict[str, Any]) -> dict[str, Any]:
    """Return what the keys say: an empty list of the host's is gone after a mirror came and went, and said nothing."""
    return {key: value for key, value in keys.items() if value not in ([], {})}


@given(there=FILES, mirror=MIRRORS)
def test_without_what_we_added_the_file_says_what_it_said(there: dict[str, Any], mirror: str) -> None:
    merged = merge(there, {}, engine_configuration(mirror))
    empty = {key for key, value in there.items() if value in ([], {}) and key in merged.added}  # it said nothing
    assert without(merged.keys, merged.added) == {key: value for key, value in there.items() if key not in empty}


def test_the_program_writes_what_changes_and_nothing_where_it_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, record, ours, words = (tmp_path / name for name in ("there", "record", "ours", "words"))
    ours.write_text(json.dumps(PLAIN))
    words.touch()
    there.write_text('{"data-root": "/mnt", "userland-proxy": true}')
    assert daemon_json.main(there, record, ours, words, tmp_path) == 0
    assert capsys.readouterr().out == "slipway: `userland-proxy` of /etc/docker/daemon.json stays as it is\n"
    assert json.loads((tmp_path / "daemon.json").read_text())["data-root"] == "/mnt"
    (tmp_path / "daemon.json").replace(there)
    (tmp_path / "added.json").replace(record)
    assert daemon_json.main(there, record, ours, words, tmp_path) == 0
    assert not (tmp_path / "daemon.json").exists()
    there.write_text("{")
    assert daemon_json.main(there, record, ours, words, tmp_path) == 1
    assert not (tmp_path / "daemon.json").exists()
    assert capsys.readouterr().err.startswith("error: /etc/docker/daemon.json on this host is not valid JSON\nwhy:   ")
