"""Files that a shell and an operator use: `env`, the programs of `bin`, and the image's programs."""

import shlex
from pathlib import Path

from . import seed
from .config import (
    ADMIN_DB_URL,
    ADMIN_USER,
    BIN,
    GITHUB_TOKEN,
    HOME,
    OBSERVER_DB_URL,
    PAGERDUTY_ROUTING_KEY,
    PAGERDUTY_TOKEN,
    PROVIDER_KEYS,
    RAILWAY_TOKEN,
    RAILWAY_URL,
    REDIS_URL,
    SCRATCH_DB_URL,
    SENTRY_TOKEN,
    SLACK_TOKEN,
    SMOKE_PASSWORD,
    SMOKE_USER,
    SOURCE,
    STATUSPAGE_KEY,
    VENDORS_URL,
    VENV,
)

# Not in the application's image, which has libpq and no clients.
_NOT_IN_IMAGE = (
    "psql",
    "pg_",
    "redis-",
    "createdb",
    "dropdb",
    "vacuumdb",
    "reindexdb",
    "clusterdb",
    "railway",
    "gh",
)


def write() -> None:
    (HOME / "env").write_text("".join(f"export {name}={value}\n" for name, value in _exports().items()))
    # The token of the lab, whatever else the shell has.
    token = "${LAB_RAILWAY_API_TOKEN:-${RAILWAY_API_TOKEN:-}}"
    settings = f"RAILWAY_API_TOKEN={token} LAB_FAULTS={HOME}/faults LAB_RAILWAY_URL={RAILWAY_URL}"
    _program("railway", f'{settings} PYTHONDONTWRITEBYTECODE=1 exec {VENV}/bin/python {SOURCE}/bin/railway "$@"')
    _program("pg_dump", f'LAB_FAULTS={HOME}/faults exec bash {SOURCE}/bin/pg_dump "$@"')
    _program("alembic", f'exec {VENV}/bin/alembic "$@"')
    _program("celery", f'exec {VENV}/bin/celery "$@"')
    _image_programs()


def _exports() -> dict[str, str]:
    values = {
        "RAILWAY_API_TOKEN": RAILWAY_TOKEN,
        "GH_TOKEN": GITHUB_TOKEN,
        "ECHO_DATABASE_URL": ADMIN_DB_URL,
        "ECHO_DATABASE_READ_URL": OBSERVER_DB_URL,
        "ECHO_SCRATCH_DATABASE_URL": SCRATCH_DB_URL,
        "ECHO_REDIS_URL": REDIS_URL,
        "SLACK_BOT_TOKEN": SLACK_TOKEN,
        "SLACK_WEBHOOK_URL": f"{VENDORS_URL}/slack/services/T0LAB/B0LAB/webhook",
        "PAGERDUTY_API_TOKEN": PAGERDUTY_TOKEN,
        "PAGERDUTY_ROUTING_KEY": PAGERDUTY_ROUTING_KEY,
        "SENTRY_AUTH_TOKEN": SENTRY_TOKEN,
        "STATUSPAGE_API_KEY": STATUSPAGE_KEY,
        **{f"{name.upper()}_API_KEY": key for name, key in PROVIDER_KEYS.items()},
        "ECHO_SMOKE_USER": SMOKE_USER,
        "ECHO_SMOKE_PASSWORD": SMOKE_PASSWORD,
        "ECHO_ADMIN_TOKEN": seed.token(ADMIN_USER),
    }
    lab = {"ECHO_LAB_HOME": shlex.quote(str(HOME)), "PATH": f'{shlex.quote(str(BIN))}:"$PATH"'}
    return {**lab, **{f"LAB_{name}": shlex.quote(value) for name, value in values.items()}}


def _program(name: str, line: str) -> None:
    file = BIN / name
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def _image_programs() -> None:
    """A folder with what a container finds on its PATH beside Python's programs."""
    folder = HOME / "image-bin"
    if folder.exists():
        return
    folder.mkdir()
    for source in (Path("/bin"), Path("/usr/bin")):
        for program in source.iterdir():
            link = folder / program.name
            if not program.name.startswith(_NOT_IN_IMAGE) and not link.is_symlink():
                link.symlink_to(program)
