"""Commands that change what runs."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .client import Target, fail, follow, graphql, request, show


def _confirmed(flags: Any) -> None:
    if not flags.yes and not sys.stdin.isatty():
        fail("Cannot prompt for confirmation in non-interactive mode. Use --yes to skip the confirmation.")
    if not flags.yes and input("Are you sure? (y/N) ").lower() not in ("y", "yes"):
        fail("Aborted by user")


def _newest(target: Target) -> dict[str, Any]:
    found = target.deployments(1)
    if not found:
        fail("No deployment found for service")
    return found[0]


def restart(flags: Any) -> int:
    """Waits for SUCCESS; with --json it does not."""
    target = Target(flags)
    _confirmed(flags)
    live = next((one for one in target.deployments() if one["status"] in ("SUCCESS", "CRASHED")), None)
    if live is None:
        fail("No deployment found for service")
    graphql("mutation($d: String!) { deploymentRestart(id: $d) }", d=live["id"])
    if flags.json:
        show({"id": live["id"]})
        return 0
    return follow(live["id"])


def redeploy(flags: Any) -> int:
    """Does not wait."""
    target = Target(flags)
    _confirmed(flags)
    if flags.from_source:
        mutation = "mutation($s: String!, $e: String!) { serviceInstanceDeployV2(serviceId: $s, environmentId: $e) }"
        new = graphql(mutation, s=target.service["id"], e=target.environment["id"])["serviceInstanceDeployV2"]
    else:
        mutation = "mutation($d: String!) { deploymentRedeploy(id: $d, usePreviousImageTag: true) { id } }"
        new = graphql(mutation, d=_newest(target)["id"])["deploymentRedeploy"]["id"]
    show({"id": new}) if flags.json else print(f"Redeploying: {new}")
    return 0


def down(flags: Any) -> None:
    """Removes the newest deployment that succeeded: nothing serves afterwards."""
    target = Target(flags)
    _confirmed(flags)
    live = next((one for one in target.deployments() if one["status"] == "SUCCESS"), None)
    if live is None:
        fail("No successful deployment found")
    graphql("mutation($d: String!) { deploymentRemove(id: $d) }", d=live["id"])
    print("Deployment removed")


def up(flags: Any) -> int:
    """Uploads a folder without what git ignores. Follows the deployment only with --ci or --json."""
    target = Target(flags)
    archive = _archive(Path(flags.path))
    path = f"/project/{target.project}/environment/{target.environment['id']}/up"
    path += f"?serviceId={target.service['id']}&message={quote(flags.message)}"
    new = json.loads(request(path, archive, "application/x-tar"))["deploymentId"]
    print(f"Build Logs: {new}", file=sys.stderr)
    if flags.json:
        show({"deploymentId": new})
    return follow(new) if (flags.ci or flags.json) and not flags.detach else 0


def _archive(folder: Path) -> bytes:
    listing = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if listed.returncode != 0:
        names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            if (folder / name).exists():
                archive.add(folder / name, arcname=name)
    return buffer.getvalue()


def scale(flags: Any) -> None:
    """REGION=N, at once."""
    target = Target(flags)
    if not flags.regions:
        fail("No regions specified. In non-interactive mode give at least one as REGION=REPLICAS.")
    regions = {}
    for pair in flags.regions:
        name, _, count = pair.partition("=")
        if not count.isdigit() or int(count) > 50:
            fail(f"Invalid number of replicas: {pair}")
        regions[name.lstrip("-")] = {"numReplicas": int(count)}
    mutation = """mutation($s: String!, $e: String!, $r: JSON) { serviceInstanceUpdate(serviceId: $s, environmentId: $e,
      input: { multiRegionConfig: $r }) }"""
    graphql(mutation, s=target.service["id"], e=target.environment["id"], r=regions)
    show({"regions": regions}) if flags.json else print(f"Scaled: {regions}")
