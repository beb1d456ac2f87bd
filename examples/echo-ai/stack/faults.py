"""The faults there are, and how each is switched on and off.

A fault is on while its file is there. Stand-ins and the application look for theirs; what needs more than that (a
process killed, a session opened) is done here, or in faults_database and faults_worker.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from . import faults_database as database
from . import faults_worker as worker
from . import monitoring, processes, repository, seed, servers
from .config import ADMIN_DB_URL, FAULTS, SOURCE
from .processes import Failed
from .railway import state

VENDORS = ("railway", "github", "slack", "pagerduty", "sentry", "statuspage")
PROVIDERS = ("openai", "anthropic", "perplexity", "stripe")


def nothing(*_: str) -> None:
    """Who is concerned sees the file."""


@dataclass(frozen=True)
class Fault:
    says: str
    on: Callable[[str], None] = nothing
    off: Callable[[], None] = nothing
    # What may be said about it, and what is meant when nothing is said.
    choices: tuple[str, ...] = ()
    default: str = ""


def _bad_from_now(_: str) -> None:
    (FAULTS / "error-spike").write_text(state()["commit"])


def _leak(_: str) -> None:
    now = state()
    (FAULTS / "memory-leak").write_text(str(max(50, int(now["memory_gb"] * 920 - now["used_gb"] * 1000))))


def _demo_login(_: str) -> None:
    servers.execute(ADMIN_DB_URL, seed.add_user("test@echoai.com", "password123", role="admin", quota=1_000_000))


def _no_demo_login() -> None:
    servers.execute(ADMIN_DB_URL, "delete from users where email = 'test@echoai.com'")


_GOOD = "experiment-notes", "alembic/versions/004_experiment_notes.py"
_MIGRATIONS = {
    "failing-migration": SOURCE / "changes/45-profile-required/files/alembic/versions/004_profile_required.py",
    "long-revision-id": SOURCE / "changes/46-webhooks/files/alembic/versions/e001_webhooks.py",
    "pending-migration": SOURCE / "changes/43-experiment-notes/files/alembic/versions/004_experiment_notes.py",
}


def _carry(name: str) -> Callable[[str], None]:
    """Puts a migration into the folder of the release that serves and, if it is a bad one, into pull request 43."""

    def on(_: str) -> None:
        others = [other for other in _MIGRATIONS if other != name and (FAULTS / other).exists()]
        if others:
            raise Failed(f"first: lab fault {others[0]} off")
        if name != "pending-migration":
            repository.commit_file(*_GOOD, _MIGRATIONS[name], "Another way to the same end")
        shutil.copy(_MIGRATIONS[name], f"{state()['folder']}/alembic/versions/lab_{name.replace('-', '_')}.py")

    return on


def _carry_no_more(name: str) -> Callable[[], None]:
    def off() -> None:
        processes.Path(state()["folder"], "alembic/versions", f"lab_{name.replace('-', '_')}.py").unlink(
            missing_ok=True
        )
        if name != "pending-migration":
            repository.commit_file(*_GOOD, _MIGRATIONS["pending-migration"], "As it was")

    return off


def _blind(_: str) -> None:
    monitoring.write_prometheus(blind=True)
    monitoring.reload_prometheus()


def _see() -> None:
    monitoring.write_prometheus()
    monitoring.reload_prometheus()


FAULTS_THERE_ARE: dict[str, Fault] = {
    "error-spike": Fault("the commit that serves now answers 500 to a third of the API's requests", _bad_from_now),
    "bad-release": Fault("commits that are first deployed while this is on do so"),
    "slow-queries": Fault("the API's reads take three seconds, in the database"),
    "blocked-session": Fault("a session idle in transaction locks experiments", database.block, database.unblock),
    "exhausted-connections": Fault("idle sessions take all but a few connections", database.exhaust, database.release),
    "dead-worker": Fault("the Celery worker was killed", worker.kill, worker.revive),
    "full-queue": Fault("150 experiments wait, each call takes five seconds", worker.fill_queue, worker.empty_queue),
    "frozen-unacked": Fault("tasks of a worker killed hard: unacked, run by nobody", worker.freeze, worker.thaw),
    "stuck-task": Fault("a task that runs and does not end", worker.stick, worker.unstick),
    "not-consuming": Fault("the worker lives and consumes no queue", worker.cancel_consumer, worker.add_consumer),
    "redis-down": Fault("Redis is stopped", lambda _: servers.stop_redis(), servers.restart_redis),
    "database-down": Fault("PostgreSQL is stopped", lambda _: servers.stop_postgres(), servers.restart_postgres),
    "memory-leak": Fault("the processes that run now hold 90 % of the memory limit", _leak),
    "failed-deploy": Fault("the next deployments: the build fails"),
    "crashed-deploy": Fault("the next deployments: the application ends again and again"),
    "skipped-deploy": Fault("the next deployments: skipped after waiting for CI"),
    "ignored-restart": Fault("Railway says that a restart is done, and restarts nothing"),
    **{
        name: Fault(says, _carry(name), _carry_no_more(name))
        for name, says in (
            ("failing-migration", "the release that serves and pull request 43 carry a migration that fails"),
            ("long-revision-id", "the same, with a revision id of 38 characters"),
            ("pending-migration", "the release that serves carries a good migration that is not applied"),
        )
    },
    "truncated-dump": Fault("pg_dump loses the end of what it wrote and says 0"),
    "provider-outage": Fault("503 from a provider, and its status page says so", choices=PROVIDERS, default="openai"),
    "bad-key": Fault("401 from a provider", choices=PROVIDERS, default="openai"),
    "rate-limited": Fault("429 and Retry-After", choices=(*VENDORS, *PROVIDERS, "all"), default="all"),
    "slack-not-ok": Fault("Slack answers 200 with ok: false"),
    "blind-prometheus": Fault("Prometheus has lost its targets", _blind, _see),
    "unstable-platform": Fault("Railway tells an incident"),
    "ci-red": Fault("checks of new commits fail"),
    "ci-lies": Fault("checks of new commits succeed, with a failure in pytest's log"),
    "nobody-acknowledges": Fault("PagerDuty's incidents stay triggered"),
    "demo-login": Fault("the public test account exists, as an administrator", _demo_login, _no_demo_login),
    "maintenance-ignored": Fault("the application ignores its maintenance mode"),
    "ssh-drops": Fault("railway ssh loses its connection"),
}


def fault(name: str) -> Fault:
    if name not in FAULTS_THERE_ARE:
        raise Failed(f"there is no fault '{name}'; `lab fault` lists them")
    return FAULTS_THERE_ARE[name]


def switch_on(name: str, how: str = "") -> None:
    known = fault(name)
    how = how or known.default
    if how and how not in known.choices:
        raise Failed(f"'{name}' knows: {' '.join(known.choices)}" if known.choices else f"'{name}' takes no more words")
    file = FAULTS / name
    was_on = file.exists()
    file.write_text(how)
    try:
        if not was_on:
            known.on(how)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def switch_off(name: str) -> None:
    known = fault(name)
    file = FAULTS / name
    if file.exists():
        file.unlink()
        known.off()


def those_on() -> list[str]:
    return [name for name in FAULTS_THERE_ARE if (FAULTS / name).exists()]
