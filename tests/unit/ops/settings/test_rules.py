import pytest

from ops.settings import KEYS
from ops.settings.kinds import url_password
from ops.settings.rules import find_typos
from ops.settings.schema import STAGING_CA
from tests.unit.ops.settings.settings_fixtures import wrong

RANDOM = "q7Zr4Tn9Wc2Xv8Lk3Jh6Gd5Fs1Pa0Oy4Ui7Rt2Ew9Mb6Nv3Kx8Hz"


@pytest.mark.req("C-11", "B-15")
def test_both_examples_have_no_problem_once_their_secrets_are_filled_in() -> None:
    assert wrong("development", target="local") == {}
    assert wrong("production") == {}
    assert wrong("production", ENVIRONMENT="staging") == {}


@pytest.mark.req("B-15", "C-11")
@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("DJANGO_DEBUG", "true", "not for production"),
        ("SESSION_COOKIE_SECURE", "false", "not for production"),
        ("CSRF_COOKIE_SECURE", "false", "not for production"),
        ("WEBSITE_DOMAIN", "localhost", "this machine only"),
        ("WEBSITE_DOMAIN", "slipway.localhost", "this machine only"),
        ("DJANGO_ALLOWED_HOSTS", "*", "`*` is not for production"),
        ("DJANGO_ALLOWED_HOSTS", "other.example.org", "lacks WEBSITE_DOMAIN"),
        ("FORWARDED_ALLOW_IPS", "*", "`*` is not for production"),
        ("CSRF_TRUSTED_ORIGINS", "", "is missing"),
        ("CSRF_TRUSTED_ORIGINS", "https://other.example.org", "lacks the site itself"),
        ("CSRF_TRUSTED_ORIGINS", "https://app.example.org,http://app.example.org", "not HTTPS"),
        ("POSTGRES_PASSWORD", RANDOM[:31], "31 characters; production needs 32"),
        ("REDIS_PASSWORD", RANDOM[:31], "31 characters; production needs 32"),
        ("DJANGO_SECRET_KEY", RANDOM[:49], "49 characters; production needs 50"),
        ("ACME_EMAIL", "", "USE_TLS is acme"),
    ],
)
def test_what_is_fine_on_a_laptop_is_a_problem_in_production(key: str, value: str, fault: str) -> None:
    assert fault in wrong("production", **{key: value})[key]


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    "server",
    [
        "https://acme-v02.api.letsencrypt.org/directory",
        "https://ACME-V02.API.LETSENCRYPT.ORG/directory",
        "https://acme-v02.api.letsencrypt.org.:443/directory",
        "https://user@acme-v01.api.letsencrypt.org/directory",
    ],
)
@pytest.mark.parametrize("target", ["local", "droplet"])
def test_the_production_directory_of_lets_encrypt_is_refused_everywhere(server: str, target: str) -> None:
    for environment in ("development", "production"):
        assert "production directory" in wrong(environment, target=target, ACME_CA_SERVER=server)["ACME_CA_SERVER"]


@pytest.mark.req("A-16")
@pytest.mark.parametrize("server", [STAGING_CA, "https://acme.internal.example.org:14000/dir"])
def test_the_staging_directory_and_a_private_server_are_accepted(server: str) -> None:
    assert wrong("production", ACME_CA_SERVER=server) == {}


@pytest.mark.req("A-16")
def test_own_certificate_files_need_both_paths_except_on_the_local_target() -> None:
    assert sorted(wrong("production", USE_TLS="files")) == ["TLS_CERT_PATH", "TLS_KEY_PATH"]
    assert wrong("production", USE_TLS="files", TLS_CERT_PATH="cert.pem", TLS_KEY_PATH="key.pem") == {}
    assert wrong("development", target="local", USE_TLS="files") == {}


@pytest.mark.req("B-15")
@pytest.mark.parametrize("secret", ["change-me", "changeme", "please-change-me-soon", "your-password-here", "xxxxxxxx"])
def test_a_placeholder_is_no_secret(secret: str) -> None:
    assert "placeholder" in wrong("development", target="local", REDIS_PASSWORD=secret)["REDIS_PASSWORD"]


