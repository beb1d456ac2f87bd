"""What checks ask with."""

import os
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import redis

from .. import processes, seed, servers
from ..config import (
    ADMIN_DB_URL,
    APP_ID,
    APP_URL,
    BIN,
    ENVIRONMENT_ID,
    GITHUB_TOKEN,
    HOME,
    OWNER,
    PROMETHEUS_URL,
    RAILWAY_TOKEN,
    REDIS_URL,
    REPO,
    REPOSITORY,
    SMOKE_USER,
    TRAFFIC_USER,
    VENDORS_URL,
)
from ..railway import graphql, restart_app, state

GITHUB = f"{VENDORS_URL}/github/repos/{OWNER}/{REPO}"
GITHUB_HEADERS = {"Authorization": f"Bearer {GITHUB_TOKEN}"}
APP = ["-s", "echo-ai", "-e", "lab"]


def equal(found: Any, wanted: Any) -> None:
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def eventually(holds: Callable[[], Any], seconds: float, what: str) -> Any:
    """What `holds` gave when it gave something true. The seconds are those of a quiet machine."""
    found: list[Any] = []
    patience = 4 * seconds
    if not processes.until(lambda: found.append(holds()) or found[-1], patience, every=0.2):
        raise AssertionError(f"not within {patience:g} s: {what} (last: {found[-1]!r})")
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
    """Raises httpx.HTTPError where the application does not answer with 200, which it does also when degraded."""
    return httpx.get(f"{APP_URL}/health", timeout=10).raise_for_status().json()


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


def worker_again() -> None:
    """After its broker was away a worker does not always take tasks again: it is restarted, as an operator would."""
    restart_app()
    eventually(healthy, 15, "healthy again")


def end_of(experiment_id: str, seconds: float = 20) -> dict[str, Any]:
    """The experiment when it has ended."""

    def ended() -> dict[str, Any] | None:
        found = api("GET", f"/api/v1/experiments/{experiment_id}").json()
        return found if found.get("status") in ("completed", "failed") else None

    try:
        return eventually(ended, seconds, "the experiment ends")
    except AssertionError as error:
        raise AssertionError(f"{error}; {queue_now()}; the worker says: {worker_log()}") from None


def queue_now() -> str:
    with redis.Redis.from_url(REDIS_URL, socket_timeout=5) as client:
        return f"{client.llen('celery')} tasks wait, {client.hlen('unacked')} are with a worker"


def worker_log(lines: int = 20) -> str:
    """The last lines of what serves."""
    answer = railway("logs", *APP, "--lines", str(lines))
    return answer.stdout or answer.stderr


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


def settled(what: str, status: str = "SUCCESS", **wanted: str) -> None:
    """Waits until the newest deployment is this one and has come to this status, and nothing runs any more of the one
    that it replaces: until then the old worker takes tasks too."""
    wanted["status"] = status

    def has_come() -> bool:
        now = state()
        return not now["busy"] and wanted.items() <= (now["newest"] or {}).items()

    eventually(has_come, 60, f"{what} {status}")


def deployed(commit: str, status: str = "SUCCESS") -> None:
    settled(commit[:8], status, commit=commit)


def deploy(commit: str, status: str = "SUCCESS") -> None:
    mutation = """mutation($s: String!, $e: String!, $c: String) {
      serviceInstanceDeployV2(serviceId: $s, environmentId: $e, commitSha: $c) }"""
    new = graphql(mutation, s=APP_ID, e=ENVIRONMENT_ID, c=commit)["serviceInstanceDeployV2"]
    settled(commit[:8], status, id=new)


def sql(query: str) -> Any:
    """The first value of the first row."""
    return servers.execute(ADMIN_DB_URL, query)[0][0]
