"""Faults of the worker and its queue."""

import redis

from .. import faults, faults_worker
from ..config import REDIS_URL
from ..railway import restart_app, state
from . import check
from .tools import APP, end_of, equal, eventually, experiment, healthy, railway


def counts() -> tuple[int, int]:
    """How many wait, how many are unacked."""
    with redis.Redis.from_url(REDIS_URL) as client:
        return client.llen("celery"), client.hlen("unacked")


@check("fault dead-worker")
def dead_worker() -> None:
    faults.switch_on("dead-worker")
    equal(healthy(), True)
    ping = "celery -A backend.app.worker inspect ping --json --timeout 2"
    equal(railway("ssh", *APP, "--", ping).returncode, 69)
    pending = experiment()
    equal(railway("restart", *APP, "--yes").returncode, 0)
    equal(end_of(pending, 30)["status"], "completed")


@check("fault not-consuming")
def not_consuming() -> None:
    faults.switch_on("not-consuming")
    equal(faults_worker.answers(), True)
    pending = experiment()
    eventually(lambda: counts()[0] >= 1, 5, "it waits")
    faults.switch_off("not-consuming")
    equal(end_of(pending)["status"], "completed")


@check("fault full-queue")
def full_queue() -> None:
    faults.switch_on("full-queue")
    assert counts()[0] > 100, counts()
    faults.switch_off("full-queue")
    eventually(lambda: counts()[0] == 0, 60, "the queue is empty")


@check("fault stuck-task")
def stuck_task() -> None:
    faults.switch_on("stuck-task")
    equal(len(faults_worker.active()) >= 1, True)
    faults.switch_off("stuck-task")
    eventually(lambda: not faults_worker.active(), 10, "it has ended")


@check("fault frozen-unacked")
def frozen_unacked() -> None:
    faults.switch_on("frozen-unacked")
    waiting, unacked = counts()
    equal((waiting, unacked >= 1, faults_worker.active()), (0, True, []))
    equal(end_of(experiment())["status"], "completed")
    faults.switch_off("frozen-unacked")
    eventually(lambda: counts()[1] == 0, 10, "nothing is unacked")


@check("fault memory-leak")
def memory_leak() -> None:
    faults.switch_on("memory-leak")
    eventually(lambda: state()["used_gb"] / state()["memory_gb"] > 0.85, 20, "85 % of the limit")
    restart_app()
    eventually(lambda: state()["used_gb"] / state()["memory_gb"] < 0.5, 20, "a restart frees it")
