"""The connections that PostgreSQL has, and how many replicas they are enough for: docs/guides/scaling.md."""

from __future__ import annotations

MAX_CONNECTIONS = 100  # in docker-compose.yml
USABLE = MAX_CONNECTIONS - 3  # PostgreSQL keeps three for its administrator
OF_JOBS = 5  # migrations, dump, manage.py, while they run
POOL = 8  # of a replica of the API or of Django, unless DATABASE_POOL_MAX says otherwise
OF_HEALTH_CHECKS = 1
WAITING_A_SECOND = {"api": 300, "django": 21}  # a replica's queue for its pool, by the time that is waited in it
MOST_REPLICAS = (USABLE - OF_JOBS) // (POOL + OF_HEALTH_CHECKS)
WHY_NO_MORE = (
    f"PostgreSQL has {USABLE - OF_JOBS} connections for replicas, and one of the API or Django takes up to "
    f"{POOL + OF_HEALTH_CHECKS}"
)


def most_needed(*, servers: int, tasks: int, pool: int = POOL) -> int:
    """Return how many are needed when all is replaced at once and every pool is full.

    `servers` are the replicas of the API and Django, `tasks` what all workers together run at a time.
    """
    return 2 * (pool + OF_HEALTH_CHECKS) * servers + 2 * tasks + OF_JOBS
