"""What runs, what is deployed, which faults are on."""

import httpx

from . import faults, processes
from .config import APP_URL, PIDS
from .railway import state


def show() -> None:
    for file in sorted(PIDS.iterdir()) if PIDS.exists() else []:
        pid = processes.pid_of(file.name)
        print(f"{file.name:20} {'runs, pid ' + str(pid) if pid else 'does not run'}")
    now = state()
    newest = now["newest"] or {}
    print(f"{'serves':20} {now['commit'][:12]} (deployment {now['deployment']})")
    print(f"{'newest deployment':20} {newest.get('status')} {newest.get('commit', '')[:12]}")
    try:
        health = httpx.get(f"{APP_URL}/health", timeout=5).json()
        print(f"{'health':20} {health.get('status') or health.get('message')}")
    except (httpx.HTTPError, ValueError) as error:
        print(f"{'health':20} no answer: {error}")
    print(f"{'faults':20} {' '.join(faults.those_on()) or 'none'}")
    print(f"{'processes':20} {sum(1 for _ in processes.ours())}, {memory_mb()} MB")


def memory_mb() -> int:
    """Of all processes of the lab, shared pages counted once."""
    total = 0
    for pid in processes.ours():
        try:
            lines = processes.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total // 1000
