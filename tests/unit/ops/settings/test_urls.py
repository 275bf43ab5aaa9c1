"""What our one reading of a URL accepts, every reader of the stack reads to the same parts."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import environ
import pytest
from celery import Celery
from hypothesis import assume, example, given
from hypothesis import strategies as st
from kombu.utils.url import parse_url as of_kombu
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo
from redis.connection import parse_url as of_redis

from ops.settings import KEYS
from ops.settings.urls import DATABASE_PARAMETERS, UrlError, check_database, check_redis, parse
from tests.unit.ops.settings.settings_fixtures import problems, sound, wrong

PASSWORD = "q7Zr4Tn9Wc2X"
WHERE = "db.example.org:5432/slipway"
# what a password may be made of, with what its readers stumble over
AWKWARD = "aB9@:/?#%[]&=+;,$!*'()~|^`<>\"\\{}ß€℀\uff20"
TEXTS = st.text(AWKWARD, max_size=8) | st.text(max_size=5)
HOSTS = ("db", "Db-1.example.org", "a_b", "10.0.0.7", "[::1]"), ("h1,h2", "", "a%2Fb", "x.y.", "[::1]5432", "[x]")
PORTS = ("", ":5432"), (":", ":0", ":65536", ":05432", ":x", ":1,2")
PATHS_OF_DATABASES = ("/name", "/a%2Bb", "/7"), ("", "/", "/a+b", "/a;b", "/a/b", "//b", "/%2Fb", "/a#b")
PATHS_OF_REDIS = ("", "/", "/0", "/12"), ("/name", "/1/2", "//1", "/%31", "/1;2", "/-1")
QUERIES_OF_DATABASES = (
    ("", "?", "?sslmode=require", "?sslmode=require&connect_timeout=9", "?options=-c%20a%3Db"),
    ("?host=h", "?password=x", "?ssl=true", "?options=a+b", "?sslmode=", "?a=b@c", "?x=1&x=2", "?sslmode"),
)
QUERIES_OF_REDIS = (
    ("", "?ssl_cert_reqs=required", "?ssl_cert_reqs=none&ssl_ca_certs=/etc/ca.pem"),
    ("?db=3", "?ssl_cert_reqs=CERT_NONE", "?health_check_interval=5", "?a=b@c"),
)


@st.composite
def mostly(draw: st.DrawFn, right_and_wrong: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    """Draw what is right nine times of ten: of several parts one is wrong then, not all."""
    right, wrong = right_and_wrong
    return draw(st.sampled_from(wrong if draw(st.integers(0, 9)) == 0 else right))


@st.composite
def urls(draw: st.DrawFn, *schemes: str) -> str:
    """Draw a URL as somebody might type it: right, or wrong in one of the ways that are easy."""
    is_redis = schemes[0] == "redis"
    form = draw(st.sampled_from(["{user}:{password}@", ":{password}@", "{user}@", ""]))
    user, password = draw(TEXTS), draw(TEXTS)
    if draw(st.integers(0, 4)):
        user, password = quote(user, safe="", errors="replace"), quote(password, safe="", errors="replace")
    where = (HOSTS, PORTS, PATHS_OF_REDIS if is_redis else PATHS_OF_DATABASES)
    place = "".join(draw(mostly(part)) for part in where)
    query = draw(mostly(QUERIES_OF_REDIS if is_redis else QUERIES_OF_DATABASES))
    return f"{draw(st.sampled_from(schemes))}://{form.format(user=user, password=password)}{place}{query}"


def parts_of(url: str) -> dict[str, Any]:
    read = parse(url)
    return {"user": read.user, "password": read.password, "host": read.host.lower(), "port": read.port}


@given(url=urls("postgresql", "postgres"))
@example("postgresql://u:Str0ng@Passw0rd@postgres/db")
@example("postgresql://u:12?x@host/db")
@example("postgresql://u:p%40@host")
@example("postgresql://:@h1,h2:/0")
@example("postgresql://[::1]5432/0")
def test_what_is_accepted_for_a_database_libpq_and_django_read_alike(url: str) -> None:
    try:
        check_database(url)
    except UrlError:
        return
    ours = {**parts_of(url), "name": parse(url).path[1:], "more": {**parse(url).query}}

    libpq: dict[str, Any] = {**conninfo_to_dict(url)}
    django = environ.Env.db_url_config(url)

    named = {
        "user": libpq.pop("user", ""),
        "password": libpq.pop("password", ""),
        "host": libpq.pop("host").lower(),
        "port": int(libpq.pop("port", "").strip(",") or 0) or None,  # one for each host
        "name": libpq.pop("dbname"),
        "more": libpq,
    }
    assert named == ours
    assert {
        "user": django["USER"],
        "password": django["PASSWORD"],
        "host": django["HOST"].lower(),
        "port": django["PORT"] or None,
        "name": django["NAME"],
        "more": {name: str(value) for name, value in django.get("OPTIONS", {}).items()},
    } == ours
    assert urlsplit(url).hostname == ours["host"]  # the engine looks there for whose database it is


@given(url=urls("redis", "rediss"))
@example("redis://:a,b@host:6379/0")
@example("redis://:a;b@host:6379/0")
@example("rediss://:p%40@host:6379/0?ssl_cert_reqs=required")
def test_what_is_accepted_for_redis_its_client_celery_and_djangos_cache_read_alike(url: str) -> None:
    try:
        check_redis(url)
    except UrlError:
        return
    ours = {**parts_of(url), "database": int(parse(url).path.strip("/") or 0)}

    client, celery = of_redis(url), of_kombu(url)  # type: ignore[no-untyped-call]

    assert re.split("[;,]", url) == [url]  # Django's cache takes each part for a server of its own
    assert ours == {
        "user": client.get("username", ""),
        "password": client.get("password", ""),
        "host": client["host"].lower(),
        "port": client.get("port"),
        "database": client.get("db", 0),
    }
    assert ours == {
        "user": celery["userid"] or "",
        "password": celery["password"] or "",
        "host": celery["hostname"].lower(),
        "port": celery["port"],
        "database": int(celery["virtual_host"] or 0),
    }


@given(url=urls("smtp", "smtp+tls", "https"))
def test_what_is_accepted_for_mail_and_web_django_and_python_read_alike(url: str) -> None:
    try:
        ours = parts_of(url)
    except UrlError:
        return
    assume("," not in ours["host"])
    read = urlsplit(url)
    assert (read.hostname, read.port or None) == (ours["host"], ours["port"])
    if not url.startswith("https"):
        mail = environ.Env.email_url_config(url)
        found = (mail["EMAIL_HOST_USER"] or "", mail["EMAIL_HOST_PASSWORD"] or "", mail["EMAIL_HOST"])
        assert found == (ours["user"], ours["password"], ours["host"])


@given(user=st.text(min_size=1), password=st.text(min_size=1))
def test_every_password_can_be_written(user: str, password: str) -> None:
    assume("\0" not in user + password)
    encoded = f"{quote(user, safe='', errors='surrogatepass')}:{quote(password, safe='', errors='surrogatepass')}"
    assume("%ED%A" not in encoded and "%ED%B" not in encoded)  # half a character is none
    for check, url in ((check_database, f"postgresql://{encoded}@h/n"), (check_redis, f"redis://{encoded}@h/0")):
        check(url)
        assert (parse(url).user, parse(url).password) == (user, password)


def test_every_parameter_that_libpq_knows_is_allowed_or_refused_on_purpose() -> None:
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    elsewhere = {"host", "hostaddr", "port", "user", "password", "dbname", "service", "passfile", "replication"}
    secret = {"sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret", "sslkeylogfile"}
    rest = {"oauth_issuer", "oauth_client_id", "oauth_scope", "gsslib", "gssdelegation", "fallback_application_name"}

    assert known - DATABASE_PARAMETERS == elsewhere | secret | rest
    assert known >= DATABASE_PARAMETERS


@pytest.mark.req("A-12", "B-15")
@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://u:Str0ng@{PASSWORD}@postgres/db", "`@` in its password, which has to be written `%40`"),
        (f"postgresql://u@example.org:{PASSWORD}@{WHERE}", "`@` in its user, which has to be written `%40`"),
        (f"postgresql://u:{PASSWORD}/x@{WHERE}", "`/` in its user or password, which has to be written `%2F`"),
        (f"postgresql://u:{PASSWORD}?x@{WHERE}", "`?` in its user or password, which has to be written `%3F`"),
        (f"postgresql://u:{PASSWORD}#x@{WHERE}", "`#` in its user or password, which has to be written `%23`"),
        (f"postgresql://u:12/{PASSWORD}@{WHERE}", "`/` in its user or password"),
        (f"postgresql://u:{PASSWORD}%zz@{WHERE}", "`%` in its password, which has to be written `%25`"),
        (f"postgresql://u:{PASSWORD}[x@{WHERE}", "`[` in its password, which has to be written `%5B`"),
        (f"postgresql://u:{PASSWORD}%00@{WHERE}", "a zero byte, `%00`, in its password"),
        (f"postgresql://u:{PASSWORD}%FF@{WHERE}", "no UTF-8"),
        (f"postgresql://u:{PASSWORD}\uff20x@{WHERE}", "`\uff20` in its password, which has to be written `%EF%BC%A0`"),
        (f"postgresql://u:{PASSWORD}@db.example.org:5432", "names no database"),
        (f"postgresql://u:{PASSWORD}@db.example.org:x/db", "a port that is no number"),
        (f"postgresql://u:{PASSWORD}@{WHERE}?host=other", "a parameter that its readers do not all know: host"),
        (f"postgresql://u@{WHERE}?password={PASSWORD}", "a parameter that its readers do not all know: password"),
        (f"postgresql://u:{PASSWORD}@h1,h2:5432/db", "several hosts and a port"),
        (f"mysql://u:{PASSWORD}@{WHERE}", "is not a URL that begins with postgresql:// or postgres://"),
    ],
)
def test_a_database_url_that_is_not_read_alike_is_refused_with_the_character_and_without_the_password(
    tmp_path: Path, url: str, said: str
) -> None:
    stated = f"DATABASE_URL='{url}'\nAPI_DATABASE_URL=postgresql://api:{PASSWORD}x@{WHERE}"

    found = problems(sound(tmp_path, stated))

    assert list(found) == ["DATABASE_URL"]
    assert said in found["DATABASE_URL"]
    assert PASSWORD not in found["DATABASE_URL"]


@pytest.mark.req("B-15")
@pytest.mark.parametrize(
    ("key", "url", "said"),
    [
        ("API_DATABASE_URL", f"postgresql://u:{PASSWORD}@x@{WHERE}", "`%40`"),
        (
            "REDIS_URL",
            f"redis://:{PASSWORD},x@host:6379/0",
            "`,` in its user or password, which has to be",
        ),
        (
            "REDIS_URL",
            f"redis://:{PASSWORD};x@host:6379/0",
            "`;` in its user or password, which has to be",
        ),
        ("REDIS_URL", f"redis://{PASSWORD}@host:6379/0", "has a user and no password"),
        ("REDIS_URL", f"redis://:{PASSWORD}@host:6379/cache", "no number of a database"),
        ("REDIS_URL", f"redis://:{PASSWORD}@host:6379/1/2", "no number of a database"),
        ("REDIS_URL", f"redis://:{PASSWORD}@host:6379?db=2", "they are for rediss:// alone"),
        ("REDIS_URL", f"rediss://:{PASSWORD}@host:6379/0", "`?ssl_cert_reqs=required`"),
        ("REDIS_URL", f"rediss://:{PASSWORD}@host:6379/0?ssl_cert_reqs=CERT_REQUIRED", "`?ssl_cert_reqs=required`"),
        ("EMAIL_URL", f"smtp://me@example.org:{PASSWORD}@mail.example.org", "`@` in its user"),
        ("EMAIL_URL", f"smtp://me:{PASSWORD}@", "has no host"),
        ("ACME_CA_SERVER", f"https://me:{PASSWORD}@acme.example.org/dir", "has a password in it"),
        ("DOCKER_REGISTRY_MIRROR", f"https://me:{PASSWORD}@mirror.example.org", "has a password in it"),
        ("ADDRESS_LOOKUP_URL", f"https://me:{PASSWORD}@ip.example.org", "has a password in it"),
        ("DIGITALOCEAN_API_URL", "https://api.example.org\\@other.example.org", "has `\\` in it"),
    ],
)
def test_the_other_urls_are_refused_alike(key: str, url: str, said: str) -> None:
    found = wrong("development", target="local", **{key: url})[key]

    assert said in found
    assert PASSWORD not in found


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("DATABASE_URL", f"postgresql://u:p%40ss-word-99@{WHERE}?sslmode=require"),
        ("DATABASE_URL", f"postgres://u:{PASSWORD}!$*'()~@[2001:db8::7]:5432/my%2Bdb"),
        ("DATABASE_URL", f"postgresql://u:{PASSWORD}@h1,h2/db?target_session_attrs=read-write"),
        ("REDIS_URL", f"redis://:{PASSWORD}@host"),
        ("REDIS_URL", f"rediss://default:{PASSWORD}@host:25061/1?ssl_cert_reqs=required"),
        ("EMAIL_URL", f"smtp+tls://me%40example.org:{PASSWORD}@mail.example.org:587"),
        ("EMAIL_URL", "consolemail://"),
        ("ACME_CA_SERVER", "https://acme.internal:14000/directory"),
    ],
)
def test_urls_that_are_read_alike_are_taken(key: str, url: str) -> None:
    both = {"DATABASE_URL": url, "API_DATABASE_URL": url.replace("u:", "api:")} if key == "DATABASE_URL" else {key: url}

    assert wrong("development", target="local", **both) == {}


def test_what_is_said_to_write_is_taken() -> None:
    for key in (key for key in KEYS if key.secret and key.name.endswith("_URL")):
        (said,) = re.findall(r"\S+://\S+", key.kind.write)
        assert key.kind.accepts(said), key.name


def test_celery_wants_to_be_told_how_certificates_are_verified() -> None:
    silent, told = (f"rediss://:{PASSWORD}@host:6379/0{more}" for more in ("", "?ssl_cert_reqs=required"))

    with pytest.raises(ValueError, match="ssl_cert_reqs"):
        _ = Celery(broker=silent, backend=silent).backend
    assert "ssl" not in of_kombu(silent)  # it would encrypt, and trust anybody
    assert of_kombu(told)["ssl"] == {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    assert Celery(broker=told, backend=told).backend.connparams["ssl_cert_reqs"] == ssl.CERT_REQUIRED
