"""How is Django configured? From the environment alone; a key that has no safe default is refused by the checks.

`.env` is read only when ENVIRONMENT is development and DJANGO_READ_ENV is true: where the environment is prepared,
a forgotten file must not win. Settings stay importable with an empty environment (type checks, editors);
what then is missing is told, all at once, by the system check `slipway.E001`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from api.shared.logs import configure_structlog, logging_config
from config.process import process_name

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
ENVIRONMENT = env.str("ENVIRONMENT", default="development")
if ENVIRONMENT == "development" and env.bool("DJANGO_READ_ENV", default=False):
    environ.Env.read_env(BASE_DIR.parent / ".env")

PROCESS = process_name(sys.argv)
SERVICE_VERSION = env.str("SERVICE_VERSION", default="dev")
DRAIN_NOTICE_S = env.float("DRAIN_NOTICE_S", default=0.2)
DRAIN_GRACE_S = env.int("UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN", default=30)  # the server reads it too
WORKER_GRACE_S = env.float("WORKER_GRACE_S", default=30)

# Taken as it is: django-environ reads a value that begins with `$` as the name of another key.
SECRET_KEY = env.ENVIRON.get("DJANGO_SECRET_KEY", "")
DEBUG = env.bool("DJANGO_DEBUG", default=False)
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_PROXY_SSL_HEADER = tuple(env.list("SECURE_PROXY_SSL_HEADER", default=[])) or None
SESSION_COOKIE_SECURE = env.bool("SESSION_COOKIE_SECURE", default=True)
CSRF_COOKIE_SECURE = env.bool("CSRF_COOKIE_SECURE", default=True)
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{f"{kind}-src": [SELF] for kind in ("script", "style", "img", "font", "connect")},
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS is sent by Traefik, for every service alike
    "security.W008",  # so is the redirect to HTTPS; the internal entry point speaks plain HTTP on purpose
]

INSTALLED_APPS = [
    "config.admin.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "migrating",
    "signups",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "signups.User"
PASSWORD_HASHERS = [
    "signups.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # what older accounts have; renewed at the next login
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "signups.sessions.EndSessions"}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASES = {"default": {**env.db_url("DATABASE_URL"), "ENGINE": "config.database"}} if DATABASE_URL else {}
DATABASE_HOLD_SECONDS = env.float("DATABASE_HOLD_SECONDS", default=10)
# The server alone keeps a pool: under ASGI a connection cannot belong to a thread. Worker, beat and jobs open one
# connection when they need it. Together: DATABASE_POOL_MAX and one for health checks per Django replica.
DATABASE_POOL_MAX = env.int("DATABASE_POOL_MAX", default=8)
for _database in DATABASES.values():
    _database |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    # what the URL says after its ?, such as sslmode, counts here as it does for the API
    _options = {**_database.get("OPTIONS", {}), "connect_timeout": 3, "application_name": f"slipway-{PROCESS}"}
    if PROCESS == "django":
        _options["pool"] = {
            "min_size": 1,
            "max_size": DATABASE_POOL_MAX,
            "max_waiting": 64,
            "timeout": 3,
            "reconnect_timeout": 2,  # then the next request tries at once, instead of the pool minutes later
            "num_workers": 1,
        }
    _database["OPTIONS"] = _options

# The role of the API, and of GraphQL: see signups/access.py. Empty: it is not made here.
API_ROLE = env.str("POSTGRES_API_USER", default="")
API_ROLE_PASSWORD = env.ENVIRON.get("POSTGRES_API_PASSWORD", "")
TOKEN_SECRET_KEY = env.ENVIRON.get("TOKEN_SECRET_KEY", "")

# How long GraphQL's lists below another thing are: see graph/limits.py.
STRAWBERRY_DJANGO = {"PAGINATION_DEFAULT_LIMIT": 20, "PAGINATION_MAX_LIMIT": 100}

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_TELLS_FLOWER = env.bool("CELERY_TELLS_FLOWER", default=False)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "TIMEOUT": env.int("CACHE_TIMEOUT_SECONDS", default=300),
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

USE_TZ = True
USE_I18N = True
TIME_ZONE = env.str("DJANGO_TIME_ZONE", default="UTC")
LANGUAGE_CODE = env.str("DJANGO_LANGUAGE_CODE", default="en")

STATIC_URL = env.str("STATIC_URL", default="/static/")
STATIC_ROOT = env.str("STATIC_ROOT", default="")
MEDIA_URL = env.str("MEDIA_URL", default="/media/")
MEDIA_ROOT = env.str("MEDIA_ROOT", default="")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Hashed names: a page of the old release finds its files while the new one is already there.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# One URL, or EMAIL_HOST and what belongs to it. Without both, mail goes to files where the environment names a folder
# (`invoke mail` lists them), and to the log elsewhere.
_email = environ.Env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://")
if env.str("EMAIL_HOST", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.str("EMAIL_HOST")
    EMAIL_PORT = env.int("EMAIL_PORT", default=587)
    EMAIL_HOST_USER = env.ENVIRON.get("EMAIL_USER", "")
    EMAIL_HOST_PASSWORD = env.ENVIRON.get("EMAIL_PASS", "")
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)
    EMAIL_USE_SSL = False
else:
    EMAIL_BACKEND = _email["EMAIL_BACKEND"]
    EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
    EMAIL_PORT = _email.get("EMAIL_PORT") or 25
    EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
    EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
    EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default="") or None
if EMAIL_FILE_PATH and EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend":
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
WEBSITE_DOMAIN = env.str("WEBSITE_DOMAIN", default="slipway.localhost")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="") or f"slipway@{WEBSITE_DOMAIN}"
SITE_URL = env.str("SITE_URL", default=f"https://{WEBSITE_DOMAIN}").rstrip("/")

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(service=PROCESS, level=LOG_LEVEL)
configure_structlog(service=PROCESS, level=LOG_LEVEL)
