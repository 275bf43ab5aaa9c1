"""Which settings does only the local target have?"""

from __future__ import annotations

from ops import settings_kinds as kind
from ops.settings_key import Key, group

REPLICA_PORT_COUNT = 200

LOCAL: tuple[Key, ...] = group(
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
)
