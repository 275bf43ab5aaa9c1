"""Where is a stack deployed to, and what must every such place be able to do?"""

from __future__ import annotations

from ops.targets.base import LOCAL_DEPLOY, Request, Target, check_target, command
from ops.targets.host import Host, raised
from ops.targets.local.dotenv import ensure_env_file
from ops.targets.open import open_target

__all__ = [
    "LOCAL_DEPLOY",
    "Host",
    "Request",
    "Target",
    "check_target",
    "command",
    "ensure_env_file",
    "open_target",
    "raised",
]
