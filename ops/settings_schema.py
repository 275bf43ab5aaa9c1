"""Which settings are there, what does each mean, and who needs it?

`python -m ops.settings_schema --write` writes `.env.example` and `.env.prod.example` from this table.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ops import settings_kinds as kind
from ops.settings_application import APPLICATION
from ops.settings_droplet import DROPLET, GUARDED
from ops.settings_example import render
from ops.settings_key import ALWAYS, DEVELOPMENT, PRODUCTION, PUBLIC, Key, group
from ops.settings_local import LOCAL

ENVIRONMENTS = (DEVELOPMENT, "staging", PRODUCTION)
STAGING_CA = "https://acme-staging-v02.api.letsencrypt.org/directory"
_PRIVATE_NETWORKS = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
_REPLICAS = kind.whole(1, 50)

KEYS: tuple[Key, ...] = (
    *group(
        "Where it runs",
        Key(
            "ENVIRONMENT", "Which rules hold.", kind.choice(*ENVIRONMENTS), required=ALWAYS, examples=ENVIRONMENTS[::2]
        ),
        Key(
            "WEBSITE_DOMAIN",
            "The host name that people type. On a laptop keep a name of its own under localhost: the browser remembers"
            " for this name, on every port, to use HTTPS only.",
            kind.DOMAIN,
            required=ALWAYS,
            examples=("slipway.localhost", "app.example.org"),
        ),
        Key(
            "LOG_LEVEL",
            "How much the services log.",
            kind.choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
            default="INFO",
        ),
    ),
    *group(
        "PostgreSQL",
        Key("POSTGRES_USER", "The role that owns the database.", kind.IDENTIFIER, default="slipway"),
        Key("POSTGRES_DB", "The name of the database.", kind.IDENTIFIER, default="slipway"),
        Key(
            "POSTGRES_PASSWORD",
            "The password of that role. URL-safe characters only.",
            kind.URL_SAFE_SECRET,
            secret=True,
            required=ALWAYS,
            public_length=32,
        ),
        Key(
            "POSTGRES_API_USER",
            "The role of the API: it sees one organization at a time.",
            kind.IDENTIFIER,
            default="slipway_api",
        ),
        Key(
            "POSTGRES_API_PASSWORD",
            "The password of that role. URL-safe characters only.",
            kind.URL_SAFE_SECRET,
            secret=True,
            required=ALWAYS,
            public_length=32,
        ),
        Key(
            "DATABASE_URL",
            "A database elsewhere. Empty: made from the keys above. Not used by the local target.",
            kind.url("postgresql", "postgres"),
            secret=True,
        ),
        Key(
            "API_DATABASE_URL",
            "The same database, with the role of the API. Needed together with DATABASE_URL.",
            kind.url("postgresql", "postgres"),
            secret=True,
        ),
    ),
    *group(
        "Redis: queue and cache",
        Key(
            "REDIS_PASSWORD",
            "The password of Redis. URL-safe characters only.",
            kind.URL_SAFE_SECRET,
            secret=True,
            required=ALWAYS,
            public_length=32,
        ),
        Key(
            "REDIS_URL",
            "A Redis elsewhere. Empty: made from the key above. Not used by the local target.",
            kind.url("redis", "rediss"),
            secret=True,
        ),
        Key(
            "CACHE_TIMEOUT_SECONDS",
            "How long a cached answer lives.",
            kind.whole(0, 604800),
            examples=("5", "300"),
            default="300",
        ),
    ),
    *group(
        "Django",
        Key(
            "DJANGO_SECRET_KEY",
            "Signs sessions and tokens. Whoever has it can be anybody; a new one ends every session.",
            kind.SECRET,
            secret=True,
            required=ALWAYS,
            public_length=50,
        ),
        Key("DJANGO_DEBUG", "Show stack traces to visitors.", kind.FLAG, default="false", examples=("true", "false")),
        Key(
            "DJANGO_ALLOWED_HOSTS",
            "The host names that are answered; WEBSITE_DOMAIN is one of them.",
            kind.HOSTS,
            required=ALWAYS,
            examples=("slipway.localhost,localhost,127.0.0.1", "app.example.org,localhost,127.0.0.1,django"),
        ),
        Key(
            "CSRF_TRUSTED_ORIGINS",
            "Where forms may come from.",
            kind.ORIGINS,
            required=PUBLIC,
            examples=(
                "https://slipway.localhost:8443,http://localhost:8081,http://127.0.0.1:8081",
                "https://app.example.org",
            ),
        ),
        Key(
            "SECURE_PROXY_SSL_HEADER",
            "The header by which Traefik tells that a request came over HTTPS, and its value.",
            kind.PROXY_HEADER,
            default="HTTP_X_FORWARDED_PROTO,https",
        ),
        Key(
            "SESSION_COOKIE_SECURE",
            "Send the session cookie over HTTPS only. The admin of the local target is plain HTTP on 127.0.0.1.",
            kind.FLAG,
            default="true",
            examples=("false", "true"),
        ),
        Key(
            "CSRF_COOKIE_SECURE", "The same for the CSRF cookie.", kind.FLAG, default="true", examples=("false", "true")
        ),
        Key("DJANGO_TIME_ZONE", "The time zone of dates without one.", kind.ZONE, default="UTC"),
        Key("DJANGO_LANGUAGE_CODE", "The language of texts.", kind.LANGUAGE, default="en-us"),
        Key("STATIC_URL", "Where static files are served.", kind.URL_PATH, default="/static/"),
        Key("STATIC_ROOT", "The folder of static files in the containers.", kind.ABSOLUTE_PATH, default="/srv/static"),
        Key("MEDIA_URL", "Where uploads are served.", kind.URL_PATH, default="/media/"),
        Key("MEDIA_ROOT", "The folder of uploads in the containers.", kind.ABSOLUTE_PATH, default="/srv/media"),
    ),
    *APPLICATION,
    *group(
        "The edge: certificates and rate limit",
        Key(
            "USE_TLS",
            "acme: certificates from ACME_CA_SERVER. files: the two files below. The local target makes its own.",
            kind.choice("acme", "files"),
            default="acme",
            examples=("files", "acme"),
        ),
        Key("TLS_CERT_PATH", "With files: the certificate and its chain, PEM.", kind.FILE_PATH),
        Key("TLS_KEY_PATH", "With files: its private key, PEM.", kind.FILE_PATH),
        Key("ACME_EMAIL", "With acme: who is told about expiry.", kind.EMAIL, examples=("", "ops@example.org")),
        Key(
            "ACME_CA_SERVER",
            "With acme: Let's Encrypt's staging directory or a private server; their production directory is refused.",
            kind.url("https"),
            default=STAGING_CA,
        ),
        Key(
            "ACME_CA_PATH", "With a private ACME server: the authority that signed its own HTTPS, PEM.", kind.FILE_PATH
        ),
        Key(
            "ACME_ROOT_PATH",
            "With a private ACME server: the authority that signs its certificates, PEM.",
            kind.FILE_PATH,
        ),
        Key(
            "ACME_CERTIFICATE_HOURS",
            "With acme: how long a certificate is valid; decides when it is renewed.",
            kind.whole(1, 8760),
            default="2160",
        ),
        Key(
            "RATE_LIMIT_API_RPM",
            "Requests a minute to the API from one address.",
            kind.whole(1, 1_000_000),
            default="600",
        ),
        Key("RATE_LIMIT_API_BURST", "How many of them may come at once.", kind.whole(1, 1_000_000), default="100"),
        Key("FORWARDED_ALLOW_IPS", "Proxies whose X-Forwarded-* count.", kind.NETWORKS, default=_PRIVATE_NETWORKS),
    ),
    *GUARDED,
    *group(
        "Size",
        Key("API_REPLICAS", "Processes of the API.", _REPLICAS, default="1", examples=("1", "2")),
        Key("DJANGO_REPLICAS", "Processes of Django.", _REPLICAS, default="1", examples=("1", "2")),
        Key("WORKER_REPLICAS", "Celery workers.", _REPLICAS, default="1"),
        Key("WORKER_CONCURRENCY", "Tasks that one worker runs at a time.", kind.whole(1, 64), default="1"),
    ),
    *group(
        "Releases",
        Key(
            "RELEASE_WATCH_SECONDS",
            "How long a new release is watched while the old one answers where it fails. 0: not at all.",
            kind.seconds(600),
            default="5",
        ),
        Key(
            "MIGRATION_LOCK_TIMEOUT",
            "Seconds that a migration waits for a busy table. Then it tries again, and after five tries gives up.",
            kind.whole(1, 60),
            default="5",
        ),
    ),
    *LOCAL,
    *DROPLET,
)
BY_NAME = {key.name: key for key in KEYS}
EXAMPLES = {".env.example": DEVELOPMENT, ".env.prod.example": PRODUCTION}


def main(arguments: list[str], *, root: Path) -> int:
    """Write the example files (`--write`), or tell whether they are as the table says: exit code 1 when not."""
    stale = []
    for name, environment in EXAMPLES.items():
        path, text = root / name, render(KEYS, environment=environment)
        if "--write" in arguments:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.stderr.write(f"{' and '.join(stale)}: not as the schema says; run python -m ops.settings_schema --write\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], root=Path(__file__).resolve().parent.parent))
