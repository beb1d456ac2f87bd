"""What no other exporter knows: whether the worker answers, how the model calls went, what Railway measured."""

import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import psycopg2
from celery import Celery
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily

from .config import (
    APP_ID,
    ENVIRONMENT_ID,
    HOST,
    OBSERVER_DB_URL,
    OPS_EXPORTER_PORT,
    POSTGRES_ID,
    RAILWAY_TOKEN,
    RAILWAY_URL,
    REDIS_URL,
)

_QUERY = """query($s: String!, $e: String!, $t: DateTime!) { metrics(serviceId: $s, environmentId: $e, startDate: $t,
  measurements: [CPU_USAGE, CPU_LIMIT, MEMORY_USAGE_GB, MEMORY_LIMIT_GB, DISK_USAGE_GB])
  { measurement values { ts value } } }"""
_CALLS = """select provider, case when is_success then 'success' else 'failure' end, count(*) from iterations
  where created_at > now() - interval '15 minutes' group by 1, 2"""
_EXPERIMENTS = "select status, count(*) from experiments where status in ('pending', 'running') group by 1"
VOLUME_BYTES = 500_000_000


class Collector:
    """Answers at once with what was seen last: a scrape never waits for a vendor. What fails is left out."""

    def __init__(self) -> None:
        self._seen: dict[str, list[GaugeMetricFamily]] = {}
        self._celery = Celery(broker=REDIS_URL)
        for look, every in ((self._worker, 3), (self._database, 3), (self._railway, 3)):
            threading.Thread(target=self._keep_looking, args=(look, every), daemon=True).start()

    def collect(self):
        for metrics in list(self._seen.values()):
            yield from metrics

    def _keep_looking(self, look, every: float) -> None:
        while True:
            try:
                self._seen[look.__name__] = look()
            except Exception as error:  # any failure means the same: nothing is known
                self._seen.pop(look.__name__, None)
                print(f"{look.__name__}: {error}", flush=True)
            time.sleep(every)

    def _worker(self) -> list[GaugeMetricFamily]:
        answers = self._celery.control.inspect(timeout=2).ping() or {}
        up = GaugeMetricFamily("celery_worker_up", "Whether a worker answers a ping", labels=["hostname"])
        for name in answers:
            up.add_metric([name], 1)
        count = GaugeMetricFamily("celery_workers", "Workers that answer a ping", value=len(answers))
        return [up, count]

    def _database(self) -> list[GaugeMetricFamily]:
        calls = GaugeMetricFamily("echo_llm_calls_15m", "Model calls of 15 minutes", labels=["provider", "result"])
        experiments = GaugeMetricFamily("echo_experiments", "Experiments that wait or run", labels=["status"])
        connection = psycopg2.connect(OBSERVER_DB_URL, connect_timeout=2, application_name="ops-exporter")
        try:
            with connection.cursor() as cursor:
                cursor.execute(_CALLS)
                for provider, result, count in cursor.fetchall():
                    calls.add_metric([provider, result], count)
                cursor.execute(_EXPERIMENTS)
                found = dict(cursor.fetchall())
        finally:
            connection.close()
        for status in ("pending", "running"):
            experiments.add_metric([status], found.get(status, 0))
        return [calls, experiments]

    def _railway(self) -> list[GaugeMetricFamily]:
        since = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
        names = {"CPU_USAGE": "railway_cpu_usage_cores", "CPU_LIMIT": "railway_cpu_limit_cores",
                 "MEMORY_USAGE_GB": "railway_memory_usage_bytes", "MEMORY_LIMIT_GB": "railway_memory_limit_bytes",
                 "DISK_USAGE_GB": "railway_disk_usage_bytes"}  # fmt: skip
        gauges = {key: GaugeMetricFamily(name, f"Railway's {key}", labels=["service"]) for key, name in names.items()}
        limit = GaugeMetricFamily("railway_disk_limit_bytes", "Size of the volume", labels=["service"])
        limit.add_metric(["Postgres"], VOLUME_BYTES)
        for service, name in ((APP_ID, "echo-ai"), (POSTGRES_ID, "Postgres")):
            variables = {"s": service, "e": ENVIRONMENT_ID, "t": since}
            headers = {"Authorization": f"Bearer {RAILWAY_TOKEN}"}
            body = {"query": _QUERY, "variables": variables}
            answer = httpx.post(f"{RAILWAY_URL}/graphql/v2", json=body, headers=headers, timeout=5).json()
            for series in answer["data"]["metrics"]:
                if series["values"]:
                    factor = 1_000_000_000 if series["measurement"].endswith("_GB") else 1
                    gauges[series["measurement"]].add_metric([name], series["values"][-1]["value"] * factor)
        return [*gauges.values(), limit]


if __name__ == "__main__":
    REGISTRY.register(Collector())
    start_http_server(OPS_EXPORTER_PORT, addr=HOST)
    threading.Event().wait()
