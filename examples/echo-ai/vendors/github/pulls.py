"""Pull requests, their reviews, and the checks of a commit."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stack import config

from .. import faults
from . import repository

CI_SECONDS = 2
RED_MARK = "Check: red"


def iso(at: float | None = None) -> str:
    return datetime.fromtimestamp(at or time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Pull:
    number: int
    title: str
    branch: str
    author: str
    base: str = "main"
    body: str = ""
    draft: bool = False
    labels: list[str] = field(default_factory=list)
    reviews: list[dict[str, str]] = field(default_factory=list)
    closed: bool = False
    merged_at: str | None = None
    merge_sha: str | None = None
    last_head: str = ""
    created_at: str = field(default_factory=iso)
    comments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def head(self) -> str:
        """Of the branch as it is now; when that is gone, as it was last."""
        self.last_head = repository.resolve(self.branch) or self.last_head
        return self.last_head

    def approved(self) -> bool:
        """The last word of each reviewer counts, the author's does not."""
        last = {one["user"]: one["state"] for one in self.reviews if one["user"] != self.author}
        return "APPROVED" in last.values() and "CHANGES_REQUESTED" not in last.values()


class Pulls:
    """All pull requests. Those of `changes/` are there from the beginning."""

    def __init__(self) -> None:
        self.all: dict[int, Pull] = {}
        self.issues: list[dict[str, Any]] = []
        self._computed: set[tuple[str, str]] = set()
        for file in sorted((config.SOURCE / "changes").glob("*/pull.json")):
            described = json.loads(file.read_text())
            pull = Pull(**{name: value for name, value in described.items() if name not in ("from", "edit")})
            self.all[pull.number] = pull

    def next_number(self) -> int:
        return max([*self.all, *(issue["number"] for issue in self.issues)]) + 1

    def mergeable(self, pull: Pull) -> tuple[bool | None, str]:
        """As GitHub: nothing is known at the first question, which starts the computation."""
        if pull.merged_at or pull.closed:
            return None, "unknown"
        base, head = repository.resolve(pull.base) or "", pull.head
        if (base, head) not in self._computed:
            self._computed.add((base, head))
            return None, "unknown"
        if repository.merged_tree(base, head) is None:
            return False, "dirty"
        if pull.draft:
            return True, "draft"
        if not pull.approved():
            return True, "blocked"
        return True, "clean" if all(run["conclusion"] == "success" for run in check_runs(head)) else "unstable"


def check_runs(sha: str) -> list[dict[str, Any]]:
    """The checks of a commit. They begin with the commit and take two seconds."""
    known = repository.commit(sha)
    done = time.time() - known.at >= CI_SECONDS
    red = RED_MARK in known.message or (faults.on("ci-red") and _is_new(known.at))
    runs = []
    for index, name in enumerate(config.CHECKS):
        failed = red and index == 0
        runs.append(
            {
                "id": run_id(sha) * 10 + index,
                "name": name,
                "head_sha": sha,
                "status": "completed" if done else "in_progress",
                "conclusion": ("failure" if failed else "success") if done else None,
                "started_at": iso(known.at),
                "completed_at": iso(known.at + CI_SECONDS) if done else None,
                "app": {"slug": "github-actions"},
                "html_url": f"https://github.com/{config.OWNER}/{config.REPO}/runs/{run_id(sha) * 10 + index}",
            }
        )
    return runs


def _is_new(at: int) -> bool:
    """Whether a commit is younger than the fault that concerns new commits."""
    return any(at >= int((config.FAULTS / name).stat().st_mtime) for name in ("ci-red", "ci-lies") if faults.on(name))


def run_id(sha: str) -> int:
    return int(sha[:8], 16)


def job_log(sha: str, name: str) -> str:
    """What a job printed. The workflow ignores pytest's exit status, so only the log tells a failure."""
    known = repository.commit(sha)
    if name != config.CHECKS[0]:
        return "naming to docker.io/echo-ai/echo-ai done\n"
    lies = faults.on("ci-lies") and _is_new(known.at)
    if lies or RED_MARK in known.message:
        return "FAILED tests/test_experiments.py::test_create\n==== 1 failed, 41 passed in 3.20s ====\n"
    return "==== 42 passed in 3.11s ====\n"
