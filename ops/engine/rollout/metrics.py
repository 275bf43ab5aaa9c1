"""Traefik's counters of requests, and of those that failed. Traefik counts them."""

from __future__ import annotations

import re
from typing import NamedTuple

from ops.engine.http import Fetch

_REQUESTS = re.compile(r"^traefik_service_requests_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Counts(NamedTuple):
    """Requests that were answered, and those of them with a 5xx."""

    answered: int = 0
    errors: int = 0

    def since(self, before: Counts) -> Counts:
        """Return what came after `before`; Traefik counts from zero when a service was away."""
        if self.answered < before.answered:
            return self
        return Counts(self.answered - before.answered, self.errors - before.errors)


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
        before = found.get(name, Counts())
        is_error = labels.get("code", "").startswith("5")
        found[name] = Counts(before.answered + count, before.errors + (count if is_error else 0))
    return found
