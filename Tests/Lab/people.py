"""Windows, handovers and incidents: what people are asked, and what is undone when they are gone."""

from datetime import UTC, datetime, timedelta

from stage import HOME, expect, scenario


def moment(**ahead):
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


@scenario
def alerting(lab):
    """The alerting rules are tested, installed, loaded, and an alert arrives."""
    run = lab.run("alerting-rules", ask="false").ends(0)
    expect(run.node("arrived").get("status") == "succeeded", run.tail())


@scenario(fresh=True)
def maintenance(lab):
    """A window: announced, backed up, two engineers, closed to users, killed in the middle, open again at the end."""
    start, end = moment(seconds=60), moment(hours=1)
    announced = lab.run(
        "announce-maintenance", start=start, end=end, ahead="30s", what="Short interruptions").ends(0)
    rehearsal = lab.run("health").ends(0)
    run = lab.run(
        "maintenance", start=start, end=end, announcement=announced.node("announce")["outputs"]["id"],
        rehearsal=rehearsal.name(), watch_for="5s", announced_before="10s",
        tasks='[{"name": "look", "playbook": "migrate-check", "takes": "1m"}]')
    run.waits_for("two_engineers")
    run.approve("two_engineers", "engineer_two", "database_admin")
    run.reaches("closed_by_application", "succeeded")
    expect(lab.health() == {}, "the application is not closed")
    run.kill()
    run.resume().ends(0)
    expect(lab.health().get("status") == "healthy", f"{lab.health()}")


@scenario
def handover(lab):
    """Everything is collected, and the next one confirms."""
    run = lab.run("oncall-handover")
    run.waits_for("confirmed")
    run.call(
        "answer", run.name(), "confirmed", "ready=true", "learned=nothing", "--key", str(HOME / "people" / "engineer_two"))
    run.ends(0)
