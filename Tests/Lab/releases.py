"""Releases: merged, seen to serve, and brought back."""

import subprocess
import tempfile

from stage import FIRST_PORT, expect, scenario


def deploy(lab, pr, **params):
    return lab.run("standard-deployment", pr=str(pr), **{"soak": "20s", "trips_after": "20s", **params})


def approved(run):
    return run.waits_for("go").approve("go", "engineer_two")


@scenario(fresh=True)
def good(lab):
    """Pull request 42 stops at its gate, goes on when another person has approved, and serves."""
    before = lab.live_commit()
    run = deploy(lab, 42)
    approved(run).ends(0)
    merged = run.node("merged")["outputs"]["merge_commit"]
    expect(lab.live_commit() == merged != before, f"{lab.live_commit()}")
    told = run.report()
    expect(all(word in told for word in (merged, "engineer\\_two", "approved", "UTC")), told)


@scenario(fresh=True, of_the_few=True)
def error_spike(lab):
    """With a release that answers errors the watch trips, the old commit serves again, and a revert is proposed."""
    before = lab.live_commit()
    lab.fault("bad-release")
    run = deploy(lab, 42, soak="5m")
    approved(run).ends(4)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    expect(run.node("revert").get("status") == "succeeded", run.tail())
    told = run.report()
    expect(all(word in told for word in ("error\\_rate", "## Rollback", before, "rolled back")), told)


@scenario(fresh=True)
def killed(lab):
    """The engine is killed while Railway builds: resumed, merged once, deployed once."""
    run = deploy(lab, 42)
    approved(run).reaches("merge", "succeeded").kill()
    run.resume().ends(0)
    commit = run.node("merged")["outputs"]["merge_commit"]
    mine = [one for one in lab.railway("deployment", "list") if one["meta"]["commitHash"] == commit]
    expect(len(mine) == 1, f"{len(mine)} deployments")


@scenario(fresh=True)
def crashes(lab):
    """A release that ends after a moment is taken back."""
    before = lab.live_commit()
    approved(deploy(lab, 50)).ends(4)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")


@scenario(fresh=True)
def not_built(lab):
    """One that Railway cannot build leaves the old one serving, and a revert is proposed."""
    before = lab.live_commit()
    lab.fault("failed-deploy")
    run = approved(deploy(lab, 42)).ends(4)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    expect(run.node("deployed").get("status") == "failed", run.tail())
    expect(run.node("revert").get("status") == "succeeded", run.tail())


@scenario(fresh=True)
def not_migrated(lab):
    """One whose migration fails leaves schema and old release: a revert is proposed, nobody is asked."""
    before, schema = lab.live_commit(), lab.sql("select version_num from alembic_version")
    run = approved(deploy(lab, 45)).waits_for("new_schema").approve("new_schema", "engineer_two").ends(4)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    expect(lab.sql("select version_num from alembic_version") == schema, "the schema has moved")
    expect(run.node("revert").get("status") == "succeeded", run.tail())


@scenario(fresh=True)
def migrated(lab):
    """One that has migrated and then answers errors is not taken back unasked; after a no it stays."""
    lab.fault("bad-release")
    run = approved(deploy(lab, 43, soak="5m")).waits_for("new_schema").approve("new_schema", "engineer_two")
    run.waits_for("undo").reject("undo", "database_admin").ends(5)
    expect(lab.live_commit() == run.node("merged")["outputs"]["merge_commit"], f"{lab.live_commit()} serves")
    expect(run.node("revert").get("status") in (None, "pending", "skipped"), "a revert is proposed")


@scenario(fresh=True)
def only_smoke_sees(lab):
    """A release whose experiments fail after their 202 is found by the smoke test alone, and rolled back."""
    before = lab.live_commit()
    run = approved(deploy(lab, 44)).ends(4)
    expect("rolled back: smoke/experiment failed" in run.told(), run.tail())
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    lab.run("smoke-test").ends(0)


@scenario(fresh=True)
def refused(lab):
    """Nobody has approved, a check is red, a conflict: nobody is asked, and nothing is merged."""
    for pr in (47, 48, 49):
        run = deploy(lab, pr).ends(4)
        expect(run.node("go").get("status") in (None, "pending", "skipped"), f"{pr}: somebody was asked")
        expect(not lab.github("GET", f"/pulls/{pr}")["merged"], f"{pr} was merged")


@scenario(fresh=True)
def no_such_tests(lab):
    """A name of the tests that no check of the commit has is not waited for, and the names are told."""
    run = deploy(lab, 42, test_job="Tests").ends(4, patience=180)
    expect(run.node("ci_green").get("status") == "failed" and "Test and Lint" in run.tail(), run.tail())


@scenario
def nowhere_to_roll_back(lab):
    """A rollback to what is not there fails, and holds nobody up."""
    for _ in range(2):
        run = lab.run("railway-rollback", deployment="nowhere").ends(1)
        expect(run.node("before").get("status") == "failed", run.tail())


@scenario
def declined(lab):
    """Who started it is nobody who may approve it; who may says no: nothing is merged."""
    run = deploy(lab, 42).waits_for("go")
    own = run.call("approve", run.name(), "go", status=None)
    expect(own.returncode != 0, f"{own.stdout}{own.stderr}")
    run.reject("go", "engineer_two").ends(4)
    expect(not lab.github("GET", "/pulls/42")["merged"], "it was merged")


