"""Does the bootstrap leave the files and the choices of a host as they are? Its own functions, in a folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import MappingProxyType

import pytest

from ops.settings import KEYS, Settings
from ops.targets.droplet.bootstrap import bootstrap_script, engine_configuration

LIMIT_S = 20
SYSCTL = """\
case "$1" in
  -n) sed -n "s/^$2=//p" "$HERE/kernel" ;;
  *) echo "$3" >>"$HERE/written" ;;
esac
"""
NO_VIRTUAL_MACHINE = {"systemd-detect-virt": "exit 1"}
KERNEL = "vm.overcommit_memory={}\nnet.core.rmem_max={}\nnet.core.wmem_max=212992\n"


def play(here: Path, call: str, **stubs: str) -> subprocess.CompletedProcess[str]:
    """Run a function of the script with these programs instead of the host's, and with `here` instead of `/`."""
    values = MappingProxyType({key.name: key.default for key in KEYS})
    script = bootstrap_script(Settings(target="droplet", values=values, extra=MappingProxyType({})))
    text = script.removesuffix("main\n")
    for place in ("/etc/", "/swapfile"):
        text = text.replace(place, f"{here}{place}")
    (here / "bin").mkdir(exist_ok=True)
    for name, lines in stubs.items():
        (here / "bin" / name).write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        (here / "bin" / name).chmod(0o755)
    (here / "scratch").mkdir(exist_ok=True)
    return subprocess.run(
        ("sh",),
        input=f"{text}\nscratch={here}/scratch\n{call}\ndoing='the end'\n",
        env={"PATH": f"{here}/bin:{os.environ['PATH']}", "HERE": str(here)},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a folder that stands for `/`."""
    for folder in ("etc/docker", "etc/sysctl.d", "etc/apt/apt.conf.d"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("overcommit", "buffer", "written"),
    [
        ("0", "212992", ["vm.overcommit_memory=1", "net.core.rmem_max=7500000", "net.core.wmem_max=7500000"]),
        ("2", "16777216", ["net.core.wmem_max=7500000"]),
    ],
)
def test_the_kernels_values_are_raised_and_those_of_the_host_stay(
    here: Path, overcommit: str, buffer: str, written: list[str]
) -> None:
    (here / "kernel").write_text(KERNEL.format(overcommit, buffer))
    (here / "etc/sysctl.d/60-slipway.conf").write_text("of an earlier bootstrap")
    done = play(here, "tune_kernel", sysctl=SYSCTL, **NO_VIRTUAL_MACHINE)
    assert done.returncode == 0, done.stderr
    assert (here / "written").read_text().split() == written
    assert [path.name for path in (here / "etc/sysctl.d").iterdir()] == ["00-slipway.conf"], "read before all others"


@pytest.mark.parametrize(("had", "is_on", "expected"), [("yes", 1, []), ("yes", 0, ["enable"]), ("no", 1, ["enable"])])
def test_updates_that_somebody_switched_off_stay_off(here: Path, had: str, is_on: int, expected: list[str]) -> None:
    theirs = here / "etc/apt/apt.conf.d/20auto-upgrades"
    theirs.write_text('APT::Periodic::Unattended-Upgrade "0";')
    systemctl = f'if [ "$1" = is-enabled ]; then exit {is_on}; fi; echo "$1" >>"$HERE/asked"'
    config = "echo \"daily='0'\""
    done = play(here, f"had_updates={had}\nupdate_by_itself", systemctl=systemctl, **{"apt-config": config})
    assert done.returncode == 0, done.stderr
    assert theirs.read_text() == 'APT::Periodic::Unattended-Upgrade "0";'
    assert "this host has switched its security updates off, and it stays so" in done.stdout
    asked = (here / "asked").read_text().split() if (here / "asked").exists() else []
    assert sorted(set(asked)) == expected
    assert ("apt-daily.timer off, and it stays so" in done.stdout) == (not expected)


@pytest.mark.req("D-01")
def test_a_swap_file_of_somebody_else_is_not_deleted_when_it_cannot_be_used(here: Path) -> None:
    (here / "swapfile").write_text("theirs")
    (here / "etc/fstab").write_text("/dev/vda1 / ext4 defaults 0 1")
    swapon = '[ "$1" = --noheadings ] || { echo "no swap header" >&2; exit 1; }'
    done = play(here, "add_swap", awk="echo 1000000", swapon=swapon, **NO_VIRTUAL_MACHINE)
    assert done.stdout == "slipway: swap\nslipway: no swap: no swap header\n"
    assert (here / "swapfile").read_text() == "theirs"
    assert (here / "etc/fstab").read_text() == "/dev/vda1 / ext4 defaults 0 1"


def test_the_last_line_of_fstab_is_ended_before_ours_follows(here: Path) -> None:
    (here / "swapfile").touch()
    (here / "etc/fstab").write_text("/dev/vda1 / ext4 defaults 0 1")
    for _ in range(2):
        done = play(here, "add_swap", awk="echo 1000000", swapon="", **NO_VIRTUAL_MACHINE)
        assert done.returncode == 0, done.stderr
    lines = (here / "etc/fstab").read_text().splitlines()
    assert lines == ["/dev/vda1 / ext4 defaults 0 1", f"{here}/swapfile none swap sw 0 0"]


@pytest.mark.req("D-01")
def test_no_package_of_the_host_goes_for_one_of_ours(here: Path) -> None:
    refusal = """case "$*" in *APT::Get::Remove=false*) ;; *) exit 0 ;; esac
