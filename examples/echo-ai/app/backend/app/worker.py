"""The Celery application: experiments, and what beat does by the hour and the day."""

import logging
import time
import uuid
from datetime import timedelta

from celery import Celery
from celery.signals import setup_logging
from sqlalchemy import create_engine, delete, select
from sqlalchemy.orm import Session

from . import logs, providers
from .config import settings
from .models import BatchRun, Experiment, Iteration, now

log = logging.getLogger("celery.experiments")
app = Celery("echo", broker=settings.redis_url, backend=settings.redis_url)
celery = app
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=3600,
    task_soft_time_limit=3300,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    beat_schedule={
        "check-scheduled-experiments": {"task": "check_scheduled_experiments", "schedule": 3600.0},
        "cleanup-old-pii-data": {"task": "cleanup_old_pii_data", "schedule": 86400.0},
    },
)


@setup_logging.connect
def _configure_logs(**_: object) -> None:
    logs.configure()


def _engine():
    """Each task has connections of its own: 2, at most 3 more."""
    name = {"application_name": "echo-worker"}
    return create_engine(settings.sqlalchemy_url, pool_size=2, max_overflow=3, connect_args=name)


@app.task(name="execute_experiment", bind=True)
def execute_experiment(self, experiment_id: str) -> str:
    return _execute_experiment(experiment_id=experiment_id, task_id=self.request.id)


def _execute_experiment(experiment_id: str, task_id: str) -> str:
    engine = _engine()
    try:
        with Session(engine, expire_on_commit=False) as session:
            experiment = session.get(Experiment, uuid.UUID(experiment_id))
            if experiment is None or experiment.status not in ("pending", "running"):
                log.warning("experiment %s is gone or done, task %s", experiment_id, task_id)
                return "skipped"
            experiment.status = "running"
            run = BatchRun(experiment_id=experiment.id)
            session.add(run)
            session.commit()
            for _ in range(experiment.iterations):
                session.add(_iterate(experiment, run))
                session.commit()
            run.status = "completed"
            run.completed_at = now()
            experiment.status = "completed" if experiment.successful_iterations else "failed"
            session.commit()
            log.info("experiment %s %s, task %s", experiment_id, experiment.status, task_id)
            return experiment.status
    finally:
        engine.dispose()


def _iterate(experiment: Experiment, run: BatchRun) -> Iteration:
    begun = time.monotonic()
    iteration = Iteration(batch_run_id=run.id, provider=experiment.provider, is_success=False)
    try:
        answer = providers.ask(experiment.provider, experiment.prompt)
        iteration.is_success = True
        iteration.mentioned = experiment.target_brand.lower() in answer.lower()
        experiment.successful_iterations += 1
    except Exception as error:  # whatever a provider does, the experiment records it and goes on
        iteration.error = experiment.error = f"{type(error).__name__}: {error}"
        experiment.failed_iterations += 1
        log.error("%s failed: %s", experiment.provider, iteration.error)
    iteration.latency_ms = int((time.monotonic() - begun) * 1000)
    return iteration


@app.task(name="check_scheduled_experiments")
def check_scheduled_experiments() -> int:
    """Starts what recurs and is due, and sets its next date."""
    engine = _engine()
    try:
        with Session(engine) as session:
            due = select(Experiment).where(Experiment.is_recurring, Experiment.status != "cancelled")
            found = list(session.scalars(due.where(Experiment.next_run_at < now())))
            for experiment in found:
                experiment.next_run_at = now() + timedelta(hours=24)
                experiment.status = "pending"
            session.commit()
            for experiment in found:
                execute_experiment.delay(str(experiment.id))
            return len(found)
    finally:
        engine.dispose()


@app.task(name="cleanup_old_pii_data")
def cleanup_old_pii_data() -> None:
    engine = _engine()
    try:
        with Session(engine) as session:
            session.execute(delete(Iteration).where(Iteration.created_at < now() - timedelta(days=90)))
            session.commit()
    finally:
        engine.dispose()
