from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.settings import BY_NAME, KEYS, Settings

ROOT = Path(__file__).parents[4]
DEFAULTS = Settings(target="local", values={key.name: key.example("development") for key in KEYS}, extra={})
BY_STRING = re.compile(r"""(?:values\[|values\.get\(|as_environment\(\)\[)["'][A-Z_]+["']""")


def test_the_attributes_are_the_keys_of_the_table() -> None:
    assert {name for name in dir(Settings) if name.isupper()} == BY_NAME.keys()
    assert all(getattr(Settings, key.name) is key for key in KEYS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBSITE_DOMAIN", "slipway.localhost"),
        ("API_REPLICAS", 1),
        ("RELEASE_WATCH_SECONDS", 5.0),
        ("DJANGO_DEBUG", True),
        ("EXPOSE_ADMIN", False),
        ("DJANGO_ALLOWED_HOSTS", ("slipway.localhost", "localhost", "127.0.0.1")),
        ("OPERATOR_NETWORKS", ()),
        ("DIGITALOCEAN_TOKEN", ""),
    ],
)
def test_an_attribute_has_the_type_of_its_kind(name: str, value: object) -> None:
    read = getattr(DEFAULTS, name)
    assert (read, type(read)) == (value, type(value))


def test_a_number_that_was_not_given_is_none() -> None:
    empty = Settings(target="local", values=dict.fromkeys(BY_NAME, ""), extra={})
    assert (empty.API_REPLICAS, empty.RELEASE_WATCH_SECONDS, empty.EXPOSE_ADMIN, empty.exposed) == (0, 0.0, False, ())


def test_nobody_asks_for_a_setting_by_a_string() -> None:
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / "ops").rglob("*.py")}
    found = {path.name for path, text in code.items() if BY_STRING.search(text)}
    assert found <= {"loader.py", "rules.py"}  # before the values are checked, and where EMAIL_URL is made


def test_guarded_services_are_exposed_each_for_itself() -> None:
    opened = Settings(target="droplet", values={**DEFAULTS.values, "EXPOSE_FLOWER": "true"}, extra={})
    assert opened.exposed == ("flower",)
