"""The lab comes up: always a fresh world."""

import os
import shutil
import socket
import stat
import sys
import time

import httpx

from . import down, files, monitoring, processes, project, repository, seed, servers
from .config import (
    APP_URL,
    BACKUPS,
    BIN,
    EDGE_PORT,
    FAULTS,
    FIRST_PORT,
    HOME,
    HOST,
    IMAGES,
    LOGS,
    PIDS,
    RAILWAY_URL,
    REPLICA_PORTS,
    SOURCE,
    VENDORS_URL,
)
from .processes import Failed

_NEEDED = {
    "postgresql-15": servers.POSTGRES_BIN / "postgres",
    "redis-server": "redis-server",
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "prometheus-redis-exporter": "prometheus-redis-exporter",
    "git": "git",
    "openssh-client": "ssh-keygen",
}


def check_packages() -> None:
    missing = [package for package, program in _NEEDED.items() if not shutil.which(program)]
    if missing:
        raise Failed(f"missing Debian packages: {' '.join(missing)}\nInstall them with: .ci/packages lab")


def check_ports() -> None:
    taken = []
    for port in (*range(FIRST_PORT, FIRST_PORT + 12), *REPLICA_PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                taken.append(str(port))
    if taken:
        another = f"Another first port can be given: ECHO_LAB_PORT={FIRST_PORT + 1000} lab up"
        raise Failed(f"ports in use: {', '.join(taken)}\n{another}")


def check_home() -> None:
    known = os.lstat(HOME)
    if not stat.S_ISDIR(known.st_mode) or known.st_uid != os.geteuid():
        raise Failed(f"{HOME} is not a folder of yours: give another one with ECHO_LAB_HOME")


def up() -> None:
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begun:5.1f} s  {what}", flush=True)

    check_packages()
    check_home()
    down.down(quiet=True)
    check_ports()
    _clear()
    files.write()
    project.make()
    say("PostgreSQL, Redis, the vendors' stand-ins, Prometheus and Alertmanager start")
    repository.create()
    _start_vendors()
    servers.create_clusters()
    servers.start_postgres()
    servers.start_postgres("scratch")
    servers.start_redis()
    monitoring.configure()
    monitoring.start()
    servers.create_databases()
    servers.wait_for_redis()
    _wait(f"{VENDORS_URL}/status/github/api/v2/status.json", "vendors")
    say("Railway's stand-in deploys the application")
    processes.start("railway", [sys.executable, "-m", "vendors.railway.server"], env=_python())
    _wait_healthy()
    seed.plant()
    say("traffic begins")
    for name in ("traffic", "exporter"):
        processes.start(name, [sys.executable, "-m", f"stack.{name}"], env=_python())
    say("up")


def _python() -> dict[str, str]:
    return {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}


def _start_vendors() -> None:
    processes.start("vendors", [sys.executable, "-m", "vendors.server"], env=_python())


def _clear() -> None:
    """Everything but the Python environment, which is slow to make."""
    for entry in HOME.iterdir():
        if entry.name not in ("venv", "requirements.txt", "image-bin"):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    for folder in (FAULTS, LOGS, PIDS, BIN, IMAGES, BACKUPS):
        folder.mkdir()
    HOME.chmod(0o711)


def _wait(url: str, name: str) -> None:
    def answers() -> bool:
        if not processes.alive(name):
            raise Failed(f"{name} has ended: see {LOGS}/{name}.log")
        try:
            return httpx.get(url, timeout=2).status_code < 500
        except httpx.HTTPError:
            return False

    if not processes.until(answers, 30):
        raise Failed(f"{url} does not answer: see {LOGS}/{name}.log")


def _wait_healthy() -> None:
    def healthy() -> bool:
        try:
            return httpx.get(f"{APP_URL}/health", timeout=2).json()["status"] == "healthy"
        except (httpx.HTTPError, ValueError, KeyError):
            return False

    _wait(f"{RAILWAY_URL}/lab/state", "railway")
    if not processes.until(healthy, 60, every=0.1):
        raise Failed(f"the application is not healthy on port {EDGE_PORT}: see {LOGS}/echo-ai.log")
