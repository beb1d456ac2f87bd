"""Windows, handovers and incidents: what people are asked, and what is undone when they are gone."""

import json
from datetime import UTC, datetime, timedelta

from stage import expect, scenario


def moment(**ahead):
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


@scenario
def alerting(lab):
    """The alerting rules are tested, installed, loaded, no other file's are counted, and an alert arrives."""
    run = lab.run("alerting-rules", ask="false").ends(0)
    expect(run.node("arrived").get("status") == "succeeded", run.tail())
    rules = run.node("loaded")["outputs"]["rules"]
    expect(len(rules) == len(set(rules)), f"{rules}")  # the lab's own file has the same ones


@scenario(of_the_few=True)
def announced_too_late(lab):
    """A window of tomorrow is not announced: 48 hours are promised."""
    run = lab.run("announce-maintenance", start=moment(hours=24), end=moment(hours=25), what="Short interruptions")
    expect(run.ends(1).node("early_enough").get("status") == "failed", run.tail())


def announced(lab, tasks, ahead=60, rehearsals=None, **params):
    """A window that begins in a minute, announced, and rehearsed by each task if nothing else is said."""
    start, end = moment(seconds=ahead), moment(hours=1)
    told = lab.run(
        "announce-maintenance", start=start, end=end, ahead="30s", what="Short interruptions").ends(0)
    if rehearsals is None:
        rehearsals = [lab.run(one["playbook"]).ends(0).name() for one in json.loads(tasks)]
    return lab.run(
        "maintenance", start=start, end=end, announcement=told.node("announce")["outputs"]["id"],
        rehearsal=" ".join(rehearsals), watch_for="5s", announced_before="10s", tasks=tasks, **params)


def window(lab, tasks):
    """Such a window, after two engineers have said that they are there."""
    run = announced(lab, tasks).waits_for("two_engineers")
    return run.approve("two_engineers", "engineer_two", "database_admin")


@scenario
def rehearsed_otherwise(lab):
    """A green run of one of two tasks is no rehearsal of both; one of each is."""
    tasks = '[{"name": "a", "playbook": "health", "takes": "1m"}, {"name": "b", "playbook": "quiet", "takes": "1m"}]'
    health, quiet = (lab.run(name).ends(0).name() for name in ("health", "quiet"))
    run = announced(lab, tasks, rehearsals=[health]).ends(4)
    expect(run.node("rehearsed").get("status") == "failed", run.tail())
    announced(lab, tasks, rehearsals=[health, quiet]).reaches("rehearsed", "succeeded").give_up()


@scenario(fresh=True)
def maintenance(lab):
    """A window: announced, backed up, two engineers, closed, killed in between, open again: a rehearsal."""
    tasks = '[{"name": "look", "playbook": "migrate-check", "takes": "1m"}]'
    run = window(lab, tasks)
    run.reaches("closed_by_application", "succeeded").kill()
    expect(lab.is_closed(), "users get in")
    told = run.call("status", run.name()).stdout
    expect("in force" in told and "closed_by_application" in told, told)
    run.resume().ends(0)
    expect(not lab.is_closed() and lab.health().get("status") == "healthy", f"{lab.health()}")
    announced(lab, tasks, rehearsals=[run.name()]).reaches("rehearsed", "succeeded").give_up()
    other = tasks.replace("migrate-check", "health")
    again = announced(lab, other, rehearsals=[run.name()]).ends(4)
    expect(again.node("rehearsed").get("status") == "failed", again.tail())


@scenario(fresh=True)
def maintenance_fails(lab):
    """A task that fails ends the window: users get in again, pages and alerts are not muted any more."""
    # As a user would, who is kept out.
    run = window(lab, '[{"name": "look", "playbook": "smoke-test", "takes": "1m"}]')
    run.reaches("closed_by_application", "succeeded")
    run.ends(4)
    expect("rolled back: task_run[look]/frontend failed" in run.told(), run.tail())
    expect(not lab.is_closed() and lab.health().get("status") == "healthy", f"{lab.health()}")
    told = lab.run("oncall-handover").waits_for("confirmed")
    expect(told.node("silences")["outputs"]["active"] == [], f"{told.node('silences')}")


@scenario
def handover(lab):
    """Everything is collected, and the next one confirms; who is not ready does not."""
    who = {"outgoing": "engineer_one", "incoming": "engineer_two"}
    run = lab.run("oncall-handover", test_page="true", **who).waits_for("confirmed")
    run.answer("confirmed", "ready=true", "learned=nothing", person="engineer_two").ends(0)
    run = lab.run("oncall-handover", **who).waits_for("confirmed")
    run.answer("confirmed", "ready=false", "learned=no laptop", person="engineer_two").ends(1)


def incident(lab, sev, **params):
    return lab.run(
        "incident", sev=sev, title="Experiments fail", impact="Nobody can start one", started_at=moment(minutes=-1),
        better_for="5s", well_for="5s", **params)


@scenario(fresh=True)
def incident_mended(lab):
    """An incident: paged, acknowledged, looked at, mended by the playbook of its cause, over, written down as a pull request."""
    lab.run("database-backup", restore_check="false").ends(0)  # `monitor` wants a snapshot of today
    lab.fault("dead-worker")
    run = incident(lab, "SEV2").waits_for("classify")
    expect(run.node("worker").get("status") == "failed", run.tail())
    # Somebody else is at the worker: nothing is done beside them, and the commander is asked again.
    other = lab.run("celery-not-processing").waits_for("restart_worker")
    run.answer("classify", "cause=worker").waits_for("second_person").approve("second_person", "engineer_two")
    run.waits_for("mitigate#2/classify")
    expect("worker/lab is held by run " in run.report(), run.tail())
    other.give_up()
    run.answer("mitigate#2/classify", "cause=worker").waits_for("mitigate#2/second_person")
    run.approve("mitigate#2/second_person", "engineer_two").waits_for("mitigate#2/fix_worker/restart_worker")
    run.approve("mitigate#2/fix_worker/restart_worker", "engineer_one").waits_for("retrospective")
    run.answer("retrospective", f"held_at={moment()}", "issues=none", person="manager").ends(0)
    number = run.node("propose")["outputs"]["number"]
    files = lab.github("GET", f"/pulls/{number}/files")
    expect([one["filename"].startswith("docs/incidents/") for one in files] == [True], f"{files}")


@scenario
def incident_unacknowledged(lab):
    """Nobody acknowledges: the next ones are told, and the incident goes on."""
    lab.fault("nobody-acknowledges")
    run = incident(lab, "SEV3").waits_for("classify")  # nobody waits with looking
    run.reaches("acknowledged", "waiting", "running", "started")
    # Five minutes, as the playbook says.
    lab.until("the next ones are told", lambda: "acknowledged: escalated to" in run.told())
    run.call("cancel", run.name())


@scenario
def incident_declined(lab):
    """The word of a second person against it counts: nothing is done."""
    run = incident(lab, "SEV2").waits_for("classify")
    run.answer("classify", "cause=other").waits_for("second_person").reject("second_person", "engineer_two")
    run.reaches("fix", "skipped")
    run.call("cancel", run.name())
