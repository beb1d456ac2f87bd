"""PostgreSQL and Redis: the real ones, with data below the lab's folder."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2
import redis

from . import processes
from .config import (
    ADMIN_DB_URL,
    DATABASE,
    HOME,
    HOST,
    OBSERVER_PASSWORD,
    POSTGRES_PASSWORD,
    POSTGRES_PORT,
    REDIS_PASSWORD,
    REDIS_PORT,
    REDIS_URL,
    SCRATCH_DB_URL,
    SCRATCH_PORT,
    postgres_url,
)

POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
MAX_CONNECTIONS = 60
_SETTINGS = f"""
listen_addresses = '{HOST}'
unix_socket_directories = ''
max_connections = {MAX_CONNECTIONS}
shared_buffers = 32MB
shared_preload_libraries = 'pg_stat_statements'
logging_collector = off
log_timezone = 'UTC'
timezone = 'UTC'
# The data of a lab is made anew at each start: it need not survive a power cut.
fsync = off
full_page_writes = off
"""
_PORTS = {"postgres": POSTGRES_PORT, "scratch": SCRATCH_PORT}


def create_clusters() -> None:
    """Two data folders, made once and copied."""
    first, second = HOME / "postgres", HOME / "scratch"
    user = processes.unprivileged()
    password = HOME / "password"
    password.write_text(POSTGRES_PASSWORD + "\n")
    first.mkdir(mode=0o700)
    if user:
        for path in (first, password):
            os.chown(path, user.pw_uid, user.pw_gid)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    result = subprocess.run(
        [POSTGRES_BIN / "initdb", "-D", first, "-U", "postgres", f"--pwfile={password}", "-A", "scram-sha-256",
         "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
        text=True, capture_output=True, cwd="/", env=processes.environment(), **as_user,
    )  # fmt: skip
    password.unlink()
    if result.returncode != 0:
        raise processes.Failed(f"initdb: {result.stderr.strip()}")
    with (first / "postgresql.conf").open("a") as file:
        file.write(_SETTINGS)
    shutil.copytree(first, second, symlinks=True)
    if user:
        for path in (second, *second.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def start_postgres(name: str = "postgres") -> None:
    folder = HOME / name
    if not processes.alive(name):
        (folder / "postmaster.pid").unlink(missing_ok=True)
    command = [str(POSTGRES_BIN / "postgres"), "-D", str(folder), "-p", str(_PORTS[name])]
    processes.start(name, command, cwd=folder, user=processes.unprivileged())


def stop_postgres(name: str = "postgres") -> None:
    """A fast shutdown: sessions are ended, nothing is lost."""
    processes.stop(name, grace=10, how=signal.SIGINT)


def restart_postgres() -> None:
    stop_postgres()
    start_postgres()
    wait_for_postgres()


def answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def wait_for_postgres(port: int = POSTGRES_PORT) -> None:
    if not processes.until(lambda: answers(postgres_url("postgres", POSTGRES_PASSWORD, "postgres", port)), 30):
        raise processes.Failed(f"PostgreSQL does not answer on port {port}: see {HOME}/logs")


def execute(url: str, *statements: str, autocommit: bool = False) -> list[tuple]:
    """The rows of the last statement, if it gives any."""
    connection = psycopg2.connect(url, connect_timeout=5, application_name="lab")
    connection.autocommit = autocommit
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        if not autocommit:
            connection.commit()
        return rows
    finally:
        connection.close()


def create_databases() -> None:
    wait_for_postgres()
    wait_for_postgres(SCRATCH_PORT)
    maintenance = postgres_url("postgres", POSTGRES_PASSWORD, "postgres")
    execute(
        maintenance,
        f"create role observer login password '{OBSERVER_PASSWORD}' in role pg_monitor, pg_read_all_data",
        "alter role observer set default_transaction_read_only = on",
        f"create database {DATABASE}",
        autocommit=True,
    )
    execute(ADMIN_DB_URL, "create extension pg_stat_statements")
    scratch = postgres_url("postgres", POSTGRES_PASSWORD, "postgres", SCRATCH_PORT)
    execute(scratch, "create database scratch", autocommit=True)
    assert answers(SCRATCH_DB_URL)


def start_redis() -> None:
    folder = HOME / "redis"
    folder.mkdir(exist_ok=True)
    options = {
        "port": str(REDIS_PORT), "bind": HOST, "requirepass": REDIS_PASSWORD, "dir": str(folder),
        "appendonly": "yes", "maxmemory": "64mb", "maxmemory-policy": "noeviction", "daemonize": "no",
    }  # fmt: skip
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    processes.start("redis", ["redis-server", *arguments])


def stop_redis() -> None:
    processes.stop("redis")


def restart_redis() -> None:
    stop_redis()
    start_redis()
    wait_for_redis()


def wait_for_redis() -> None:
    def pongs() -> bool:
        try:
            with redis.Redis.from_url(REDIS_URL, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    if not processes.until(pongs, 15):
        raise processes.Failed(f"Redis does not answer on port {REDIS_PORT}: see {HOME}/logs/redis.log")
