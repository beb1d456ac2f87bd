"""`lab check`: does everything behave as the README says? A check is a function that raises when something does not."""

import importlib
import sys
import time
import traceback
from collections.abc import Callable

from .. import faults, processes
from ..config import PIDS

_MODULES = (
    "application",
    "vendors",
    "github",
    "railway",
    "faults_vendors",
    "faults_database",
    "faults_worker",
    "faults_deploy",
)
_checks: list[tuple[str, Callable[[], None]]] = []


def check(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Puts a function into the table under this name. They run in the order in which they stand."""

    def put(function: Callable[[], None]) -> Callable[[], None]:
        _checks.append((name, function))
        return function

    return put


def run(beginnings: list[str]) -> int:
    """Runs the checks whose names begin so, all if none is given, in a lab of its own unless one is up."""
    for module in _MODULES:
        importlib.import_module(f".{module}", __name__)
    chosen = [(name, what) for name, what in _checks if name.startswith(tuple(beginnings) or ("",))]
    if not chosen:
        raise processes.Failed("no check has such a name")
    own = not (PIDS.exists() and processes.alive("railway"))
    if own:
        from ..up import up

        up()
    try:
        failed = [name for name, what in chosen if not _passes(name, what)]
    finally:
        if own:
            from ..down import down

            down()
    print(f"{len(chosen) - len(failed)} of {len(chosen)} pass" + (f"; not: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _passes(name: str, what: Callable[[], None]) -> bool:
    begun = time.monotonic()
    problem = ""
    try:
        what()
    except Exception as error:  # whatever it is, it is this check's result
        problem = f"{type(error).__name__}: {error}"
        traceback.print_exc(limit=-3, file=sys.stderr)
    finally:
        for left in faults.those_on():
            faults.switch_off(left)
    result = "pass" if not problem else "FAIL"
    print(f"{result}  {time.monotonic() - begun:5.1f} s  {name}{'  ' + problem if problem else ''}", flush=True)
    return not problem
