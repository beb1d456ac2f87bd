"""Files of the repository, read and written through the API."""

import base64
import os
import subprocess
import tempfile
from typing import Any

from fastapi import HTTPException

from stack.config import REPOSITORY

from . import repository


def blob(ref: str, path: str) -> str:
    try:
        return repository.git("rev-parse", "--verify", "--quiet", f"{ref}:{path}")
    except repository.GitError:
        raise HTTPException(404, "Not Found") from None


def read(path: str, sha: str) -> dict[str, Any] | list[dict[str, Any]]:
    """A file with its content, or what a folder holds."""
    found = blob(sha, path) if path else f"{sha}^{{tree}}"
    if repository.git("cat-file", "-t", found) == "tree":
        entries = (line.split(None, 3) for line in repository.git("ls-tree", found).splitlines())
        kinds = {"blob": "file", "tree": "dir"}
        return [
            {"name": name, "path": f"{path}/{name}".lstrip("/"), "type": kinds[kind], "sha": id}
            for _, kind, id, name in entries
        ]
    command = ["git", "-C", REPOSITORY, "cat-file", "blob", found]
    content = subprocess.run(command, capture_output=True, check=True).stdout
    encoded = base64.encodebytes(content).decode()
    return {
        "type": "file",
        "path": path,
        "sha": found,
        "size": len(content),
        "encoding": "base64",
        "content": encoded,
    }


def write(path: str, content: bytes, branch: str, message: str, expected: str | None) -> tuple[str, bool]:
    """A commit with this file on the branch: its id, and whether the file is new."""
    head = repository.resolve(branch)
    if head is None:
        raise HTTPException(404, f"Branch {branch} not found")
    try:
        existing = repository.git("rev-parse", "--verify", "--quiet", f"{head}:{path}")
    except repository.GitError:
        existing = ""
    if existing and existing != expected:
        raise HTTPException(409, f"{path} does not match {expected}")
    command = ["git", "-C", REPOSITORY, "hash-object", "-w", "--stdin"]
    new = subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"GIT_INDEX_FILE": f"{folder}/index"}
        for arguments in (
            ["read-tree", head],
            ["update-index", "--add", "--cacheinfo", f"100644,{new},{path}"],
        ):
            subprocess.run(["git", "-C", REPOSITORY, *arguments], env=env, check=True)
        command = ["git", "-C", REPOSITORY, "write-tree"]
        tree = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
    sha = repository.git("commit-tree", tree, "-p", head, "-m", message)
    repository.git("update-ref", f"refs/heads/{branch}", sha, head)
    return sha, not existing
