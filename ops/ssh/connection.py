"""One SSH connection to the host, and commands that run over it.

The only module that knows Fabric. The host's key is pinned on first contact. Several threads may run commands at once.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import logging
import socket
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import paramiko  # type: ignore[import-untyped] # it carries no types
from fabric import Config, Connection  # type: ignore[import-untyped] # the same

from ops.errors import HostError
from ops.settings import STANDARD_SSH_PORT
from ops.ssh import errors as remote_errors
from ops.ssh.agent import SIGN_S
from ops.ssh.channel import Stdin, chunks, send
from ops.ssh.errors import DeniedError, Login, UnknownNameError, UnreachableError
from ops.ssh.frame import WANTS_TERMINAL, Asked, Command, Lines
from ops.ssh.host_key import Pin
from ops.ssh.identity import failure_of, signing_key
from ops.ssh.session import CHANNEL_S, open_session

CONNECT_S = 10.0
HANDSHAKE_S = 20.0
PING_S = 10.0
LOST_S = 30.0  # a ping that is not answered for so long: the link is gone, whatever TCP still hopes
RETRY_S = 5.0  # a server that sees failed logins come faster than this turns their address away for a while
AGAIN_S = 30.0  # how long a link that was lost between two commands is tried for
NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its errors are translated, not printed


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended. `exit_code` is -1 when a signal killed it."""

    exit_code: int
    output: str
    errors: str


class Remote:
    """One SSH connection to the host, opened when it is first needed and again when it was lost."""

    def __init__(self, login: Login, *, say: Callable[[str], None] = lambda _: None) -> None:
        self.login = login
        self._say = say
        self._opening = threading.Lock()
        self._transport: Any = None
        self._wants_terminal = False  # sudo has said so

    def connect(self, *, patience_s: float = 0.0) -> None:
        """Log in, trying again until `patience_s` have passed; raises HostError that says what is in the way.

        A changed host key and a name that nobody knows end the patience at once, anything else may be a host that is
        still starting.
        """
        with self._opening:
            if self._transport is not None and self._transport.is_active():
                return
            deadline = time.monotonic() + patience_s
            while True:
                try:
                    self._transport = _log_in(self.login, self._say)
                except (UnreachableError, DeniedError) as error:
                    is_wrong = isinstance(error, UnknownNameError) and self._transport is None  # or the network is away
                    if is_wrong or time.monotonic() + RETRY_S > deadline:
                        raise
                    self._say(f"waiting for SSH: {error.what}")
                    time.sleep(RETRY_S)
                else:
                    return

    def run(
        self, command: Command, *, stdin: Stdin = None, sudo: bool = False, timeout_s: float = 120.0
    ) -> CommandResult:
        """Run a command to its end, whatever its exit code; raises HostError when the link is cut or the time over."""
        asked = Asked(command, stdin, sudo=sudo and self.login.user != "root", terminal=self._wants_terminal)
        deadline = time.monotonic() + timeout_s
        channel = self._start(asked, deadline=deadline)
        with contextlib.closing(channel), self._translated(asked.name, timeout_s):
            output = b"".join(chunks(channel.recv, channel, deadline))
            ran = self._ended(channel, output, asked, deadline)
        if self._may_repeat(ran, asked):
            return self.run(command, sudo=sudo, timeout_s=timeout_s)
        return ran

    def lines(
        self,
        command: Command,
        *,
        stdin: Stdin = None,
        sudo: bool = False,
        timeout_s: float,
        idle_s: float | None = None,
    ) -> Generator[str, None, CommandResult]:
        """Start a command now; yield its lines as they come and return how it ended, its output left out.

        Raises HostError when the link is cut, after `timeout_s`, and when nothing comes for `idle_s`.
        """
        asked = Asked(command, stdin, sudo=sudo and self.login.user != "root", terminal=self._wants_terminal)
        channel = self._start(asked, deadline=time.monotonic() + min(timeout_s, LOST_S))
        return self._lines(channel, asked, timeout_s, idle_s or timeout_s)

    def close(self) -> None:
        """End the connection; what runs on the host as its own unit goes on."""
        if self._transport is not None:
            self._transport.close()

    def _lines(
        self, channel: Any, asked: Asked, timeout_s: float, idle_s: float
    ) -> Generator[str, None, CommandResult]:
        deadline = time.monotonic() + timeout_s
        lines = Lines(asked.frame)
        with contextlib.closing(channel), self._translated(asked.name, timeout_s):
            for chunk in chunks(channel.recv, channel, deadline, idle_s=idle_s):
                yield from lines.feed(chunk)
            yield from lines.rest()
            ran = self._ended(channel, lines.outside, asked, deadline)
        if self._may_repeat(ran, asked):
            again = self.lines(asked.command, sudo=asked.sudo, timeout_s=timeout_s, idle_s=idle_s)
            return (yield from again)
        return CommandResult(exit_code=ran.exit_code, output="", errors=ran.errors)

    def _start(self, asked: Asked, *, deadline: float) -> Any:
        self.connect(patience_s=0.0 if self._transport is None else AGAIN_S)
        with self._translated(asked.name, deadline - time.monotonic()):
            another = functools.partial(_log_in, self.login, self._say)
            channel = open_session(self._transport, another, refused=paramiko.ChannelException)
            with contextlib.ExitStack() as unless_sent:
                unless_sent.callback(channel.close)
                channel.exec_command(asked.line)
                send(channel, asked.stdin, deadline)
                unless_sent.pop_all()
            return channel

    def _may_repeat(self, ran: CommandResult, asked: Asked) -> bool:
        """Tell whether a command that sudo refused for want of a terminal shall be given one; it did nothing yet."""
        if not asked.sudo or asked.terminal or not ran.exit_code or WANTS_TERMINAL not in ran.errors:
            return False
        self._wants_terminal = True
        return asked.stdin is None

    def _ended(self, channel: Any, output: bytes, asked: Asked, deadline: float) -> CommandResult:
        errors = b"".join(chunks(channel.recv_stderr, channel, deadline))
        channel.status_event.wait(max(0.0, deadline - time.monotonic()))
        if channel.exit_status < 0:
            transport = channel.get_transport()
            transport.join(1.0)  # it is told that the channel is gone a moment before it knows that the link is
            if not transport.is_active():
                raise remote_errors.cut(self.login, during=asked.name)
        return CommandResult(
            exit_code=channel.exit_status,
            output=(asked.frame.answer(output) or b"").decode(errors="replace"),
            errors=asked.frame.errors(errors, output).decode(errors="replace"),
        )

    @contextlib.contextmanager
    def _translated(self, during: str, timeout_s: float) -> Generator[None]:
        try:
            yield
        except TimeoutError as error:
            raise remote_errors.too_slow(self.login, during=during, timeout_s=timeout_s) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise remote_errors.cut(self.login, during=during) from error


