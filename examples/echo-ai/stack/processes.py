"""Processes of the lab: started apart from the terminal, known by pid and start time, and all found again.

Each gets LAB_MARK in its environment, with the lab's folder as value, and hands it on to its children. So the
processes of this lab, and no others, are found even when nobody wrote their pid down. PostgreSQL overwrites its
environment; its processes stand in their data folder, which tells them as well.
"""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .config import HOME, LOGS, PIDS

MARK = "LAB_MARK"
DATA_FOLDERS = (str(HOME / "postgres"), str(HOME / "scratch"))


class Failed(Exception):
    """What a person reads when the lab cannot do what was asked."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What every process of the lab gets: little of the caller's, so that nothing depends on who brought it up."""
    kept = {name: os.environ[name] for name in ("LANG", "TZ", "ECHO_LAB_PORT") if name in os.environ}
    path = f"{HOME / 'venv' / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    return {
        "PATH": path,
        "HOME": str(HOME),
        "ECHO_LAB_HOME": str(HOME),
        MARK: str(HOME),
        **kept,
        **(extra or {}),
    }


def unprivileged() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as when we are root, which it refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failed("there is neither a user 'postgres' nor 'nobody' to run PostgreSQL as")


def start(
    name: str,
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    cwd: Path = HOME,
    user: pwd.struct_passwd | None = None,
) -> int:
    if alive(name):
        return pid_of(name)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with (LOGS / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **as_user,
        )
    (PIDS / name).write_text(f"{process.pid} {start_time(process.pid)}\n")
    return process.pid


def start_time(pid: int) -> str:
    """In clock ticks since the machine started, or "" if there is no such process or only its zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def pid_of(name: str) -> int:
    """The pid that was written down, if the process that has it now is the one that was meant; else 0."""
    try:
        pid, started = (PIDS / name).read_text().split()
    except (OSError, ValueError):
        return 0
    return int(pid) if start_time(int(pid)) == started else 0


def alive(name: str) -> bool:
    return pid_of(name) != 0


def stop(name: str, grace: float = 5, how: signal.Signals = signal.SIGTERM) -> None:
    pid = pid_of(name)
    if pid:
        os.kill(pid, how)
        if not until(lambda: not alive(name), grace):
            os.killpg(pid, signal.SIGKILL)
            until(lambda: not alive(name), 5)
    (PIDS / name).unlink(missing_ok=True)


def ours() -> Iterator[int]:
    """Every process of this lab but the caller."""
    mark = f"{MARK}={HOME}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
            in_data_folder = str((entry / "cwd").readlink()) in DATA_FOLDERS
            if (marked or in_data_folder) and start_time(int(entry.name)):
                yield int(entry.name)
        except OSError:
            continue


def kill_ours(grace: float = 3) -> int:
    """Ends every process of this lab, first politely. How many there were."""
    found = list(ours())
    for how, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for pid in ours():
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
        if until(lambda: not any(True for _ in ours()), seconds):
            break
    return len(found)


def until(holds, seconds: float, every: float = 0.05) -> bool:
    """Whether it came to hold within the time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
