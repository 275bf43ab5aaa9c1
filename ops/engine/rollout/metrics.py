"""Traefik's counters of requests, and of those that failed. Traefik counts them."""

from __future__ import annotations

import re
from typing import NamedTuple

from ops.engine.http import Fetch

_REQUESTS = re.compile(r"^traefik_service_requests_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)
READS = ("GET", "HEAD", "OPTIONS")  # may be asked again whatever became of them
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Counts(NamedTuple):
    """Requests that were answered, and those of them with a 5xx; and the same of those that may change something."""

    answered: int = 0
    errors: int = 0
    writes: int = 0
    failed_writes: int = 0

    def since(self, before: Counts) -> Counts:
        """Return what came after `before`; Traefik counts from zero when a service was away."""
        if self.answered < before.answered:
            return self
        return Counts(*(now - then for now, then in zip(self, before, strict=True)))

    def with_line(self, count: int, *, is_error: bool, is_write: bool) -> Counts:
        """Return the counts with so many more requests of one kind."""
        more = (count, count * is_error, count * is_write, count * (is_error and is_write))
        return Counts(*(now + new for now, new in zip(self, more, strict=True)))


Traffic = dict[str, Counts]  # by Traefik's name of the service, without its provider


def read_traffic(api_url: str, fetch: Fetch) -> Traffic:
    """Return the counts of every service so far; nothing where Traefik keeps none or does not answer."""
    answer = fetch(f"{api_url}/metrics") if api_url else None
    return parse_traffic(answer.body.decode("utf-8", "replace")) if answer and answer.is_good else {}


def parse_traffic(text: str) -> Traffic:
    """Read Prometheus' text format."""
    found: Traffic = {}
    for line in _REQUESTS.finditer(text):
        labels, count = dict(_LABEL.findall(line["labels"])), int(float(line["count"]))
        name = labels.get("service", "").partition("@")[0]
        is_error, is_write = labels.get("code", "").startswith("5"), labels.get("method", "") not in READS
        found[name] = found.get(name, Counts()).with_line(count, is_error=is_error, is_write=is_write)
    return found
