"""Which value counts when several places say one, and which spelling of it?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import CredentialsError
from ops.settings import KEYS, load, load_for_droplet, render
from ops.settings.kinds import in_dns, is_for_examples, readable
from ops.settings.rules import find_problems
from tests.unit.ops.settings.settings_fixtures import RANDOM, ROOT, SECRETS, problems, sound, values, written, wrong

LOCK = {"OPERATOR_PASSWORD": RANDOM, "OPERATOR_NETWORKS": "203.0.113.7"}


@pytest.mark.req("A-03")
@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_variable_of_the_environment_does_not_win_over_the_file(tmp_path: Path, empty: str) -> None:
    environ = {**dict.fromkeys((key.name for key in KEYS), empty), "MINE": empty}

    settings = load(sound(tmp_path, "MINE=file"), environ=environ, target="local")

    assert settings == load(tmp_path / ".env", environ={}, target="local")
    assert settings.extra == {"MINE": "file"}
    assert settings.secrets() == SECRETS


@pytest.mark.req("A-05")
def test_a_token_that_is_empty_in_the_environment_is_taken_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = f"dop_v1_{RANDOM}"
    text = render(KEYS, environment="production", values={**SECRETS, "DIGITALOCEAN_TOKEN": token})
    written(tmp_path, text)
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", " ")

    assert load_for_droplet(tmp_path, address="").cloud_token() == token
    written(tmp_path, text.replace(token, ""))
    with pytest.raises(CredentialsError):
        load_for_droplet(tmp_path, address="")


@pytest.mark.req("B-15")
def test_a_problem_of_the_file_is_not_blamed_on_an_empty_variable(tmp_path: Path) -> None:
    assert problems(sound(tmp_path, "LOG_LEVEL=loud"), LOG_LEVEL="")["LOG_LEVEL"].endswith("that are allowed")


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("HTTPS://APP.Example.ORG", "https://app.example.org"),
        ("https://app.example.org:443", "https://app.example.org"),
        ("https://App.example.org:8443, HTTP://LOCALHOST:80", "https://app.example.org:8443,http://localhost"),
        ("https://Bücher.example.org", "https://xn--bcher-kva.example.org"),
    ],
)
def test_an_origin_is_spelled_as_browsers_send_it(tmp_path: Path, stated: str, read: str) -> None:
    path = sound(tmp_path, f"CSRF_TRUSTED_ORIGINS={stated}")

    assert load(path, environ={}, target="local").values["CSRF_TRUSTED_ORIGINS"] == read


@pytest.mark.req("B-15")
def test_a_site_may_be_stated_in_capitals_in_production() -> None:
    capitals = {
        "WEBSITE_DOMAIN": "APP.Example.ORG",
        "DJANGO_ALLOWED_HOSTS": "App.EXAMPLE.org",
        "CSRF_TRUSTED_ORIGINS": "HTTPS://App.example.ORG",
    }
    cleaned = {key.name: key.kind.clean(capitals[key.name]) for key in KEYS if key.name in capitals}

    assert wrong("production", **cleaned) == {}
    assert values("production", **cleaned)["WEBSITE_DOMAIN"] == "app.example.org"


def test_a_domain_with_other_letters_is_taken_as_dns_has_it_and_shown_readable(tmp_path: Path) -> None:
    own = {
        "WEBSITE_DOMAIN": "Straße.example.org",
        "DJANGO_ALLOWED_HOSTS": ".straße.example.org,localhost",
        "CSRF_TRUSTED_ORIGINS": "https://STRASSE.example.org,https://straße.example.org",
        "ACME_EMAIL": "ops@straße.example.org",
        "EMAIL_HOST": "müller.example.org",
        "ACME_CA_SERVER": "https://zertifikate.straße.example.org:14000/dir",
    }
    path = written(tmp_path, render(KEYS, environment="production", values={**SECRETS, **own}))

    settings = load(path, environ={"DIGITALOCEAN_TOKEN": f"dop_v1_{RANDOM}"}, target="droplet")

    assert settings.WEBSITE_DOMAIN == "xn--strae-oqa.example.org"
    assert settings.DJANGO_ALLOWED_HOSTS == (".xn--strae-oqa.example.org", "localhost")
    assert settings.CSRF_TRUSTED_ORIGINS == ("https://strasse.example.org", "https://xn--strae-oqa.example.org")
    assert settings.ACME_EMAIL == "ops@xn--strae-oqa.example.org"
    assert settings.EMAIL_HOST == "xn--mller-kva.example.org"
    assert settings.ACME_CA_SERVER == "https://zertifikate.xn--strae-oqa.example.org:14000/dir"
    assert settings.notices == ("WEBSITE_DOMAIN straße.example.org is xn--strae-oqa.example.org in DNS",)


@pytest.mark.parametrize("host", ["app.example.org", "xn--bcher-kva.example.org", "日本語.example.org", "localhost"])
def test_a_name_is_the_same_after_dns(host: str) -> None:
    assert readable(in_dns(host)) == readable(host)
    assert in_dns(in_dns(host)) == in_dns(host)


@pytest.mark.parametrize("host", ["bü cher.example.org", "a..ü", "-ü.example.org", "☃" * 70])
def test_what_cannot_be_a_name_is_said_as_it_was_written(host: str) -> None:
    said = wrong("production", WEBSITE_DOMAIN=in_dns(host))["WEBSITE_DOMAIN"]

    assert said == f"`{host.lower()}` is not a host name"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *((name, True) for name in ("app.example.org", "ops@example.org", "https://x.example.com:8443", "a.test")),
        *((name, False) for name in ("app.slipway.dev", "example.org.slipway.dev", "myexample.org", "localhost", "")),
    ],
)
def test_names_for_examples_are_known(name: str, *, is_one: bool) -> None:
    assert is_for_examples(name) is is_one


def test_what_is_left_of_the_example_is_named_with_its_keys(tmp_path: Path) -> None:
    text = (ROOT / ".env.prod.example").read_text(encoding="utf-8")
    environ = {**SECRETS, "DIGITALOCEAN_TOKEN": f"dop_v1_{RANDOM}"}
    began = ".env still has names for examples, for which Let's Encrypt gives no certificate: "

    (copied,) = load(written(tmp_path, text), environ=environ, target="droplet").notices
    mine = text.replace("WEBSITE_DOMAIN=app.example.org", "WEBSITE_DOMAIN=app.slipway.dev").replace(
        "DJANGO_ALLOWED_HOSTS=app.example.org", "DJANGO_ALLOWED_HOSTS=app.slipway.dev,app.example.org"
    )
    own_site = mine.replace("=https://app.example.org", "=https://app.slipway.dev")
    (half,) = load(written(tmp_path, own_site), environ=environ, target="droplet").notices
    private = text.replace("https://acme-staging-v02.api.letsencrypt.org", "https://acme.internal:14000")

    assert copied == (
        f"{began}app.example.org in WEBSITE_DOMAIN, ops@example.org in ACME_EMAIL,"
        " app.example.org in DJANGO_ALLOWED_HOSTS, https://app.example.org in CSRF_TRUSTED_ORIGINS"
    )
    assert half == f"{began}ops@example.org in ACME_EMAIL, app.example.org in DJANGO_ALLOWED_HOSTS"
    assert load(written(tmp_path, private), environ=environ, target="droplet").notices == ()


@pytest.mark.req("B-15")
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("EXPOSE_ADMIN", "EXPOSE_ADMIN=false; the admin is at http://127.0.0.1:8081/admin/ without it"),
        ("EXPOSE_FLOWER", "EXPOSE_FLOWER=false"),
    ],
)
def test_what_the_local_target_cannot_expose_it_refuses(name: str, write: str) -> None:
    for lock in ({}, LOCK):
        (problem,) = find_problems(values("development", **{name: "true"}, **lock), target="local")

        assert problem.key == name
        assert "the local target exposes nothing" in problem.wrong
        assert problem.write == write


def test_graphql_is_exposed_locally_as_it_was() -> None:
    assert wrong("development", target="local", EXPOSE_GRAPHQL="true") == {}
