"""Who runs PostgreSQL when root asks for it? A system user without a home, a shell or a password."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys

SYSTEM_USER = "slipway-postgres"


def make_user() -> None:
    """Create the system user that runs PostgreSQL for root."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(SYSTEM_USER)
        return
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if tool is None:
        sys.exit("error: PostgreSQL refuses root, and there is no `useradd` here: run this as an ordinary user")
    account = ("--home-dir", "/nonexistent", "--no-create-home", "--shell", "/usr/sbin/nologin")
    command = (tool, "--system", "--user-group", *account, SYSTEM_USER)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: PostgreSQL refuses root, and a user of its own cannot be made: {done.stderr.strip()}")


def become(user: str) -> None:
    """Give up root for good."""
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
