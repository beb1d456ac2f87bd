"""Railway: its API, its command, and what they do to the application."""

import json
import subprocess
import tempfile
import time

import httpx

from .. import faults
from ..config import (
    APP_ID,
    APP_URL,
    ENVIRONMENT_ID,
    GITHUB_TOKEN,
    PROJECT_ID,
    RAILWAY_PROJECT_TOKEN,
    RAILWAY_URL,
    REPOSITORY,
    VENDORS_URL,
    VOLUME_ID,
)
from ..processes import Failed
from ..railway import graphql, state
from . import check
from .tools import (
    APP,
    deployed,
    end_of,
    equal,
    eventually,
    experiment,
    github,
    healthy,
    main_head,
    merge,
    railway,
    settled,
    sql,
    worker_again,
)

_AUTODEPLOY = """mutation($i: ServiceInstanceAutoDeployUpdateInput!) {
  serviceInstanceAutoDeployUpdate(input: $i) { enabled } }"""


def refused(query: str, **variables: object) -> str:
    try:
        graphql(query, **variables)
    except Failed as error:
        return str(error)
    raise AssertionError("it was not refused")


def previous() -> str:
    fields = "edges { node { id canRollback meta } }"
    query = f"query($i: DeploymentListInput!) {{ deployments(input: $i, first: 20) {{ {fields} }} }}"
    edges = graphql(query, i={"serviceId": APP_ID})["deployments"]["edges"]
    now = state()["commit"]
    return next(
        e["node"]["id"] for e in edges if e["node"]["canRollback"] and e["node"]["meta"].get("commitHash", now) != now
    )


def rollback(deployment: str) -> None:
    before = state()["newest"]["id"]
    equal(
        graphql("mutation($d: String!) { deploymentRollback(id: $d) }", d=deployment),
        {"deploymentRollback": True},
    )
    settled("the rollback", id=another_than(before))


def another_than(before: str) -> str:
    """The id of the newest deployment, once it is not this one."""
    return eventually(lambda: (found := state()["newest"]["id"]) != before and found, 10, "another deployment")


@check("railway: refuses what the real one refuses")
def refusals() -> None:
    assert "Commit not found" in refused(
        """mutation($s: String!, $e: String!) {
          serviceInstanceDeployV2(serviceId: $s, environmentId: $e, commitSha: "abc") }""",
        s=APP_ID, e=ENVIRONMENT_ID,
    )  # fmt: skip
    assert "must not have a selection" in refused('mutation { deploymentRollback(id: "x") { id status } }')
    assert "successfulOnly" in refused(
        "query($i: DeploymentListInput!) { deployments(input: $i) { edges { cursor } } }",
        i={"status": {"successfulOnly": True}},
    )
    answer = httpx.post(f"{RAILWAY_URL}/graphql/v2", json={"query": "query { me { name } }"})
    equal((answer.status_code, answer.json()["errors"][0]["message"]), (200, "Not Authorized"))
    ids = {"projectId": PROJECT_ID, "environmentId": ENVIRONMENT_ID, "serviceId": APP_ID}
    project = {"Project-Access-Token": RAILWAY_PROJECT_TOKEN}
    body = {"query": _AUTODEPLOY, "variables": {"i": {**ids, "enabled": True}}}
    answer = httpx.post(f"{RAILWAY_URL}/graphql/v2", json=body, headers=project).json()
    equal(answer["errors"][0]["message"], "Bad Access")


@check("railway: a merge to main deploys; the commit is in the metadata; a rollback brings the other back")
def merge_and_rollback() -> None:
    before = state()["commit"]
    sha = merge(42)
    deployed(sha)
    eventually(healthy, 10, "healthy")
    assert "who names your brand" in httpx.get(f"{APP_URL}/").text
    equal((state()["commit"], main_head()), (sha, sha))
    rollback(previous())
    equal(state()["commit"], before)
    equal(end_of(experiment())["status"], "completed")


@check("railway: with autodeploy off a push deploys nothing; reverting a pull request makes one")
def autodeploy() -> None:
    ids = {"projectId": PROJECT_ID, "environmentId": ENVIRONMENT_ID, "serviceId": APP_ID}
    equal(graphql(_AUTODEPLOY, i={**ids, "enabled": False})["serviceInstanceAutoDeployUpdate"]["enabled"], False)
    newest = state()["newest"]["id"]
    try:
        if not github("GET", "/pulls/42").json()["merged"]:
            merge(42)
        query = 'mutation { revertPullRequest(input: {pullRequestId: "PR_42"}) { revertPullRequest { number state } } }'
        headers = {"Authorization": f"Bearer {GITHUB_TOKEN}"}
        answer = httpx.post(f"{VENDORS_URL}/github/graphql", json={"query": query}, headers=headers).json()
        number = answer["data"]["revertPullRequest"]["revertPullRequest"]["number"]
        url = f"{VENDORS_URL}/github/repos/echo-ai/echo-ai/pulls/{number}/reviews"
        httpx.post(url, json={"event": "APPROVE", "user": "reviewer"}, headers=headers)
        merge(number)
        time.sleep(1)  # Railway looks three times a second
        equal(state()["newest"]["id"], newest)
    finally:
        graphql(_AUTODEPLOY, i={**ids, "enabled": True})


