"""Which settings does the application itself have: who may be whom, and how it sends mail?"""

from __future__ import annotations

from ops import settings_kinds as kind
from ops.settings_key import ALWAYS, Key, group

APPLICATION: tuple[Key, ...] = (
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
)
