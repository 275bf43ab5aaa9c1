"""The cloud's refusals as errors of ours."""

from __future__ import annotations

import re

from ops.errors import CredentialsError, HostError, OpsError, SettingsError

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_TOO_MANY = 429
_TOKENS = "https://cloud.digitalocean.com/account/api/tokens"
_SETTING = re.compile(r"invalid (region|size|image)\b")


class Passing(Exception):  # noqa: N818 - not the caller's error: it is tried again
    """An answer that may be another one soon; `wait_s` is what it asks for, if it does."""

    def __init__(self, words: str, *, status: int = 0, wait_s: float | None = None) -> None:
        super().__init__(words)
        self.is_unsure = status != _TOO_MANY  # a 429 did nothing; after anything else the work may be done
        self.wait_s = wait_s


def refused(what: str, *, status: int, said: str, wait_s: float | None) -> Exception:
    """Return the error for an answer that is one; Passing when it may be another answer soon."""
    why = f"DigitalOcean answered {status} to `{what}`: {said}"
    if status == 401:  # noqa: PLR2004 - not authenticated
        return CredentialsError(
            "the cloud does not accept the token", why=why, fix=f"set DIGITALOCEAN_TOKEN in .env to one from {_TOKENS}"
        )
    if status == 403:  # noqa: PLR2004 - not authorized
        what = "the token may not do this: it needs read and write access"
        return CredentialsError(
            what, why=why, fix=f"set DIGITALOCEAN_TOKEN in .env to one with full access, from {_TOKENS}"
        )
    if status in _PASSING:
        return Passing(f"answered {status}", status=status, wait_s=wait_s)
    if wrong := _SETTING.search(said):
        return SettingsError(
            "the cloud cannot make this droplet", why=why, fix=f"edit DROPLET_{wrong[1].upper()} in .env"
        )
    if 200 <= status < 300:  # noqa: PLR2004 - success, but the body could not be read
        return wrong_shape(what, "the answer is not JSON")
    return HostError(
        f"the cloud refused: {what}", why=why, fix="correct what it names, then run the same command again"
    )


def no_answer(what: str, trouble: Passing) -> OpsError:
    """Return the error for trouble that did not pass."""
    why = f"`{what}`: {trouble}, and so again when it was tried later"
    if trouble.wait_s is not None:
        why = f"`{what}`: {trouble}, and it wants {trouble.wait_s:.0f} s of silence"
    return HostError("the cloud does not answer", why=why, fix="run the same command again in a minute")


def wrong_shape(what: str, wrong: str) -> HostError:
    """Return the error for an answer that is built otherwise than the API says."""
    fix = "correct or empty DIGITALOCEAN_API_URL in .env"
    return HostError("the cloud's answer is not what was expected", why=f"`{what}`: {wrong}", fix=fix)
