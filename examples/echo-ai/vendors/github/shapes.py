"""Answers in GitHub's shapes."""

from typing import Any

from stack.config import OWNER, REPO

from . import repository
from .pulls import Pull, Pulls, check_runs, iso, run_id

WEB = f"https://github.com/{OWNER}/{REPO}"


def user(login: str) -> dict[str, Any]:
    return {"login": login, "type": "User"}


def pull(one: Pull, pulls: Pulls) -> dict[str, Any]:
    can_merge, state = pulls.mergeable(one)
    base = repository.resolve(one.base) or ""
    return {
        "id": one.number,
        "node_id": f"PR_{one.number}",
        "number": one.number,
        "state": "closed" if one.closed or one.merged_at else "open",
        "locked": False,
        "draft": one.draft,
        "title": one.title,
        "body": one.body,
        "user": user(one.author),
        "labels": [{"name": name} for name in one.labels],
        "created_at": one.created_at,
        "updated_at": one.merged_at or one.created_at,
        "merged": one.merged_at is not None,
        "merged_at": one.merged_at,
        "merge_commit_sha": one.merge_sha,
        "mergeable": can_merge,
        "mergeable_state": state,
        "head": {"ref": one.branch, "sha": one.head, "label": f"{OWNER}:{one.branch}", "repo": repo()},
        "base": {"ref": one.base, "sha": base, "label": f"{OWNER}:{one.base}", "repo": repo()},
        "html_url": f"{WEB}/pull/{one.number}",
        "changed_files": len(repository.changed(base, one.head)) if one.head and not one.merged_at else 0,
    }


def repo() -> dict[str, Any]:
    return {
        "name": REPO,
        "full_name": f"{OWNER}/{REPO}",
        "default_branch": "main",
        "private": False,
        "html_url": WEB,
    }


def review(index: int, one: dict[str, str], pull: Pull) -> dict[str, Any]:
    """A review is of the head that there is: the lab's reviewers look at every push."""
    return {
        "id": index + 1,
        "user": user(one["user"]),
        "state": one["state"],
        "body": one.get("body", ""),
        "commit_id": one.get("commit_id") or pull.head,
        "submitted_at": pull.created_at,
        "html_url": f"{WEB}/pull/{pull.number}#pullrequestreview-{index + 1}",
    }


def commit(sha: str) -> dict[str, Any]:
    known = repository.commit(sha)
    person = {"name": known.author, "email": known.email, "date": iso(known.at)}
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "commit": {
            "message": known.message,
            "author": person,
            "committer": person,
            "tree": {"sha": repository.git("rev-parse", f"{sha}^{{tree}}")},
        },
        "author": user(known.author),
        "parents": [{"sha": parent} for parent in known.parents],
        "html_url": f"{WEB}/commit/{sha}",
    }


def workflow_run(sha: str, branch: str, event: str) -> dict[str, Any]:
    runs = check_runs(sha)
    done = all(run["status"] == "completed" for run in runs)
    red = any(run["conclusion"] == "failure" for run in runs)
    return {
        "id": run_id(sha),
        "name": "CI/CD",
        "path": ".github/workflows/ci-cd.yml",
        "head_branch": branch,
        "head_sha": sha,
        "event": event,
        "status": "completed" if done else "in_progress",
        "conclusion": ("failure" if red else "success") if done else None,
        "created_at": runs[0]["started_at"],
        "html_url": f"{WEB}/actions/runs/{run_id(sha)}",
    }
