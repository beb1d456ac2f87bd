"""Where the lab makes this application misbehave: a file per fault that is on. Without LAB_FAULTS nothing does."""

import os
import time
from pathlib import Path

from .config import settings

_folder = os.environ.get("LAB_FAULTS", "")
_started = time.time()
_held: list[bytes] = []


def on(name: str) -> bool:
    return bool(_folder) and Path(_folder, name).exists()


def _text(name: str) -> str:
    try:
        return Path(_folder, name).read_text()
    except OSError:
        return ""


def bad_commit() -> bool:
    """Whether this commit is one of those that answer 5xx."""
    if not _folder:
        return False
    return settings.commit in (_text("error-spike") + _text("bad-release")).split()


def leak() -> None:
    """Holds as many megabytes as the file says, if this process is one that ran when the fault was switched on."""
    if not on("memory-leak") or _held or Path(_folder, "memory-leak").stat().st_mtime < _started:
        return
    _held.append(b"x" * (int(_text("memory-leak")) * 1024 * 1024))
