#!/usr/bin/env bash
# The container's start: migrations, then worker and beat in the background, then the web. Nobody watches the worker.
set -e
alembic upgrade head
concurrency=${CELERY_CONCURRENCY:-1}
celery -A backend.app.worker worker -B --autoscale=$((concurrency * 2)),"$concurrency" --loglevel=info &
exec uvicorn backend.app.main:app --host "${HOST:-0.0.0.0}" --port "${PORT:-8080}" --no-access-log
