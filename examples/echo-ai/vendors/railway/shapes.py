"""What the platform knows, in the shapes of the schema."""

from datetime import datetime
from typing import Any

from stack import config

from .edge import Request
from .measure import VOLUME_MB
from .platform import Deployment, Line, Platform, Service, iso


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def connection(nodes: list[Any], more: bool = False) -> dict[str, Any]:
    edges = [{"node": node, "cursor": node["id"]} for node in nodes]
    return {
        "edges": edges,
        "pageInfo": {"hasNextPage": more, "endCursor": edges[-1]["cursor"] if edges else None},
    }


def deployment(one: Deployment) -> dict[str, Any]:
    return {
        "id": one.id,
        "status": one.status,
        "statusUpdatedAt": iso(one.status_at),
        "createdAt": iso(one.created_at),
        "updatedAt": iso(one.status_at),
        "projectId": config.PROJECT_ID,
        "environmentId": config.ENVIRONMENT_ID,
        "serviceId": one.service.id,
        "staticUrl": f"{config.HOST}:{config.EDGE_PORT}" if one.service.repo else None,
        "url": None,
        "meta": one.meta,
        "canRollback": one.can_rollback,
        "canRedeploy": bool(one.image and one.image.exists()),
        "deploymentStopped": one.stopped,
        "instances": instances(one),
    }


def instances(one: Deployment) -> list[dict[str, str]]:
    if one.service.repo is None:
        running = one.status == "SUCCESS"
        return [{"id": one.id, "status": "RUNNING" if running else "RESTARTING"}]
    return [{"id": instance.id, "status": instance.status} for instance in one.instances]


def service_instance(service: Service) -> dict[str, Any]:
    settings = service.settings
    live = service.live
    domain = {"id": service.id, "domain": f"{config.HOST}:{config.EDGE_PORT}", "targetPort": 8080}
    return {
        "id": f"{service.id}-{config.ENVIRONMENT}",
        "serviceId": service.id,
        "serviceName": service.name,
        "environmentId": config.ENVIRONMENT_ID,
        "numReplicas": settings.num_replicas,
        "region": settings.region,
        "startCommand": settings.start_command if service.repo else None,
        "preDeployCommand": settings.pre_deploy_command or None,
        "healthcheckPath": settings.healthcheck_path if service.repo else None,
        "healthcheckTimeout": settings.healthcheck_timeout,
        "drainingSeconds": settings.draining_seconds,
        "overlapSeconds": settings.overlap_seconds,
        "restartPolicyType": settings.restart_policy_type,
        "restartPolicyMaxRetries": settings.restart_policy_max_retries,
        "latestDeployment": deployment(service.deployments[-1]) if service.deployments else None,
        "activeDeployments": [deployment(live)] if live else [],
        "source": {
            "repo": service.repo,
            "image": None if service.repo else service.deployments[0].meta["image"],
        },
        "domains": {"serviceDomains": [domain] if service.repo else [], "customDomains": []},
    }


def volume(platform: Platform) -> dict[str, Any]:
    samples = platform.services[config.POSTGRES_ID].samples
    return {
        "id": config.VOLUME_ID,
        "serviceId": config.POSTGRES_ID,
        "mountPath": "/var/lib/postgresql/data",
        "environmentId": config.ENVIRONMENT_ID,
        "currentSizeMB": samples[-1].disk_gb * 1000 if samples else 0.0,
        "sizeMB": VOLUME_MB,
        "state": "READY",
    }


def log_fields(line: Line) -> dict[str, str]:
    return {
        **line.attributes,
        "message": line.message,
        "level": line.severity,
        "deploymentInstanceId": line.instance,
    }


def log(line: Line, one: Deployment) -> dict[str, Any]:
    attributes = [{"key": "level", "value": line.severity}]
    attributes += [{"key": key, "value": value} for key, value in line.attributes.items()]
    tags = {
        "deploymentId": one.id,
        "deploymentInstanceId": line.instance,
        "serviceId": one.service.id,
        "environmentId": config.ENVIRONMENT_ID,
        "projectId": config.PROJECT_ID,
    }
    known = {"timestamp": iso(line.at), "message": line.message, "severity": line.severity}
    return {**known, "attributes": attributes, "tags": tags}


def http_fields(one: Request) -> dict[str, str]:
    return {name: str(value) for name, value in http_log(one).items()} | {"message": f"{one.method} {one.path}"}


def http_log(one: Request) -> dict[str, Any]:
    return {
        "timestamp": iso(one.at),
        "requestId": one.id,
        "method": one.method,
        "path": one.path,
        "host": f"{config.HOST}:{config.EDGE_PORT}",
        "httpStatus": one.status,
        "totalDuration": one.milliseconds,
        "upstreamRqDuration": one.milliseconds,
        "deploymentId": one.deployment,
        "deploymentInstanceId": one.instance,
        "srcIp": config.HOST,
    }
