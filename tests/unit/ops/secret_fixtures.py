"""In which encodings does a secret turn up, and which secrets are tried?"""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

ALLOWED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "{}")
# four brackets and a colon cannot come about by replacing: that is what the replacement itself is made of
AWKWARD = "aB3$\"'\\&<>#!%+/=`~|;*?@^(-_)."
SECRETS = st.text(ALLOWED, min_size=8, max_size=70) | st.text(AWKWARD, min_size=8, max_size=20)
ANY_TEXT = st.text(max_size=30)
CANARY = "c4n4ry$'\"<&>\\/+=#42"

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: secret,
    "url-encoded": lambda secret: quote(secret, safe=""),
    "url-encoded, slash kept": quote,
    "url-encoded form": quote_plus,
    "url-encoded, lower case": lambda secret: quote(secret, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
    "url-encoded, every character": lambda secret: "".join(f"%{ord(character):02X}" for character in secret),
    "url-encoded twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 in a URL": lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
    "base64 of url-encoded": lambda secret: base64.b64encode(quote(secret, safe="").encode()).decode(),
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json in json": lambda secret: json.dumps(json.dumps(secret))[1:-1],
    "shell": shlex.quote,
    "shell, backslash": lambda secret: secret.replace("'", "'\\''"),
    "shell, double quotes": lambda secret: "".join(f"\\{c}" if c in '$`"\\' else c for c in secret),
    "shell, no quotes": lambda secret: "".join(c if c.isalnum() else f"\\{c}" for c in secret),
    "html": html.escape,
    "html, twice": lambda secret: html.escape(html.escape(secret)),
    "html, numbers": lambda secret: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in secret),
    "repr": lambda secret: repr(secret)[1:-1],
    "repr of bytes": lambda secret: repr(secret.encode())[2:-1],
    "hex": lambda secret: secret.encode().hex(),
    "hex, upper case": lambda secret: secret.encode().hex().upper(),
}
