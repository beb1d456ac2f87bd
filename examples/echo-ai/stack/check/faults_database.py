"""Faults of the database and of Redis."""

from .. import faults
from ..config import TRAFFIC_USER
from . import check
from .tools import api, equal, eventually, health, healthy, prometheus, sql, worker_again

_BLOCKED = "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"
_FORGOTTEN = "state = 'idle in transaction' and application_name = 'forgotten-console'"
SATURATION = """select count(*)::float
  / (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)
  from pg_stat_activity where backend_type = 'client backend'"""


@check("fault slow-queries")
def slow_queries() -> None:
    faults.switch_on("slow-queries")
    answer = api("GET", "/api/v1/experiments", TRAFFIC_USER)
    assert answer.elapsed.total_seconds() > 3, answer.elapsed
    running = "state = 'active' and query like '%pg_sleep(3)%' and pid <> pg_backend_pid()"
    assert sql(f"select count(*) from pg_stat_activity where {running}")
    quantile = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_highr_seconds_bucket[10s]))) > 2"
    eventually(lambda: prometheus(quantile), 25, "p95 over two seconds")


@check("fault blocked-session")
def blocked_session() -> None:
    faults.switch_on("blocked-session")
    equal(sql(f"select count(*) from pg_stat_activity where {_FORGOTTEN}"), 1)
    eventually(lambda: sql(_BLOCKED), 40, "somebody waits")
    sql(f"select pg_terminate_backend(pid) from pg_stat_activity where {_FORGOTTEN}")
    eventually(lambda: not sql(_BLOCKED), 10, "nobody waits")


@check("fault exhausted-connections")
def exhausted_connections() -> None:
    faults.switch_on("exhausted-connections")
    assert sql(SATURATION) > 0.95
    sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'report-job'")
    eventually(lambda: sql(SATURATION) < 0.8, 10, "connections are free")


@check("fault redis-down")
def redis_down() -> None:
    faults.switch_on("redis-down")
    equal(health()["services"]["redis"], "unhealthy")
    faults.switch_off("redis-down")
    worker_again()


@check("fault database-down")
def database_down() -> None:
    faults.switch_on("database-down")
    found = health()
    equal((found["status"], found["services"]["database"]), ("degraded", "unhealthy"))
    assert found["services"]["database_error"]
    faults.switch_off("database-down")
    eventually(healthy, 15, "healthy")
