"""What went wrong, why, and what the operator should type next.

OpsError                  exit code
├── UsageError            2   the command line asks for something that is not there
├── SettingsError         3   `.env` is missing, unsafe or wrong
├── PreflightError        4   this machine is not ready: Python, ports, disk
├── CredentialsError      5   cloud credentials are missing or refused
├── HostError             6   the host does not answer or does not let us in
├── BuildError            7   an image could not be built
├── ReleaseError          8   the release did not become healthy, or was undone
├── VerificationError     9   the release runs, but a check failed
└── SecretFoundError     10   a secret was found in an artifact
"""

from __future__ import annotations

from ops.environments import addressed


class OpsError(Exception):
    """Stop the run; printed as `error:` / `why:` / `fix:`, never as a stack trace."""

    exit_code = 1

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        what, why, fix = (addressed(text) for text in (what, why, fix))
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return f"error: {self.what}\nwhy:   {self.why}\nfix:   {self.fix}"


class UsageError(OpsError):
    """The command line asks for something that is not there."""

    exit_code = 2


class SettingsError(OpsError):
    """`.env` is missing, unsafe or wrong."""

    exit_code = 3


class PreflightError(OpsError):
    """The machine is not ready."""

    exit_code = 4


class CredentialsError(OpsError):
    """Cloud credentials are missing or refused."""

    exit_code = 5


class HostError(OpsError):
    """The host does not answer or does not let us in."""

    exit_code = 6


class BuildError(OpsError):
    """An image could not be built."""

    exit_code = 7


class ReleaseError(OpsError):
    """The release did not become healthy, or was undone."""

    exit_code = 8


class VerificationError(OpsError):
    """The release runs, but a check failed."""

    exit_code = 9


class SecretFoundError(OpsError):
    """A secret was found in an artifact."""

    exit_code = 10
