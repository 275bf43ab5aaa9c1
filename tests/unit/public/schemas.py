"""Is a document built as the kept schema of its kind says?

The schemas are the public shapes of `--json`, of `report.json` and of `manifest.json`. Who changes a shape on purpose
edits its schema.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FOLDER = Path(__file__).resolve().parent / "kept" / "json"


@cache
def _validator(kind: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads((FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8")))


def faults(kind: str, document: Any) -> list[str]:
    """Return where a document differs from its kind's shape; empty when it does not."""
    return [f"{list(error.instance_path)}: {error.message}" for error in _validator(kind).iter_errors(document)]
