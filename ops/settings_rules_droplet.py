"""Which values of the droplet target are wrong together?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ops.settings_file import Problem
from ops.settings_key import PRODUCTION
from ops.settings_kinds import is_local_name

Values = Mapping[str, str]
PLAIN_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # where a private server may speak plain HTTP


def lock_is_whole(values: Values, _target: str) -> Iterator[Problem]:
    """Refuse an exposed admin in production, and a lock without password or addresses."""
    if values["EXPOSE_ADMIN"] == "true" and values["ENVIRONMENT"] == PRODUCTION:
        yield Problem(key="EXPOSE_ADMIN", wrong="is true: admin is never public in production", write="false")
    if "true" not in {values["EXPOSE_ADMIN"], values["EXPOSE_FLOWER"]}:
        return
    if not values["OPERATOR_PASSWORD"]:
        write = "a random value, or EXPOSE_ADMIN=false and EXPOSE_FLOWER=false"
        yield Problem(key="OPERATOR_PASSWORD", wrong="is missing: something is exposed behind it", write=write)
    if not values["OPERATOR_NETWORKS"]:
        wrong = "is missing: something is exposed to these addresses alone"
        yield Problem(key="OPERATOR_NETWORKS", wrong=wrong, write="203.0.113.7, or a network")
    elif any(_is_everybody(network) for network in values["OPERATOR_NETWORKS"].split(",")):
        yield Problem(key="OPERATOR_NETWORKS", wrong="lets everybody in", write="203.0.113.7, or a network")


def admin_is_answered(values: Values, _target: str) -> Iterator[Problem]:
    """Refuse an exposed admin whose own name Django would answer with 400."""
    name, hosts = f"admin.{values['WEBSITE_DOMAIN']}", values["DJANGO_ALLOWED_HOSTS"].split(",")
    is_answered = any(host in {name, "*"} or (host[:1] == "." and name.endswith(host)) for host in hosts)
    if values["EXPOSE_ADMIN"] == "true" and values["WEBSITE_DOMAIN"] and not is_answered:
        wrong = f"lacks `{name}`: the admin would be answered with 400 there"
        yield Problem(key="DJANGO_ALLOWED_HOSTS", wrong=wrong, write=",".join((name, *filter(None, hosts))))


def plain_http_stays_near(values: Values, _target: str) -> Iterator[Problem]:
    """Refuse to send the token, or to trust an answer, over plain HTTP beyond this machine and private networks."""
    for name in ("DIGITALOCEAN_API_URL", "ADDRESS_LOOKUP_URL"):
        parts = urlsplit(values[name])
        if parts.scheme == "http" and not _is_near(parts.hostname or ""):
            yield Problem(key=name, wrong=f"`{values[name]}` is not encrypted", write="a URL that begins with https://")


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
