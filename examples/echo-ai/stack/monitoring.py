"""Prometheus, its exporters and Alertmanager, with configurations written for the ports of this lab."""

import os
import re
import shutil

from . import processes
from .config import (
    ALERTMANAGER_PORT,
    APP_URL,
    BLACKBOX_PORT,
    EDGE_PORT,
    HOME,
    HOST,
    OBSERVER_DB_URL,
    OPS_EXPORTER_PORT,
    PAGERDUTY_ROUTING_KEY,
    POSTGRES_EXPORTER_PORT,
    PROJECT,
    PROMETHEUS_PORT,
    REDIS_EXPORTER_PORT,
    REDIS_PASSWORD,
    REDIS_PORT,
    RULES,
    VENDORS_URL,
)

PROMETHEUS_FILE = HOME / "prometheus" / "prometheus.yml"
SHIPPED = PROJECT / "playbooks" / "alerting"

# The queue, its priorities, and what workers hold. Not `celery*`: that would count the results as well.
_KEYS = ("celery", "celery\x06\x163", "celery\x06\x166", "celery\x06\x169", "unacked", "unacked_index")

_GLOBAL = """global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
rule_files: [{rules}/*.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["{host}:{alertmanager}"]}}]}}]
scrape_configs:
"""
_JOBS = """  - job_name: echo-ai
    static_configs: [{{targets: ["{host}:{edge}"], labels: {{service: echo-ai}}}}]
  - job_name: echo-health
    metrics_path: /probe
    params: {{module: [echo_health], target: ["{app}/health"]}}
    static_configs: [{{targets: ["{host}:{blackbox}"], labels: {{service: echo-ai}}}}]
  - job_name: postgres
    scrape_interval: 2s
    scrape_timeout: 2s
    static_configs: [{{targets: ["{host}:{postgres}"], labels: {{service: echo-ai}}}}]
  - job_name: redis
    scrape_interval: 2s
    scrape_timeout: 2s
    static_configs: [{{targets: ["{host}:{redis}"], labels: {{service: echo-ai}}}}]
  - job_name: ops
    scrape_interval: 2s
    scrape_timeout: 2s
    static_configs: [{{targets: ["{host}:{ops}"], labels: {{service: echo-ai}}}}]
"""
_BLACKBOX = """modules:
  echo_health:
    prober: http
    timeout: 2s
    http:
      preferred_ip_protocol: ip4
      fail_if_body_not_matches_regexp: ['"status":\\s*"healthy"']
"""


def write_prometheus(blind: bool = False) -> None:
    """The configuration; when Prometheus is to see nothing, with jobs that have no targets."""
    jobs = re.sub(r"targets: \[[^]]*\]", "targets: []", _JOBS) if blind else _JOBS
    PROMETHEUS_FILE.write_text(
        (_GLOBAL + jobs).format(
            rules=RULES, host=HOST, alertmanager=ALERTMANAGER_PORT, edge=EDGE_PORT, app=APP_URL, blackbox=BLACKBOX_PORT,
            postgres=POSTGRES_EXPORTER_PORT, redis=REDIS_EXPORTER_PORT, ops=OPS_EXPORTER_PORT,
        )
    )  # fmt: skip


def configure() -> None:
    RULES.mkdir(parents=True)
    (HOME / "alertmanager").mkdir()
    write_prometheus()
    shutil.copy(SHIPPED / "echo-ai.rules.yml", RULES)
    (HOME / "blackbox.yml").write_text(_BLACKBOX)
    (HOME / "alertmanager" / "alertmanager.yml").write_text(_alertmanager())


def _alertmanager() -> str:
    """The routes that are shipped, with the lab's vendors in place of the real ones, and in seconds."""
    text = (SHIPPED / "alertmanager.yml").read_text()
    slack = f"api_url: {VENDORS_URL}/slack/services/T0LAB/B0LAB/webhook"
    pagerduty = f"routing_key: {PAGERDUTY_ROUTING_KEY}\n        url: {VENDORS_URL}/pagerduty-events/v2/enqueue"
    for pattern, by in (
        (r"api_url_file: .*", slack),
        (r"routing_key_file: .*", pagerduty),
        (r"group_wait: \w+", "group_wait: 0s"),
        (r"group_interval: \w+", "group_interval: 2s"),
    ):
        text = re.sub(pattern, by, text)
    return text


def start() -> None:
    small = {"GOMAXPROCS": "1", "GOGC": "50"}
    commands = {
        "prometheus": [
            "prometheus", f"--config.file={PROMETHEUS_FILE}", f"--storage.tsdb.path={HOME}/prometheus/data",
            f"--web.listen-address={HOST}:{PROMETHEUS_PORT}", "--web.enable-lifecycle",
            "--storage.tsdb.retention.time=1d", "--log.level=warn",
        ],
        "alertmanager": [
            "prometheus-alertmanager", f"--config.file={HOME}/alertmanager/alertmanager.yml",
            f"--storage.path={HOME}/alertmanager/data", f"--web.listen-address={HOST}:{ALERTMANAGER_PORT}",
            "--cluster.listen-address=", "--log.level=warn",
        ],
        "blackbox": [
            "prometheus-blackbox-exporter", f"--config.file={HOME}/blackbox.yml",
            f"--web.listen-address={HOST}:{BLACKBOX_PORT}", "--log.level=warn",
        ],
        "postgres-exporter": [
            "prometheus-postgres-exporter", f"--web.listen-address={HOST}:{POSTGRES_EXPORTER_PORT}",
            "--log.level=warn",
        ],
        "redis-exporter": [
            "prometheus-redis-exporter", "-redis.addr", f"redis://{HOST}:{REDIS_PORT}", "-redis.password",
            REDIS_PASSWORD, "-check-single-keys", ",".join(_KEYS), "-web.listen-address",
            f"{HOST}:{REDIS_EXPORTER_PORT}",
        ],
    }  # fmt: skip
    for name, command in commands.items():
        source = {"DATA_SOURCE_NAME": OBSERVER_DB_URL + "?sslmode=disable"} if name == "postgres-exporter" else {}
        processes.start(name, command, env={**small, **source})


def reload_prometheus() -> None:
    """SIGHUP, which Prometheus also takes while its web server is busy."""
    pid = processes.pid_of("prometheus")
    if pid:
        os.kill(pid, 1)
