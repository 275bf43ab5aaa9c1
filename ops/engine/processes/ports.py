"""The ports that replicas listen on."""

from __future__ import annotations

import os
import socket
from collections.abc import Container

from ops.engine.errors import EngineError
from ops.engine.model import Service

RANGE = 200
KEYS = {"traefik": "HTTPS"}  # what stands in LOCAL_…_PORT, where that is not the name of the service
DEFAULT_FIRST = 18100


def choose_port(service: Service, *, taken: Container[int]) -> int:
    """Return the service's own port, or a free one of the replicas' range that no other replica has.

    Raises EngineError (preflight) when the own port is held by another program or the range is used up.
    """
    if service.port:
        if not is_free(service.port):
            raise _held(service)
        return service.port
    first = int(os.environ.get("SLIPWAY_REPLICA_PORT_FIRST") or DEFAULT_FIRST)
    for port in range(first, first + RANGE):
        if port not in taken and is_free(port):
            return port
    raise EngineError(
        f"no port is free for another replica of {service.name}",
        why=f"all of {first} to {first + RANGE - 1} on 127.0.0.1 are in use",
        fix="set another LOCAL_REPLICA_PORT_FIRST in .env",
        family="preflight",
    )


def is_free(port: int) -> bool:
    """Tell whether a program could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _held(service: Service) -> EngineError:
    return EngineError(
        f"port {service.port} is taken, {service.name} cannot listen on it",
        why=f"another program listens on 127.0.0.1:{service.port}",
        fix=f"set another LOCAL_{KEYS.get(service.name, service.name.upper())}_PORT in .env, or end that program",
        family="preflight",
    )
