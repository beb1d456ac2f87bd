"""What can be asked: a method for each field of the schema's type Query."""

from typing import Any

from stack import config

from .. import faults
from . import logs, measure, shapes
from .deployer import Deployer
from .platform import Deployment, Platform, RailwayError, now
from .shapes import moment


class Queries:
    def __init__(self, platform: Platform, deployer: Deployer) -> None:
        self.platform = platform
        self.deployer = deployer

    def me(self, info) -> dict[str, str]:
        if info.context["project_token"]:
            raise RailwayError("Not Authorized")
        return {"id": "lab-user", "email": "operator@echo-ai.example", "name": "Operator"}

    def projectToken(self, info) -> dict[str, str]:
        return {"projectId": config.PROJECT_ID, "environmentId": config.ENVIRONMENT_ID}

    def project(self, info, id: str) -> dict[str, Any]:
        self.platform.project(id)
        services = [{"node": {"id": one.id, "name": one.name}} for one in self.platform.services.values()]
        environments = {"edges": [{"node": self.environment(info, config.ENVIRONMENT_ID)}]}
        return {"id": id, "name": "echo-ai", "environments": environments, "services": {"edges": services}}

    def environment(self, info, id: str, projectId: str | None = None) -> dict[str, Any]:
        self.platform.environment(id)
        instances = [shapes.service_instance(one) for one in self.platform.services.values()]
        return {
            "id": id,
            "name": config.ENVIRONMENT,
            "serviceInstances": lambda info, **_: shapes.connection(instances),
            "volumeInstances": lambda info, **_: shapes.connection([shapes.volume(self.platform)]),
        }

    def deployments(self, info, input: dict, first: int | None = None, after: str | None = None) -> dict[str, Any]:
        self.platform.project(input.get("projectId"))
        self.platform.environment(input.get("environmentId"))
        services = self.platform.services.values()
        if "serviceId" in input:
            services = [self.platform.service(input["serviceId"])]
        status = input.get("status") or {}
        found = [one for service in services for one in service.deployments if _wanted(one, status)]
        found.sort(key=lambda one: one.created_at, reverse=True)
        if after:
            found = found[[one.id for one in found].index(after) + 1 :]
        page = found[: min(first or 10, 1000)]
        return shapes.connection([shapes.deployment(one) for one in page], more=len(found) > len(page))

    def deployment(self, info, id: str) -> dict[str, Any]:
        return shapes.deployment(self.platform.deployment(id))

    def deploymentEvents(self, info, id: str, first: int | None = None) -> dict[str, Any]:
        return {"edges": [{"node": event} for event in self.platform.deployment(id).events]}

    def deploymentTriggers(self, info, projectId: str, environmentId: str, serviceId: str) -> dict[str, Any]:
        service = self.platform.service(serviceId)
        return {"edges": [{"node": trigger(self.platform)}] if service.repo and service.autodeploy else []}

    def serviceInstance(self, info, serviceId: str, environmentId: str) -> dict[str, Any]:
        self.platform.environment(environmentId)
        return shapes.service_instance(self.platform.service(serviceId))

    def serviceInstanceLimits(self, info, serviceId: str, environmentId: str) -> dict[str, Any]:
        service = self.platform.service(serviceId)
        return {"containers": {"cpu": service.vcpus, "memoryBytes": int(service.memory_gb * 1_000_000_000)}}

    def serviceInstanceAutoDeployStatus(
        self, info, projectId: str, environmentId: str, serviceId: str
    ) -> dict[str, Any]:
        service = self.platform.service(serviceId)
        return autodeploy(service)

    def variables(
        self,
        info,
        projectId: str,
        environmentId: str,
        serviceId: str | None = None,
        unrendered: bool | None = None,
    ) -> dict[str, str]:
        self.platform.project(projectId)
        self.platform.environment(environmentId)
        return self.platform.service(serviceId).variables if serviceId else {}

    def deploymentLogs(self, info, deploymentId: str, **asked: Any) -> list[dict[str, Any]]:
        one = self.platform.deployment(deploymentId)
        return [shapes.log(line, one) for line in _lines(one.logs, **asked)]

    def buildLogs(self, info, deploymentId: str, **asked: Any) -> list[dict[str, Any]]:
        one = self.platform.deployment(deploymentId)
        return [shapes.log(line, one) for line in _lines(one.build_logs, **asked)]

    def environmentLogs(
        self, info, environmentId: str, filter: str | None = None, beforeLimit: int | None = None,
        beforeDate: str | None = None, afterDate: str | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        self.platform.environment(environmentId)
        every = [(line, one) for one in self.platform.app.deployments for line in one.logs]
        owners = {id(line): one for line, one in every}
        lines = sorted((line for line, _ in every), key=lambda line: line.at)
        found = _lines(lines, filter=filter, limit=beforeLimit, startDate=afterDate, endDate=beforeDate)
        return [shapes.log(line, owners[id(line)]) for line in found]

    def httpLogs(
        self, info, deploymentId: str, filter: str | None = None, limit: int | None = None,
        startDate: str | None = None, endDate: str | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        self.platform.deployment(deploymentId)
        mine = [one for one in self.platform.requests if one.deployment == deploymentId]
        found = logs.chosen(mine, shapes.http_fields, filter, limit, moment(startDate), moment(endDate))
        return [shapes.http_log(one) for one in found]

    def metrics(
        self, info, startDate: str, measurements: list[str], serviceId: str | None = None,
        environmentId: str | None = None, endDate: str | None = None, sampleRateSeconds: int | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        service = self.platform.service(serviceId)
        start, end = moment(startDate).timestamp(), (moment(endDate) or now()).timestamp()
        samples = [one for one in service.samples if start <= one.at <= end]
        replicas = max(1, service.settings.num_replicas)
        values = {
            "CPU_USAGE": lambda one: one.cpu,
            "CPU_LIMIT": lambda one: service.vcpus * replicas,
            "MEMORY_USAGE_GB": lambda one: one.memory_gb,
            "MEMORY_LIMIT_GB": lambda one: service.memory_gb * replicas,
            "DISK_USAGE_GB": lambda one: one.disk_gb,
        }
        asked = [name for name in measurements if name in values]
        return [
            {
                "measurement": name,
                "tags": {},
                "values": [{"ts": int(s.at), "value": values[name](s)} for s in samples],
            }
            for name in asked
        ]

    def httpMetricsGroupedByStatus(
        self, info, serviceId: str, environmentId: str, startDate: str, endDate: str, stepSeconds: int | None = None,
        method: str | None = None, path: str | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        found = self._requests(serviceId, startDate, endDate, path)
        return [
            {
                "statusCode": status,
                "samples": [{"ts": ts, "value": count} for ts, count in sorted(counts.items())],
            }
            for status, counts in sorted(measure.by_status(found, stepSeconds or 60).items())
        ]

    def httpDurationMetrics(
        self, info, serviceId: str, environmentId: str, startDate: str, endDate: str, stepSeconds: int | None = None,
        method: str | None = None, path: str | None = None, statusCode: int | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        steps: dict[int, list[int]] = {}
        for one in self._requests(serviceId, startDate, endDate, path):
            if statusCode in (None, one.status):
                step = stepSeconds or 60
                steps.setdefault(int(one.at.timestamp()) // step * step, []).append(one.milliseconds)
        return {"samples": [{"ts": ts, **measure.percentiles(took)} for ts, took in sorted(steps.items())]}

    def _requests(self, service_id: str, start: str, end: str, path: str | None) -> list:
        if self.platform.service(service_id) is not self.platform.app:
            return []
        return measure.between(self.platform.requests, moment(start), moment(end), path)

    def platformStatus(self, info) -> dict[str, Any]:
        incident = {
            "id": "lab-incident",
            "status": "INVESTIGATING",
            "message": "Elevated deployment times",
            "url": "https://status.railway.com",
        }
        unstable = faults.on("unstable-platform")
        return {"isStable": not unstable, "incident": incident if unstable else None, "maintenance": None}

    def volumeInstance(self, info, id: str) -> dict[str, Any]:
        self.volume(id)
        return shapes.volume(self.platform)

    def volumeInstanceBackupList(self, info, volumeInstanceId: str) -> list[dict[str, Any]]:
        self.volume(volumeInstanceId)
        return sorted(self.platform.backups, key=lambda one: one["createdAt"], reverse=True)

    def volumeInstanceBackupScheduleList(self, info, volumeInstanceId: str) -> list[dict[str, Any]]:
        self.volume(volumeInstanceId)
        known = {
            "id": "daily",
            "name": "Daily",
            "kind": "DAILY",
            "cron": "0 3 * * *",
            "retentionSeconds": 6 * 86400,
        }
        return [{**known, "createdAt": "2026-01-01T00:00:00.000Z"}]

    def workflowStatus(self, info, workflowId: str) -> dict[str, Any]:
        ends = self.platform.workflows.get(workflowId)
        if ends is None:
            return {"status": "NotFound", "error": None}
        return {"status": "Complete" if now() >= ends else "Running", "error": None}

    def volume(self, volume_id: str) -> None:
        if volume_id != config.VOLUME_ID:
            raise RailwayError("VolumeInstance not found")


def _wanted(one: Deployment, status: dict[str, list[str]]) -> bool:
    return one.status in status.get("in", [one.status]) and one.status not in status.get("notIn", [])


def _lines(lines, filter=None, limit=None, startDate=None, endDate=None) -> list:
    return logs.chosen(lines, shapes.log_fields, filter, limit, moment(startDate), moment(endDate))


def trigger(platform: Platform) -> dict[str, Any]:
    return {
        "id": "77777777-7777-4777-8777-777777777777",
        "repository": f"{config.OWNER}/{config.REPO}",
        "branch": "main",
        "checkSuites": platform.app.wait_for_ci,
        "validCheckSuites": len(config.CHECKS),
        "provider": "github",
    }


def autodeploy(service) -> dict[str, Any]:
    connected = service.repo is not None
    reason = None if connected else "Service is not connected to a repository"
    return {"enabled": connected and service.autodeploy, "canEnable": connected, "reason": reason}
