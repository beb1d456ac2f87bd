"""Processes below this one, and their ends."""

import ctypes
import os
import pathlib
import select

PATIENCE = 60  # Seconds; longer than anything here takes. Reaching it is a failure.


class Trouble(Exception):
    """What belay has promised and not kept, or what the driver itself could not do."""


def become_reaper():
    """Processes whose parents were killed come to this one: it sees them all, and leaves no zombies (prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) != 0:
        raise Trouble("prctl: no subreaper here")


def children(pid="self"):
    """Of a process, and theirs."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return found + [below for child in found for below in children(child)]


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def wait_for_end(pid, patience=PATIENCE):
    """False when it still runs then."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], patience)[0])
    finally:
        os.close(descriptor)


def words_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return [""]
