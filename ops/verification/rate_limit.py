"""The rate limit of the API: what Traefik serves says which, and how large a burst has to be that meets it.

Pure: Traefik's own answer in, figures out. A limit so large, or filled again so fast, that a few hundred requests
cannot reach it is known by its configuration alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 300  # requests of one burst, whatever is configured
UNSURE = 1.1  # Traefik's clock and ours, the requests under way
_PARTS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """A token bucket: `burst` at once, and `per_second` more."""

    per_second: float
    burst: int

    @property
    def words(self) -> str:
        """Say what is configured."""
        return f"{self.per_second * 60:g} a minute, {self.burst} at once"

    @property
    def trial(self) -> int:
        """Return how many requests meet it for sure when they come at once; 0: more than may be tried."""
        wanted = 2 * self.burst + 50
        return min(wanted, MOST) if self.burst < MOST * 2 // 3 else 0

    def lets_pass(self, seconds: float) -> float:
        """Return how many requests it may let pass in this time."""
        return (self.burst + self.per_second * seconds) * UNSURE


def served_limits(rawdata: str) -> dict[str, RateLimit | None]:
    """Return the limit of each public route of the API, by its router, as Traefik serves it; None where it has none.

    Raises ValueError when this is not what Traefik's API says.
    """
    try:
        raw = json.loads(rawdata)
        middlewares, routers = raw.get("middlewares") or {}, raw["routers"]
        limits = {name: _limit(one["rateLimit"]) for name, one in middlewares.items() if "rateLimit" in one}
        return {name: _of(router, limits) for name, router in routers.items() if _is_of_the_api(router)}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"Traefik's API did not say what it serves: {error}") from error


def _of(router: Mapping[str, Any], limits: Mapping[str, RateLimit]) -> RateLimit | None:
    found = [limits[name] for name in router.get("middlewares") or () if name in limits]
    return next((one for one in found if one.per_second > 0), None)


def _is_of_the_api(router: Mapping[str, Any]) -> bool:
    return "websecure" in (router.get("entryPoints") or ()) and "`/api" in router["rule"]


def _limit(raw: Mapping[str, Any]) -> RateLimit:
    period_s = _seconds(raw.get("period") or "1s")
    return RateLimit(per_second=float(raw.get("average") or 0) / period_s, burst=int(raw.get("burst") or 1))


def _seconds(period: str | float) -> float:
    """Read a duration as Go writes it, `1m0s`, or in nanoseconds."""
    if not isinstance(period, str):
        return float(period) / 1e9
    return sum(float(number) * _PARTS_S[unit] for number, unit in re.findall(r"([\d.]+)([a-zµ]+)", period)) or 1.0