case "$*" in *install*) cat <<'SAID'
The following packages will be REMOVED:
  containerd.io docker-ce
0 upgraded, 5 newly installed, 2 to remove and 0 not upgraded.
E: Packages need to be removed but remove is disabled.
SAID
exit 100 ;; esac"""
    done = play(here, "add docker.io", **{"apt-get": refusal})
    assert done.returncode == 1
    assert done.stderr.splitlines()[:2] == [
        "error: what has to be added would remove packages of this host",
        "why:   containerd.io docker-ce ",
    ]
    assert "docker-compose-plugin docker-buildx-plugin" in done.stderr


@pytest.mark.parametrize(
    ("running", "survives", "restarts"), [("theirs", "false", False), ("theirs", "true", True), ("", "false", True)]
)
def test_the_engine_is_not_restarted_under_containers_that_would_stop_with_it(
    here: Path,
    running: str,
    survives: str,
    restarts: bool,  # noqa: FBT001 - a table
) -> None:
    docker = f'case "$1" in ps) echo {running} | sed "/^$/d" ;; info) echo {survives} ;; esac'
    done = play(here, "restart_engine", docker=docker, systemctl='echo "$*" >>"$HERE/asked"')
    assert done.returncode == 0, done.stderr
    assert (here / "asked").exists() == restarts
    assert ("would stop: theirs" in done.stdout) == (not restarts)


def configure(here: Path, dockerd: str = "") -> subprocess.CompletedProcess[str]:
    """Let the script put our keys beside what lies in `etc/docker/daemon.json`."""
    return play(here, "configure_engine\necho changed=$engine_changed", systemctl="exit 1", dockerd=dockerd)


def test_a_host_without_a_configuration_gets_ours_and_a_second_run_changes_nothing(here: Path) -> None:
    assert configure(here).stdout.endswith("changed=yes\n")
    assert configure(here).stdout.endswith("changed=no\n")
    assert json.loads((here / "etc/docker/daemon.json").read_text()) == engine_configuration("")
    assert [path.name for path in (here / "etc/docker").iterdir()] == ["daemon.json"], "nothing was there to keep"


@pytest.mark.req("D-01")
def test_what_was_there_is_kept_beside_the_new_file_which_stays_where_the_host_has_it(here: Path) -> None:
    real = here / "srv.json"
    real.write_text('{"data-root": "/mnt/big"}')
    real.chmod(0o600)
    (here / "etc/docker/daemon.json").symlink_to(real)
    done = configure(here)
    assert done.stdout.endswith("changed=yes\n"), done.stderr
    assert (here / "etc/docker/daemon.json").is_symlink()
    assert json.loads(real.read_text()) == {"data-root": "/mnt/big", **engine_configuration("")}
    assert real.stat().st_mode & 0o777 == 0o600
    (kept,) = here.glob("srv.json.before-slipway-2*Z")
    assert kept.read_text() == '{"data-root": "/mnt/big"}'


def test_a_file_that_an_earlier_bootstrap_wrote_needs_no_change(here: Path) -> None:
    written = json.dumps(engine_configuration(""), indent=1, sort_keys=True) + "\n"
    (here / "etc/docker/daemon.json").write_text(written)
    assert configure(here).stdout.endswith("changed=no\n")
    assert (here / "etc/docker/daemon.json").read_text() == written
    assert json.loads((here / "etc/slipway/daemon.json").read_text()) == engine_configuration("")


@pytest.mark.parametrize(
    ("content", "dockerd", "what"),
    [
        ("{,}", "", "is not valid JSON"),
        ('{"iptables": false}', "", "a release cannot run with `iptables`"),
        ('{"data-rot": "/mnt"}', "echo 'no such option: data-rot' >&2; exit 1", "with our keys in it"),
    ],
)
def test_a_configuration_that_is_refused_stays_as_it_is(here: Path, content: str, dockerd: str, what: str) -> None:
    place = here / "etc/docker/daemon.json"
    place.write_text(content)
    done = configure(here, dockerd)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()[:3]] == ["error", "why", "fix"]
    assert what in done.stderr
    assert (place.read_text(), list((here / "etc/docker").iterdir())) == (content, [place])


def test_an_engine_that_cannot_check_its_configuration_is_not_asked_to(here: Path) -> None:
    assert configure(here, "echo 'unknown flag: --validate' >&2; exit 125").stdout.endswith("changed=yes\n")
