"""What happens to the Celery worker and its queue."""

import contextlib
import os
import signal
import uuid
from pathlib import Path

import redis
from celery import Celery

from . import seed, servers
from .config import ADMIN_DB_URL, FAULTS, REDIS_URL, TRAFFIC_USER
from .processes import Failed, until
from .railway import restart_app, state

QUEUES = ("celery", "celery\x06\x163", "celery\x06\x166", "celery\x06\x169")
MARK = "lab fault"


def worker_pids() -> list[int]:
    """The worker, its children and beat: of the containers that serve."""
    groups = set(state()["pids"])
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ProcessLookupError):
            pid = int(entry.name) if entry.name.isdigit() else 0
            if pid and os.getpgid(pid) in groups and b"celery" in (entry / "cmdline").read_bytes():
                found.append(pid)
    return sorted(found)


def _celery() -> Celery:
    return Celery(broker=REDIS_URL, backend=REDIS_URL)


def _redis() -> redis.Redis:
    return redis.Redis.from_url(REDIS_URL, socket_timeout=3)


def answers() -> bool:
    return bool(_celery().control.inspect(timeout=2).ping())


def active() -> list[dict]:
    found = _celery().control.inspect(timeout=2).active() or {}
    return [task for tasks in found.values() for task in tasks]


def kill(_: str = "") -> None:
    for pid in worker_pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not until(lambda: not worker_pids(), 5):
        raise Failed("the worker does not die")


def revive() -> None:
    """Nothing but a restart of the service brings a worker back."""
    if not worker_pids():
        restart_app()
        if not until(answers, 20):
            raise Failed("the worker does not answer")


def _experiments(count: int) -> list[str]:
    """So many experiments, in the database and in the queue, as the API would have made them."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    rows = ", ".join(
        f"('{id}', '{seed.user_id(TRAFFIC_USER)}', '{MARK}: which brand comes first?', 'TestBrand', 'openai', 1, "
        "'pending', 0, 0)"
        for id in ids
    )
    columns = (
        "id, user_id, prompt, target_brand, provider, iterations, status, successful_iterations, failed_iterations"
    )
    servers.execute(ADMIN_DB_URL, f"insert into experiments ({columns}) values {rows}")
    app = _celery()
    for id in ids:
        app.send_task("execute_experiment", args=[id])
    return ids


def _forget() -> None:
    """The fault's experiments are cancelled; their tasks, wherever they are, then end at once."""
    servers.execute(
        ADMIN_DB_URL,
        f"update experiments set status = 'cancelled' where prompt like '{MARK}%' and status in ('pending', 'running')",
    )


def fill_queue(_: str) -> None:
    (FAULTS / "provider-delay").write_text("5")
    _experiments(150)


def empty_queue() -> None:
    (FAULTS / "provider-delay").unlink(missing_ok=True)
    _forget()


def stick(_: str) -> None:
    (FAULTS / "provider-hangs").touch()
    _experiments(1)
    if not until(active, 15, every=0.2):
        raise Failed("no task has begun")


def unstick() -> None:
    (FAULTS / "provider-hangs").unlink(missing_ok=True)
    _forget()


def freeze(_: str) -> None:
    """A worker is killed hard while it works, and another takes its place: the tasks stay unacked for an hour."""
    stick("")
    kill()
    (FAULTS / "provider-hangs").unlink(missing_ok=True)
    restart_app()
    if not until(answers, 20):
        raise Failed("the new worker does not answer")


def thaw() -> None:
    """Puts back what is unacked, as an administrator's script would."""
    _forget()
    with _redis() as client:
        client.delete("unacked", "unacked_index")


def cancel_consumer(_: str) -> None:
    _celery().control.cancel_consumer("celery", reply=True, timeout=3)


def add_consumer() -> None:
    _celery().control.add_consumer("celery", reply=True, timeout=3)
