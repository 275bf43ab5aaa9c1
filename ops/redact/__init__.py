"""How are secrets kept out of everything that is written or shown? Standard library only: the engine uses it too."""

from ops.redact.broken import first_words, last_lines
from ops.redact.forms import LEAST_LENGTH, sounds_secret
from ops.redact.redactor import Finding, Redactor
from ops.redact.tokens import KeyLines
from ops.redact.urls import passwords_in

__all__ = (
    "LEAST_LENGTH",
    "Finding",
    "KeyLines",
    "Redactor",
    "first_words",
    "last_lines",
    "passwords_in",
    "sounds_secret",
)
