"""Is nobody locked out of a host that was there before: with its own users, its own sshd_config and its own keys?"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from ops.errors import HostError
from ops.ssh.connection import RETRY_S, Remote
from ops.ssh.errors import DeniedError
from ops.ssh.private_key import check_key
from ops.targets.droplet import logins
from ops.targets.droplet.accounts import locked_out
from ops.targets.droplet.bootstrap import bootstrap_script, log_in
from ops.targets.droplet.host import RemoteHost
from ops.targets.droplet.logins import close_logins, do, look
from rehearsal.droplet.machine import Machine
from tests.rehearsal.remote.remote_fixtures import PATIENCE_S, Place

OTHERS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFWfJ1I8QGnmGD2UFKN8FwYsQaCSKS+L4ZvSdoQ2b2V bob@work"
# Yesterday's rule for the user that deployed then, a user with a key of its own, and one with a password.
INHABIT = """
echo 'deploy ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/slipway && chmod 440 /etc/sudoers.d/slipway
useradd --create-home --shell /bin/bash first.ops
useradd --create-home --shell /bin/bash bob && echo bob:secret-of-bob | chpasswd
install -d -m 700 -o first.ops -g first.ops ~first.ops/.ssh
printf '# mine\\r\\n%s' "$1" >~first.ops/.ssh/authorized_keys_of_bob
ln -s authorized_keys_of_bob ~first.ops/.ssh/authorized_keys
chmod 600 ~first.ops/.ssh/authorized_keys_of_bob && chown -R first.ops: ~first.ops/.ssh
"""
MORE = "/etc/ssh/sshd_config.d/50-ours.conf"
HARD = "/etc/ssh/sshd_config.d/00-slipway.conf"
USER = "first.ops"


@pytest.fixture(scope="module")
def home(place: Place) -> Iterator[Machine]:
    """Yield a host on which others live; nothing is installed on it."""
    machine = place.start("home", with_user_data=False)
    place.remote(machine, user="root").connect(patience_s=PATIENCE_S)
    machine.run("sh", "-ec", INHABIT, "inhabit", OTHERS_KEY)
    yield machine
    machine.delete()


@pytest.fixture(autouse=True)
def _again(home: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave sshd as the host has it; a server that counts refused log-ins forgets them with a restart."""
    monkeypatch.setattr(logins, "COME_IN_S", RETRY_S + 1)  # sshd that reads its file anew refuses for an instant
    yield
    home.run("sh", "-c", f"rm -f {MORE} {HARD}; systemctl restart ssh")


@pytest.fixture
def script(place: Place) -> str:
    return bootstrap_script(place.settings(user=USER))


def entering(place: Place, machine: Machine, user: str = USER) -> Remote:
    return place.remote(machine, user=user)


def admit(place: Place, machine: Machine, script: str) -> Remote:
    """Return a connection of the user that deploys, made by root where it is not let in yet."""
    remote = entering(place, machine)
    log_in(remote, script, public_key=check_key(place.key), patience_s=0.0, say=place.said.append)
    return remote


def with_password(machine: Machine, user: str) -> str:
    """Return what sshd says that this user may try."""
    options = ("PubkeyAuthentication=no", "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")
    words = [word for option in options for word in ("-o", option)]
    line = ("ssh", "-F", "none", *words, f"{user}@{machine.address}", "true")
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=30).stderr.splitlines()[-1]


@pytest.mark.req("D-01", "A-07")
def test_a_user_whom_sshd_does_not_let_in_is_told_and_nothing_else_is_touched(
    place: Place, home: Machine, script: str
) -> None:
    home.run("sh", "-c", f"echo 'AllowUsers root admin' >{MORE} && systemctl reload ssh")
    with pytest.raises(HostError, match=f"does not let `{USER}` in") as stopped:
        admit(place, home, script)
    assert "not allowed because not listed in AllowUsers" in stopped.value.why
    assert "allowusers root admin" in stopped.value.why
    entering(place, home, "root").connect()
    assert home.run("sh", "-c", f"ls {HARD} /etc/docker /etc/slipway 2>/dev/null || true") == ""


