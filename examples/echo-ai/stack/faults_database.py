"""Sessions that hold what others need. A process of the lab has them, until it is told to go or they are ended."""

import sys
import time

import psycopg2

from . import processes
from .config import ADMIN_DB_URL, SOURCE
from .processes import Failed

_FREE = 2


def block(_: str) -> None:
    _hold("block")


def unblock() -> None:
    processes.stop("fault-block")


def exhaust(_: str) -> None:
    _hold("exhaust")


def release() -> None:
    processes.stop("fault-exhaust")


def _hold(what: str) -> None:
    name = f"fault-{what}"
    # What it said the last time is not said now.
    (processes.LOGS / f"{name}.log").unlink(missing_ok=True)
    processes.start(name, [sys.executable, "-m", "stack.faults_database", what], env={"PYTHONPATH": str(SOURCE)})
    if not processes.until(lambda: (processes.LOGS / f"{name}.log").read_text().endswith("holds\n"), 15):
        raise Failed(f"see {processes.LOGS}/{name}.log")


def _sessions(what: str) -> list:
    if what == "block":
        connection = psycopg2.connect(ADMIN_DB_URL, application_name="forgotten-console")
        connection.cursor().execute("lock table experiments in exclusive mode")
        return [connection]
    sessions = [psycopg2.connect(ADMIN_DB_URL, application_name="report-job")]
    with sessions[0].cursor() as cursor:
        cursor.execute("""select current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int""")
        limit = cursor.fetchone()[0]
        while True:
            cursor.execute("select count(*) from pg_stat_activity where backend_type = 'client backend'")
            if cursor.fetchone()[0] > limit - _FREE:
                return sessions
            session = psycopg2.connect(ADMIN_DB_URL, application_name="report-job")
            session.cursor().execute("select 1")
            sessions.append(session)
            sessions[0].rollback()


if __name__ == "__main__":
    held = _sessions(sys.argv[1])
    print("holds", flush=True)
    while held:
        time.sleep(60)
