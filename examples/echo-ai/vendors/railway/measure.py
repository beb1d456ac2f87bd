"""Processor, memory and disk of the services once a second, and what the edge counted."""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stack import config, processes

from .edge import Request
from .platform import Platform, Service

VOLUME_MB = 500
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    at: float
    cpu: float
    memory_gb: float
    disk_gb: float


def _processes_below(roots: set[int]) -> set[int]:
    """These processes and all that descend from them."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children[int(fields[1])].append(int(entry.name))
    found, todo = set(), [pid for pid in roots if pid]
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo += children[pid]
    return found


def _memory_kb(pid: int) -> int:
    """The process's share: pages that several hold are counted once altogether."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _folder_mb(folder: Path) -> float:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.lstat().st_blocks * 512
        except OSError:
            continue
    return total / 1_000_000


def _roots(service: Service) -> set[int]:
    if service.name == "echo-ai":
        return {instance.pid for instance in service.live.instances} if service.live else set()
    return {processes.pid_of("postgres" if service.name == "Postgres" else "redis")}


async def sample(platform: Platform) -> None:
    before: dict[int, int] = {}
    while True:
        after: dict[int, int] = {}
        at = asyncio.get_running_loop().time()
        for service in platform.services.values():
            pids = _processes_below(_roots(service))
            ticks = {pid: _cpu_ticks(pid) for pid in pids}
            # A process that has just ended counts for nothing, not for less than nothing.
            spent = sum(max(0, count - before.get(pid, count)) for pid, count in ticks.items())
            memory = sum(_memory_kb(pid) for pid in pids) / 1_000_000
            folder = {"Postgres": "postgres", "Redis": "redis"}.get(service.name)
            disk = await asyncio.to_thread(_folder_mb, config.HOME / folder) / 1000 if folder else 0.0
            now = datetime.now().timestamp()
            service.samples.append(Sample(now, spent / _TICKS / 2, memory, disk))
            after |= ticks
        before = after
        await asyncio.sleep(max(0.0, at + 2 - asyncio.get_running_loop().time()))


def between(requests: Iterable[Request], start: datetime, end: datetime, path: str | None) -> list[Request]:
    return [one for one in requests if start <= one.at <= end and path in (None, one.path)]


def by_status(requests: list[Request], step: int) -> dict[int, Counter]:
    """Of each status, how many requests began in each step, by the step's start."""
    counts: dict[int, Counter] = defaultdict(Counter)
    for one in requests:
        counts[one.status][int(one.at.timestamp()) // step * step] += 1
    return counts


def percentiles(milliseconds: list[int]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        f"p{share}": float(ordered[min(len(ordered) - 1, len(ordered) * share // 100)]) for share in (50, 90, 95, 99)
    }
