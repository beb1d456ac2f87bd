"""What the commands share: the API, the target, the output."""

import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

URL = os.environ.get("LAB_RAILWAY_URL", "http://127.0.0.1:18401")
WAITS = {"QUEUED", "INITIALIZING", "BUILDING", "DEPLOYING", "WAITING", "NEEDS_APPROVAL", "REMOVING"}


class CommandError(Exception):
    """Printed, exit status 1."""


def fail(message: str) -> NoReturn:
    raise CommandError(message)


def _headers() -> dict[str, str]:
    project, account = os.environ.get("RAILWAY_TOKEN"), os.environ.get("RAILWAY_API_TOKEN")
    if project:
        return {"Project-Access-Token": project}
    if account:
        return {"Authorization": f"Bearer {account}"}
    fail("Unauthorized. Please login with `railway login`")


def request(path: str, body: bytes | None = None, content_type: str = "application/json") -> bytes:
    asked = urllib.request.Request(URL + path, data=body, headers={**_headers(), "Content-Type": content_type})
    try:
        with urllib.request.urlopen(asked, timeout=float(os.environ.get("RAILWAY_HTTP_TIMEOUT", "90"))) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        fail("You are being ratelimited. Please try again later" if error.code == 429 else _detail(text))
    except OSError as error:
        fail(f"error sending request for url ({URL}{path}): {error}")


def _detail(text: str) -> str:
    try:
        body = json.loads(text)
        return body.get("detail") or body["errors"][0]["message"]
    except (ValueError, KeyError, IndexError, AttributeError):
        return text


def graphql(query: str, **variables: Any) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = json.loads(request("/graphql/v2", body))
    if answer.get("errors"):
        message = answer["errors"][0]["message"]
        fail("Unauthorized. Please login with `railway login`" if message == "Not Authorized" else message)
    return answer["data"]


def show(value: Any) -> None:
    print(json.dumps(value, indent=2))


class Target:
    """The project, environment and service that the flags or RAILWAY_PROJECT_ID and its like name."""

    def __init__(self, flags: Any, service_needed: bool = True) -> None:
        if flags.project and not flags.environment and not os.environ.get("RAILWAY_ENVIRONMENT_ID"):
            fail("--project requires --environment")
        self.project = flags.project or os.environ.get("RAILWAY_PROJECT_ID") or self._only_project()
        found = graphql(
            """query($p: String!) { project(id: $p) { name environments { edges { node { id name serviceInstances
            { edges { node { serviceId serviceName numReplicas latestDeployment { id status deploymentStopped }
            activeDeployments { id status deploymentStopped instances { status } } } } } } } }
            services { edges { node { id name } } } } }""",
            p=self.project,
        )["project"]
        self.project_name = found["name"]
        environments = [edge["node"] for edge in found["environments"]["edges"]]
        named = flags.environment or os.environ.get("RAILWAY_ENVIRONMENT_ID")
        self.environment = self._one(environments, named, "Environment") if named else environments[0]
        self.instances = [edge["node"] for edge in self.environment["serviceInstances"]["edges"]]
        self.services = [edge["node"] for edge in found["services"]["edges"]]
        wanted = getattr(flags, "service", None) or os.environ.get("RAILWAY_SERVICE_ID")
        self.service = self._one(self.services, wanted, "Service") if wanted else None
        if service_needed and self.service is None:
            fail("No service found. Please link one via `railway link` or specify one via the `--service` flag.")

    @staticmethod
    def _only_project() -> str:
        """A folder that was linked would say it; a token of a project knows it as well."""
        return graphql("query { projectToken { projectId } }")["projectToken"]["projectId"]

    @staticmethod
    def _one(known: list[dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
        for one in known:
            if name in (one["id"], one["name"]) or name.lower() == one["name"].lower():
                return one
        fail(f'{kind} "{name}" not found.')

    @property
    def ids(self) -> dict[str, str]:
        return {
            "projectId": self.project,
            "environmentId": self.environment["id"],
            "serviceId": self.service["id"],
        }

    def instance(self) -> dict[str, Any]:
        return next(one for one in self.instances if one["serviceId"] == self.service["id"])

    def deployments(self, first: int = 20) -> list[dict[str, Any]]:
        """Newest first."""
        found = graphql(
            """query($i: DeploymentListInput!, $n: Int) { deployments(input: $i, first: $n) { edges { node
            { id status createdAt meta canRollback deploymentStopped } } } }""",
            i=self.ids,
            n=first,
        )
        return [edge["node"] for edge in found["deployments"]["edges"]]


def follow(deployment_id: str) -> int:
    """Waits for a deployment's end; 0 only for SUCCESS."""
    last = ""
    while True:
        status = graphql("query($d: String!) { deployment(id: $d) { status } }", d=deployment_id)["deployment"][
            "status"
        ]
        if status != last:
            print(f"Deployment {deployment_id}: {status}", file=sys.stderr)
            last = status
        if status not in WAITS:
            return 0 if status == "SUCCESS" else 1
        time.sleep(0.3)


def moment(text: str) -> datetime:
    """`30s`, `10m`, `2h`, `1d` ago, or a date of RFC 3339."""
    span = re.fullmatch(r"(\d+)([smhdw])", text)
    if span:
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[span[2]]
        return datetime.now(UTC) - timedelta(**{unit: int(span[1])})
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        fail(f"Invalid time format: {text}")


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