@scenario(fresh=True)
def roll_back(lab):
    """`railway-rollback` brings the deployment before back and pauses autodeploy; what takes the change back deploys all the same."""
    before = lab.live_commit()
    run = deploy(lab, 42, soak="2s")
    approved(run).ends(0)
    back = lab.run("railway-rollback", watch_for="5s", reason="to see it work")
    back.waits_for("go").approve("go", "engineer_one").ends(0)
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    merged = run.node("merged")["outputs"]["merge_commit"]
    again = take_back(lab, merged)
    expect(again.node("deploy").get("status") == "succeeded", again.tail())
    expect(lab.live_commit() == again.node("merged")["outputs"]["merge_commit"], f"{lab.live_commit()} serves")
    lab.run("autodeploy", enabled="true").ends(0)


def take_back(lab, commit):
    """A commit of main is taken back by a pull request, and that is deployed."""
    run = lab.run("git-rollback", commits=f'["{commit}"]', reason="to see it work")
    run.waits_for("go").approve("go", "engineer_two").ends(0)
    number = run.node("propose")["outputs"]["number"]
    lab.github("POST", f"/pulls/{number}/reviews", event="APPROVE", user="reviewer")
    return approved(deploy(lab, number)).ends(0)


def fix(lab, name):
    """A branch on top of main, with pull request 42's change made by hand."""
    with tempfile.TemporaryDirectory() as folder:
        def git(*words):
            done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=False)
            expect(done.returncode == 0, f"git {words}: {done.stderr}")

        token = lab.variables["LAB_GH_TOKEN"]
        git("clone", "-q", f"http://git:{token}@127.0.0.1:{FIRST_PORT + 2}/echo-ai/echo-ai.git", ".")
        git("switch", "-q", "-c", name)
        page = f"{folder}/frontend/out/index.html"
        with open(page) as file:
            text = file.read()
        with open(page, "w") as file:
            file.write(text.replace("<title>Echo AI</title>", "<title>Echo AI is back</title>"))
        git("-c", "user.name=engineer", "-c", "user.email=engineer@echo-ai.example", "commit", "-qam", "The title")
        git("push", "-q", "origin", name)


def hotfix(lab, **params):
    return lab.run(
        "hotfix", branch="hotfix/title", title="The title is back", incident="INC-1",
        rejected="the release before has it too", broken_url="/", watch_for="5s", **params)


def reviewed(lab, run):
    """Somebody approves the pull request that the run has opened; its number."""
    number = run.reaches("propose", "succeeded").node("propose")["outputs"]["number"]
    lab.github("POST", f"/pulls/{number}/reviews", event="APPROVE", user="reviewer")
    return number


@scenario(fresh=True)
def hotfix_lands(lab):
    """A hotfix is reviewed and built as it was reviewed; the run ends when main has it, and main deploys again."""
    fix(lab, "hotfix/title")
    run = hotfix(lab, expected="Echo AI is back")
    number = reviewed(lab, run)
    run.reaches("few_errors", "succeeded")
    head = run.node("head")["outputs"]["commit"]
    expect(lab.live_commit() == head, f"{lab.live_commit()} serves")
    lab.github("PUT", f"/pulls/{number}/merge", merge_method="merge", sha=head)
    run.ends(0)
    lab.run("autodeploy", enabled="true").ends(0)


@scenario(fresh=True)
def hotfix_not_alone(lab):
    """What is on main and does not serve would be deployed with a hotfix: it is shown, and asked for."""
    lab.run("autodeploy", enabled="false").ends(0)
    lab.github("PUT", "/pulls/43/merge", merge_method="merge")  # it changes the schema
    fix(lab, "hotfix/title")
    run = hotfix(lab, expected="Echo AI is back").waits_for("large")
    along = run.node("comes_along")["outputs"]
    expect(along["others"] and along["migrations"], run.tail())
    run.reject("large", "engineer_two").ends(4)


@scenario(fresh=True)
def hotfix_misses(lab):
    """One that does not mend the fault is taken back, and its pull request is closed; a fault that is not there is none."""
    before = lab.live_commit()
    fix(lab, "hotfix/title")
    run = hotfix(lab, expected="no such words")
    number = reviewed(lab, run)
    run.ends(4)
    expect(run.node("fixed").get("status") == "failed", run.tail())
    expect(lab.live_commit() == before, f"{lab.live_commit()} serves")
    expect(lab.github("GET", f"/pulls/{number}")["state"] == "closed", "its pull request is open")
    run = hotfix(lab, expected="Echo AI").ends(4)
    expect(run.node("broken").get("status") == "failed", run.tail())


@scenario(fresh=True)
def git_rollback(lab):
    """A merge is taken back as a pull request that deploys like any other; a commit that is not on main is not."""
    before = lab.live_commit()
    approved(deploy(lab, 42)).ends(0)
    merged = lab.live_commit()
    take_back(lab, merged)
    tree = [lab.github("GET", f"/commits/{commit}")["commit"]["tree"]["sha"] for commit in (before, lab.live_commit())]
    expect(tree[0] == tree[1], "the code is another than before")
    stray = lab.github("GET", "/pulls/47")["head"]["sha"]
    run = lab.run("git-rollback", commits=f'["{stray}"]', reason="to see it fail").ends(1)
    expect(run.node("healthy_clone").get("status") == "failed", run.tail())
