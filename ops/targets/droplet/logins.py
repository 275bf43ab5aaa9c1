"""Lets SSH_USER in on a host, and closes other log-ins there without locking anybody out by mistake.

Nothing is closed before a second connection has logged in and become root, and what was closed is opened again by the
host itself unless one more connection comes in. The host's part is `logins.sh`.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable

from ops.errors import HostError
from ops.redact import last_lines
from ops.ssh import AGAIN, CommandResult, DeniedError, Remote, no_sudo, text_to_append
from ops.targets.droplet.accounts import Accounts, read_accounts, reasons

RUN = 'file=$(mktemp) && cat >"$file" && sh "$file" "$@"; code=$?; rm -f "$file"; exit "$code"'
CONFIRM_S = 60.0  # within which somebody has to come in after log-ins were closed
FIRST_BOOT_S = 1800.0  # the same where the droplet closed them itself: whoever made it waits for its first boot
COME_IN_S = 10.0  # a server that has just read its configuration anew may refuse a first attempt
LAST_WORDS = 12
Say = Callable[[str], None]


def as_user(remote: Remote, user: str, say: Say) -> contextlib.closing[Remote]:
    """Return one more way to the same host, not connected yet, to be closed by a `with` block."""
    return contextlib.closing(Remote(dataclasses.replace(remote.login, user=user), say=say))


def let_in(admin: Remote, script: str, *, user: str, public_key: str, say: Say) -> None:
    """Make this user where it is missing, let it use sudo, and put the public key where sshd looks for it."""
    say(f"making `{user}` as `{admin.login.user}`")
    do(admin, script, "make_user")
    found = next((one for one in look(admin, script, user).each if one.name == user), None)
    if found is None or not found.files:
        raise HostError(
            f"`{user}` cannot be given a key on {admin.login.name}",
            why="sshd reads no file of keys for this user (AuthorizedKeysFile is `none`)",
            fix=f"let `{user}` log in with your key in the way that this host wants, then {AGAIN}",
        )
    added = {path: text_to_append(text, public_key) for path, text in found.files.items()}
    if all(added.values()):  # in none of the files that sshd asks
        path = next(iter(added))
        do(admin, script, "add_key", path, added[path])


def check_way_in(remote: Remote, script: str, *, witness: Remote, public_key: str = "") -> None:
    """Connect and become root; when that fails, `witness`, who is in already, tells why. Raises HostError."""
    try:
        remote.connect(patience_s=COME_IN_S)
    except DeniedError as denied:
        raise _explained(denied, witness, script, remote.login.user, public_key) from denied
    ran = remote.run(("id", "-u"), sudo=True)
    if ran.output.split()[-1:] != ["0"]:  # a forced command may end well and do something else
        why = last_lines(ran.errors or ran.output, 1) or f"`sudo -n id -u` ended with {ran.exit_code} and said nothing"
        raise no_sudo(remote.login, why=why)


def close_logins(remote: Remote, script: str, *, say: Say, public_key: str = "", confirm_s: float = CONFIRM_S) -> None:
    """Turn passwords and root off for SSH, once others than this connection come in; raises HostError."""
    user = remote.login.user
    say(f"looking whether `{user}` comes in by a connection of its own before anything is closed")
    try:
        with as_user(remote, user, say) as second:
            check_way_in(second, script, witness=remote, public_key=public_key)
    except HostError as error:
        error.why += ". No log-in was closed"
        raise
    do(remote, script, "close_logins", f"{confirm_s:.0f}")
    confirm_logins(remote, script, say=say, public_key=public_key)


def confirm_logins(remote: Remote, script: str, *, say: Say, public_key: str = "") -> None:
    """Keep log-ins closed, when one more connection comes in; else they are opened again. Raises HostError."""
    try:
        with as_user(remote, remote.login.user, say) as third:
            check_way_in(third, script, witness=remote, public_key=public_key)
            do(third, script, "confirm_logins")
    except HostError as error:
        with contextlib.suppress(HostError):  # without this link the host does it by itself when its time is over
            do(remote, script, "take_back_logins")
        raise HostError(
            "log-ins were closed and opened again: nobody came in afterwards",
            why=f"{error.what}: {error.why}",
            fix=error.fix,
        ) from error
    say("passwords and root are turned off for SSH, and a new connection came in")


def look(remote: Remote, script: str, user: str = "") -> Accounts:
    """Return who may log in to the host: this user alone, or all who have a key or a password."""
    return read_accounts(do(remote, script, "look_at_logins", _from_here(remote), user).output)


def do(remote: Remote, script: str, *words: str) -> CommandResult:
    """Have one function of the bootstrap done on the host; raises HostError with what it says of a failure."""
    ran = remote.run(("sh", "-c", RUN, "bootstrap", *words), stdin=script.encode(), sudo=True)
    if ran.exit_code:
        raise failed(ran)
    return ran


def failed(ran: CommandResult) -> HostError:
    """Return what a bootstrap that stopped said last, as the operator's error."""
    said = dict(line.split(": ", 1) for line in ran.errors.splitlines() if ": " in line)
    last = last_lines(ran.errors, LAST_WORDS)
    return HostError(
        f"the host could not be prepared: {said.get('error', 'its bootstrap stopped')}",
        why=(said.get("why") or last or "it was killed").strip(),
        fix=said.get("fix", AGAIN).strip(),
    )


def _explained(denied: DeniedError, witness: Remote, script: str, user: str, public_key: str) -> DeniedError:
    try:
        told = do(witness, script, "explain_login", _from_here(witness))
    except HostError:
        return denied
    why = reasons(read_accounts(told.output), user, public_key)
    return DeniedError(
        denied.what,
        why=why or denied.why,
        fix=f"set SSH_USER in .env to a user that the host lets in, or let `{user}` in by what this shows on the host: "
        f"sudo sshd -T -C user={user}",
    )


def _from_here(remote: Remote) -> str:
    """Return the address that the host sees us come from: sshd's configuration may ask for it."""
    ran = remote.run(("sh", "-c", 'echo "${SSH_CONNECTION%% *}"'))
    return ran.output.strip()