@pytest.mark.req("A-12")
@pytest.mark.parametrize(
    "secret", ["aaaaaaaaaaaa", "localhost", "slipway.localhost", "postgres_password", "HTTP_X_FORWARDED"]
)
def test_a_secret_that_ordinary_text_contains_is_refused_because_it_could_not_be_redacted(secret: str) -> None:
    assert "easy to guess" in wrong("development", target="local", POSTGRES_PASSWORD=secret)["POSTGRES_PASSWORD"]


@pytest.mark.parametrize("secret", ["short-1", "with blank", "p@ss:word/1", "pässword12"])
def test_a_password_that_ends_up_in_a_url_has_url_safe_characters_only(secret: str) -> None:
    found = wrong("development", target="local", POSTGRES_PASSWORD=secret)["POSTGRES_PASSWORD"]

    assert "URL-safe" in found
    assert secret not in found


@pytest.mark.req("B-15")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ENVIRONMENT", "prod"),
        ("WEBSITE_DOMAIN", "https://app.example.org"),
        ("WEBSITE_DOMAIN", "app.example.org/path"),
        ("WEBSITE_DOMAIN", "10.0.0.1"),
        ("DJANGO_DEBUG", "maybe"),
        ("DJANGO_ALLOWED_HOSTS", "https://app.example.org"),
        ("CSRF_TRUSTED_ORIGINS", "app.example.org"),
        ("CSRF_TRUSTED_ORIGINS", "https://app.example.org/path"),
        ("DJANGO_TIME_ZONE", "Mars/Olympus"),
        ("CACHE_TIMEOUT_SECONDS", "-1"),
        ("STATIC_URL", "static"),
        ("STATIC_ROOT", "static"),
        ("POSTGRES_USER", "Robert'); DROP TABLE"),
        ("DATABASE_URL", "mysql://db/name"),
        ("REDIS_URL", "redis://host:port/0"),
        ("USE_TLS", "yes"),
        ("ACME_CA_SERVER", "http://acme.example.org/dir"),
        ("FORWARDED_ALLOW_IPS", "proxy"),
        ("API_REPLICAS", "0"),
        ("LOCAL_HTTP_PORT", "65536"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_problem_of_its_key(key: str, value: str) -> None:
    assert key in wrong("development", target="local", **{key: value})


@pytest.mark.req("B-15")
def test_ports_have_to_be_distinct_and_outside_those_of_the_replicas() -> None:
    found = wrong("development", target="local", LOCAL_HTTP_PORT="8443", LOCAL_REDIS_PORT="18299")

    assert found == {
        "LOCAL_HTTP_PORT": "8443 is LOCAL_HTTPS_PORT already",
        "LOCAL_REDIS_PORT": "18299 is one of the 200 ports from LOCAL_REPLICA_PORT_FIRST=18100",
    }


@pytest.mark.req("B-15")
def test_a_droplet_needs_a_name_that_the_world_knows() -> None:
    assert "a droplet needs" in wrong("development", USE_TLS="acme", ACME_EMAIL="ops@example.org")["WEBSITE_DOMAIN"]


@pytest.mark.req("B-15")
def test_a_user_without_password_is_a_problem() -> None:
    found = wrong("development", target="local", DJANGO_ADMIN_PASSWORD="", EMAIL_USER="me")

    assert found == {
        "DJANGO_ADMIN_PASSWORD": "is missing: DJANGO_ADMIN_EMAIL is set",
        "EMAIL_PASS": "is missing: EMAIL_USER is set",
    }


def test_a_subdomain_pattern_allows_the_domain() -> None:
    assert wrong("production", DJANGO_ALLOWED_HOSTS=".example.org") == {}


def test_a_setting_itself_is_no_typo() -> None:
    assert find_typos(key.name for key in KEYS) == []


@pytest.mark.parametrize(
    ("url", "password"),
    [("redis://:a%2Fb@host:1/0", "a/b"), ("consolemail://", ""), ("smtp://user@host", ""), ("redis://[broken", "")],
)
def test_the_password_of_a_url(url: str, password: str) -> None:
    assert url_password(url) == password
