"""The client of DigitalOcean's API, and what it makes of an answer that is not as it should be.

The only user of pydo. pydo's own retries are off: it would send a create again after a 503, and there would be two
droplets. Here a create is looked for before it is sent again. pydo returns a documented 404 as a dictionary; here it is
None.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from pydo import Client

from ops.cloud.errors import Passing, no_answer, refused, wrong_shape
from ops.errors import HostError

PER_PAGE = 200
MOST_PAGES = 50
_THREADS = 8
_BAD_REQUEST = 400
_NOT_FOUND = 404
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long is waited, in seconds, and how often a request is sent (`tries`).

    `first_s` grows to `most_s` between tries; `deadline_s` ends the tries of one request. `boot_s`, `settle_s` and
    `gone_s` end the wait for a droplet, for an action or a firewall, and for a droplet's end.
    """

    tries: int = 5
    first_s: float = 1.0
    most_s: float = 15.0
    deadline_s: float = 90.0
    connect_s: float = 5.0
    read_s: float = 15.0
    poll_s: float = 2.0
    boot_s: float = 300.0
    settle_s: float = 120.0
    gone_s: float = 60.0


class _PlainToken(SansIOHTTPPolicy[Any, Any]):
    """Send the token over http:// too: pydo's own policy refuses, and a rehearsal has no certificate."""

    def __init__(self, token: str) -> None:
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Add the header."""
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


class Api:
    """DigitalOcean's API: `client` is pydo's, and every call goes through `read`, `create` or `change`."""

    def __init__(self, *, token: str, url: str, patience: Patience) -> None:
        self.patience = patience
        self.say: Callable[[str], None] = lambda _: None
        is_plain = url.startswith("http://")
        more: dict[str, Any] = {"authentication_policy": _PlainToken(token), "use_env_settings": False}
        self.client = Client(
            token,
            endpoint=url,
            retry_total=0,
            connection_timeout=patience.connect_s,
            read_timeout=patience.read_s,
            **(more if is_plain else {}),
        )

    def read(self, what: str, call: Callable[[], Any], *, key: str, tries: int = 0) -> Any:
        """Ask for something until there is an answer; None when it is not there."""
        return self._until_answered(what, lambda: _once(what, call, key=key), found=lambda: None, tries=tries)

    def pages(self, what: str, call: Callable[..., Any], *, key: str) -> list[Any]:
        """Ask for every page of a list; empty when there is no such list."""
        found: list[Any] = []
        for page in range(1, MOST_PAGES + 1):
            answer = self._page(what, call, key=key, page=page)
            found += answer.get(key, [])
            if not ((answer.get("links") or {}).get("pages") or {}).get("next"):
                break
        return found

    def create(self, what: str, call: Callable[[], Any], *, key: str, found: Callable[[], Any]) -> Any:
        """Create something once: whatever is unsure is looked for with `found` before it is sent again."""
        made = self._until_answered(what, lambda: _once(what, call, key=key), found=found)
        if made is None:
            raise wrong_shape(what, f"no `{key}` in the answer")
        return made

    def change(self, what: str, call: Callable[[], Any], *, key: str = "") -> Any:
        """Send what may be sent twice: a replacement, with its `key`, or a removal, which may find nothing any more."""
        answer = self.read(what, call, key=key)
        if key and answer is None:
            why = f"`{what}`: it was there, and is not any more"
            raise HostError("somebody else changes the cloud", why=why, fix="run the same command again")
        return answer

    def wait(self, what: str, seen: Callable[[], _T | None], *, limit_s: float) -> _T:
        """Look again and again until there is something; HostError when there is nothing in `limit_s` seconds."""
        deadline = time.monotonic() + limit_s
        is_told = False
        while (found := seen()) is None:
            if time.monotonic() >= deadline:
                why = f"it was waited for {limit_s:.0f} s; what was made stays, and the same command goes on from here"
                raise HostError(f"{what} took too long", why=why, fix="look at https://status.digitalocean.com")
            if not is_told:
                self.say(f"waiting for {what} (at most {limit_s:.0f} s)")
                is_told = True
            time.sleep(self.patience.poll_s)
        return found

    def _page(self, what: str, call: Callable[..., Any], *, key: str, page: int) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            answer = _translated(what, lambda: call(page=page, per_page=PER_PAGE))
            _once(what, lambda: answer, key=key)
            if not isinstance(answer.get(key, []), list):
                raise wrong_shape(what, f"`{key}` is no list")
            return dict(answer)

        page_seen: dict[str, Any] = self._until_answered(what, once, found=lambda: None)
        return page_seen

    def _until_answered(self, what: str, once: Callable[[], _T], *, found: Callable[[], Any], tries: int = 0) -> Any:
        patience = self.patience
        deadline = time.monotonic() + patience.deadline_s
        pause_s = patience.first_s
        for left in reversed(range(tries or patience.tries)):
            try:
                return once()
            except Passing as trouble:
                wait_s = pause_s if trouble.wait_s is None else trouble.wait_s
                is_over = not left or time.monotonic() + wait_s > deadline
                if not is_over:
                    self.say(f"{what}: {trouble}; again in {wait_s:.0f} s")
                    time.sleep(wait_s)
                if trouble.is_unsure and (there := found()) is not None:
                    return there
                if is_over:
                    raise no_answer(what, trouble) from trouble
                pause_s = min(2 * pause_s, patience.most_s)
        raise AssertionError(what)  # the loop above returns or raises


def at_once(asked: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do several reads at the same time; the first error is raised."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return [future.result() for future in [pool.submit(one) for one in asked]]


@contextlib.contextmanager
def shaped(what: str) -> Iterator[None]:
    """Take an answer apart; raise HostError when it is not built as the API's description says."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise wrong_shape(what, f"{type(error).__name__}: {error}") from error


def _once(what: str, call: Callable[[], Any], *, key: str) -> Any:
    """Return what the answer has under `key`; None for no content, and for a 404."""
    answer = _translated(what, call)
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise wrong_shape(what, f"the answer is a {type(answer).__name__}")
    if key and key in answer:
        return answer[key]
    if answer.get("id") == "not_found":  # pydo returns what the API documents, errors too
        return None
    if {"id", "message"} <= answer.keys():
        raise refused(what, status=_BAD_REQUEST, said=str(answer["message"]), wait_s=None)
    raise wrong_shape(what, f"no `{key}` in the answer")


def _translated(what: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except HttpResponseError as error:
        if error.status_code == _NOT_FOUND:
            return None
        wait_s = _retry_after_s(error)
        raise refused(what, status=error.status_code or 0, said=_message(error), wait_s=wait_s) from error
    except AzureError as error:
        raise Passing(_words(error)) from error
    except ValueError as error:
        raise wrong_shape(what, "the answer is not JSON") from error


def _retry_after_s(error: HttpResponseError) -> float | None:
    said = getattr(error.response, "headers", {}).get("retry-after", "")
    return float(said) if re.fullmatch(r"\d+(\.\d+)?", said) else None


def _message(error: HttpResponseError) -> str:
    try:
        said = error.response.json() if error.response else {}  # type: ignore[attr-defined] # both kinds of response have it
        return str(said["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return error.reason or "no message"


def _words(error: AzureError) -> str:
    said = str(error)
    if "timed out" in said.casefold():
        return "no answer in time"
    return "the connection was refused" if "refused" in said else "the connection failed"
