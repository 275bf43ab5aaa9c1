"""What can be said of a command line before anything is opened: what is refused here was no run."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from ops.errors import UsageError
from ops.targets.base import Request, check_target, command

EXAMPLE = "203.0.113.7"
TYPED = {"full": "deploy"}  # the word that was typed for a mode
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_WITH_PORT = re.compile(r"\[?(?P<host>[^\]]+?)\]?:(?P<port>[0-9]+)")


def check_command_line(request: Request) -> None:
    """Stop here unless the switches go together and can be what they should be; raises UsageError."""
    check_target(request.target)
    if request.target == "local":
        _check_local(request)
    elif request.address:
        _check_address(request)
    if request.allow:
        _check_allowed(request)


def typed_word(request: Request) -> str:
    """Return what the operator typed."""
    return TYPED.get(request.mode, request.mode)


def _check_local(request: Request) -> None:
    for switch, value in (("address", request.address), ("allow", request.allow)):
        if value:
            raise UsageError(
                f"--{switch} does not go with --target local",
                why=f"the local target is this machine; `{value}` would be ignored",
                fix=command(typed_word(request), "local"),
            )


def _check_address(request: Request) -> None:
    why, host = _wrong(request.address)
    if why:
        typed = command(f"{typed_word(request)} --address {host or EXAMPLE}", request.target)
        raise UsageError(f"--address {request.address} is no address", why=why, fix=typed)


def _wrong(address: str) -> tuple[str, str]:
    """Return what is wrong with an address, and the host that was probably meant; empty where nothing is."""
    if _is_ip(address):
        return "", ""
    if "://" in address:
        return "it is a URL; the address of the host alone is wanted", _host(urlsplit(address).hostname or "")
    user, at, host = address.rpartition("@")
    if at:
        return f"the user does not belong there: it is SSH_USER in .env (`{user}` was typed)", _host(host)
    ported = _WITH_PORT.fullmatch(address)
    if ported:
        return f"the port does not belong there: it is SSH_PORT in .env ({ported['port']} was typed)", _host(
            ported["host"]
        )
    if not _NAME.fullmatch(address):
        return "it is neither an IP address nor a host's name", _host(address.strip().strip("[]"))
    return "", ""


def _host(text: str) -> str:
    """Return a part of an address if it is one itself."""
    ported = _WITH_PORT.fullmatch(text)
    inner = ported["host"] if ported and not _is_ip(text) else text
    return inner if _is_ip(inner) or _NAME.fullmatch(inner) else ""


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _check_allowed(request: Request) -> None:
    try:
        network = ipaddress.ip_network(request.allow, strict=False)
    except ValueError:
        why = "it is neither an IP address nor a network such as 203.0.113.0/24"
    else:
        why = "it would let everybody in" if network.prefixlen == 0 else ""
    if why:
        fix = command(f"{typed_word(request)} --allow {EXAMPLE}", request.target)
        raise UsageError(f"--allow {request.allow} is not possible", why=why, fix=fix)
