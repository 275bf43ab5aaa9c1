"""What does the cloud have of a deployment, and what changes there? The only room that knows pydo."""

from __future__ import annotations

from ops.cloud.cloud import Cloud, CloudChange, Droplet, open_cloud
from ops.cloud.dns_records import served_names

__all__ = ["Cloud", "CloudChange", "Droplet", "open_cloud", "served_names"]
