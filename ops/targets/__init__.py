"""Where is a stack deployed to, and what must every such place be able to do?"""

from __future__ import annotations

from ops.targets.background import in_background
from ops.targets.base import LOCAL_DEPLOY, Request, Target, command
from ops.targets.command_line import check_command_line, typed_word
from ops.targets.host import Host, raised
from ops.targets.local.dotenv import ensure_env_file
from ops.targets.open import open_target

__all__ = [
    "LOCAL_DEPLOY",
    "Host",
    "Request",
    "Target",
    "check_command_line",
    "command",
    "ensure_env_file",
    "in_background",
    "open_target",
    "raised",
    "typed_word",
]
