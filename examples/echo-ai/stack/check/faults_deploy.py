"""Faults of releases: what a deployment does that it should not."""

from .. import faults
from ..railway import state
from . import check
from .railway import previous, rollback
from .tools import (
    APP,
    deploy,
    end_of,
    equal,
    eventually,
    experiment,
    github,
    healthy,
    newest,
    railway,
    share_of_errors,
)


def head(number: int) -> str:
    return github("GET", f"/pulls/{number}").json()["head"]["sha"]


def still_serves(before: str) -> None:
    equal((state()["commit"], healthy()), (before, True))


@check("fault error-spike: what serves now answers 500, another commit does not")
def error_spike() -> None:
    equal(share_of_errors(), 0)
    faults.switch_on("error-spike")
    assert share_of_errors() > 0.2
    rollback(previous())
    equal(share_of_errors(), 0)


@check("fault bad-release: the next new commit answers 500, the one before does not")
def bad_release() -> None:
    before = state()["deployment"]
    faults.switch_on("bad-release")
    deploy(head(47))
    assert share_of_errors() > 0.2
    rollback(before)
    equal(share_of_errors(), 0)


@check("fault failed-deploy")
def failed_deploy() -> None:
    before = state()["commit"]
    faults.switch_on("failed-deploy")
    deploy(head(48), "FAILED")
    assert "failed to solve" in railway("logs", newest()["id"], *APP, "--build").stdout
    still_serves(before)


@check("fault skipped-deploy")
def skipped_deploy() -> None:
    before = state()["commit"]
    faults.switch_on("skipped-deploy")
    deploy(head(48), "SKIPPED")
    still_serves(before)


@check("fault crashed-deploy")
def crashed_deploy() -> None:
    before = state()["deployment"]
    faults.switch_on("crashed-deploy")
    deploy(head(48), "CRASHED")
    equal(healthy(), False)
    faults.switch_off("crashed-deploy")
    rollback(before)
    eventually(healthy, 10, "healthy")


@check("pull request 51: every third request of the API fails, until it is rolled back")
def pull_51() -> None:
    before = state()["deployment"]
    deploy(head(51))
    assert share_of_errors() > 0.2
    rollback(before)
    equal(share_of_errors(), 0)


@check("pull request 44: experiments fail after their 202, health is fine")
def pull_44() -> None:
    before = state()["deployment"]
    deploy(head(44))
    equal(healthy(), True)
    pending = experiment()
    eventually(
        lambda: "unexpected keyword argument" in railway("logs", *APP, "--latest").stdout,
        15,
        "the worker's error",
    )
    rollback(before)
    del pending
    equal(end_of(experiment())["status"], "completed")


@check("pull requests 45 and 46: the migration fails, nothing of it is left, the old one serves")
def bad_migrations() -> None:
    before = state()["commit"]
    for number, words in (
        (45, "contains null values"),
        (46, "value too long for type character varying(32)"),
    ):
        deploy(head(number), "FAILED")
        assert words in railway("logs", newest()["id"], *APP).stdout
    still_serves(before)


@check("pull request 50: the application ends after a moment: CRASHED")
def pull_50() -> None:
    before = state()["deployment"]
    deploy(head(50))
    eventually(lambda: newest()["status"] == "CRASHED", 150, "CRASHED")
    rollback(before)
    eventually(healthy, 10, "healthy")


def alembic(command: str) -> tuple[int, str]:
    answer = railway("ssh", *APP, "--", f"alembic {command}")
    return answer.returncode, answer.stdout + answer.stderr


@check("fault pending-migration: up and down again in the container")
def pending_migration() -> None:
    faults.switch_on("pending-migration")
    assert "(head)" not in alembic("current")[1]
    equal(alembic("upgrade 004_experiment_notes")[0], 0)
    equal(alembic("downgrade 003_indexes")[0], 0)
    faults.switch_off("pending-migration")
    assert "003_indexes (head)" in alembic("current")[1]


@check("fault failing-migration and long-revision-id: also in pull request 43")
def carried_migrations() -> None:
    good = head(43)
    for name, words in (
        ("failing-migration", "contains null values"),
        ("long-revision-id", "value too long"),
    ):
        faults.switch_on(name)
        code, said = alembic("upgrade head")
        equal((code, words in said), (1, True))
        assert head(43) != good
        faults.switch_off(name)
    equal(
        [one["filename"] for one in github("GET", "/pulls/43/files").json()],
        ["alembic/versions/004_experiment_notes.py"],
    )


@check("fault ci-red and ci-lies")
def ci() -> None:
    for name, conclusion, log in (("ci-red", "failure", "1 failed"), ("ci-lies", "success", "1 failed")):
        faults.switch_on(name)
        body = {"message": f"of {name}", "content": "eA==", "branch": "longer-tokens"}
        sha = github("PUT", f"/contents/{name}.txt", json=body).json()["commit"]["sha"]
        runs = eventually(lambda sha=sha: _completed(sha), 8, "the checks end")
        equal(runs[0]["conclusion"], conclusion)
        if name == "ci-lies":
            assert log in github("GET", f"/actions/jobs/{runs[0]['id']}/logs").text
        faults.switch_off(name)


def _completed(sha: str) -> list[dict] | None:
    runs = github("GET", f"/commits/{sha}/check-runs").json()["check_runs"]
    return runs if all(run["status"] == "completed" for run in runs) else None
