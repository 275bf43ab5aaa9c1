"""Which settings are there, and which values hold together? The room of `.env` and of its schema."""

from ops.settings.apart import refuse_shared, stated_in
from ops.settings.examples import EXAMPLES, render
from ops.settings.kinds import DEVELOPMENT, PLACEHOLDER, PRODUCTION, Key
from ops.settings.loader import InvalidSettingsError, load, load_for_droplet
from ops.settings.schema import BY_NAME, KEYS, PRODUCTION_CA, STANDARD_SSH_PORT
from ops.settings.settings import GUARDED, LOCAL_PORTS, Settings

__all__ = (
    "BY_NAME",
    "DEVELOPMENT",
    "EXAMPLES",
    "GUARDED",
    "KEYS",
    "LOCAL_PORTS",
    "PLACEHOLDER",
    "PRODUCTION",
    "PRODUCTION_CA",
    "STANDARD_SSH_PORT",
    "InvalidSettingsError",
    "Key",
    "Settings",
    "load",
    "load_for_droplet",
    "refuse_shared",
    "render",
    "stated_in",
)
