"""What "wait for CI" waits for: the checks that GitHub has of a commit."""

import httpx

from stack import config


async def conclusion(commit: str) -> str | None:
    """What GitHub says of all checks together, None while one still runs or none is there."""
    url = f"{config.VENDORS_URL}/github/repos/{config.OWNER}/{config.REPO}/commits/{commit}/check-runs"
    async with httpx.AsyncClient() as client:
        try:
            runs = (await client.get(url, headers={"Authorization": f"Bearer {config.GITHUB_TOKEN}"})).json()
            runs = runs["check_runs"]
        except (httpx.HTTPError, ValueError, KeyError):
            return None
    if not runs or any(run["status"] != "completed" for run in runs):
        return None
    return "success" if all(run["conclusion"] == "success" for run in runs) else "failure"
