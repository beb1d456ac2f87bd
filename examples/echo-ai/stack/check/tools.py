"""What checks ask with."""

import os
import subprocess
from collections.abc import Callable
from typing import Any

import httpx

from .. import processes, seed, servers
from ..config import (
    ADMIN_DB_URL,
    APP_URL,
    BIN,
    GITHUB_TOKEN,
    HOME,
    OWNER,
    PROMETHEUS_URL,
    RAILWAY_TOKEN,
    REPO,
    REPOSITORY,
    SMOKE_USER,
    TRAFFIC_USER,
    VENDORS_URL,
)
from ..railway import graphql, state

GITHUB = f"{VENDORS_URL}/github/repos/{OWNER}/{REPO}"
GITHUB_HEADERS = {"Authorization": f"Bearer {GITHUB_TOKEN}"}
APP = ["-s", "echo-ai", "-e", "lab"]


def equal(found: Any, wanted: Any) -> None:
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def eventually(holds: Callable[[], Any], seconds: float, what: str) -> Any:
    """What `holds` gave when it gave something true."""
    found: list[Any] = []
    if not processes.until(lambda: found.append(holds()) or found[-1], seconds, every=0.2):
        raise AssertionError(f"not within {seconds:g} s: {what} (last: {found[-1]!r})")
    return found[-1]


def github(method: str, path: str, **options: Any) -> httpx.Response:
    return httpx.request(
        method, f"{GITHUB}{path}", headers=GITHUB_HEADERS, timeout=20, follow_redirects=True, **options
    )


def railway(*arguments: str, stdin: str = "", cwd: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command of the lab, as an operator's shell would start it."""
    env = os.environ | {
        "RAILWAY_API_TOKEN": RAILWAY_TOKEN,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": "",
    }
    return subprocess.run(
        ["railway", *arguments],
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd or HOME,
        check=False,
    )


def health() -> dict[str, Any]:
    answer = httpx.get(f"{APP_URL}/health", timeout=10)
    return answer.json() if answer.status_code == 200 else {}


def healthy() -> bool:
    try:
        return health().get("status") == "healthy"
    except httpx.HTTPError:
        return False


def token(email: str = SMOKE_USER) -> str:
    """As the application would give it, without using up one of the five attempts a minute."""
    return seed.token(email)


def api(method: str, path: str, email: str = SMOKE_USER, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token(email)}"}
    return httpx.request(method, f"{APP_URL}{path}", headers=headers, timeout=20, **options)


def experiment(provider: str = "openai") -> str:
    """Creates one; its id."""
    body = {
        "prompt": "Which brand is the best?",
        "target_brand": "TestBrand",
        "provider": provider,
        "iterations": 1,
    }
    answer = api("POST", "/api/v1/experiments", json=body)
    equal(answer.status_code, 202)
    return answer.json()["experiment_id"]


def end_of(experiment_id: str, seconds: float = 20) -> dict[str, Any]:
    """The experiment when it has ended."""

    def ended() -> dict[str, Any] | None:
        found = api("GET", f"/api/v1/experiments/{experiment_id}").json()
        return found if found.get("status") in ("completed", "failed") else None

    return eventually(ended, seconds, "the experiment ends")


def share_of_errors(requests: int = 30) -> float:
    """Of requests to the API, those that were answered 5xx."""
    codes = [api("GET", "/api/v1/auth/me", TRAFFIC_USER).status_code for _ in range(requests)]
    return sum(code >= 500 for code in codes) / requests


def prometheus(query: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{PROMETHEUS_URL}/api/v1/query", params={"query": query}, timeout=5).json()
    equal(answer["status"], "success")
    return answer["data"]["result"]


def main_head() -> str:
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "main"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def merge(number: int) -> str:
    """Merges a pull request; the merge commit."""
    github("GET", f"/pulls/{number}")
    head = github("GET", f"/pulls/{number}").json()["head"]["sha"]
    answer = github("PUT", f"/pulls/{number}/merge", json={"merge_method": "merge", "sha": head})
    equal(answer.status_code, 200)
    return answer.json()["sha"]


def newest() -> dict[str, Any]:
    return state()["newest"]


def deployed(commit: str, status: str = "SUCCESS") -> None:
    """Waits until the newest deployment is of this commit and has this status."""
    wanted = {"commit": commit, "status": status}
    eventually(lambda: wanted.items() <= (newest() or {}).items(), 60, f"{commit[:8]} {status}")


def deploy(commit: str, status: str = "SUCCESS") -> None:
    from ..config import APP_ID, ENVIRONMENT_ID

    mutation = """mutation($s: String!, $e: String!, $c: String) {
      serviceInstanceDeployV2(serviceId: $s, environmentId: $e, commitSha: $c) }"""
    new = graphql(mutation, s=APP_ID, e=ENVIRONMENT_ID, c=commit)["serviceInstanceDeployV2"]
    eventually(lambda: newest()["id"] == new and newest()["status"] == status, 60, f"{commit[:8]} {status}")


def sql(query: str) -> Any:
    """The first value of the first row."""
    return servers.execute(ADMIN_DB_URL, query)[0][0]
