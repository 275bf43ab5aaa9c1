"""The rules that values have to keep, alone or together. Pure: what follows from the values."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ops.settings.env_file import Problem
from ops.settings.kinds import DEVELOPMENT, PLACEHOLDER, PRODUCTION, PUBLIC, Key, is_local_name
from ops.settings.schema import BY_NAME, ENVIRONMENTS, KEYS, REPLICA_PORT_COUNT, STAGING_CA
from ops.settings.settings import LOCAL_PORTS, Settings

PLAIN_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # where a private server may speak plain HTTP
_PLACEHOLDERS = ("change-me", "change_me", "changeme", "replace-me", "your-", "xxxx", "django-insecure")
_COMMON_WORDS = "password1 password123 qwertyuiop 123456789 postgresql administrator redacted localhost letmein123"
_HARDENED = {"DJANGO_DEBUG": "false", "SESSION_COOKIE_SECURE": "true", "CSRF_COOKIE_SECURE": "true"}
_RANDOM = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
_TOGETHER = ("ENVIRONMENT", "ACME_DIRECTORY")
_CLOSE = 0.9
PUBLIC_AUTHORITIES = {  # whose ACME directories sign what browsers trust, by the domain of the directory
    "letsencrypt.org": "Let's Encrypt's production directory",
    "zerossl.com": "ZeroSSL",
    "sectigo.com": "Sectigo",
    "pki.goog": "Google Trust Services",
    "buypass.com": "Buypass",
    "buypass.no": "Buypass",
    "ssl.com": "SSL.com",
    "digicert.com": "DigiCert",
    "globalsign.com": "GlobalSign",
    "actalis.com": "Actalis",
}
_DISTINCT_CHARACTERS = 5


def find_problems(values: Mapping[str, str], *, target: str) -> list[Problem]:
    """Return every problem of complete, cleaned values: the first one of each key, in the order of the schema."""
    stated = values["ENVIRONMENT"]
    environment = stated if stated in ENVIRONMENTS else DEVELOPMENT
    found = {key.name: problem for key in KEYS for problem in _of_one(key, values[key.name], environment)}
    sound = {name: "" if name in found else value for name, value in values.items()}
    settings = Settings(target=target, values=sound, extra={})
    for rule in _RULES:
        for problem in rule(settings):
            found.setdefault(problem.key, problem)
    return [found[key.name] for key in KEYS if key.name in found]


def find_unwritten(stated: Mapping[str, str], environ: Mapping[str, str], *, name: str) -> list[Problem]:
    """Return what is wrong with how trusted certificates are asked for: both keys have to stand in the file `name`.

    `stated` is what the file says, `environ` what the process environment does. A variable that somebody exported, or
    that a shell or a CI system inherits, must never make a site order at the production directory.
    """
    in_file, outside = ({key: _said(source, key) for key in _TOGETHER} for source in (stated, environ))
    if outside["ACME_DIRECTORY"] not in {"", "staging"} or (outside["ACME_DIRECTORY"] and in_file["ACME_DIRECTORY"]):
        wrong = f"comes from the environment; only {name} may name the directory"
        write = f"unset ACME_DIRECTORY, and write it in {name}: a CI job writes that file"
        return [Problem(key="ACME_DIRECTORY", wrong=wrong, write=write, command="unset ACME_DIRECTORY")]
    if in_file["ACME_DIRECTORY"] == PRODUCTION and (outside["ENVIRONMENT"] or in_file["ENVIRONMENT"] != PRODUCTION):
        wrong = f"is `production`, and {name} does not say ENVIRONMENT=production, or the environment says it too"
        write = f"ENVIRONMENT=production in {name} and nowhere else, or ACME_DIRECTORY=staging"
        return [Problem(key="ACME_DIRECTORY", wrong=wrong, write=write)]
    return []


def _said(source: Mapping[str, str], key: str) -> str:
    return BY_NAME[key].kind.clean(source.get(key, ""))


def find_typos(names: Iterable[str]) -> list[Problem]:
    """Return the names that are almost, but not quite, a setting; any other unknown name is somebody else's."""
    problems = []
    for name in names:
        meant = "" if name in BY_NAME else _closest(name)
        if meant:
            problems.append(Problem(key=name, wrong=f"is no setting; did you mean `{meant}`?", write=f"{meant}=..."))
    return problems


