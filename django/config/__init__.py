"""How is the Django project configured and started? Imports nothing: `python -m config.heartbeat` must be quick."""
