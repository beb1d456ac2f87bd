"""Commands that only look."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from .client import Target, fail, graphql, iso, moment, show


def whoami(flags: Any) -> None:
    me = graphql("query { me { name email } }")["me"]
    show(me) if flags.json else print(f"Logged in as {me['name']} ({me['email']})")


def status(flags: Any) -> None:
    """An overview of the project; no verdict on a deployment."""
    target = Target(flags, service_needed=False)
    if flags.json:
        edges = [{"node": one} for one in target.instances]
        environment = {**target.environment, "serviceInstances": {"edges": edges}}
        show(
            {
                "id": target.project,
                "name": target.project_name,
                "environments": {"edges": [{"node": environment}]},
            }
        )
        return
    print(f"Project: {target.project_name}\nEnvironment: {target.environment['name']}")
    for one in target.instances:
        print(f"Service: {one['serviceName']}")


def _status(one: dict[str, Any]) -> dict[str, Any]:
    """Of the newest deployment, and what the service that is up says of itself."""
    newest = one["latestDeployment"] or {}
    known = {"id": one["serviceId"], "name": one["serviceName"], "deploymentId": newest.get("id")}
    return {**known, "status": newest.get("status"), "stopped": newest.get("deploymentStopped", False)}


def service_status(flags: Any) -> None:
    everything = getattr(flags, "all", False)
    target = Target(flags, service_needed=not everything)
    found = [_status(one) for one in target.instances] if everything else _status(target.instance())
    if flags.json:
        show(found)
        return
    for one in found if isinstance(found, list) else [found]:
        print(f"Service: {one['name']}\nDeployment: {one['deploymentId']}\nStatus: {one['status']}")


def service_list(flags: Any) -> None:
    target = Target(flags, service_needed=False)
    found = []
    for one in target.instances:
        states = [i["status"] for live in one["activeDeployments"] for i in live["instances"]]
        replicas = {
            "configured": one["numReplicas"],
            "running": states.count("RUNNING"),
            "crashed": states.count("CRASHED"),
            "exited": states.count("EXITED"),
            "total": len(states),
        }
        found.append({**_status(one), "replicas": replicas})
    if flags.json:
        show(found)
        return
    for one in found:
        print(f"{one['name']}\t{one['status']}\t{one['replicas']['running']}/{one['replicas']['configured']}")


def deployment_list(flags: Any) -> None:
    target = Target(flags)
    found = target.deployments(min(getattr(flags, "limit", 20), 1000))
    if flags.json:
        show([{name: one[name] for name in ("id", "status", "createdAt", "meta")} for one in found])
        return
    for one in found:
        print(f"{one['id']} | {one['status']} | {one['createdAt']}")


def logs(flags: Any) -> None:
    """Not a stream without a terminal: the last lines, of the last deployment that succeeded if none is named."""
    target = Target(flags)
    deployment = flags.deployment_id or _deployment(target, flags.latest)
    asked: dict[str, Any] = {"d": deployment, "n": flags.lines or 500, "f": flags.filter}
    asked["a"] = iso(moment(flags.since)) if flags.since else None
    asked["b"] = iso(moment(flags.until)) if flags.until else None
    if flags.http:
        return _http_logs(flags, asked)
    field = "buildLogs" if flags.build else "deploymentLogs"
    query = f"""query($d: String!, $n: Int, $f: String, $a: DateTime, $b: DateTime) {{
      {field}(deploymentId: $d, limit: $n, filter: $f, startDate: $a, endDate: $b)
      {{ timestamp message severity attributes {{ key value }} }} }}"""
    for line in graphql(query, **asked)[field]:
        if flags.json:
            attributes = {one["key"]: one["value"] for one in line["attributes"]}
            known = {"timestamp": line["timestamp"], "level": line["severity"], "message": line["message"]}
            print(json.dumps({**attributes, **known}))
        else:
            print(line["message"])
    return None


def _deployment(target: Target, latest: bool) -> str:
    found = target.deployments(100)
    good = [one for one in found if latest or one["status"] == "SUCCESS"] or found
    if not good:
        fail("No deployments found")
    return good[0]["id"]


def _http_logs(flags: Any, asked: dict[str, Any]) -> None:
    terms = [flags.filter or ""]
    if flags.status:
        terms.append(f"@httpStatus:{flags.status}")
    if flags.method:
        terms.append(f"@method:{flags.method}")
    if flags.path:
        terms.append(f"@path:{flags.path}")
    asked["f"] = " ".join(filter(None, terms)) or None
    query = """query($d: String!, $n: Int, $f: String, $a: String, $b: String) { httpLogs(deploymentId: $d, limit: $n,
      filter: $f, startDate: $a, endDate: $b) { timestamp requestId method path host httpStatus totalDuration
      upstreamRqDuration deploymentId deploymentInstanceId srcIp } }"""
    for line in graphql(query, **asked)["httpLogs"]:
        short = f"{line['timestamp']} {line['method']} {line['path']} {line['httpStatus']} {line['totalDuration']}ms"
        print(json.dumps(line) if flags.json else short)


_METRICS = """query($s: String!, $e: String!, $a: DateTime!, $b: DateTime!) {
  metrics(serviceId: $s, environmentId: $e, startDate: $a, endDate: $b,
    measurements: [CPU_USAGE, CPU_LIMIT, MEMORY_USAGE_GB, MEMORY_LIMIT_GB, DISK_USAGE_GB])
    { measurement values { value } }
  httpMetricsGroupedByStatus(serviceId: $s, environmentId: $e, startDate: $a, endDate: $b, stepSeconds: 60)
    { statusCode samples { value } }
  httpDurationMetrics(serviceId: $s, environmentId: $e, startDate: $a, endDate: $b, stepSeconds: 86400)
    { samples { p50 p90 p95 p99 } }
  environment(id: $e) { volumeInstances { edges { node { serviceId sizeMB currentSizeMB volume: id } } } } }"""


def metrics(flags: Any) -> None:
    target = Target(flags)
    since, until = moment(flags.since), moment(flags.until) if flags.until else datetime.now(UTC)
    asked = {"s": target.service["id"], "e": target.environment["id"], "a": iso(since), "b": iso(until)}
    data = graphql(_METRICS, **asked)
    series = {one["measurement"]: [value["value"] for value in one["values"]] for one in data["metrics"]}
    shown = {
        "service": target.service["name"],
        "environment": target.environment["name"],
        "window": {"since": asked["a"], "until": asked["b"]},
        **_usage(series),
        "volumes": [
            {"name": "postgres-volume", "current_mb": node["currentSizeMB"], "limit_mb": node["sizeMB"]}
            for node in (edge["node"] for edge in data["environment"]["volumeInstances"]["edges"])
            if node["serviceId"] == asked["s"]
        ],
        **_http(data),
        "deployments": [],
    }
    if flags.json:
        show(shown)
    else:
        json.dump(shown, sys.stdout, indent=1)
        print()


def _usage(series: dict[str, list[float]]) -> dict[str, Any]:
    cpu, memory = series.get("CPU_USAGE") or [], [gb * 1000 for gb in series.get("MEMORY_USAGE_GB") or []]
    if not cpu or not memory:
        return {}
    cores, limit = series["CPU_LIMIT"][-1], series["MEMORY_LIMIT_GB"][-1] * 1000
    mean = sum(cpu) / len(cpu)
    return {
        "cpu": {"current": cpu[-1], "average": mean, "max": max(cpu), "limit": cores, "unit": "vCPU",
                "utilization_pct": 100 * cpu[-1] / cores},
        "memory": {"current_mb": memory[-1], "average_mb": sum(memory) / len(memory), "max_mb": max(memory),
                   "limit_mb": limit, "utilization_pct": 100 * memory[-1] / limit},
    }  # fmt: skip


def _http(data: dict[str, Any]) -> dict[str, Any]:
    """Nothing at all when there was no traffic."""
    totals = dict.fromkeys(("2xx", "3xx", "4xx", "5xx"), 0)
    for group in data["httpMetricsGroupedByStatus"]:
        kind = f"{group['statusCode'] // 100}xx"
        totals[kind] = totals.get(kind, 0) + int(sum(sample["value"] for sample in group["samples"]))
    total = sum(totals.values())
    if not total:
        return {}
    worst = data["httpDurationMetrics"]["samples"][-1]
    times = {f"{name}_ms": worst[name] for name in ("p50", "p90", "p95", "p99")}
    return {"http": {"total": total, **totals, "error_rate": 100 * totals["5xx"] / total, **times}}
