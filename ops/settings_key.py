"""What is said about one setting?"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ops.settings_kinds import Kind

DEVELOPMENT = "development"
PRODUCTION = "production"
PUBLIC = frozenset({"staging", PRODUCTION})
ALWAYS = PUBLIC | {DEVELOPMENT}
PLACEHOLDER = "change-me"


@dataclass(frozen=True)
class Key:
    """One setting.

    `required` are the environments in which it must not be empty. `examples` are the values in `.env.example` and
    `.env.prod.example`; without them the default stands there, or `change-me` for a secret that is required.
    `public_length` is how long a secret has to be outside development, `least_length` anywhere.
    """

    name: str
    meaning: str
    kind: Kind
    default: str = ""
    secret: bool = False
    required: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()
    public_length: int = 8
    least_length: int = 8
    group: str = ""

    def example(self, environment: str) -> str:
        """Return the value that the example file of this environment shows."""
        if self.examples:
            return self.examples[0] if environment == DEVELOPMENT else self.examples[-1]
        return PLACEHOLDER if self.secret and self.required else self.default


def group(title: str, *keys: Key) -> tuple[Key, ...]:
    """Put keys under a title."""
    return tuple(dataclasses.replace(key, group=title) for key in keys)
