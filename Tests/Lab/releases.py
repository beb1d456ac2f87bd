"""Releases: merged, seen to serve, and brought back."""

from stage import expect, scenario


def deploy(lab, pr, **params):
    return lab.run("standard-deployment", pr=str(pr), **{"soak": "20s", "trips_after": "20s", **params})


def approved(run):
    run.waits_for("go")
    run.approve("go", "engineer_two")


@scenario(fresh=True)
def good(lab):
    """Pull request 42 stops at its gate, goes on when another person has approved, and serves."""
    before = lab.live_commit()
    run = deploy(lab, 42)
    approved(run)
    run.ends(0)
    merged = run.node("merged")["outputs"]["merge_commit"]
    expect(lab.live_commit() == merged != before, f"{lab.live_commit()}")


@scenario(fresh=True)
def error_spike(lab):
    """With a release that answers errors the watch trips, the old commit serves again, and a revert is proposed."""
    before = lab.live_commit()
    lab.fault("bad-release")
    run = deploy(lab, 42, soak="5m")
    approved(run)
    run.ends(4)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    expect(run.node("revert").get("status") == "succeeded", run.tail())


@scenario(fresh=True)
def killed(lab):
    """The engine is killed while Railway builds: resumed, merged once, deployed once."""
    run = deploy(lab, 42)
    approved(run)
    run.reaches("merge", "succeeded")
    run.kill()
    run.resume().ends(0)
    commit = run.node("merged")["outputs"]["merge_commit"]
    mine = [one for one in lab.railway("deployment", "list") if one["meta"]["commitHash"] == commit]
    expect(len(mine) == 1, f"{len(mine)} deployments")


@scenario(fresh=True)
def crashes(lab):
    """A release that ends after a moment is taken back; one that Railway cannot build leaves the old one serving."""
    before = lab.live_commit()
    run = deploy(lab, 50)
    approved(run)
    run.ends(4)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")


@scenario
def refused(lab):
    """Nobody has approved, a check is red, a conflict, tests that fail behind a green check: nothing is merged."""
    for pr, node in ((47, "reviewed"), (48, "ci_green"), (49, "pull")):
        run = deploy(lab, pr)
        run.ends(4)
        expect(run.node(node).get("status") == "failed", f"{pr}: {run.tail()}")
        expect(run.node("merge").get("status") in (None, "pending", "skipped"), f"{pr} was merged")


@scenario(fresh=True)
def roll_back(lab):
    """After a deployment, `railway-rollback` brings the one before back, and pauses autodeploy."""
    before = lab.live_commit()
    run = deploy(lab, 42, soak="2s")
    approved(run)
    run.ends(0)
    back = lab.run("railway-rollback", watch_for="5s", reason="to see it work")
    back.waits_for("go")
    back.approve("go", "engineer_one")
    back.ends(0)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    lab.run("autodeploy", enabled="true").ends(0)
