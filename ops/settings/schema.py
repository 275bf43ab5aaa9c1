"""Every setting: what it means, and who needs it. One table.

`python -m ops.settings --write` writes `.env.example` and `.env.prod.example` from it.
"""

from __future__ import annotations

from typing import Any

from ops.engine.connections import MOST_REPLICAS, POOL, WHY_NO_MORE
from ops.settings import kinds as kind
from ops.settings.kinds import ALWAYS, DEVELOPMENT, PRODUCTION, PUBLIC, Key
from ops.settings.urls import check_database, check_mail, check_redis

ENVIRONMENTS = (DEVELOPMENT, "staging", PRODUCTION)
STAGING_CA = "https://acme-staging-v02.api.letsencrypt.org/directory"
PRODUCTION_CA = "https://acme-v02.api.letsencrypt.org/directory"  # only for what `Settings.orders_trusted` tells
CLOUD_API = "https://api.digitalocean.com"
REPLICA_PORT_COUNT = 200
STANDARD_SSH_PORT = 22  # of every host whose operator did not choose another
_PRIVATE_NETWORKS = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
_REPLICAS = kind.whole(1, MOST_REPLICAS, why=WHY_NO_MORE)
_DATABASE_URL = kind.login_url(
    "postgresql", "postgres", example="postgresql://user:password@host:5432/name", check=check_database
)
_TLS = kind.choice(
    "acme",
    "files",
    noun="a source of certificates (HTTPS is always on)",
    write="one of: acme (certificates from ACME_CA_SERVER), files (TLS_CERT_PATH and TLS_KEY_PATH)",
)
_DIRECTORY = kind.choice("staging", "production", noun="a directory of Let's Encrypt")


class _Place:
    """Where it runs"""

    ENVIRONMENT = Key("Which rules hold.", kind.choice(*ENVIRONMENTS), required=ALWAYS, examples=ENVIRONMENTS[::2])
    WEBSITE_DOMAIN = Key(
        "The host name that people type. On a laptop keep a name of its own under localhost: the browser remembers"
        " for this name, on every port, to use HTTPS only.",
        kind.DOMAIN,
        required=ALWAYS,
        examples=("slipway.localhost", "app.example.org"),
    )
    LOG_LEVEL = Key(
        "How much the services log.",
        kind.choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        default="INFO",
    )


class _Database:
    """PostgreSQL"""

    POSTGRES_USER = Key("The role that owns the database.", kind.IDENTIFIER, default="slipway")
    POSTGRES_DB = Key("The name of the database.", kind.IDENTIFIER, default="slipway")
    POSTGRES_PASSWORD = Key(
        "The password of that role. URL-safe characters only.",
        kind.URL_SAFE_SECRET,
        secret=True,
        required=ALWAYS,
        public_length=32,
    )
    POSTGRES_API_USER = Key(
        "The role of the API: it sees one organization at a time.",
        kind.IDENTIFIER,
        default="slipway_api",
    )
    POSTGRES_API_PASSWORD = Key(
        "The password of that role. URL-safe characters only.",
        kind.URL_SAFE_SECRET,
        secret=True,
        required=ALWAYS,
        public_length=32,
    )
    DATABASE_URL = Key(
        "A database elsewhere. Empty: made from the keys above. Not used by the local target.",
        _DATABASE_URL,
        secret=True,
    )
    API_DATABASE_URL = Key(
        "The same database, with the role of the API. Needed together with DATABASE_URL.",
        _DATABASE_URL,
        secret=True,
    )
    DATABASE_POOL_MAX = Key(
        "How many connections a replica of the API or of Django may hold, besides one for its health checks.",
        kind.whole(1, 50),
        default=str(POOL),
    )
    DATABASE_HOLD_SECONDS = Key(
        "How long a request waits at most while PostgreSQL is replaced. What runs in it has half of that to end.",
        kind.whole(2, 60),
        default="10",
    )


