"""Opens a target, with everything checked that can be checked before anything is touched."""

from __future__ import annotations

from pathlib import Path

from ops.targets.base import Request, Target, check_target


def open_target(root: Path, request: Request) -> Target:
    """Read the settings and return the target; raises UsageError, SettingsError and CredentialsError."""
    check_target(request.target)
    if request.target == "local":
        from ops.targets.local.target import open_local  # noqa: PLC0415 - each target does without the other's packages

        return open_local(root)
    from ops.targets.droplet.target import open_droplet  # noqa: PLC0415 - half a second of imports: pydo and Fabric

    return open_droplet(root, request)
