"""GitHub: a real repository behind the API."""

import base64
import subprocess
import tempfile

import httpx

from ..config import GITHUB_TOKEN, OWNER, REPO, VENDORS_URL
from . import check
from .tools import GITHUB_HEADERS, equal, eventually, github, main_head

CLONE = f"{VENDORS_URL}/{OWNER}/{REPO}.git"


def states(number: int) -> str:
    """The second answer: at the first one GitHub does not know yet."""
    github("GET", f"/pulls/{number}")
    return github("GET", f"/pulls/{number}").json()["mergeable_state"]


@check("github: pull requests are clean, blocked, unstable or dirty as they should be")
def pulls() -> None:
    equal({n: states(n) for n in (44, 47, 48, 49)}, {44: "clean", 47: "blocked", 48: "unstable", 49: "dirty"})
    equal(github("GET", "/pulls/44/reviews").json()[0]["state"], "APPROVED")
    names = [one["filename"] for one in github("GET", "/pulls/43/files").json()]
    equal(names, ["alembic/versions/004_experiment_notes.py"])
    equal(github("GET", "/pulls/999").status_code, 404)


@check("github: nothing is merged without approval, with conflicts, or at another head")
def not_merged() -> None:
    equal(github("PUT", "/pulls/47/merge", json={"merge_method": "merge"}).status_code, 405)
    equal(github("PUT", "/pulls/49/merge", json={"merge_method": "merge"}).status_code, 405)
    equal(github("PUT", "/pulls/44/merge", json={"sha": "0" * 40}).status_code, 409)


@check("github: checks and the log of a job, also of a red one")
def checks() -> None:
    good = github("GET", f"/commits/{main_head()}/check-runs").json()
    equal(
        {run["name"]: run["conclusion"] for run in good["check_runs"]},
        {"Test and Lint": "success", "Build Docker Images": "success"},
    )
    head = github("GET", "/pulls/48").json()["head"]["sha"]
    red = github("GET", f"/commits/{head}/check-runs").json()["check_runs"]
    equal(red[0]["conclusion"], "failure")
    run = github("GET", f"/actions/runs?head_sha={head}").json()["workflow_runs"][0]
    job = github("GET", f"/actions/runs/{run['id']}/jobs").json()["jobs"][0]
    assert "1 failed" in github("GET", f"/actions/jobs/{job['id']}/logs").text
    equal(github("GET", f"/commits/{head}/status").json()["state"], "pending")


@check("github: clone, push a branch with the token, open a pull request, review it, close it")
def clone_and_push() -> None:
    def git(*arguments: str, cwd: str) -> subprocess.CompletedProcess[str]:
        who = ["-c", "user.name=check", "-c", "user.email=check@echo-ai.example"]
        return subprocess.run(["git", *who, *arguments], cwd=cwd, capture_output=True, text=True, check=False)

    with tempfile.TemporaryDirectory() as folder:
        equal(git("clone", "-q", CLONE, ".", cwd=folder).returncode, 0)
        git("switch", "-qc", "check-branch", cwd=folder)
        git("commit", "-q", "--allow-empty", "-m", "of the check", cwd=folder)
        refused = ["-c", "credential.helper=", "-c", "core.askPass=true", "push", "-q", "origin", "HEAD"]
        assert git(*refused, cwd=folder).returncode != 0
        token = base64.b64encode(f"x-access-token:{GITHUB_TOKEN}".encode()).decode()
        pushed = git("-c", f"http.extraHeader=Authorization: Basic {token}", "push", "-q", "origin", "HEAD", cwd=folder)
        equal((pushed.returncode, pushed.stderr), (0, ""))
    made = github("POST", "/pulls", json={"title": "[HOTFIX] check", "head": "check-branch", "base": "main"})
    equal(made.status_code, 201)
    number = made.json()["number"]
    github("POST", f"/pulls/{number}/reviews", json={"event": "APPROVE", "user": "reviewer"})
    eventually(lambda: states(number) == "clean", 8, "the checks are green")
    equal(github("PATCH", f"/pulls/{number}", json={"state": "closed"}).json()["state"], "closed")
    equal(github("DELETE", "/git/refs/heads/check-branch").status_code, 204)


@check("github: files, issues, comments, comparisons")
def rest() -> None:
    file = github("GET", "/contents/railway.json").json()
    assert b"startCommand" in base64.b64decode(file["content"])
    number = github("POST", "/issues", json={"title": "Of the check", "labels": ["rollback"]}).json()["number"]
    equal(github("POST", f"/issues/{number}/comments", json={"body": "more"}).status_code, 201)
    equal(github("GET", "/issues?labels=rollback").json()[0]["number"], number)
    equal(github("GET", "/compare/main...task-argument").json()["ahead_by"], 1)
    equal(httpx.get(f"{VENDORS_URL}/github/repos/{OWNER}/{REPO}").status_code, 401)
    equal(httpx.get(f"{VENDORS_URL}/github/repos/a/b", headers=GITHUB_HEADERS).json()["message"], "Not Found")
