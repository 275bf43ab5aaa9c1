"""Why the host does not answer or does not let us in, and what the operator should type."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ops.errors import HostError
from ops.settings import STANDARD_SSH_PORT

DEPLOY = "invoke deploy"
AGAIN = "run the same command again"


class UnreachableError(HostError):
    """No SSH server answered; it may yet, when the host is starting."""


class UnknownNameError(UnreachableError):
    """No address is known for the host's name."""


class DeniedError(HostError):
    """The host is there, but it does not let this user in with this key."""


class ChangedKeyError(HostError):
    """The host is not the one that was met first."""


class LinkLostError(HostError):
    """The connection went away in the middle of something."""


class TooSlowError(HostError):
    """Something ran, or was silent, for longer than it may."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where we knock: address and port, the user, the private key's file, and where the host's key is remembered."""

    address: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    alias: str

    @property
    def name(self) -> str:
        """Return what an operator recognises: `203.0.113.7`, with the port when it is not 22."""
        return self.address if self.port == STANDARD_SSH_PORT else f"{self.address} port {self.port}"


def refused(login: Login) -> UnreachableError:
    """Say that nothing listens on the port."""
    return UnreachableError(
        f"{login.name} refuses SSH connections",
        why="the host is up, but nothing listens there: SSH is not started yet, or SSH_PORT is another one",
        fix=f"wait a minute, then {AGAIN}",
    )


def blocked(login: Login, *, timeout_s: float) -> UnreachableError:
    """Say that nothing came back at all: the sign of a firewall, or of a host that is off."""
    return UnreachableError(
        f"{login.name} did not answer within {timeout_s:.0f} s",
        why="a firewall drops what you send (your address may have changed since it was put on the allowlist), "
        "or the host is off; a deploy without --skip-allowlist puts your address there",
        fix=DEPLOY,
    )


def no_route(login: Login, *, why: str) -> UnreachableError:
    """Say that no packet gets from this machine to the address."""
    return UnreachableError(
        f"there is no way from here to {login.name}",
        why=f"{why}: this machine has no network, or the address is wrong",
        fix=f"check your network, then {AGAIN}",
    )


def unknown_name(login: Login, *, why: str) -> UnknownNameError:
    """Say that the name leads nowhere."""
    return UnknownNameError(
        f"no host is known by the name {login.address}",
        why=f"{why}; it is mistyped, it has no record in DNS yet, or this machine has no network",
        fix=f"check the name with `ping {login.address}`, then {AGAIN}",
    )


def not_ssh(login: Login, *, why: str) -> UnreachableError:
    """Say that something took the connection, but did not come to speak SSH with us."""
    return UnreachableError(
        f"{login.name} ended the connection before anybody logged in",
        why=f"{why}; the host is starting, turns new connections away for a while, or this is not its SSH port",
        fix=f"wait a minute, then {AGAIN}",
    )


def denied(login: Login) -> DeniedError:
    """Say that the key is not the right one, or that there is no such user."""
    return DeniedError(
        f"{login.name} does not let `{login.user}` in",
        why=f"it refused the key {login.key}, and Slipway tries nothing else",
        fix="set SSH_KEY_PATH in .env to the key that this host was made with (and SSH_USER to its user)",
    )


def unsigned(login: Login, *, why: str) -> HostError:
    """Say that the agent did not sign; nobody is asked again and again to touch a key."""
    return HostError(
        f"nothing signed for `{login.user}` at {login.name}",
        why=f"{why}; the key is the one of {login.key}",
        fix=AGAIN,
    )


def no_sudo(login: Login, *, why: str) -> HostError:
    """Say that the user is let in, but may not become root without a password."""
    file = f"/etc/sudoers.d/slipway-{login.user.replace('.', ',')}"  # sudo reads no file with a dot in its name
    rule = f"echo '{login.user} ALL=(ALL) NOPASSWD:ALL' >{file}"
    return HostError(
        f"`{login.user}` cannot use sudo on {login.name}",
        why=f"{why}; packages and the engine need root, and a deployment cannot type a password",
        fix=f"ssh -p {login.port} root@{login.address} {shlex.quote(rule)}",
    )


def changed(login: Login, *, seen: str) -> ChangedKeyError:
    """Say that the host key is another than on first contact: a rebuilt host, or somebody in between."""
    forget = ("ssh-keygen", "-R", login.alias, "-f", str(login.known_hosts))
    return ChangedKeyError(
        f"{login.name} shows another host key than before",
        why=f"its key is now {seen}; the host was rebuilt, or somebody stands in between. Nothing was sent to it",
        fix=f"only if you rebuilt it: {shlex.join(forget)}",
    )


def unreadable_pin(login: Login) -> ChangedKeyError:
    """Say that the kept host key is damaged: without it nobody can tell whether the host is the same."""
    return ChangedKeyError(
        f"the remembered host key of {login.name} cannot be read",
        why=f"{login.known_hosts} has a line for {login.alias} that is no host key",
        fix=f"delete that line from {login.known_hosts}, then {AGAIN}",
    )


def cut(login: Login, *, during: str) -> LinkLostError:
    """Say that the link went away while something ran."""
    return LinkLostError(
        f"the connection to {login.name} was cut while {during}",
        why="the network, the host or its SSH server went away in the middle; nothing is left half done",
        fix=AGAIN,
    )


def too_slow(login: Login, *, during: str, timeout_s: float) -> TooSlowError:
    """Say that what was asked for did not end in time, though the host is there."""
    return TooSlowError(
        f"{login.name} was not done with {during} after {timeout_s:.0f} s",
        why="the host is very busy, or it hangs",
        fix=f"look at it with: ssh -i {shlex.quote(str(login.key))} -p {login.port} "
        f"{login.user}@{login.address} uptime",
    )
