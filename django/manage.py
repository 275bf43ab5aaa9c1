"""How is a management command started? `python manage.py <command>`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parent.parent))  # for api.shared, in a checkout
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
