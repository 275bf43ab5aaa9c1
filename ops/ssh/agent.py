"""A key in an agent: OpenSSH's, its pipe on Windows, or Pageant. One key is looked for, and no other is offered.

The agent's other keys are left out before they are looked at: there may be some that the library cannot even list. What
the agent signs is passed on as it is, so a key on hardware works too.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from paramiko.agent import AgentKey, AgentSSH, get_agent_connection  # type: ignore[import-untyped] # it carries no types
from paramiko.ssh_exception import SSHException  # type: ignore[import-untyped] # the same

LIST_S = 10.0
SIGN_S = 90.0  # somebody may have to touch a key, or to confirm
TOLD_AFTER_S = 2.0
_LIST, _LISTED = 11, 12  # SSH_AGENTC_REQUEST_IDENTITIES and its answer
Say = Callable[[str], None]


class AgentError(Exception):
    """Why no agent gives the key, in words for a person."""


class KeyInAgent(AgentKey):  # type: ignore[misc] # the library carries no types
    """A key that an agent has; `failure` is why it did not sign."""

    def __init__(self, blob: bytes, comment: str, *, say: Say) -> None:
        super().__init__(None, blob, comment)
        self.failure = ""
        self._say = say

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> bytes:
        """Have the agent sign; says so where that takes longer, because somebody may be waited for."""
        said = "waiting for the SSH agent to sign: touch the key, or confirm, if it asks"
        told = threading.Timer(TOLD_AFTER_S, self._say, args=(said,))
        told.daemon = True
        told.start()
        try:
            with _asked(SIGN_S) as self.agent:
                signed: bytes = super().sign_ssh_data(data, algorithm)
        except TimeoutError:
            self.failure = f"the SSH agent did not sign within {SIGN_S:g} s"
            raise
        except (SSHException, AgentError, OSError, struct.error) as error:
            is_refusal = isinstance(error, SSHException) and "lost" not in str(error)
            self.failure = "the SSH agent refused to sign" if is_refusal else "the SSH agent went away"
            raise
        finally:
            told.cancel()
        return signed


class _Agent(AgentSSH):  # type: ignore[misc] # the library carries no types
    """A connection to an agent that is asked for one key."""

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self._conn = connection

    def find(self, blob: bytes, *, say: Say) -> KeyInAgent | None:
        """Return the key with this public half."""
        kind, answer = self._send_message(struct.pack("B", _LIST))
        if kind != _LISTED:
            raise AgentError("the SSH agent does not list its keys")
        for _ in range(answer.get_int()):
            found, comment = answer.get_binary(), answer.get_binary()
            if found == blob:
                return KeyInAgent(blob, comment.decode(errors="replace"), say=say)
        return None


def key_in_agent(blob: bytes, *, say: Say) -> KeyInAgent:
    """Return the key with this public half; raises AgentError."""
    try:
        with _asked(LIST_S) as agent:
            found = agent.find(blob, say=say)
    except TimeoutError as error:
        raise AgentError(f"the SSH agent did not answer within {LIST_S:g} s") from error
    except (OSError, SSHException, struct.error) as error:
        raise AgentError(f"the SSH agent went away ({error})") from error
    if found is None:
        raise AgentError("the SSH agent does not hold this key, or it is locked (`ssh-add -l` shows what it holds)")
    return found


@contextlib.contextmanager
def _asked(limit_s: float) -> Iterator[_Agent]:
    """Connect to the agent for one question; raises AgentError when there is none."""
    try:
        connection = get_agent_connection()
    except (OSError, SSHException) as error:
        raise AgentError(f"the SSH agent cannot be reached ({error})") from error
    if connection is None:
        raise AgentError("there is no SSH agent")
    with contextlib.closing(connection):
        if isinstance(connection, socket.socket):  # the others have no limit of their own
            connection.settimeout(limit_s)
        yield _Agent(connection)
