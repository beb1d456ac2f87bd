"""The application behaves as the real one does, where that matters to a playbook."""

import httpx
import redis

from .. import servers
from ..config import ADMIN_USER, APP_URL, REDIS_URL, SMOKE_PASSWORD, SMOKE_USER
from . import check
from .tools import api, end_of, equal, eventually, experiment, health, healthy, prometheus, railway, sql, worker_again


@check("application: health is 200 and tells in the body")
def health_tells() -> None:
    answer = httpx.get(f"{APP_URL}/health")
    equal((answer.status_code, answer.headers["content-type"]), (200, "application/json"))
    services = {"redis": "healthy", "database": "healthy"}
    equal(answer.json(), {"status": "healthy", "version": "0.1.0", "environment": "lab", "services": services})
    equal(httpx.get(f"{APP_URL}/api/v1/health/detailed").json()["components"], services)


@check("application: health is 200 also when Redis is gone, the detailed one 503")
def degraded() -> None:
    servers.stop_redis()
    try:
        equal(health()["status"], "degraded")
        equal(httpx.get(f"{APP_URL}/api/v1/health/detailed").status_code, 503)
    finally:
        servers.restart_redis()
    worker_again()


@check("application: an unknown path is a page of the front end")
def catch_all() -> None:
    answer = httpx.get(f"{APP_URL}/helth")
    equal(answer.status_code, 200)
    assert answer.headers["content-type"].startswith("text/html")


@check("application: log in with JSON; a form is 422; the public test account is refused")
def login() -> None:
    url = f"{APP_URL}/api/v1/auth/login"
    answer = httpx.post(url, json={"email": SMOKE_USER, "password": SMOKE_PASSWORD})
    equal(answer.status_code, 200)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    equal(httpx.get(f"{APP_URL}/api/v1/auth/me", headers=bearer).json()["role"], "user")
    equal(httpx.post(url, data={"username": SMOKE_USER, "password": SMOKE_PASSWORD}).status_code, 422)
    equal(httpx.post(url, json={"email": "test@echoai.com", "password": "password123"}).status_code, 401)


@check("application: an experiment is 202 and then completed; without a provider 422")
def experiments() -> None:
    ended = end_of(experiment())
    equal((ended["status"], ended["successful_iterations"]), ("completed", 1))
    body = {"prompt": "Test smoke test", "target_brand": "TestBrand", "iterations": 1}
    equal(api("POST", "/api/v1/experiments", json=body).status_code, 422)


@check("application: the queue's keys and its tasks are Celery's")
def queue() -> None:
    with redis.Redis.from_url(REDIS_URL) as client:
        equal(client.llen("celery"), 0)
        assert b"_kombu.binding.celery" in client.keys("_kombu*")
    answer = railway(
        "ssh",
        "-s",
        "echo-ai",
        "-e",
        "lab",
        "--",
        "celery -A backend.app.worker inspect stats --json --timeout 5",
    )
    assert '"autoscaler"' in answer.stdout, answer


@check("application: metrics are the instrumentator's")
def metrics() -> None:
    text = httpx.get(f"{APP_URL}/metrics").text
    for name in (
        "http_requests_total",
        "http_request_duration_highr_seconds_bucket",
        "process_resident_memory_bytes",
    ):
        assert f"\n{name}" in text, name
    assert 'status="2xx"' in text and "db_pool" not in text
    eventually(lambda: prometheus("sum(rate(http_requests_total[10s])) > 1"), 20, "traffic in Prometheus")


@check("application: maintenance mode keeps users out, and nobody else")
def maintenance() -> None:
    url = "/api/v1/admin/config"
    equal(api("PUT", url, json={"maintenance_mode": True}).status_code, 403)
    equal(api("PUT", url, ADMIN_USER, json={"maintenance_mode": True}).status_code, 200)
    try:
        eventually(lambda: httpx.get(f"{APP_URL}/").status_code == 503, 3, "503 for users")
        equal(health()["status"], "healthy")
    finally:
        api("PUT", url, ADMIN_USER, json={"maintenance_mode": False})
    eventually(lambda: httpx.get(f"{APP_URL}/").status_code == 200, 3, "200 again")


@check("application: MAINTENANCE_MODE and WORKER_CONCURRENCY are read nowhere")
def unread() -> None:
    answer = railway(
        "ssh", "-s", "echo-ai", "-e", "lab", "--", "grep -rE 'MAINTENANCE_MODE|WORKER_CONC|DISABLE_' . ; true"
    )
    equal(answer.stdout, "")


@check("application: the schema is Alembic's newest, statements are counted")
def schema() -> None:
    equal(sql("select count(*) from alembic_version"), 1)
    assert sql("select count(*) from pg_stat_statements") > 0
    equal(
        sql("select character_maximum_length from information_schema.columns where table_name = 'alembic_version'"),
        32,
    )
