"""Which words does a PowerShell wrapper want `invoke` to hear?

They come through the environment, in base64, with a NUL between them: Windows PowerShell 5.1 drops an empty word and
breaks one that holds quotes when it starts a program.
"""

from __future__ import annotations

import base64
import os

KEY = "SLIPWAY_WORDS"


def words() -> list[str]:
    """Return the words; what runs after this one does not see them any more."""
    return base64.b64decode(os.environ.pop(KEY)).decode("utf-8").split("\0")


if __name__ == "__main__":
    from invoke.main import program

    program.run(["invoke", *words()])
