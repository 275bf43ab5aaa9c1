"""Opens a target, with everything checked that can be checked before anything is touched."""

from __future__ import annotations

from pathlib import Path

from ops.targets.base import Request, Target
from ops.targets.command_line import check_command_line


def open_target(root: Path, request: Request) -> Target:
    """Read the settings and return the target; raises UsageError, SettingsError and CredentialsError."""
    check_command_line(request)
    if request.target == "local":
        from ops.targets.local.target import open_local  # noqa: PLC0415 - each target does without the other's packages

        return open_local(root)
    from ops.targets.droplet.target import open_droplet  # noqa: PLC0415 - half a second of imports: pydo and Fabric

    return open_droplet(root, request)