def _log_in(login: Login, say: Callable[[str], None]) -> Any:
    """Open the connection and return its transport; every way in which that fails is a HostError.

    A key that nothing can sign with is a PreflightError.
    """
    key = signing_key(login.key, say=say)
    try:
        sock = socket.create_connection((login.address, login.port), timeout=CONNECT_S)
    except OSError as error:
        raise _no_connection(login, error) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        transport = _shake_hands(login, sock, key)
    except BaseException:
        sock.close()
        raise
    threading.Thread(target=_watch, args=(transport,), name="ssh-watch", daemon=True).start()
    return transport


def _shake_hands(login: Login, sock: socket.socket, key: Any) -> Any:
    pin = Pin(login)
    try:
        connection = Connection(
            login.alias,  # with a socket of our own this only names the key in known_hosts
            user=login.user,
            port=STANDARD_SSH_PORT,
            config=Config(overrides={"load_ssh_configs": False}),
            connect_timeout=HANDSHAKE_S,
            connect_kwargs={
                "sock": sock,
                "pkey": key,
                "allow_agent": False,
                "look_for_keys": False,
                "banner_timeout": HANDSHAKE_S,
                "auth_timeout": HANDSHAKE_S + SIGN_S,
                "channel_timeout": CHANNEL_S,
            },
        )
        pin.apply(connection.client)
        connection.open()
    except paramiko.BadHostKeyException as error:
        raise remote_errors.changed(login, seen=error.key.fingerprint) from error
    except paramiko.AuthenticationException as error:
        raise _not_let_in(login, key) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        if failure_of(key):
            raise _not_let_in(login, key) from error
        raise remote_errors.not_ssh(login, why=str(error) or type(error).__name__) from error
    return connection.transport


def _not_let_in(login: Login, key: Any) -> HostError:
    failure = failure_of(key)
    return remote_errors.unsigned(login, why=failure) if failure else remote_errors.denied(login)


def _no_connection(login: Login, error: OSError) -> HostError:
    if isinstance(error, ConnectionRefusedError):
        return remote_errors.refused(login)
    if isinstance(error, TimeoutError):
        return remote_errors.blocked(login, timeout_s=CONNECT_S)
    if isinstance(error, socket.gaierror):
        return remote_errors.unknown_name(login, why=error.strerror or str(error))
    if error.errno in NO_ROUTE:
        return remote_errors.no_route(login, why=error.strerror or str(error))
    return remote_errors.not_ssh(login, why=error.strerror or str(error))


def _watch(transport: Any) -> None:
    """Ask the host now and then whether it is still there, and end a link that does not answer."""
    while transport.is_active():
        alarm = threading.Timer(LOST_S, transport.close)
        alarm.daemon = True
        alarm.start()
        with contextlib.suppress(Exception):  # whatever is wrong with the link, the commands on it tell
            transport.global_request("keepalive@openssh.com", wait=True)
        alarm.cancel()
        transport.join(PING_S)
