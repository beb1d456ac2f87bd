"""The lab goes down, however little of it is left."""

from . import processes
from .config import HOME, PIDS

# The order in which nothing complains about what it lost.
_ORDER = ("traffic", "exporter", "redis-exporter", "postgres-exporter", "blackbox", "prometheus", "alertmanager",
          "railway", "vendors", "redis")  # fmt: skip


def down(quiet: bool = False) -> int:
    """Ends every process of this lab, and no other. How many it ended."""
    if not HOME.exists():
        return 0
    count = sum(1 for _ in processes.ours())
    if PIDS.exists():
        for name in _ORDER:
            processes.stop(name, grace=3)
        for name in ("postgres", "scratch"):
            # SIGINT: a fast shutdown of PostgreSQL, which ends the sessions.
            processes.stop(name, grace=5, how=processes.signal.SIGINT)
    processes.kill_ours()
    left = list(processes.ours())
    if left:
        raise processes.Failed(f"still running: {left}")
    if not quiet:
        print(f"down: {count} processes ended" if count else "nothing was running")
    return count
