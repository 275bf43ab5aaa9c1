"""The kinds of settings: what is said about one, and what its value has to look like."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar, overload
from urllib.parse import unquote

import idna

from ops.redact import LEAST_LENGTH, passwords_in
from ops.settings.urls import UrlError, check_web, parse

T = TypeVar("T")
DEVELOPMENT = "development"
PRODUCTION = "production"
PUBLIC = frozenset({"staging", PRODUCTION})
ALWAYS = PUBLIC | {DEVELOPMENT}
PLACEHOLDER = "change-me"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_OF_EXAMPLES = ("com", "net", "org")
_FLAGS = {"true": "true", "1": "true", "yes": "true", "on": "true", "false": "false", "0": "false", "no": "false"}


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[T]):
    """A sort of value: what to call it, how to write it, which text is one, its one spelling, and how it is read.

    `read` takes an empty text too: it means none. `fault` says what is wrong with a text where that can be said
    better than with the noun, and with nothing secret.
    """

    noun: str
    write: str
    accepts: Callable[[str], bool]
    read: Callable[[str], T]
    clean: Callable[[str], str] = str.strip
    fault: Callable[[str], str] = lambda _: ""


class Stated(Protocol):
    """What has a text for each key: the settings."""

    @property
    def values(self) -> Mapping[str, str]:
        """The text of each key, by its name."""


@dataclass(eq=False)
class Key(Generic[T]):
    """One setting, as an attribute of the class that lists them: on the class the key, on an instance its value.

    `required` are the environments in which it must not be empty. `examples` are the values in `.env.example` and
    `.env.prod.example`; without them the default stands there, or `change-me` for a secret that is required.
    `public_length` is how long a secret has to be outside development, `least_length` anywhere.
    """

    meaning: str
    kind: Kind[T]
    default: str = ""
    secret: bool = False
    required: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()
    public_length: int = 8
    least_length: int = LEAST_LENGTH  # a shorter one could not be redacted
    name: str = field(init=False)
    group: str = field(init=False)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.group = name, owner.__doc__ or ""

    @overload
    def __get__(self, settings: None, owner: type) -> Self: ...

    @overload
    def __get__(self, settings: Stated, owner: type) -> T: ...

    def __get__(self, settings: Stated | None, owner: type) -> Self | T:
        return self if settings is None else self.kind.read(settings.values[self.name])

    def example(self, environment: str) -> str:
        """Return the value that the example file of this environment shows."""
        if self.examples:
            return self.examples[0] if environment == DEVELOPMENT else self.examples[-1]
        return PLACEHOLDER if self.secret and self.required else self.default

    def secret_part(self, value: str) -> str:
        """Return what is secret in a value: of a URL only its password, of an ordinary setting nothing."""
        if not self.secret:
            return ""
        return url_password(value) if self.name.endswith("_URL") else value


def matching(noun: str, pattern: str, *, write: str) -> Kind[str]:
    """Build a kind from a regular expression that the whole value has to match."""
    compiled = re.compile(pattern)
    return Kind(noun=noun, write=write, accepts=lambda value: compiled.fullmatch(value) is not None, read=str)


def choice(*options: str, noun: str = "one of the words that are allowed", write: str = "") -> Kind[str]:
    """Build the kind whose values are these words."""
    known = {option.casefold(): option for option in options}
    return Kind(
        noun=noun,
        write=write or f"one of: {', '.join(options)}",
        accepts=lambda value: value in options,
        read=str,
        clean=lambda value: known.get(value.strip().casefold(), value.strip()),
    )


def whole(low: int, high: int, *, why: str = "") -> Kind[int]:
    """Build the kind of the whole numbers from `low` to `high`; `why` says where the limit comes from."""
    said = f"a whole number from {low} to {high}"
    return Kind(
        noun=said,
        write=f"{said}: {why}" if why else said,
        accepts=lambda value: re.fullmatch(r"[0-9]{1,9}", value) is not None and low <= int(value) <= high,
        read=lambda value: int(value or 0),
    )


def seconds(high: int) -> Kind[float]:
    """Build the kind of the spans up to `high` seconds, with at most one decimal."""
    return Kind(
        noun=f"a number of seconds up to {high}",
        write=f"a number from 0 to {high}, such as 5 or 4.5",
        accepts=lambda value: re.fullmatch(r"[0-9]{1,9}([.][0-9])?", value) is not None and float(value) <= high,
        read=lambda value: float(value or 0),
    )


def login_url(*schemes: str, example: str, check: Callable[[str], None]) -> Kind[str]:
    """Build the kind of the URLs of a server that wants a password; `check` raises UrlError."""
    write = f"a URL such as {example} (passwords percent-encoded)"
    return _url(schemes, write=write, check=check)


def web_url(*schemes: str, example: str) -> Kind[str]:
    """Build the kind of the URLs of a server on the web."""
    return _url(schemes, write=f"a URL such as {example}", check=check_web)


def comma_list(item: Kind[str], *, write: str) -> Kind[tuple[str, ...]]:
    """Build the kind of lists, separated by commas, of another kind."""
    return Kind(
        noun=f"a comma-separated list, each {item.noun}",
        write=write,
        accepts=lambda value: all(item.accepts(part) for part in split_list(value)),
        read=lambda value: tuple(split_list(value)),
        clean=lambda value: ",".join(item.clean(part) for part in split_list(value)),
    )


def split_list(value: str) -> list[str]:
    """Return the parts of a comma-separated value, without blanks and empty parts."""
    return [part.strip() for part in value.split(",") if part.strip()]


def is_local_name(host: str) -> bool:
    """Tell whether a host name only ever means this machine."""
    bare = host.casefold().rstrip(".")
    return bare == "localhost" or bare.endswith(".localhost") or bare.startswith("127.") or bare in {"::1", "0.0.0.0"}  # noqa: S104 - compared, not bound


def is_for_examples(name: str) -> bool:
    """Tell whether a host name, or that of an address or origin, is one that is kept for examples (RFC 2606)."""
    host = name.casefold().rpartition("@")[2].rpartition("://")[2].partition(":")[0]
    labels = host.rstrip(".").split(".")
    return labels[-1] in {"example", "invalid", "test"} or labels[-2:] in [["example", end] for end in _OF_EXAMPLES]


def url_password(url: str) -> str:
    """Return the password in a URL, decoded; empty when there is none."""
    try:
        return parse(url).password
    except UrlError:
        return unquote(max(passwords_in(url), key=len, default=""))


def readable(host: str) -> str:
    """Return a host name as people write it: the letters that DNS has encoded, as themselves."""
    try:
        return idna.decode(host) if "xn--" in host else host
    except idna.IDNAError:
        return host


def in_dns(host: str) -> str:
    """Return a host name as DNS has it, in small ASCII letters; what cannot be a name stays as it is."""
    bare = host.strip().rstrip(".")
    if bare.isascii():
        return bare.lower()
    try:
        return idna.encode(bare, uts46=True).decode("ascii")
    except idna.IDNAError:
        return bare.lower()


def _url(schemes: tuple[str, ...], *, write: str, check: Callable[[str], None]) -> Kind[str]:
    def fault_of(value: str) -> str:
        if value.partition("://")[0] not in schemes:
            return ""  # the noun says it
        try:
            check(value)
        except UrlError as error:
            return str(error)
        return ""

    return Kind(
        noun=f"a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}",
        write=write,
        accepts=lambda value: value.partition("://")[0] in schemes and not fault_of(value),
        read=str,
        clean=_tidy_url,
        fault=fault_of,
    )


def _tidy_url(value: str) -> str:
    """Write the scheme in small letters, and the host as DNS has it; nothing else is touched."""
    scheme, separator, rest = value.strip().partition("://")
    if not separator:
        return value.strip()
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, place = authority.rpartition("@")
    host, colon, port = place.partition(":")
    tidy = host if host.isascii() else in_dns(host)
    return f"{scheme.lower()}://{login}{at}{tidy}{colon}{port}{rest[len(authority) :]}"


def _is_origin(value: str) -> bool:
    try:
        url = parse(value)
    except UrlError:
        return False
    is_bare = not (url.path or url.query or "@" in value or "?" in value or "," in url.host)
    return url.scheme in {"http", "https"} and is_bare


def _tidy_origin(value: str) -> str:
    """Write an origin as browsers send it and Django compares it: in small letters, without a usual port."""
    tidy = _tidy_url(value).lower()
    usual = {"https://": ":443", "http://": ":80"}
    return next((tidy.removesuffix(port) for scheme, port in usual.items() if tidy.startswith(scheme)), tidy)


def _tidy_address(value: str) -> str:
    """Write the domain of an e-mail address as DNS has it, if that is not what it is already."""
    name, at, domain = value.strip().rpartition("@")
    return f"{name}{at}{domain if domain.isascii() else in_dns(domain)}"


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return value == "*"
    return True


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_zone(value: str) -> bool:
    known = zoneinfo.available_timezones()  # empty on a Windows without the tzdata package
    return value in known if known else re.fullmatch(r"[A-Za-z]+([/_+-][A-Za-z0-9]+)*", value) is not None


_HOSTS_WRITE = "host names separated by commas, without scheme or port, such as app.example.org,localhost"
_ORIGINS_WRITE = "scheme and host, such as https://app.example.org; several are separated by commas"
_NETWORKS_WRITE = "IP addresses or networks separated by commas, such as 10.0.0.0/8,127.0.0.1"

FLAG = Kind(
    noun="true or false",
    write="true or false",
    accepts=lambda value: value in {"true", "false"},
    read=lambda value: value == "true",
    clean=lambda value: {**_FLAGS, "off": "false"}.get(value.strip().casefold(), value.strip()),
)
PORT = whole(1, 65535)
DOMAIN = Kind(
    noun="a host name",
    write="a host name without scheme, port or path, such as app.example.org",
    accepts=lambda value: _HOST.fullmatch(value) is not None and not re.fullmatch(r"[0-9.]+", value),
    read=str,
    clean=in_dns,
)
_HOST_PATTERN = Kind(
    noun="a host name or an IP address (a leading dot means every subdomain, * any)",
    write=_HOSTS_WRITE,
    accepts=lambda value: value in {"*", "[::1]"} or _HOST.fullmatch(value.removeprefix(".")) is not None,
    read=str,
    clean=lambda value: f".{in_dns(value.strip()[1:])}" if value.strip().startswith(".") else in_dns(value),
)
_ORIGIN = Kind(
    noun="scheme and host, without a path", write=_ORIGINS_WRITE, accepts=_is_origin, read=str, clean=_tidy_origin
)
_NETWORK = Kind(noun="an IP address or network", write=_NETWORKS_WRITE, accepts=_is_network, read=str)
ADDRESS = Kind(noun="an IP address", write="an IP address such as 203.0.113.7", accepts=_is_address, read=str)
HOST_PORT = Kind(
    noun="a host, or host:port",
    write="an IP address or host name, with :port when it is not the usual one",
    accepts=lambda value: (
        DOMAIN.accepts(value.rpartition(":")[0] or value) or _is_address(value.rpartition(":")[0] or value)
    ),
    read=str,
)
SLUG = matching(
    "a name as the cloud's API writes it", r"[a-z0-9][a-z0-9._-]*", write="a name such as fra1, s-2vcpu-4gb"
)
TAG = matching("a tag", r"[A-Za-z0-9:_-]{1,255}", write="letters, digits, : _ - only")
HOSTS = comma_list(_HOST_PATTERN, write=_HOSTS_WRITE)
ORIGINS = comma_list(_ORIGIN, write=_ORIGINS_WRITE)
NETWORKS = comma_list(_NETWORK, write=_NETWORKS_WRITE)
EMAIL = Kind(
    noun="an e-mail address",
    write="an address such as ops@example.org",
    accepts=lambda value: re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+\.[^@\s,<>]+", value) is not None,
    read=str,
    clean=_tidy_address,
)
ZONE = Kind(noun="a known time zone", write="a name such as UTC or Europe/Berlin", accepts=_is_zone, read=str)
LANGUAGE = matching("a language code", r"[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*", write="a code such as en or en-us")
IDENTIFIER = matching(
    "a plain database name",
    r"(?!pg_)[a-z_][a-z0-9_]{0,62}",
    write="lower-case letters, digits and _ only, beginning with a letter, such as slipway",
)
URL_PATH = matching("a path that begins and ends with /", r"/([A-Za-z0-9._-]+/)+", write="a path such as /static/")
ABSOLUTE_PATH = matching("an absolute path", r"/[A-Za-z0-9._/-]+", write="an absolute path such as /srv/static")
FILE_PATH = matching("a path on one line", r"[^\x00-\x1f]+", write="the path of a file or folder")
LOGIN_NAME = matching("a name on one line", r"[^\x00-\x1f]+", write="the name to log in with, often an address")
USERNAME = matching("a user name", r"[\w.@+-]{1,150}", write="letters, digits and @ . + - _ only")
PROXY_HEADER = matching(
    "a header as Django names it, a comma, a value",
    r"HTTP_[A-Z0-9_]+,\s*[a-z]+",
    write="HTTP_X_FORWARDED_PROTO,https",
)
URL_SAFE_SECRET = matching(
    "8 or more URL-safe characters (it becomes part of a URL)",
    r"[A-Za-z0-9._~-]{8,}",
    write="a random value of URL-safe characters: A-Z a-z 0-9 . _ ~ -",
)
SECRET = matching(
    "8 or more printable ASCII characters without blanks and braces",
    r"[!-z|~]{8,}",
    write="a random value of printable ASCII characters, without blanks and braces",
)
