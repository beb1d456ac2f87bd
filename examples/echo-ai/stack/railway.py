"""What the lab itself asks Railway's stand-in for."""

from typing import Any

import httpx

from . import config
from .processes import Failed, until


def state() -> dict[str, Any]:
    """What serves: commit, deployment, folder, pids."""
    try:
        return httpx.get(f"{config.RAILWAY_URL}/lab/state", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        raise Failed("the lab is not up: lab up") from None


def graphql(query: str, **variables: Any) -> Any:
    """The data of the answer; raises on errors."""
    headers = {"Authorization": f"Bearer {config.RAILWAY_TOKEN}"}
    body = {"query": query, "variables": variables}
    answer = httpx.post(f"{config.RAILWAY_URL}/graphql/v2", json=body, headers=headers, timeout=10).json()
    if answer.get("errors"):
        raise Failed(f"Railway: {answer['errors'][0]['message']}")
    return answer["data"]


def _restarted() -> bool:
    now = state()
    return not now["busy"] and now["newest"]["status"] == "SUCCESS" and now["healthy"]


def restart_app() -> None:
    """Restarts what serves, and waits until it is well again."""
    graphql("mutation($id: String!) { deploymentRestart(id: $id) }", id=state()["deployment"])
    if not until(_restarted, 120, every=0.2):
        raise Failed("the application does not come up again")
