"""The git repository behind the API: bare, on the disk, with git's own commands."""

import os
import subprocess
import tempfile
from dataclasses import dataclass

from stack.config import REPOSITORY

_IDENTITY = {
    "GIT_AUTHOR_NAME": "GitHub",
    "GIT_AUTHOR_EMAIL": "noreply@github.example",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.example",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


class GitError(Exception):
    pass


def git(*arguments: str, cwd: str | None = None) -> str:
    command = ["git", *([] if cwd else ["-C", str(REPOSITORY)]), *arguments]
    result = subprocess.run(command, cwd=cwd, env=os.environ | _IDENTITY, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise GitError(result.stderr.strip() or result.stdout.strip())
    return result.stdout.strip()


@dataclass(frozen=True)
class Commit:
    sha: str
    parents: list[str]
    author: str
    email: str
    at: int
    message: str


def resolve(ref: str) -> str | None:
    """The commit that a branch, a tag or (the beginning of) an id means."""
    for name in (f"refs/heads/{ref}", ref):
        try:
            return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitError:
            continue
    return None


def commit(sha: str) -> Commit:
    fields = git("show", "-s", "--format=%H%x00%P%x00%an%x00%ae%x00%ct%x00%B", sha).split("\0")
    return Commit(fields[0], fields[1].split(), fields[2], fields[3], int(fields[4]), fields[5].strip())


def commits(span: str, limit: int = 100) -> list[Commit]:
    return [commit(sha) for sha in git("rev-list", f"--max-count={limit}", span).split()]


def changed(base: str, head: str) -> list[dict[str, object]]:
    """Which files a merge of `head` would change, with the lines added and removed."""
    states = {"A": "added", "M": "modified", "D": "removed"}
    names = dict(
        line.split("\t")[::-1][:2]
        for line in git("diff", "--name-status", "--no-renames", f"{base}...{head}").splitlines()
    )
    found = []
    for line in git("diff", "--numstat", "--no-renames", f"{base}...{head}").splitlines():
        added, removed, name = line.split("\t")
        counts = (
            {"additions": int(added), "deletions": int(removed)} if added != "-" else {"additions": 0, "deletions": 0}
        )
        total = counts["additions"] + counts["deletions"]
        found.append(
            {
                "filename": name,
                "status": states.get(names.get(name, "M"), "modified"),
                **counts,
                "changes": total,
            }
        )
    return found


def merged_tree(base: str, head: str) -> str | None:
    """The tree of a merge of two commits, None when they conflict."""
    try:
        return git("merge-tree", "--write-tree", base, head).splitlines()[0]
    except GitError:
        return None


def merge(branch: str, head: str, message: str) -> str:
    """A merge commit on the branch; its id."""
    base = resolve(branch) or ""
    tree = merged_tree(base, head)
    if tree is None:
        raise GitError("conflict")
    sha = git("commit-tree", tree, "-p", base, "-p", head, "-m", message)
    git("update-ref", f"refs/heads/{branch}", sha, base)
    return sha


def squash(branch: str, head: str, message: str) -> str:
    base = resolve(branch) or ""
    tree = merged_tree(base, head)
    if tree is None:
        raise GitError("conflict")
    sha = git("commit-tree", tree, "-p", base, "-m", message)
    git("update-ref", f"refs/heads/{branch}", sha, base)
    return sha


def revert(branch: str, sha: str, onto: str) -> str:
    """A new branch with one commit that undoes this one; its head."""
    mainline = ["-m", "1"] if len(commit(sha).parents) > 1 else []
    with tempfile.TemporaryDirectory() as folder:
        git("worktree", "add", "-q", "-b", branch, folder, onto)
        try:
            git("revert", "--no-edit", *mainline, sha, cwd=folder)
        finally:
            git("worktree", "remove", "--force", folder)
    return resolve(branch) or ""
