"""Where everything is, and every name, id and token. The README of the lab says the same to people."""

import os
from pathlib import Path

HOST = "127.0.0.1"
SOURCE = Path(__file__).resolve().parents[1]
PROJECT = SOURCE.parents[1]
HOME = Path(os.environ.get("ECHO_LAB_HOME", "/var/tmp/echo-ai-lab"))
FIRST_PORT = int(os.environ.get("ECHO_LAB_PORT", "18400"))

FAULTS = HOME / "faults"
LOGS = HOME / "logs"
PIDS = HOME / "pids"
BIN = HOME / "bin"
VENV = HOME / "venv"
IMAGES = HOME / "images"
BACKUPS = HOME / "backups"
REPOSITORY = HOME / "git" / "echo-ai.git"
RULES = HOME / "prometheus" / "rules"

(EDGE_PORT, RAILWAY_PORT, VENDORS_PORT, POSTGRES_PORT, REDIS_PORT, PROMETHEUS_PORT, ALERTMANAGER_PORT,
 BLACKBOX_PORT, POSTGRES_EXPORTER_PORT, REDIS_EXPORTER_PORT, OPS_EXPORTER_PORT, SCRATCH_PORT) = range(
    FIRST_PORT, FIRST_PORT + 12)  # fmt: skip
REPLICA_PORTS = range(FIRST_PORT + 20, FIRST_PORT + 40)

APP_URL = f"http://{HOST}:{EDGE_PORT}"
RAILWAY_URL = f"http://{HOST}:{RAILWAY_PORT}"
VENDORS_URL = f"http://{HOST}:{VENDORS_PORT}"
PROMETHEUS_URL = f"http://{HOST}:{PROMETHEUS_PORT}"
ALERTMANAGER_URL = f"http://{HOST}:{ALERTMANAGER_PORT}"

ENVIRONMENT = "lab"
PROJECT_ID = "11111111-1111-4111-8111-111111111111"
ENVIRONMENT_ID = "22222222-2222-4222-8222-222222222222"
APP_ID = "33333333-3333-4333-8333-333333333333"
POSTGRES_ID = "44444444-4444-4444-8444-444444444444"
REDIS_ID = "55555555-5555-4555-8555-555555555555"
VOLUME_ID = "66666666-6666-4666-8666-666666666666"
REGION = "us-west2"
OWNER, REPO = "echo-ai", "echo-ai"
CHECKS = ("Test and Lint", "Build Docker Images")
CHANNELS = ("incidents", "deployments", "maintenance", "alerts", "drill")
PD_SERVICE, PD_PRIMARY, PD_SECONDARY = "PECHO01", "PPRIM01", "PSECO01"
STATUS_PAGE = "echoaistatus"

# No secrets: they open nothing but the lab, and it listens on loopback only.
SECRET_KEY = "lab-secret-key-lab-secret-key-lab"
RAILWAY_TOKEN = "lab-railway-account-token"
RAILWAY_PROJECT_TOKEN = "lab-railway-project-token"
GITHUB_TOKEN = "lab-github-token"
SLACK_TOKEN = "xoxb-lab-slack-token"
PAGERDUTY_TOKEN = "lab-pagerduty-token"
PAGERDUTY_ROUTING_KEY = "lab0pagerduty0routing0key0000000"
SENTRY_TOKEN = "lab-sentry-token"
STATUSPAGE_KEY = "lab-statuspage-key"
PROVIDER_KEYS = {name: f"lab-{name}-key" for name in ("openai", "anthropic", "perplexity", "stripe")}
SMOKE_USER, SMOKE_PASSWORD = "smoke@echo-ai.example", "lab-smoke-password"
TRAFFIC_USER, TRAFFIC_PASSWORD = "traffic@echo-ai.example", "lab-traffic-password"
ADMIN_USER = "admin@echo-ai.example"
DATABASE = "railway"
POSTGRES_PASSWORD, OBSERVER_PASSWORD = "lab-postgres", "lab-observer"
REDIS_PASSWORD = "lab-redis"


def postgres_url(user: str, password: str, database: str = DATABASE, port: int = POSTGRES_PORT) -> str:
    return f"postgresql://{user}:{password}@{HOST}:{port}/{database}"


ADMIN_DB_URL = postgres_url("postgres", POSTGRES_PASSWORD)
OBSERVER_DB_URL = postgres_url("observer", OBSERVER_PASSWORD)
SCRATCH_DB_URL = postgres_url("postgres", POSTGRES_PASSWORD, "scratch", SCRATCH_PORT)
REDIS_URL = f"redis://default:{REDIS_PASSWORD}@{HOST}:{REDIS_PORT}/0"

APP_VARIABLES = {
    "ENVIRONMENT": ENVIRONMENT,
    # The administrator, as Railway gives it to the application.
    "DATABASE_URL": ADMIN_DB_URL,
    "REDIS_URL": REDIS_URL,
    "SECRET_KEY": SECRET_KEY,
    "SENTRY_DSN": f"http://labsentrykey@{HOST}:{VENDORS_PORT}/sentry/1",
    "CELERY_CONCURRENCY": "1",
    **{f"{name.upper()}_API_KEY": key for name, key in PROVIDER_KEYS.items()},
    **{f"{name.upper()}_BASE_URL": f"{VENDORS_URL}/{name}" for name in ("openai", "anthropic", "perplexity")},
}
# PG* names, so that psql in the service's container connects by itself, as in Railway's image.
POSTGRES_VARIABLES = {
    "DATABASE_URL": ADMIN_DB_URL,
    "DATABASE_PUBLIC_URL": ADMIN_DB_URL,
    "PGHOST": HOST,
    "PGPORT": str(POSTGRES_PORT),
    "PGUSER": "postgres",
    "PGPASSWORD": POSTGRES_PASSWORD,
    "PGDATABASE": DATABASE,
}
REDIS_VARIABLES = {"REDIS_URL": REDIS_URL, "REDIS_PUBLIC_URL": REDIS_URL, "REDISCLI_AUTH": REDIS_PASSWORD}