def _closest(name: str) -> str:
    upper = name.upper()
    for known in BY_NAME:
        # the same letters in another order: USE_TSL
        if upper == known or sorted(upper) == sorted(known):
            return known
    return next(iter(difflib.get_close_matches(upper, BY_NAME, n=1, cutoff=_CLOSE)), "")


def _of_one(key: Key[Any], value: str, environment: str) -> Iterator[Problem]:
    secret = key.secret_part(value)
    if not value:
        if environment in key.required:
            yield Problem(key=key.name, wrong="is missing", write=_write(key))
    elif secret and any(word in secret.casefold() for word in _PLACEHOLDERS):
        yield Problem(key=key.name, wrong=f"is still a placeholder such as `{PLACEHOLDER}`", write=_write(key))
    elif not key.kind.accepts(value):
        seen = "" if key.secret else f"`{value}` "
        wrong = key.kind.fault(value) or f"{seen}is not {key.kind.noun}"
        yield Problem(key=key.name, wrong=wrong, write=_write(key))


def _write(key: Key[Any]) -> str:
    random = key.secret and not key.name.endswith("_URL") and key.required
    return f"{key.kind.write}; for example the output of {_RANDOM}" if random else key.kind.write


def _secrets_are_strong(settings: Settings) -> Iterator[Problem]:
    # what occurs in ordinary text neither protects anything nor can be redacted
    public = [value for name, value in settings.values.items() if not BY_NAME[name].secret]
    ordinary = "\n".join((*BY_NAME, *public, _COMMON_WORDS)).casefold()
    for key in KEYS:
        secret = key.secret_part(settings.values[key.name])
        least = key.public_length if settings.ENVIRONMENT in PUBLIC else key.least_length
        if not secret:
            continue
        if len(secret) < least:
            wrong = f"has {len(secret)} characters; {settings.ENVIRONMENT or 'it'} needs {least} or more"
            yield Problem(key=key.name, wrong=wrong, write=_write(key))
        elif len(set(secret)) < _DISTINCT_CHARACTERS or secret.casefold() in ordinary:
            yield Problem(key=key.name, wrong="is too easy to guess", write=_write(key))


def _public_is_hardened(settings: Settings) -> Iterator[Problem]:
    environment, domain = settings.ENVIRONMENT, settings.WEBSITE_DOMAIN
    if environment == PRODUCTION and is_local_name(domain):
        wrong = f"`{domain}` is a name for this machine only; {environment} needs one that the world knows"
        yield Problem(key="WEBSITE_DOMAIN", wrong=wrong, write=Settings.WEBSITE_DOMAIN.kind.write)
    elif settings.target == "droplet" and is_local_name(domain):
        wrong = f"`{domain}` is a name for this machine only; a droplet needs one that the world knows"
        yield Problem(key="WEBSITE_DOMAIN", wrong=wrong, write=Settings.WEBSITE_DOMAIN.kind.write)
    if environment not in PUBLIC:
        return
    for name, wanted in _HARDENED.items():
        stated = settings.values[name]
        if stated and stated != wanted:
            yield Problem(key=name, wrong=f"`{stated}` is not for {environment}", write=f"{name}={wanted}")
    for name, listed in (
        ("DJANGO_ALLOWED_HOSTS", settings.DJANGO_ALLOWED_HOSTS),
        ("FORWARDED_ALLOW_IPS", settings.FORWARDED_ALLOW_IPS),
    ):
        if "*" in listed:
            yield Problem(key=name, wrong=f"`*` is not for {environment}", write=BY_NAME[name].kind.write)
    yield from _origins_are_https(settings.CSRF_TRUSTED_ORIGINS, domain)


