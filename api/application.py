"""How is the API put together, opened and closed?"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import pkgutil
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

import api
from api import docs, health
from api.database.batching import BatchedReads
from api.database.pool import new_pool
from api.database.schema_compat import NEEDED_MIGRATION, QueriesCheck
from api.dependencies import Resources
from api.http import problems
from api.http.admission import Admission
from api.http.body_limit import BodyLimit
from api.http.private import NotStored
from api.http.responses import DocumentedAPI, operation_id
from api.settings import Settings
from api.shared.again import AskAgain
from api.shared.drain import Drain
from api.shared.guarded_redis import new_redis
from api.shared.health import Checks, Identity
from api.shared.outage import Outage, Reopening
from api.shared.probes import DatabaseProbe, redis_probe
from api.shared.requests import InFlight, RequestMiddleware
from api.shared.tokens import Tokens
from api.task_queue import TaskQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


ASKED_MOST = ("organizations", "events")


@asynccontextmanager
async def open_resources(settings: Settings, in_flight: InFlight, probe: DatabaseProbe) -> AsyncIterator[Resources]:
    """Open what the routes need; a database that is away does not stop the start, `/health` tells."""
    identity = Identity(settings.service_version, settings.environment, time.monotonic())
    redis = new_redis(settings.redis_url.get_secret_value())
    pool = new_pool(settings, probe.outage)
    checks = Checks(
        {
            "database": probe.database,
            "migrations": probe.migrations,
            "queries": QueriesCheck(settings.database_url.get_secret_value()),
            "redis": redis_probe(redis),
        }
    )
    drain = Drain(in_flight, notice_s=settings.drain_notice_s, grace_s=settings.uvicorn_timeout_graceful_shutdown)
    queue = TaskQueue(redis, broker_url=settings.redis_url.get_secret_value())
    tokens = Tokens(settings.token_secret_key.get_secret_value())
    await pool.open()
    drain.listen()
    try:
        yield Resources(settings, pool, BatchedReads(pool), redis, queue, tokens, checks, drain, in_flight, identity)
    finally:
        await pool.close()
        await probe.close()
        await redis.aclose()


def create_app(settings: Settings) -> FastAPI:
    """Put the application together."""
    in_flight, outage = InFlight(), Outage(hold_s=settings.database_hold_seconds)
    probe = DatabaseProbe(settings.database_url.get_secret_value(), migrations=[NEEDED_MIGRATION], outage=outage)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings, in_flight, probe) as resources:
            app.state.resources = resources
            # What was made until now stays: the garbage collector need not look through it while requests wait.
            gc.collect()
            gc.freeze()
            yield

    app = DocumentedAPI(
        title="Slipway volunteer sign-ups",
        version=settings.service_version,
        redirect_slashes=False,
        openapi_url="/openapi.json" if settings.shows_docs else None,
        docs_url=None,  # api/docs.py has a page that fits the Content-Security-Policy
        redoc_url=None,
        lifespan=lifespan,
        responses={"default": {}},
        generate_unique_id_function=operation_id,
    )
    app.add_middleware(AskAgain, outage=outage, reopening=Reopening(outage, probe.database))
    app.add_middleware(BodyLimit)
    app.add_middleware(Admission)
    app.add_middleware(RequestMiddleware, in_flight=in_flight, root_path=settings.root_path)
    app.add_middleware(NotStored)
    problems.register(app)
    for router in (*nouns(), health.router, *([docs.router] if settings.shows_docs else [])):
        app.include_router(router)
    return app


def nouns() -> list[APIRouter]:
    """Return the router of each noun of the domain: a folder of `api` with a `routes.py` in it."""
    found = (module.name for module in pkgutil.iter_modules(api.__path__) if module.ispkg)
    # Routes are tried one after the other: those that are asked for most come first.
    names = [*ASKED_MOST, *sorted(set(found) - set(ASKED_MOST))]
    with_routes = [name for name in names if importlib.util.find_spec(f"api.{name}.routes")]
    return [importlib.import_module(f"api.{name}.routes").router for name in with_routes]
