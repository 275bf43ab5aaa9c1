"""What does Django call this application? It has commands, and neither models nor migrations."""

from __future__ import annotations

from django.apps import AppConfig


class MigratingConfig(AppConfig):
    """Django's handle on it."""

    name = "migrating"