def _origins_are_https(origins: tuple[str, ...], domain: str) -> Iterator[Problem]:
    wanted = f"https://{domain}"
    if origins and domain and not any(origin == wanted or origin.startswith(f"{wanted}:") for origin in origins):
        wrong = f"lacks the site itself, {wanted}"
        yield Problem(key="CSRF_TRUSTED_ORIGINS", wrong=wrong, write=",".join((wanted, *origins)))
    plain = [origin for origin in origins if not origin.startswith("https://") and not is_local_name(_host(origin))]
    if plain:
        wrong = f"{', '.join(f'`{origin}`' for origin in plain)} is not HTTPS"
        yield Problem(key="CSRF_TRUSTED_ORIGINS", wrong=wrong, write=wanted)


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _domain_is_allowed(settings: Settings) -> Iterator[Problem]:
    domain, hosts = settings.WEBSITE_DOMAIN, settings.DJANGO_ALLOWED_HOSTS
    answered = any(host in {"*", domain, f".{domain}"} or (host[0] == "." and domain.endswith(host)) for host in hosts)
    if domain and hosts and not answered:
        wrong = f"lacks WEBSITE_DOMAIN, `{domain}`: Django would answer it with 400"
        yield Problem(key="DJANGO_ALLOWED_HOSTS", wrong=wrong, write=",".join((domain, *hosts)))


def _certificates_can_be_had(settings: Settings) -> Iterator[Problem]:
    host = (urlsplit(settings.ACME_CA_SERVER).hostname or "").rstrip(".")
    public = next((name for domain, name in PUBLIC_AUTHORITIES.items() if f".{host}".endswith(f".{domain}")), "")
    if public and not host.startswith("acme-staging"):
        wrong = f"is {public}: what it signs, browsers trust; trusted certificates come by ACME_DIRECTORY alone"
        yield Problem(key="ACME_CA_SERVER", wrong=wrong, write=f"{STAGING_CA}, or a private ACME server")
    if settings.ACME_DIRECTORY == PRODUCTION and settings.ENVIRONMENT != PRODUCTION:
        wrong = f"is `production`, and ENVIRONMENT is {settings.ENVIRONMENT or 'not said'}"
        yield Problem(key="ACME_DIRECTORY", wrong=wrong, write="ACME_DIRECTORY=staging")
    if settings.target == "local":
        return
    if settings.USE_TLS == "acme" and not settings.ACME_EMAIL:
        yield Problem(key="ACME_EMAIL", wrong="is missing: USE_TLS is acme", write=Settings.ACME_EMAIL.kind.write)
    for name in ("TLS_CERT_PATH", "TLS_KEY_PATH"):
        if settings.USE_TLS == "files" and not settings.values[name]:
            yield Problem(key=name, wrong="is missing: USE_TLS is files", write="the path of a PEM file")


_PAIRS = (
    ("DJANGO_ADMIN_EMAIL", "DJANGO_ADMIN_PASSWORD"),
    ("EMAIL_USER", "EMAIL_PASS"),
    ("DATABASE_URL", "API_DATABASE_URL"),  # the owner's role would see the rows of every organization
)


def _pairs_are_complete(settings: Settings) -> Iterator[Problem]:
    for user, password in _PAIRS:
        if settings.values[user] and not settings.values[password]:
            wrong = f"is missing: {user} is set"
            yield Problem(key=password, wrong=wrong, write=f"{BY_NAME[password].kind.write}, or empty {user}")
    if settings.EMAIL_USER and not (settings.EMAIL_HOST or settings.EMAIL_URL):
        yield Problem(key="EMAIL_HOST", wrong="is missing: EMAIL_USER is set", write=Settings.EMAIL_HOST.kind.write)


