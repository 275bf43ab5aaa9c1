"""What is worth a word about settings that hold: keys that nothing reads, replicas that may run out of connections."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from ops.engine.connections import USABLE, most_needed
from ops.environments import addressed
from ops.settings.kinds import is_for_examples, readable
from ops.settings.schema import BY_NAME, STAGING_CA
from ops.settings.settings import Settings

_SHOWN = 6
_LIKE = 0.8  # of 1; what is closer still is refused as a typing mistake
_ELSEWHERE = {  # what other stacks, or earlier versions of this one, call it
    "ACME_MAIL": "ACME_EMAIL",
    "ALLOWED_HOSTS": "DJANGO_ALLOWED_HOSTS",
    "CELERY_BROKER_URL": "REDIS_URL",
    "CELERY_CONCURRENCY": "WORKER_CONCURRENCY",
    "DATABASE_HOST": "DATABASE_URL",
    "DATABASE_NAME": "POSTGRES_DB",
    "DATABASE_PASSWORD": "POSTGRES_PASSWORD",
    "DATABASE_USER": "POSTGRES_USER",
    "DB_HOST": "DATABASE_URL",
    "DB_NAME": "POSTGRES_DB",
    "DB_PASSWORD": "POSTGRES_PASSWORD",
    "DB_USER": "POSTGRES_USER",
    "DEBUG": "DJANGO_DEBUG",
    "DEFAULT_FROM_EMAIL": "MAIL_FROM",
    "DIGITALOCEAN_ACCESS_TOKEN": "DIGITALOCEAN_TOKEN",
    "DJANGO_ADMIN_USER": "DJANGO_ADMIN_EMAIL",
    "DJANGO_SUPERUSER_EMAIL": "DJANGO_ADMIN_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD": "DJANGO_ADMIN_PASSWORD",
    "DOMAIN": "WEBSITE_DOMAIN",
    "DOMAIN_NAME": "WEBSITE_DOMAIN",
    "DO_TOKEN": "DIGITALOCEAN_TOKEN",
    "EMAIL_HOST_PASSWORD": "EMAIL_PASS",
    "EMAIL_HOST_USER": "EMAIL_USER",
    "JWT_SECRET": "TOKEN_SECRET_KEY",
    "JWT_SECRET_KEY": "TOKEN_SECRET_KEY",
    "LANGUAGE_CODE": "DJANGO_LANGUAGE_CODE",
    "LETSENCRYPT_EMAIL": "ACME_EMAIL",
    "POSTGRES_HOST": "DATABASE_URL",
    "REDIS_HOST": "REDIS_URL",
    "SECRET_KEY": "DJANGO_SECRET_KEY",
    "SERVER_NAME": "WEBSITE_DOMAIN",
    "SMTP_HOST": "EMAIL_HOST",
    "SMTP_PASSWORD": "EMAIL_PASS",
    "SMTP_USER": "EMAIL_USER",
    "SSL_CERT_PATH": "TLS_CERT_PATH",
    "SSL_KEY_PATH": "TLS_KEY_PATH",
    "TIME_ZONE": "DJANGO_TIME_ZONE",
    "TZ": "DJANGO_TIME_ZONE",
    "USE_SSL": "USE_TLS",
    "VIRTUAL_HOST": "WEBSITE_DOMAIN",
    "WEB_CONCURRENCY": "API_REPLICAS",
}


def find_notices(settings: Settings, stated: Iterable[str], *, folder: Path) -> tuple[str, ...]:
    """Return a line for each thing that stops nothing; `stated` are the keys of the file in `folder`."""
    lines = (_unread(stated, folder), _left_from_the_example(settings), _spelled_in_dns(settings), _trusted(settings))
    return tuple(addressed(line) for line in (*lines, _too_many_connections(settings)) if line)


def _unread(stated: Iterable[str], folder: Path) -> str:
    names = [name for name in stated if name not in BY_NAME]
    named = _named_by_compose(folder) if names else set()
    unread = {name: _meant(name) for name in names if name not in named}
    if not unread:
        return ""
    told = sorted(unread, key=lambda name: not unread[name])  # those with an answer first
    shown = [f"{name} (did you mean {unread[name]}?)" if unread[name] else name for name in told[:_SHOWN]]
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    one = "a key" if len(told) == 1 else f"{len(told)} keys"
    return f".env has {one} that nothing here reads: {', '.join(shown)}{more}"


def _left_from_the_example(settings: Settings) -> str:
    """Name what still has a value of the example, with which no public site can be had; a laboratory may have any."""
    is_public = urlsplit(settings.ACME_CA_SERVER).hostname == urlsplit(STAGING_CA).hostname
    if settings.target == "local" or settings.certificate_source != "acme" or not is_public:
        return ""
    stated = {
        "WEBSITE_DOMAIN": (settings.WEBSITE_DOMAIN,),
        "ACME_EMAIL": (settings.ACME_EMAIL,),
        "DJANGO_ALLOWED_HOSTS": settings.DJANGO_ALLOWED_HOSTS,
        "CSRF_TRUSTED_ORIGINS": settings.CSRF_TRUSTED_ORIGINS,
        "MAIL_FROM": (settings.MAIL_FROM,),
        "DJANGO_ADMIN_EMAIL": (settings.DJANGO_ADMIN_EMAIL,),
    }
    left = [f"{one} in {name}" for name, listed in stated.items() for one in listed if is_for_examples(one)]
    if not left:
        return ""
    return f".env still has names for examples, for which Let's Encrypt gives no certificate: {', '.join(left)}"


def _trusted(settings: Settings) -> str:
    """Say for whom the production directory is asked, and what it allows, by its documentation of June 2025."""
    if not settings.orders_trusted:
        return ""
    domain = settings.WEBSITE_DOMAIN
    names = ", ".join((domain, *(f"{name}.{domain}" for name in settings.exposed)))
    return (
        f"certificates come from Let's Encrypt's production directory (account {settings.ACME_EMAIL}, names {names}): "
        "5 a week for the same names, 50 a week for a registered domain, 5 failed orders an hour for a name; "
        "a dry run at the staging directory comes before the first order of these names"
    )


def _spelled_in_dns(settings: Settings) -> str:
    """Say how a domain with other letters is spelled where it has to be in ASCII."""
    domain = settings.WEBSITE_DOMAIN
    return f"WEBSITE_DOMAIN {readable(domain)} is {domain} in DNS" if readable(domain) != domain else ""


def _meant(name: str) -> str:
    upper = name.upper()
    return _ELSEWHERE.get(upper) or next(iter(difflib.get_close_matches(upper, BY_NAME, n=1, cutoff=_LIKE)), "")


def _named_by_compose(folder: Path) -> set[str]:
    """Return every word that the operator's Compose files hold: they may interpolate it, or hand it to a service."""
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*compose*.y*ml"))
    return set(re.findall(r"\w+", re.sub(r"(?m)(^|\s)#.*$", "", text)))


def _too_many_connections(settings: Settings) -> str:
    servers = settings.API_REPLICAS + settings.DJANGO_REPLICAS
    tasks = settings.WORKER_REPLICAS * settings.WORKER_CONCURRENCY
    needed = most_needed(servers=servers, tasks=tasks, pool=settings.DATABASE_POOL_MAX)
    is_elsewhere = settings.DATABASE_URL and settings.target != "local"
    if needed <= USABLE or is_elsewhere:
        return ""
    return (
        f"an update under full load may take {needed} connections, and PostgreSQL has {USABLE}: "
        "fewer replicas, or a smaller DATABASE_POOL_MAX (docs/guides/scaling.md)"
    )
