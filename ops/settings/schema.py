"""Which settings are there, what does each mean, and who needs it? One table.

`python -m ops.settings --write` writes `.env.example` and `.env.prod.example` from it.
"""

from __future__ import annotations

from ops.settings import kinds as kind
from ops.settings.kinds import ALWAYS, DEVELOPMENT, PRODUCTION, PUBLIC, Key, group

ENVIRONMENTS = (DEVELOPMENT, "staging", PRODUCTION)
STAGING_CA = "https://acme-staging-v02.api.letsencrypt.org/directory"
CLOUD_API = "https://api.digitalocean.com"
REPLICA_PORT_COUNT = 200
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
    *group(
        "The application",
        Key(
            "TOKEN_SECRET_KEY",
            "Signs the access tokens of the API and of GraphQL. Whoever has it can be anybody; a new one ends every"
            " access token, and every link in a mail that leads to a sign-up.",
            kind.SECRET,
            secret=True,
            required=ALWAYS,
            public_length=50,
            least_length=32,
        ),
        Key(
            "EXPOSE_GRAPHQL",
            "Serve Django's /graphql at WEBSITE_DOMAIN too. Inside it is always there.",
            kind.FLAG,
            default="false",
            examples=("true", "false"),
        ),
        Key(
            "DJANGO_ADMIN_EMAIL",
            "The e-mail address of the first administrator. Empty: none.",
            kind.EMAIL,
            examples=("admin@example.org", ""),
        ),
        Key(
            "DJANGO_ADMIN_PASSWORD",
            "The password of the first administrator.",
            kind.SECRET,
            secret=True,
            examples=("change-me", ""),
            public_length=12,
        ),
    ),
    *group(
        "E-mail: one URL, or the five keys after it",
        Key(
            "EMAIL_URL",
            "How mail is sent. Empty: made from EMAIL_HOST, and without that mail goes to the log; on the local target"
            " to files, which `invoke mail` lists.",
            kind.url("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "dummymail", "memorymail"),
            secret=True,
            examples=("consolemail://", ""),
        ),
        Key("EMAIL_HOST", "The mail server.", kind.DOMAIN),
        Key("EMAIL_PORT", "Its port.", kind.PORT, default="587"),
        Key("EMAIL_USER", "The user there.", kind.FILE_PATH),
        Key("EMAIL_PASS", "The password there.", kind.SECRET, secret=True),
        Key("EMAIL_USE_TLS", "Encrypt with STARTTLS.", kind.FLAG, default="true"),
        Key("MAIL_FROM", "Who mails come from. Empty: slipway@ and WEBSITE_DOMAIN.", kind.EMAIL),
    ),
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
    *group(
        "Behind a lock: what may be opened to operators",
        Key(
            "EXPOSE_ADMIN",
            "Serve Django's admin at admin.WEBSITE_DOMAIN, to OPERATOR_NETWORKS and with OPERATOR_USER's password."
            " Never in production.",
            kind.FLAG,
            default="false",
        ),
        Key(
            "EXPOSE_FLOWER",
            "Run Flower and serve it at flower.WEBSITE_DOMAIN, behind the same lock.",
            kind.FLAG,
            default="false",
        ),
        Key("OPERATOR_USER", "The user of that lock.", kind.USERNAME, default="operator"),
        Key("OPERATOR_PASSWORD", "Its password.", kind.SECRET, secret=True, public_length=16),
        Key("OPERATOR_NETWORKS", "The addresses that the lock lets in.", kind.NETWORKS),
    ),
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
    *group(
        "The local target: ports on 127.0.0.1, and the cache",
        Key("LOCAL_HTTPS_PORT", "HTTPS.", kind.PORT, default="8443"),
        Key("LOCAL_HTTP_PORT", "HTTP, which redirects to HTTPS.", kind.PORT, default="8080"),
        Key("LOCAL_INTERNAL_PORT", "Django's admin and Traefik's API.", kind.PORT, default="8081"),
        Key("LOCAL_POSTGRES_PORT", "PostgreSQL.", kind.PORT, default="15432"),
        Key("LOCAL_REDIS_PORT", "Redis.", kind.PORT, default="16379"),
        Key(
            "LOCAL_REPLICA_PORT_FIRST",
            f"The first of {REPLICA_PORT_COUNT} ports that replicas take.",
            kind.whole(1024, 65536 - REPLICA_PORT_COUNT),
            default="18100",
        ),
        Key("LOCAL_CACHE_DIR", "Where environments and packages are kept.", kind.FILE_PATH, default=".local/cache"),
    ),
    *group(
        "The droplet target: the cloud",
        Key(
            "DIGITALOCEAN_TOKEN",
            "An API token that may read and write. Not used by the local target.",
            kind.SECRET,
            secret=True,
            examples=("", "change-me"),
        ),
        Key("DIGITALOCEAN_API_URL", "Where the API answers.", kind.url("https", "http"), default=CLOUD_API),
        Key("DROPLET_NAME", "The name of the droplet.", kind.DOMAIN, default="slipway"),
        Key(
            "DROPLET_TAG",
            "The tag on everything that belongs to this deployment; `destroy` removes nothing else.",
            kind.TAG,
            default="slipway",
        ),
        Key("DROPLET_REGION", "Where it stands.", kind.SLUG, default="fra1"),
        Key("DROPLET_SIZE", "How large it is.", kind.SLUG, default="s-2vcpu-4gb"),
        Key("DROPLET_IMAGE", "What it starts from: Debian 13, or a newer one.", kind.SLUG, default="debian-13-x64"),
        Key("DROPLET_IPV6", "Give it an IPv6 address too.", kind.FLAG, default="false"),
        Key("DROPLET_RESERVED_IP", "Give it an address that outlives it.", kind.FLAG, default="false"),
        Key("MANAGE_DNS", "Write the records of WEBSITE_DOMAIN, when its zone is there.", kind.FLAG, default="true"),
        Key("DNS_SERVER", "Who is asked whether the names point here. Empty: this machine's resolver.", kind.HOST_PORT),
        Key(
            "OPERATOR_ADDRESS",
            "Your public address, for the SSH allowlist. Empty: ADDRESS_LOOKUP_URL is asked.",
            kind.ADDRESS,
        ),
        Key(
            "ADDRESS_LOOKUP_URL",
            "Answers with the address that a request came from, as text.",
            kind.url("https", "http"),
            default="https://api.ipify.org",
        ),
    ),
    *group(
        "The droplet target: the host",
        Key(
            "SSH_KEY_PATH",
            "Your private key; the public one lies beside it.",
            kind.FILE_PATH,
            default="~/.ssh/id_ed25519",
        ),
        Key("SSH_USER", "Who logs in.", kind.USERNAME, default="deploy"),
        Key("SSH_PORT", "The port of SSH.", kind.PORT, default="22"),
        Key(
            "DOCKER_REGISTRY_MIRROR",
            "A registry that is asked first for base images. Empty: none.",
            kind.url("https", "http"),
        ),
    ),
)
BY_NAME = {key.name: key for key in KEYS}