class _Redis:
    """Redis: queue and cache"""

    REDIS_PASSWORD = Key(
        "The password of Redis. URL-safe characters only.",
        kind.URL_SAFE_SECRET,
        secret=True,
        required=ALWAYS,
        public_length=32,
    )
    REDIS_URL = Key(
        "A Redis elsewhere. Empty: made from the key above. Not used by the local target. A rediss:// URL ends with"
        " ?ssl_cert_reqs=required.",
        kind.login_url("redis", "rediss", example="redis://:password@host:6379/0", check=check_redis),
        secret=True,
    )
    CACHE_TIMEOUT_SECONDS = Key(
        "How long a cached answer lives.",
        kind.whole(0, 604800),
        examples=("5", "300"),
        default="300",
    )


class _Django:
    """Django"""

    DJANGO_SECRET_KEY = Key(
        "Signs sessions and tokens. Whoever has it can be anybody; a new one ends every session.",
        kind.SECRET,
        secret=True,
        required=ALWAYS,
        public_length=50,
    )
    DJANGO_DEBUG = Key("Show stack traces to visitors.", kind.FLAG, default="false", examples=("true", "false"))
    DJANGO_ALLOWED_HOSTS = Key(
        "The host names that are answered; WEBSITE_DOMAIN is one of them.",
        kind.HOSTS,
        required=ALWAYS,
        examples=("slipway.localhost,localhost,127.0.0.1", "app.example.org,localhost,127.0.0.1,django"),
    )
    CSRF_TRUSTED_ORIGINS = Key(
        "Where forms may come from.",
        kind.ORIGINS,
        required=PUBLIC,
        examples=(
            "https://slipway.localhost:8443,http://localhost:8081,http://127.0.0.1:8081",
            "https://app.example.org",
        ),
    )
    SECURE_PROXY_SSL_HEADER = Key(
        "The header by which Traefik tells that a request came over HTTPS, and its value.",
        kind.PROXY_HEADER,
        default="HTTP_X_FORWARDED_PROTO,https",
    )
    SESSION_COOKIE_SECURE = Key(
        "Send the session cookie over HTTPS only. The admin of the local target is plain HTTP on 127.0.0.1.",
        kind.FLAG,
        default="true",
        examples=("false", "true"),
    )
    CSRF_COOKIE_SECURE = Key("The same for the CSRF cookie.", kind.FLAG, default="true", examples=("false", "true"))
    DJANGO_TIME_ZONE = Key("The time zone of dates without one.", kind.ZONE, default="UTC")
    DJANGO_LANGUAGE_CODE = Key("The language of texts.", kind.LANGUAGE, default="en-us")
    STATIC_URL = Key("Where static files are served.", kind.URL_PATH, default="/static/")
    STATIC_ROOT = Key("The folder of static files in the containers.", kind.ABSOLUTE_PATH, default="/srv/static")
    MEDIA_URL = Key("Where uploads are served.", kind.URL_PATH, default="/media/")
    MEDIA_ROOT = Key("The folder of uploads in the containers.", kind.ABSOLUTE_PATH, default="/srv/media")


class _Application:
    """The application"""

    TOKEN_SECRET_KEY = Key(
        "Signs the access tokens of the API and of GraphQL. Whoever has it can be anybody; a new one ends every"
        " access token, and every link in a mail that leads to a sign-up.",
        kind.SECRET,
        secret=True,
        required=ALWAYS,
        public_length=50,
        least_length=32,
    )
    EXPOSE_GRAPHQL = Key(
        "Serve Django's /graphql at WEBSITE_DOMAIN too. Inside it is always there.",
        kind.FLAG,
        default="false",
        examples=("true", "false"),
    )
    DJANGO_ADMIN_EMAIL = Key(
        "The e-mail address of the first administrator. Empty: none.",
        kind.EMAIL,
        examples=("admin@example.org", ""),
    )
    DJANGO_ADMIN_PASSWORD = Key(
        "The password of the first administrator.",
        kind.SECRET,
        secret=True,
        examples=("change-me", ""),
        public_length=12,
    )


