"""The web application: the API, its health, its metrics, and the front end for every other path."""

import itertools
import logging
from pathlib import Path

import redis
import sentry_sdk
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from prometheus_fastapi_instrumentator import Instrumentator

from . import database, faults, logs, maintenance
from .config import settings
from .routers import admin, auth, experiments

logs.configure()
log = logging.getLogger("echo")
if settings.sentry_dsn:
    sentry_sdk.init(dsn=settings.sentry_dsn, environment=settings.environment)

FRONT_END = Path(__file__).parents[2] / "frontend" / "out"
app = FastAPI(title="Echo AI", version=settings.app_version)
_redis = redis.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
_requests = itertools.count()


@app.middleware("http")
async def misbehave(request: Request, call_next) -> Response:
    """The lab's faults. Health and metrics stay truthful."""
    faults.leak()
    api = request.url.path.startswith("/api/") and not request.url.path.startswith("/api/v1/health")
    if api and faults.bad_commit() and next(_requests) % 3 == 0:
        raise RuntimeError("the answer of the model has no field 'choices'")
    return await call_next(request)


@app.middleware("http")
async def keep_users_out(request: Request, call_next) -> Response:
    if maintenance.closed(request.url.path):
        return JSONResponse({"detail": "Down for maintenance"}, 503, {"Retry-After": "120"})
    return await call_next(request)


Instrumentator().instrument(app).expose(app)
app.include_router(auth.router)
app.include_router(experiments.router)
app.include_router(admin.router)


def _state() -> dict[str, str]:
    """Redis and the database: healthy, or not, and why."""
    state = {"redis": "healthy", "database": "healthy"}
    try:
        _redis.ping()
    except redis.RedisError:
        state["redis"] = "unhealthy"
    try:
        database.ping()
    except Exception as error:  # a driver, a pool, a network: all mean that there is no database
        state["database"] = "unhealthy"
        state["database_error"] = (str(error) or type(error).__name__).splitlines()[0]
    return state


def _healthy(state: dict[str, str]) -> bool:
    return state["redis"] == state["database"] == "healthy"


@app.get("/health")
def health() -> dict[str, object]:
    """Always 200, also when degraded: the body tells."""
    state = _state()
    return {
        "status": "healthy" if _healthy(state) else "degraded",
        "version": settings.app_version,
        "environment": settings.environment,
        "services": state,
    }


@app.get("/api/v1/health/detailed")
def detailed() -> dict[str, object]:
    state = _state()
    answer = {"status": "healthy" if _healthy(state) else "unhealthy", "components": state}
    if not _healthy(state):
        raise HTTPException(503, answer)
    return answer


@app.exception_handler(Exception)
async def failed(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
    return JSONResponse({"detail": "Internal server error"}, 500)


@app.get("/{path:path}", include_in_schema=False)
def front_end(path: str) -> FileResponse:
    """Every unknown path is a page of the front end: 200, HTML."""
    file = (FRONT_END / path).resolve()
    known = file.is_file() and file.is_relative_to(FRONT_END)
    return FileResponse(file if known else FRONT_END / "index.html")
