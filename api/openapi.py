"""What does the API offer? `python -m api.openapi` prints its OpenAPI document; the front-end's types come from it.

Needs no environment: nothing is opened, only described. `react-app/openapi.json` is what it printed last, and a test
compares the two.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import SecretStr

from api.application import create_app
from api.settings import Settings


def document() -> dict[str, Any]:
    """Return the OpenAPI document, the same on every machine."""
    nothing = SecretStr("described, not opened; never used as a key")
    settings = Settings(
        environment="development",
        database_url=nothing,
        redis_url=nothing,
        token_secret_key=nothing,
        service_version="0",
    )
    return create_app(settings).openapi()


def main() -> int:
    """Print it."""
    sys.stdout.write(json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