def _ports_are_distinct(settings: Settings) -> Iterator[Problem]:
    first = settings.LOCAL_REPLICA_PORT_FIRST
    owners: dict[str, str] = {}
    for name in LOCAL_PORTS:
        port = settings.values[name]
        if not port:
            continue
        if port in owners:
            yield Problem(key=name, wrong=f"{port} is {owners[port]} already", write="a port of its own")
        elif first <= int(port) < first + REPLICA_PORT_COUNT:
            wrong = f"{port} is one of the {REPLICA_PORT_COUNT} ports from LOCAL_REPLICA_PORT_FIRST={first}"
            yield Problem(key=name, wrong=wrong, write=f"a port outside {first} to {first + REPLICA_PORT_COUNT - 1}")
        owners.setdefault(port, name)


def _lock_is_whole(settings: Settings) -> Iterator[Problem]:
    if settings.EXPOSE_ADMIN and settings.ENVIRONMENT == PRODUCTION:
        yield Problem(key="EXPOSE_ADMIN", wrong="is true: admin is never public in production", write="false")
    if settings.target == "local" or not settings.exposed:
        return
    if not settings.OPERATOR_PASSWORD:
        write = "a random value, or EXPOSE_ADMIN=false and EXPOSE_FLOWER=false"
        yield Problem(key="OPERATOR_PASSWORD", wrong="is missing: something is exposed behind it", write=write)
    if not settings.OPERATOR_NETWORKS:
        wrong = "is missing: something is exposed to these addresses alone"
        yield Problem(key="OPERATOR_NETWORKS", wrong=wrong, write="203.0.113.7, or a network")
    elif any(_is_everybody(network) for network in settings.OPERATOR_NETWORKS):
        yield Problem(key="OPERATOR_NETWORKS", wrong="lets everybody in", write="203.0.113.7, or a network")


def _local_has_no_lock(settings: Settings) -> Iterator[Problem]:
    if settings.target != "local":
        return
    port = settings.LOCAL_INTERNAL_PORT
    inside = {"EXPOSE_ADMIN": f"; the admin is at http://127.0.0.1:{port}/admin/ without it", "EXPOSE_FLOWER": ""}
    for name, instead in inside.items():
        if settings.values[name] == "true":
            wrong = (
                "is true, and only a droplet has the lock behind which it would be: the local target exposes nothing"
            )
            yield Problem(key=name, wrong=wrong, write=f"{name}=false{instead}")


def _admin_is_answered(settings: Settings) -> Iterator[Problem]:
    name, hosts = f"admin.{settings.WEBSITE_DOMAIN}", settings.DJANGO_ALLOWED_HOSTS
    is_answered = any(host in {name, "*"} or (host[:1] == "." and name.endswith(host)) for host in hosts)
    if settings.EXPOSE_ADMIN and settings.target != "local" and settings.WEBSITE_DOMAIN and not is_answered:
        wrong = f"lacks `{name}`: the admin would be answered with 400 there"
        yield Problem(key="DJANGO_ALLOWED_HOSTS", wrong=wrong, write=",".join((name, *hosts)))


def _plain_http_stays_near(settings: Settings) -> Iterator[Problem]:
    for name in ("DIGITALOCEAN_API_URL", "ADDRESS_LOOKUP_URL"):
        stated = settings.values[name]
        parts = urlsplit(stated)
        if parts.scheme == "http" and not _is_near(parts.hostname or ""):
            yield Problem(key=name, wrong=f"`{stated}` is not encrypted", write="a URL that begins with https://")


def _is_near(host: str) -> bool:
    if is_local_name(host):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.version == 4 and any(address in ipaddress.ip_network(one) for one in PLAIN_NETWORKS)  # noqa: PLR2004 - IPv4


def _is_everybody(network: str) -> bool:
    return network == "*" or ipaddress.ip_network(network, strict=False).prefixlen == 0


_RULES: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    _secrets_are_strong,
    _public_is_hardened,
    _domain_is_allowed,
    _certificates_can_be_had,
    _pairs_are_complete,
    _ports_are_distinct,
    _lock_is_whole,
    _local_has_no_lock,
    _admin_is_answered,
    _plain_http_stays_near,
)