@check("railway: waiting for CI, a commit with a red check is skipped")
def wait_for_ci() -> None:
    before = state()["commit"]
    trigger = graphql(
        """query($p: String!, $e: String!, $s: String!) { deploymentTriggers(projectId: $p, environmentId: $e,
          serviceId: $s) { edges { node { id } } } }""",
        p=PROJECT_ID,
        e=ENVIRONMENT_ID,
        s=APP_ID,
    )["deploymentTriggers"]["edges"][0]["node"]["id"]
    wait = """mutation($t: String!, $w: Boolean!) {
      deploymentTriggerUpdate(id: $t, input: { checkSuites: $w }) { checkSuites } }"""
    graphql(wait, t=trigger, w=True)
    faults.switch_on("ci-red")
    try:
        body = {"message": "of the check", "content": "eA==", "branch": "main"}
        sha = github("PUT", f"/contents/{time.time_ns()}.txt", json=body).json()["commit"]["sha"]
        deployed(sha, "SKIPPED")
        equal(state()["commit"], before)
    finally:
        graphql(wait, t=trigger, w=False)


@check("railway: a variable deploys; a rollback brings the old ones back")
def variables() -> None:
    before = state()["deployment"]
    answer = railway("variable", "set", "CHECK", "--stdin", *APP, "--json", stdin="1\n")
    equal((answer.returncode, json.loads(answer.stdout)), (0, {"set": ["CHECK"]}))
    settled("with the variable", id=another_than(before))
    equal(railway("ssh", *APP, "--", "echo $CHECK").stdout, "1\n")
    rollback(before)
    assert "CHECK" not in json.loads(railway("variable", "list", *APP, "--json").stdout)


@check("railway: scale to two and back; the code's number of replicas wins at the next deployment")
def scale() -> None:
    def running() -> int:
        found = json.loads(railway("service", "list", "-e", "lab", "--json").stdout)
        return next(one["replicas"]["running"] for one in found if one["name"] == "echo-ai")

    equal(railway("scale", *APP, "us-west2=2", "--json").returncode, 0)
    eventually(lambda: running() == 2, 30, "two replicas")
    before = state()["newest"]["id"]
    equal(railway("redeploy", *APP, "--yes").returncode, 0)
    settled("the code's one replica", id=another_than(before))
    equal(running(), 1)
    railway("scale", *APP, "us-west2=0")
    eventually(lambda: running() == 0, 10, "none")
    equal(httpx.get(f"{APP_URL}/health").status_code, 404)
    railway("scale", *APP, "us-west2=1")
    eventually(lambda: running() == 1 and healthy(), 30, "one again")


@check("railway: the command: wrong usage is 2, no terminal is 1, ssh and run pass on the child's status")
def command() -> None:
    assert railway("--version").stdout.startswith("railway 5.")
    equal(railway("logs", *APP, "--tail").returncode, 2)
    equal(railway("ps").returncode, 2)
    equal(railway("restart", *APP).returncode, 1)
    equal(railway("ssh", *APP, "--", "bash", "-s", stdin="exit 7\n").returncode, 7)
    equal(railway("ssh", *APP, "--", "command -v psql redis-cli pg_dump").returncode, 1)
    equal(railway("run", "-s", "Postgres", "-e", "lab", "psql $DATABASE_URL -c 'select 1'").returncode, 1)
    database = [
        "run",
        "-s",
        "Postgres",
        "-e",
        "lab",
        "--",
        "sh",
        "-c",
        'psql "$DATABASE_PUBLIC_URL" -Atc "select 1"',
    ]
    equal(railway(*database).stdout, "1\n")
    equal(railway("status", "-e", "nowhere").returncode, 1)


@check("railway: logs, metrics and snapshots")
def observation() -> None:
    lines = railway("logs", *APP, "--latest", "--since", "10m", "-n", "50", "--json").stdout.splitlines()
    assert lines and "message" in json.loads(lines[-1])
    http = railway("logs", *APP, "--http", "--status", ">=200", "--since", "1m", "--json").stdout.splitlines()
    assert http and json.loads(http[-1])["httpStatus"] >= 200

    def measured() -> bool:
        shown = json.loads(railway("metrics", *APP, "--since", "2m", "--json").stdout)
        return shown["http"]["total"] > 0 and shown["memory"]["utilization_pct"] > 1 and shown["cpu"]["max"] > 0

    eventually(measured, 10, "traffic, memory and processor in the metrics")
    create = 'mutation($v: String!) { volumeInstanceBackupCreate(volumeInstanceId: $v, name: "check") { workflowId } }'
    workflow = graphql(create, v=VOLUME_ID)["volumeInstanceBackupCreate"]["workflowId"]
    ask = "query($w: String!) { workflowStatus(workflowId: $w) { status } }"
    eventually(lambda: graphql(ask, w=workflow)["workflowStatus"]["status"] == "Complete", 5, "the snapshot")


@check("railway: a folder is uploaded; no commit is known of it")
def upload() -> None:
    before = state()["deployment"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), folder], check=True)
        answer = railway("up", *APP, "--ci", "-m", "hotfix", cwd=folder)
        equal(answer.returncode, 0)
    equal(state()["commit"], "")
    rollback(before)


@check("railway: Postgres and Redis restart, data stay")
def restart_servers() -> None:
    users = sql("select count(*) from users")
    for service in ("Postgres", "Redis"):
        equal(railway("restart", "-s", service, "-e", "lab", "--yes").returncode, 0)
    equal(sql("select count(*) from users"), users)
    worker_again()
