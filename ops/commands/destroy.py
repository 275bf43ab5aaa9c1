"""What goes when a deployment is destroyed, and who agreed to it?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ops import screen
from ops.cloud import Cloud, CloudChange, open_cloud
from ops.commands.output import ask, say
from ops.engine.errors import INTERRUPTED
from ops.environments import chosen, file_of
from ops.errors import OpsError, UsageError
from ops.redact import Redactor
from ops.settings import load, refuse_shared


def destroy(root: Path, *, yes: bool, as_json: bool) -> int:
    """Show what carries our tag in the cloud, ask, and remove it; return the exit code."""
    redactor = Redactor({})  # an error in the settings names no value
    try:
        settings = load(file_of(root, chosen()), environ=os.environ, target="droplet")
        refuse_shared(root, settings, unused_too=True)  # what is removed is gone
        redactor = Redactor(settings.secrets())
        cloud = open_cloud(settings)
        cloud.check()
        changes = redactor.value(cloud.plan_destroy())
        return _remove(cloud, changes, name=settings.DROPLET_NAME, yes=yes, as_json=as_json)
    except OpsError as error:
        say(redactor.text(str(error)))
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted; what is left is still shown by: invoke destroy")
        return INTERRUPTED


def _remove(cloud: Cloud, changes: tuple[CloudChange, ...], *, name: str, yes: bool, as_json: bool) -> int:
    if as_json:
        screen.data_json({"removes": [{"kind": c.kind, "name": c.name, "why": c.why} for c in changes]})
    else:
        for change in changes:
            say(f"  {change.kind} {change.name}: {change.why}")
    if not changes:
        say("nothing in the cloud carries this deployment's tag")
        return 0
    if not yes and not _agreed(name):
        say("nothing was removed")
        return 1
    cloud.destroy(changes, say=say)
    say(f"removed {len(changes)} things")
    return 0


def _agreed(name: str) -> bool:
    """Ask for the droplet's name: all data on it goes, and nothing brings it back."""
    if not sys.stdin.isatty():
        raise UsageError("cannot ask without a terminal", why="all data goes with it", fix="invoke destroy --yes")
    return ask(f"All of this goes, the data too. Type `{name}` to go on: ") == name
