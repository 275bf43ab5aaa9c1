"""What does a droplet's Traefik get beyond the settings?"""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from ops.settings import KEYS, Settings
from ops.targets.droplet.edge import edge_environment

TEMPLATE = Path(__file__).parents[5] / "traefik" / "traefik.yml.template"


def websecure(**stated: str) -> dict[str, Any]:
    """Return the entry point for HTTPS, with other places left as they are."""
    values = {key.name: key.default for key in KEYS} | {"DJANGO_SECRET_KEY": "canary", **stated}
    settings = Settings(target="droplet", values=MappingProxyType(values), extra=MappingProxyType({}))
    text = TEMPLATE.read_text(encoding="utf-8").replace("${HTTP_3}", edge_environment(settings)["HTTP_3"])
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+\}", "1", text))["entryPoints"]["websecure"]
    return found


@pytest.mark.req("B-01", "B-05")
def test_http_3_is_offered_only_when_it_is_asked_for_because_traefik_cuts_it_when_it_goes() -> None:
    assert "http3" not in websecure()
    assert websecure(HTTP3="true")["http3"] == {"advertisedPort": 443}
