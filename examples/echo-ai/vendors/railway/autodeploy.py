"""A push to main deploys, as long as that is switched on; with "wait for CI" only after green checks."""

import asyncio
import subprocess

from stack import config

from .deployer import Deployer
from .platform import Platform


def head_of_main() -> str:
    """The commit that main points at; "" while there is none. Read from the file: this is asked twice a second."""
    try:
        return (config.REPOSITORY / "refs" / "heads" / "main").read_text().strip()
    except OSError:
        return git("rev-parse", "--verify", "--quiet", "refs/heads/main")


def git(*arguments: str) -> str:
    command = ["git", "-C", str(config.REPOSITORY), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def described(commit: str) -> dict[str, str]:
    """What goes into a deployment's metadata beside the commit."""
    author, _, message = git("show", "-s", "--format=%an%n%s", commit).partition("\n")
    return {"commitAuthor": author, "commitMessage": message}


def knows(commit: str) -> bool:
    return git("cat-file", "-t", commit) == "commit"


async def watch(platform: Platform, deployer: Deployer) -> None:
    """Deploys what main points at, now and whenever that changes."""
    last = ""
    while True:
        commit = head_of_main()
        if commit and commit != last:
            if not last:
                await deployer.remember(git("rev-parse", f"{commit}^1"))
            if platform.app.autodeploy or not last:
                deployer.deploy(
                    commit, "deploy", wait_for_ci=platform.app.wait_for_ci and bool(last), **described(commit)
                )
            last = commit
        await asyncio.sleep(0.3)
