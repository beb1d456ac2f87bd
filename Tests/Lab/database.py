"""Backups, restores and migrations on the real PostgreSQL, with row counts."""

import pathlib

from stage import HOME, expect, scenario

COUNTS = "select (select count(*) from users) || ' ' || (select count(*) from experiments)"


def backups():
    return sorted((HOME / "backups").glob("*.dump"))


@scenario(of_the_few=True)
def backup(lab):
    """A backup is restored once and counted; a truncated dump is found, and nothing is kept of it."""
    run = lab.run("database-backup").ends(0)
    dump = pathlib.Path(run.node("keep")["outputs"]["dump"])
    expect(dump.exists() and dump.with_suffix(".json").exists(), f"{dump} is not there")
    known = backups()
    lab.fault("truncated-dump")
    run = lab.run("database-backup").ends(1)
    expect(run.node("whole").get("status") == "failed", run.tail())
    expect(backups() == known, f"{backups()}")
    scratch = lab.sql("select 1")  # the server still answers
    expect(scratch == "1", scratch)


def restore(lab, name, **params):
    return lab.run(
        "database-restore", backup=name, lost_since="2026-01-01T00:00:00Z", rehearse="false", watch_for="5s",
        reason="rows were deleted by mistake", **params)


def signed(run, gate):
    run.waits_for(gate).approve(gate, "engineer_two", "database_admin")


@scenario(fresh=True)
def restore_swaps(lab):
    """Rows that were deleted are there again; the engine is killed in the middle, and writers were stopped first."""
    dump = pathlib.Path(lab.run("database-backup").ends(0).node("keep")["outputs"]["dump"])
    users = lab.sql("select count(*) from users")
    lab.sql("delete from api_keys")
    run = restore(lab, dump.stem)
    signed(run, "sign_loss")
    signed(run, "cut_over")
    run.reaches("stop_app", "succeeded").kill()
    run.resume().waits_for("start_app")
    expect(lab.sql("select count(*) from users") == users, "the counts differ")
    expect(lab.sql("select count(*) from api_keys") != "0", "nothing was restored")
    run.approve("start_app", "database_admin")
    run.waits_for("keep_old")
    expect(lab.health().get("status") == "healthy", f"{lab.health()}")
    old = lab.sql("select count(*) from pg_database where datname like 'railway_old_%'")
    expect(old == "1", "the old database is gone")
    run.call("cancel", run.name())


@scenario(fresh=True)
def restore_undone(lab):
    """Before writers start again, a rejection brings back the old database, the queue, and the application with it."""
    dump = pathlib.Path(lab.run("database-backup").ends(0).node("keep")["outputs"]["dump"])
    lab.sql("delete from api_keys")
    lab.fault("full-queue")
    run = restore(lab, dump.stem, queue="set_aside")
    signed(run, "sign_loss")
    signed(run, "cut_over")
    run.waits_for("start_app")
    expect(run.node("set_queue_aside").get("status") == "succeeded", run.tail())
    run.reject("start_app", "database_admin").ends(4)
    expect(run.node("set_queue_aside").get("status") == "compensated", run.tail())
    expect(lab.sql("select count(*) from api_keys") == "0", "the old database is not back")
    expect(lab.sql("select count(*) from pg_database where datname like 'railway\\_%'") == "0", "a copy was left")
    lab.until("the application serves", lambda: lab.health().get("status") == "healthy", 120)


@scenario(of_the_few=True)
def restore_refused(lab):
    """A dump that is not whole is refused before anybody is asked."""
    dump = pathlib.Path(lab.run("database-backup", restore_check="false").ends(0).node("keep")["outputs"]["dump"])
    whole = dump.read_bytes()
    dump.write_bytes(whole[: len(whole) * 2 // 3])
    run = restore(lab, dump.stem)
    run.ends(4)
    expect(run.node("dump_whole").get("status") == "failed", run.tail())
    expect(run.node("sign_loss").get("status") in (None, "pending", "skipped"), f"{run.node('sign_loss')}")


@scenario(fresh=True)
def migrate_up_and_down(lab):
    """A migration is applied after a backup, and taken back with nobody writing; row counts stay."""
    lab.fault("pending-migration")
    before = lab.sql("select version_num from alembic_version")
    users = lab.sql("select count(*) from users")
    up = lab.run("migrate-up", **{"class": "expand"}, watch_for="5s").ends(0)
    after = lab.sql("select version_num from alembic_version")
    expect(after != before, up.tail())
    down = lab.run("migrate-down", to=before, reason="the column is wrong")
    signed(down, "sign_loss")
    down.ends(0)
    expect(lab.sql("select version_num from alembic_version") == before, down.tail())
    expect(lab.sql("select count(*) from users") == users, "rows are gone")
    expect(lab.sql("show default_transaction_read_only") == "off", "writers are still stopped")


@scenario(fresh=True)
def migrate_fails(lab):
    """A migration that fails leaves the schema as it was, and an over-long revision is found before."""
    lab.fault("failing-migration")
    before = lab.sql("select version_num from alembic_version")
    up = lab.run("migrate-up", **{"class": "expand"}, watch_for="5s")
    up.waits_for("dba").approve("dba", "database_admin").ends(4)  # a column that must not be null is no expansion
    expect(lab.sql("select version_num from alembic_version") == before, "the schema has moved")
    lab.mend("failing-migration")
    lab.fault("long-revision-id")
    run = lab.run("migrate-check").ends(1)
    expect(run.node("ids_fit").get("status") == "failed", run.tail())
