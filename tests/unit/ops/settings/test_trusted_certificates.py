"""Is the production directory asked where the file of a production environment says so, and nowhere else?"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ops.settings import KEYS, PRODUCTION_CA, InvalidSettingsError, Settings, load, render
from ops.targets.droplet.edge import edge_environment
from tests.unit.ops.settings.settings_fixtures import RANDOM, SECRETS, values, written

ENVIRONMENTS = ("development", "staging", "production", "Production")
DIRECTORIES = ("", "staging", "production", "Production", "PRODUCTION")
OUTSIDE: tuple[dict[str, str], ...] = (
    {},
    {"ACME_DIRECTORY": "production"},
    {"ACME_DIRECTORY": "staging"},
    {"ENVIRONMENT": "production"},
    {"ENVIRONMENT": "staging"},
    {"ENVIRONMENT": "production", "ACME_DIRECTORY": "Production"},
)
SERVERS = ("", "https://pebble.example:14000/dir", PRODUCTION_CA)


def asks_production(settings: Settings) -> bool:
    """Tell whether a droplet's Traefik would order at the production directory, by whatever key."""
    made = {**settings.as_environment(), **edge_environment(settings)}
    ordered_at = made.get("ACME_ORDER_SERVER") or made["ACME_CA_SERVER"]
    assert (ordered_at == PRODUCTION_CA) == (made.get("ACME_RESOLVER") == "le-production")
    assert (ordered_at == PRODUCTION_CA) == (made.get("ACME_DRY_RUN") == "true")
    return ordered_at == PRODUCTION_CA


def file_with(folder: Path, environment: str, **stated: str) -> Path:
    """Write settings of an environment that hold, with some of them changed."""
    base = environment.lower()
    secrets = {**SECRETS, "DIGITALOCEAN_TOKEN": f"dop_v1_{RANDOM}"}
    text = render(KEYS, environment=base, values={**values(base), **secrets})
    return written(folder, f"{text}\nWEBSITE_DOMAIN=app.example.org\nENVIRONMENT={environment}\n" + lines(stated))


def lines(stated: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in stated.items())


@pytest.mark.req("A-16")
@pytest.mark.parametrize("use_tls", ["acme", "files"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_a_production_file_that_names_the_directory_leads_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str, use_tls: str
) -> None:
    monkeypatch.setattr("ops.settings.env_file.is_tracked_by_git", lambda _: False)  # hundreds of processes
    monkeypatch.setattr("ops.targets.droplet.edge.htpasswd_line", lambda *_, **__: "")  # hundreds of slow hashes
    led = set()
    for directory, outside, server in itertools.product(DIRECTORIES, OUTSIDE, SERVERS):
        files = {"TLS_CERT_PATH": "~/c.pem", "TLS_KEY_PATH": "~/k.pem"} if use_tls == "files" else {}
        stated = {"USE_TLS": use_tls, "ACME_DIRECTORY": directory, "ACME_CA_SERVER": server, **files}
        path = file_with(tmp_path, environment, **stated)
        for target in ("droplet", "local"):
            try:
                settings = load(path, environ=outside, target=target)
            except InvalidSettingsError:
                continue
            if asks_production(settings):
                led.add((directory.lower(), tuple(outside), target, server))
    wanted = {("production", (), "droplet", server) for server in SERVERS[:2]}
    assert led == (wanted if (environment.lower(), use_tls) == ("production", "acme") else set())


@pytest.mark.req("A-16")
@pytest.mark.parametrize("outside", OUTSIDE[1:])
def test_what_the_process_environment_says_of_it_is_refused_beside_a_file_that_asks(
    tmp_path: Path, outside: dict[str, str]
) -> None:
    path = file_with(tmp_path, "production", ACME_DIRECTORY="production")
    with pytest.raises(InvalidSettingsError) as refused:
        load(path, environ=outside, target="droplet")
    (problem,) = [one for one in refused.value.problems if one.key == "ACME_DIRECTORY"]
    assert ".env" in problem.wrong


@pytest.mark.req("A-16")
def test_a_directory_that_only_the_process_environment_names_is_refused(tmp_path: Path) -> None:
    path = file_with(tmp_path, "production")
    with pytest.raises(InvalidSettingsError, match=r"only \.env may name the directory"):
        load(path, environ={"ACME_DIRECTORY": "production"}, target="droplet")


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    "server",
    [
        "https://acme-v02.api.letsencrypt.org/directory",
        "https://acme.zerossl.com/v2/DV90",
        "https://dv.acme-v02.api.pki.goog/directory",
        "https://acme.ssl.com/sslcom-dv-rsa",
        "https://api.buypass.com/acme/directory",
    ],
)
def test_no_authority_that_browsers_trust_is_taken_for_a_private_server(tmp_path: Path, server: str) -> None:
    path = file_with(tmp_path, "staging", ACME_CA_SERVER=server)
    with pytest.raises(InvalidSettingsError, match="what it signs, browsers trust"):
        load(path, environ={}, target="droplet")


@pytest.mark.req("A-16")
@pytest.mark.parametrize("example", [".env.example", ".env.prod.example"])
def test_both_examples_say_staging(example: str) -> None:
    text = (Path(__file__).parents[4] / example).read_text(encoding="utf-8")
    assert "\nACME_DIRECTORY=staging\n" in text
