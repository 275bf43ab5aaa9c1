"""Checks that `.env.example` and `.env.prod.example` are as the schema says; `--write` makes them so."""

import sys
from pathlib import Path

from ops.settings.examples import main

sys.exit(main(sys.argv[1:], root=Path(__file__).resolve().parent.parent.parent))
