"""The URLs that all of their readers read alike: one strict reading, and what is wrong with a URL that is none.

libpq, django-environ, redis-py, kombu and urllib cut a URL that leaves room for doubt at different places, and what one
of them takes for a host is a part of a password to another. What is accepted here all of them read to the same parts;
what is wrong is said with the character and its place, and with nothing of the password.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

_ENDS_OF_AUTHORITY = "/?#"
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?")
_PORT = re.compile(r"[0-9]{1,5}")
_NAME = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])+")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MOST_PORT = 65535
# What libpq and Django's connection both know; what says who, where or which database stands before the ?.
DATABASE_PARAMETERS = frozenset(
    {
        *("application_name", "channel_binding", "client_encoding", "connect_timeout", "gssencmode", "keepalives"),
        *("keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts"),
        *("max_protocol_version", "min_protocol_version", "options", "require_auth", "requirepeer", "sslcert"),
        *("ssl_max_protocol_version", "ssl_min_protocol_version", "sslcertmode", "sslcompression", "sslcrl"),
        *("sslcrldir", "sslkey", "sslmode", "sslnegotiation", "sslrootcert", "sslsni", "target_session_attrs"),
        "tcp_user_timeout",
    }
)
REDIS_PARAMETERS = frozenset({"ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
_CERT_REQS = ("required", "optional", "none")


class UrlError(ValueError):
    """A URL that its readers would not read alike; the text says where, as in `has @ in its password, ...`."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Url:
    """The parts of a URL, decoded. `port` is None where none is stated, `path` begins with / or is empty."""

    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    path: str
    query: Mapping[str, str]


def parse(value: str) -> Url:
    """Read a URL; raise UrlError where a reader could read something else."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        raise UrlError("has no :// after its scheme")
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise UrlError("has a blank or a control character in it")
    login, host, port, rest = _authority(rest)
    user, _, password = login.partition(":")
    path, _, query = rest.partition("?")
    if "#" in rest:
        raise UrlError("has `#` after its host, which has to be written `%23`")
    return Url(
        scheme=scheme,
        user=_decoded(user, "user"),
        password=_decoded(password, "password"),
        host=host,
        port=port,
        path=_decoded(path, "path"),
        query=_parameters(query),
    )


def check_database(value: str) -> None:
    """Raise UrlError for the URL of a PostgreSQL that is not read alike."""
    url = parse(value)
    name = value.partition("://")[2].partition("?")[0].partition("/")[2]
    if not name:
        raise UrlError("names no database: its name stands after the host, as in host:5432/name")
    if not _NAME.fullmatch(name) or "/" in unquote(name):
        raise UrlError("has a database name with `/`, or with a character that has to be percent-encoded")
    if "," in url.host and url.port is not None:
        raise UrlError("names several hosts and a port: its readers would not give it to the same ones")
    _know_all(url, DATABASE_PARAMETERS)


def check_redis(value: str) -> None:
    """Raise UrlError for the URL of a Redis that is not read alike."""
    url = parse(value)
    login = value.partition("://")[2].rpartition("@")[0]
    for character in ";,":
        if character in login:
            raise UrlError(_has(character, "user or password", why=": Django takes it for the end of a URL"))
    _name_one_host(url)
    if not re.fullmatch(r"(?:/[0-9]{0,5})?", url.path):
        raise UrlError("has a path that is no number of a database, as in host:6379/0")
    if url.user and not url.password:
        raise UrlError("has a user and no password: a password alone is written `:password@`")
    if url.scheme == "rediss" and url.query.get("ssl_cert_reqs") not in _CERT_REQS:
        raise UrlError("does not say how certificates are verified: Celery wants `?ssl_cert_reqs=required` at its end")
    if url.scheme == "redis" and url.query:
        raise UrlError("has parameters: they are for rediss:// alone")
    _know_all(url, REDIS_PARAMETERS)


def check_mail(value: str) -> None:
    """Raise UrlError for the URL of a mail server that is not read alike."""
    if not re.fullmatch(r"[a-z]+mail://", value):  # consolemail:// and its like name no host
        _name_one_host(parse(value))


def check_web(value: str) -> None:
    """Raise UrlError for the URL of a web server that is not read alike, or holds a secret: it is shown."""
    url = parse(value)
    if url.password:
        raise UrlError("has a password in it, and this setting is shown: leave `user:password@` out")
    if "\\" in value:
        raise UrlError("has `\\` in it, which some take for `/`")
    _name_one_host(url)


def _name_one_host(url: Url) -> None:
    if "," in url.host:
        raise UrlError("names several hosts, and one is read")


def _authority(rest: str) -> tuple[str, str, int | None, str]:
    """Return user and password, host, port, and what follows; every reader ends them where this does."""
    end = min((at for at in map(rest.find, _ENDS_OF_AUTHORITY) if at >= 0), default=len(rest))
    authority, after = rest[:end], rest[end:]
    if "@" in after:
        if "@" not in authority:
            raise UrlError(_has(after[0], "user or password", why=" (or, if it ends the host, an `@` after it `%40`)"))
        raise UrlError("has more than one `@`: in a user or password it has to be written `%40`, after the host too")
    login, _, place = authority.rpartition("@")
    user, _, password = login.partition(":")
    for part, text in (("user", user), ("password", password)):
        # a letter that is like @ or / to some: Python refuses it there, libpq does not
        unlike = [letter for letter in text if set(unicodedata.normalize("NFKC", letter)) & set("@/?#:") - {letter}]
        for character in ("@", "[", "]", *unlike):
            if character in text:
                raise UrlError(_has(character, part))
    return login, *_place(place), after


def _place(place: str) -> tuple[str, int | None]:
    """Return host and port, the host without the brackets of an IPv6 address."""
    host, colon, port = place.partition(":")
    if place.startswith("["):
        host, _, after = place[1:].partition("]")
        if not _is_ipv6(host) or (after and not after.startswith(":")):
            raise UrlError("has brackets around what is no IPv6 address")
        _, colon, port = after.partition(":")
    elif not all(_HOST.fullmatch(one) for one in host.split(",")):
        raise UrlError("has no host, or one with other characters than letters, digits, `.`, `-` and `_`")
    if colon and not (_PORT.fullmatch(port) and 0 < int(port) <= _MOST_PORT):
        raise UrlError(f"has a port that is no number from 1 to {_MOST_PORT}")
    return host, int(port) if colon else None


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, text = part.partition("=")
        if not re.fullmatch(r"[A-Za-z_]+", name) or not text:
            raise UrlError("has something after its `?` that is not name=value")
        if name in found:
            raise UrlError(f"states {name} twice")
        if "+" in text:
            raise UrlError(_has("+", f"value of {name}"))
        found[name] = _decoded(text, f"value of {name}")
    return found


def _decoded(text: str, part: str) -> str:
    """Return a part without its percent-encoding."""
    if _BAD_PERCENT.search(text):
        raise UrlError(_has("%", part))
    octets = unquote_to_bytes(text)
    if b"\0" in octets:
        raise UrlError(f"has a zero byte, `%00`, in its {part}")
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise UrlError(f"has percent-encoded bytes in its {part} that are no UTF-8") from error


def _has(character: str, part: str, *, why: str = "") -> str:
    encoded = "".join(f"%{octet:02X}" for octet in character.encode())
    return f"has `{character}` in its {part}, which has to be written `{encoded}`{why}"


def _know_all(url: Url, known: frozenset[str]) -> None:
    foreign = sorted(url.query.keys() - known)
    if foreign:
        raise UrlError(f"has a parameter that its readers do not all know: {foreign[0]}")
