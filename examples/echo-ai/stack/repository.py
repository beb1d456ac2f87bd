"""The git repository of the application: its history, and a branch for each pull request of `changes`."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import processes
from .config import REPOSITORY, SOURCE

_FIRST, _SECOND, _BRANCHES = "2026-01-12T09:00:00Z", "2026-01-13T09:00:00Z", "2026-01-14T09:00:00Z"


def _git(folder: Path, *arguments: str, at: str | None = _FIRST) -> str:
    who = {"NAME": "contributor", "EMAIL": "contributor@echo-ai.example"}
    env = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    env |= {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
    env["GIT_CONFIG_GLOBAL"] = "/dev/null"
    result = subprocess.run(
        ["git", "-C", folder, *arguments],
        env=processes.environment(env),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise processes.Failed(f"git {arguments[0]}: {result.stderr.strip()}")
    return result.stdout.strip()


def create() -> None:
    REPOSITORY.parent.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(SOURCE / "app", work, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        _git(work, "init", "-q", "-b", "main")
        _git(work, "add", "-A")
        _git(work, "commit", "-q", "-m", "Experiments, a worker, and a front end")
        readme = work / "README.md"
        readme.write_text(readme.read_text().replace("# Echo AI, small", "# A small Echo AI"))
        _git(work, "commit", "-qam", "A name for the page", at=_SECOND)
        for change in sorted((SOURCE / "changes").iterdir()):
            _add_branch(work, change)
        _git(work, "checkout", "-q", "main")
        _git(work, "clone", "-q", "--bare", ".", str(REPOSITORY))
    _git(REPOSITORY, "config", "http.receivepack", "true")
    _git(REPOSITORY, "config", "receive.denyNonFastForwards", "true")
    _git(REPOSITORY, "remote", "remove", "origin")


def _add_branch(work: Path, change: Path) -> None:
    pull = json.loads((change / "pull.json").read_text())
    start = "main~1" if pull.get("from") == "first" else "main"
    _git(work, "checkout", "-q", "-b", pull["branch"], start)
    if edit := pull.get("edit"):
        file = work / edit["file"]
        file.write_text(file.read_text().replace(edit["replace"], edit["by"]))
    if (change / "files").exists():
        shutil.copytree(change / "files", work, dirs_exist_ok=True)
    _git(work, "add", "-A")
    _git(work, "commit", "-q", "-m", f"{pull['title']}\n\n{pull['body']}", at=_BRANCHES)


def commit_file(branch: str, path: str, source: Path | None, message: str) -> None:
    """A new commit on a branch of the repository that replaces, or with no source removes, one file."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _git(work, "clone", "-q", "-b", branch, str(REPOSITORY), ".")
        if source:
            shutil.copy(source, work / path)
            _git(work, "add", "-A")
        else:
            _git(work, "rm", "-q", path)
        _git(work, "commit", "-q", "--allow-empty", "-m", message, at=None)
        _git(work, "push", "-q", "origin", branch)
