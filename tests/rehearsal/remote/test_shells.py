"""Do answers over SSH come through whatever the log-in shell says, is, and allows?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from ops.ssh import Remote
from rehearsal.droplet.machine import Machine
from tests.rehearsal.remote.remote_fixtures import PATIENCE_S, Place

HOME = "/home/deploy"  # a container's home is nobody's
NOISE = "echo Welcome\necho 'no terminal' >&2\ntrap 'echo Bye; echo Bye >&2' EXIT\n"
FILES = {".bashrc": NOISE, ".config/fish/config.fish": "echo Welcome\n", ".tcshrc": "echo Welcome\n"}
SCRIPT = (
    "# all that a shell might take for its own\nprintf '%s\\n' \"a'b\" '\\\\ !x $HOME `id`'\ncat\necho told >&2\nexit 3"
)
PACKAGES = (
    "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends tcsh fish"
)


@pytest.fixture(scope="module")
def loud(prepared: Machine) -> Iterator[Machine]:
    """Return the prepared droplet, whose user's shells all print when they start; afterwards it is as it was."""
    prepared.run("sh", "-c", f"apt-get -q update && {PACKAGES}", timeout_s=180)
    before = prepared.run("sh", "-c", "cat ~deploy/.bashrc 2>/dev/null || true")
    prepared.run("mkdir", "-p", f"{HOME}/.config/fish")
    for name, text in FILES.items():
        write(prepared, f"{HOME}/{name}", text)
    prepared.run("chown", "-R", "deploy", HOME)
    yield prepared
    prepared.run("sh", "-c", "rm -rf ~deploy/.config ~deploy/.tcshrc; chsh -s /bin/bash deploy")
    write(prepared, f"{HOME}/.bashrc", before)


def write(machine: Machine, path: str, text: str) -> None:
    machine.run("sh", "-c", 'printf %s "$2" > "$1"', "sh", path, text)


def reached(place: Place, machine: Machine) -> Remote:
    """Return a connection; sshd does not listen for a moment while it reads its configuration again."""
    remote = place.remote(machine)
    remote.connect(patience_s=PATIENCE_S)
    return remote


@contextlib.contextmanager
def sshd_with(machine: Machine, line: str) -> Iterator[None]:
    """Let the host's sshd have one more line, before all others."""
    file = "/etc/ssh/sshd_config.d/00-test.conf"
    write(machine, file, f"{line}\n")
    machine.run("systemctl", "reload", "ssh")
    try:
        yield
    finally:
        machine.run("rm", file)
        machine.run("systemctl", "reload", "ssh")


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/sh", "/usr/bin/fish", "/usr/bin/tcsh"])
def test_a_shell_that_prints_when_it_starts_changes_no_answer(place: Place, loud: Machine, shell: str) -> None:
    loud.run("chsh", "-s", shell, "deploy")
    host = place.host(loud)
    ran = host.remote.run(SCRIPT, stdin=b"in\r\n", sudo=True)
    assert (ran.exit_code, ran.output, ran.errors) == (3, "a'b\n\\\\ !x $HOME `id`\nin\r\n", "told\n")
    lines = host.remote.lines(("sh", "-c", "echo 1; printf 2"), sudo=True, timeout_s=20)
    assert list(lines) == ["1", "2"]
    assert host.hello().boot
    host.close()


def test_a_host_that_allows_one_session_is_asked_two_things_at_once(place: Place, loud: Machine) -> None:
    with sshd_with(loud, "MaxSessions 1"):
        remote = reached(place, loud)
        waiting = "touch ~/here; echo 1; while [ -e ~/here ]; do sleep 0.1; done; echo 2"
        lines = remote.lines(waiting, timeout_s=20)
        assert next(lines) == "1"
        assert remote.run("rm ~/here; id -un").output == "deploy\n"
        assert list(lines) == ["2"]
        remote.close()


def test_sudo_that_wants_a_terminal_gets_one_and_what_is_piped_stays_as_it_is(place: Place, loud: Machine) -> None:
    write(loud, "/etc/sudoers.d/zz-test", "Defaults requiretty\n")
    try:
        remote = reached(place, loud)
        assert list(remote.lines(("id", "-un"), sudo=True, timeout_s=20)) == ["root"]
        sent = bytes(range(256)) * 4000
        ran = remote.run("sha256sum; exit 4", stdin=sent, sudo=True)
        assert ran.exit_code == 4
        assert ran.output == remote.run("sha256sum", stdin=sent).output
        remote.close()
    finally:
        loud.run("rm", "/etc/sudoers.d/zz-test")


def test_a_user_without_a_shell_is_told_in_the_hosts_own_words(place: Place, loud: Machine) -> None:
    loud.run("chsh", "-s", "/usr/sbin/nologin", "deploy")
    remote = place.remote(loud)
    ran = remote.run(("id",))
    assert (ran.exit_code, ran.output, ran.errors) == (1, "", "This account is currently not available.\n")
    remote.close()
    loud.run("chsh", "-s", "/bin/bash", "deploy")