class _Mail:
    """E-mail: one URL, or the five keys after it"""

    EMAIL_URL = Key(
        "How mail is sent. Empty: made from EMAIL_HOST, and without that mail goes to the log; on the local target"
        " to files, which `invoke mail` lists.",
        kind.login_url(
            *("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "dummymail", "memorymail"),
            example="smtp+tls://user:password@host:587",
            check=check_mail,
        ),
        secret=True,
        examples=("consolemail://", ""),
    )
    EMAIL_HOST = Key("The mail server.", kind.DOMAIN)
    EMAIL_PORT = Key("Its port.", kind.PORT, default="587")
    EMAIL_USER = Key("The user there.", kind.LOGIN_NAME)
    EMAIL_PASS = Key("The password there.", kind.SECRET, secret=True)
    EMAIL_USE_TLS = Key("Encrypt with STARTTLS.", kind.FLAG, default="true")
    MAIL_FROM = Key("Who mails come from. Empty: slipway@ and WEBSITE_DOMAIN.", kind.EMAIL)


class _Edge:
    """The edge: certificates and rate limit"""

    USE_TLS = Key(
        "Where certificates come from. The local target makes its own.",
        _TLS,
        default="acme",
        examples=("files", "acme"),
    )
    TLS_CERT_PATH = Key("With files: the certificate and its chain, PEM.", kind.FILE_PATH)
    TLS_KEY_PATH = Key("With files: its private key, PEM.", kind.FILE_PATH)
    ACME_EMAIL = Key("With acme: who is told about expiry.", kind.EMAIL, examples=("", "ops@example.org"))
    ACME_DIRECTORY = Key("With acme: production, and browsers trust it.", _DIRECTORY, default="staging")
    ACME_CA_SERVER = Key(
        "With acme: Let's Encrypt's staging directory or a private server; their production directory is refused.",
        kind.web_url("https", example="https://acme.internal:14000/directory"),
        default=STAGING_CA,
    )
    ACME_CA_PATH = Key("With a private ACME server: the authority that signed its own HTTPS, PEM.", kind.FILE_PATH)
    ACME_ROOT_PATH = Key(
        "With a private ACME server: the authority that signs its certificates, PEM.",
        kind.FILE_PATH,
    )
    ACME_CERTIFICATE_HOURS = Key(
        "With acme: how long a certificate is valid; decides when it is renewed.",
        kind.whole(1, 8760),
        default="2160",
    )
    HTTP3 = Key(
        "Offer HTTP/3 on a droplet. What is answered over it is cut when Traefik is replaced; the rest is not.",
        kind.FLAG,
        default="false",
    )
    RATE_LIMIT_API_RPM = Key(
        "Requests a minute to the API from one address.",
        kind.whole(1, 1_000_000),
        default="600",
    )
    RATE_LIMIT_API_BURST = Key("How many of them may come at once.", kind.whole(1, 1_000_000), default="100")
    FORWARDED_ALLOW_IPS = Key("Proxies whose X-Forwarded-* count.", kind.NETWORKS, default=_PRIVATE_NETWORKS)


class _Lock:
    """Behind a lock: what may be opened to operators"""

    EXPOSE_ADMIN = Key(
        "Serve Django's admin at admin.WEBSITE_DOMAIN, to OPERATOR_NETWORKS and with OPERATOR_USER's password."
        " Never in production, and not on the local target.",
        kind.FLAG,
        default="false",
    )
    EXPOSE_FLOWER = Key(
        "Run Flower and serve it at flower.WEBSITE_DOMAIN, behind the same lock. Not on the local target.",
        kind.FLAG,
        default="false",
    )
    OPERATOR_USER = Key("The user of that lock.", kind.USERNAME, default="operator")
    OPERATOR_PASSWORD = Key("Its password.", kind.SECRET, secret=True, public_length=16)
    OPERATOR_NETWORKS = Key("The addresses that the lock lets in.", kind.NETWORKS)


class _Size:
    """Size"""

    API_REPLICAS = Key("Processes of the API.", _REPLICAS, default="1", examples=("1", "2"))
    DJANGO_REPLICAS = Key("Processes of Django.", _REPLICAS, default="1", examples=("1", "2"))
    WORKER_REPLICAS = Key("Celery workers.", _REPLICAS, default="1")
    WORKER_CONCURRENCY = Key("Tasks that one worker runs at a time.", kind.whole(1, 64), default="1")


class _Releases:
    """Releases"""

    RELEASE_WATCH_SECONDS = Key(
        "How long a new release is watched while the old one answers where it fails. 0: not at all.",
        kind.seconds(600),
        default="5",
    )
    MIGRATION_LOCK_TIMEOUT = Key(
        "Seconds that a migration waits for a busy table. Then it tries again, and after five tries gives up.",
        kind.whole(1, 60),
        default="5",
    )


class _Local:
    """The local target: ports on 127.0.0.1, and the cache"""

    LOCAL_HTTPS_PORT = Key("HTTPS.", kind.PORT, default="8443")
    LOCAL_HTTP_PORT = Key("HTTP, which redirects to HTTPS.", kind.PORT, default="8080")
    LOCAL_INTERNAL_PORT = Key("Django's admin and Traefik's API.", kind.PORT, default="8081")
    LOCAL_POSTGRES_PORT = Key("PostgreSQL.", kind.PORT, default="15432")
    LOCAL_REDIS_PORT = Key("Redis.", kind.PORT, default="16379")
    LOCAL_REPLICA_PORT_FIRST = Key(
        f"The first of {REPLICA_PORT_COUNT} ports that replicas take.",
        kind.whole(1024, 65536 - REPLICA_PORT_COUNT),
        default="18100",
    )
    LOCAL_CACHE_DIR = Key("Where environments and packages are kept.", kind.FILE_PATH, default=".local/cache")


class _Cloud:
    """The droplet target: the cloud"""

    DIGITALOCEAN_TOKEN = Key(
        "An API token that may read and write. Not used by the local target.",
        kind.SECRET,
        secret=True,
        examples=("", "change-me"),
    )
    DIGITALOCEAN_API_URL = Key(
        "Where the API answers.", kind.web_url("https", "http", example="https://host.example.org"), default=CLOUD_API
    )
    DROPLET_NAME = Key("The name of the droplet.", kind.DOMAIN, default="slipway")
    DROPLET_TAG = Key(
        "The tag on everything that belongs to this deployment; `destroy` removes nothing else.",
        kind.TAG,
        default="slipway",
    )
    DROPLET_REGION = Key("Where it stands.", kind.SLUG, default="fra1")
    DROPLET_SIZE = Key("How large it is.", kind.SLUG, default="s-2vcpu-4gb")
    DROPLET_IMAGE = Key(
        "What it starts from: Debian 13 or newer, Ubuntu 24.04 or newer.", kind.SLUG, default="debian-13-x64"
    )
    DROPLET_IPV6 = Key("Give it an IPv6 address too.", kind.FLAG, default="false")
    DROPLET_RESERVED_IP = Key("Give it an address that outlives it.", kind.FLAG, default="false")
    MANAGE_DNS = Key("Write the records of WEBSITE_DOMAIN, when its zone is there.", kind.FLAG, default="true")
    DNS_SERVER = Key("Who is asked whether the names point here. Empty: this machine's resolver.", kind.HOST_PORT)
    OPERATOR_ADDRESS = Key(
        "Your public address, for the SSH allowlist. Empty: ADDRESS_LOOKUP_URL is asked.",
        kind.ADDRESS,
    )
    ADDRESS_LOOKUP_URL = Key(
        "Answers with the address that a request came from, as text.",
        kind.web_url("https", "http", example="https://host.example.org"),
        default="https://api.ipify.org",
    )


class _DropletHost:
    """The droplet target: the host"""

    SSH_KEY_PATH = Key(
        "Your key: a private one with the public one beside it, or a public one whose private half an agent has.",
        kind.FILE_PATH,
        default="~/.ssh/id_ed25519",
    )
    SSH_USER = Key("Who logs in.", kind.USERNAME, default="deploy")
    SSH_PORT = Key("The port of SSH.", kind.PORT, default=str(STANDARD_SSH_PORT))
    DOCKER_REGISTRY_MIRROR = Key(
        "A registry that is asked first for base images. Empty: none.",
        kind.web_url("https", "http", example="https://host.example.org"),
    )


class Schema(
    _Place,
    _Database,
    _Redis,
    _Django,
    _Application,
    _Mail,
    _Edge,
    _Lock,
    _Size,
    _Releases,
    _Local,
    _Cloud,
    _DropletHost,
):
    """Every setting."""


KEYS: tuple[Key[Any], ...] = tuple(
    key for group in Schema.__bases__ for key in vars(group).values() if isinstance(key, Key)
)
BY_NAME = {key.name: key for key in KEYS}