@pytest.mark.req("D-01")
def test_a_key_is_added_behind_a_last_line_without_an_end_and_the_rule_beside_the_others(
    place: Place, home: Machine, script: str
) -> None:
    remote = admit(place, home, script)
    assert remote.run(("id", "-un"), sudo=True).output == "root\n"
    again = admit(place, home, script)
    again.close()
    remote.close()
    seen = home.run("sh", "-c", "cd ~first.ops/.ssh && cat authorized_keys && stat -c '%a %U %F' * | sort")
    expected = f"# mine\r\n{OTHERS_KEY}\n{check_key(place.key)}\n"
    assert seen == f"{expected}600 {USER} regular file\n777 {USER} symbolic link"
    rules = home.run("sh", "-c", "cd /etc/sudoers.d && grep -h . slipway*; stat -c '%a %U' slipway*; visudo -cq")
    assert rules == f"deploy ALL=(ALL) NOPASSWD:ALL\n{USER} ALL=(ALL) NOPASSWD:ALL\n440 root\n440 root"


@pytest.mark.openssh
@pytest.mark.req("D-01")
def test_the_log_ins_of_others_stay_until_their_closing_is_asked_for_and_confirmed(
    place: Place, home: Machine, script: str
) -> None:
    remote = admit(place, home, script)
    host = RemoteHost(remote, checkout=place.checkout)
    assert locked_out(look(remote, script), but=USER) == ("root (key)", "bob (password)")
    assert "password" in with_password(home, "bob")
    entering(place, home, "root").connect()
    assert host.hello().logins == "open"
    close_logins(remote, script, say=place.said.append)
    host.forget()
    assert host.hello().logins == "closed"
    assert with_password(home, "bob").endswith("Permission denied (publickey).")
    with pytest.raises(DeniedError):
        entering(place, home, "root").connect()
    assert locked_out(look(remote, script), but=USER) == ()
    assert home.run("sh", "-c", "ls -A /etc/slipway; ls /etc/systemd/system/slipway-logins.* 2>/dev/null || true") == ""
    remote.close()


@pytest.mark.req("D-01")
def test_a_closing_after_which_nobody_comes_in_is_taken_back_and_explained(
    place: Place, home: Machine, script: str
) -> None:
    remote = admit(place, home, script)
    home.run("sh", "-c", f"echo 'AllowUsers root' >{MORE}")  # somebody's change that sshd has not read yet
    with pytest.raises(HostError, match="closed and opened again") as stopped:
        close_logins(remote, script, say=place.said.append)
    assert "not listed in AllowUsers" in stopped.value.why
    entering(place, home, "root").connect()
    assert home.run("sh", "-c", f"ls {HARD} /etc/systemd/system/slipway-logins.* 2>/dev/null || true") == ""
    remote.close()


@pytest.mark.req("D-01")
def test_a_host_that_nobody_confirms_opens_its_log_ins_by_itself_as_they_were_after_a_power_cut_too(
    place: Place, home: Machine, script: str
) -> None:
    home.run("sh", "-c", f"echo 'PermitRootLogin prohibit-password' >{HARD}")  # of an earlier version, say
    remote = admit(place, home, script)
    do(remote, script, "close_logins", "3")
    assert "permitrootlogin no" in home.run("sshd", "-T")
    home.power_cut()
    remote.close()
    home.power_on()
    home.run("sh", "-c", "while [ -e /etc/slipway/take-back-logins ]; do sleep 0.1; done")
    assert home.run("cat", HARD) == "PermitRootLogin prohibit-password"
    entering(place, home, "root").connect(patience_s=PATIENCE_S)


def test_where_the_host_keeps_keys_elsewhere_ours_goes_there(place: Place, home: Machine, script: str) -> None:
    home.run("sh", "-c", f"echo 'AuthorizedKeysFile /etc/ssh/keys/%u %h/.keys' >{MORE} && systemctl reload ssh")
    home.run("sh", "-c", "mkdir /etc/ssh/keys && cp ~root/.ssh/authorized_keys /etc/ssh/keys/root")
    remote = admit(place, home, script)
    assert home.run("stat", "-c", "%a %U", f"/etc/ssh/keys/{USER}") == "644 root"
    remote.close()
    home.run("rm", "-r", "/etc/ssh/keys")


def test_a_rule_in_the_file_of_earlier_versions_moves_when_its_own_user_deploys(
    place: Place, home: Machine, script: str
) -> None:
    remote = admit(place, home, script)
    home.run("sh", "-c", "cd /etc/sudoers.d && mv slipway /srv && mv slipway-first,ops slipway")
    do(remote, script, "make_user")
    assert home.run("sh", "-c", "ls /etc/sudoers.d | grep slipway") == "slipway-first,ops"
    assert remote.run(("id", "-un"), sudo=True).output == "root\n"
    home.run("mv", "/srv/slipway", "/etc/sudoers.d/slipway")
    remote.close()
