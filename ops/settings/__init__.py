"""Which settings are there, and which values hold together? The room of `.env` and of its schema."""

from ops.settings.examples import EXAMPLES, render
from ops.settings.kinds import DEVELOPMENT, PLACEHOLDER, PRODUCTION, Key
from ops.settings.loader import InvalidSettingsError, Settings, load, load_for_droplet
from ops.settings.rules import LOCAL_PORTS
from ops.settings.schema import BY_NAME, KEYS

__all__ = (
    "BY_NAME",
    "DEVELOPMENT",
    "EXAMPLES",
    "KEYS",
    "LOCAL_PORTS",
    "PLACEHOLDER",
    "PRODUCTION",
    "InvalidSettingsError",
    "Key",
    "Settings",
    "load",
    "load_for_droplet",
    "render",
)
