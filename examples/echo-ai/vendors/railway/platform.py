"""What the platform knows: services, their settings and variables, their deployments."""

import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stack import config

FINAL = {"SUCCESS", "FAILED", "CRASHED", "SKIPPED", "REMOVED"}


def now() -> datetime:
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class RailwayError(Exception):
    """A refusal, as the API words it."""


@dataclass(frozen=True)
class Line:
    """A line of a log. `severity` and `attributes` come out of the line when it is a JSON object."""

    at: datetime
    message: str
    severity: str
    attributes: dict[str, str]
    instance: str


@dataclass
class ServiceSettings:
    num_replicas: int = 1
    region: str = config.REGION
    start_command: str = "bash start.sh"
    pre_deploy_command: list[str] = field(default_factory=list)
    healthcheck_path: str = "/health"
    healthcheck_timeout: int = 100
    draining_seconds: int = 0
    overlap_seconds: int = 0
    restart_policy_type: str = "ON_FAILURE"
    restart_policy_max_retries: int = 3

    def apply(self, changes: dict[str, Any]) -> None:
        """From names as the API and railway.json have them; what is not known is left alone."""
        for name, value in changes.items():
            snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
            if hasattr(self, snake) and value is not None:
                setattr(self, snake, value)


@dataclass
class Deployment:
    service: "Service"
    meta: dict[str, Any]
    variables: dict[str, str]
    image: Path | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "QUEUED"
    created_at: datetime = field(default_factory=now)
    status_at: datetime = field(default_factory=now)
    stopped: bool = False
    served: bool = False
    logs: deque[Line] = field(default_factory=lambda: deque(maxlen=5000))
    build_logs: deque[Line] = field(default_factory=lambda: deque(maxlen=1000))
    events: list[dict[str, Any]] = field(default_factory=list)
    instances: list[Any] = field(default_factory=list)

    @property
    def commit(self) -> str:
        return self.meta.get("commitHash", "")

    @property
    def folder(self) -> Path:
        """Where this deployment's containers have their files."""
        return config.HOME / "containers" / self.id

    def become(self, status: str) -> None:
        self.status = status
        self.status_at = now()

    def step(self, name: str) -> None:
        for event in self.events:
            event.setdefault("completedAt", iso(now()))
        self.events.append({"id": str(uuid.uuid4()), "step": name, "createdAt": iso(now())})

    def build_says(self, text: str, severity: str = "info") -> None:
        self.build_logs.append(Line(now(), text, severity, {}, "build"))

    @property
    def can_rollback(self) -> bool:
        """Only an earlier one that worked, and only while its image is kept."""
        is_live = self.service.live is self
        return self.status in ("SUCCESS", "REMOVED") and not is_live and bool(self.image and self.image.exists())


@dataclass
class Service:
    id: str
    name: str
    variables: dict[str, str]
    settings: ServiceSettings = field(default_factory=ServiceSettings)
    deployments: list[Deployment] = field(default_factory=list)
    memory_gb: float = 1.0
    vcpus: float = 2.0
    # Those of the source: what the dashboard calls "auto deploy" and "wait for CI".
    autodeploy: bool = True
    wait_for_ci: bool = False
    repo: str | None = None
    samples: deque = field(default_factory=lambda: deque(maxlen=3600))

    @property
    def live(self) -> Deployment | None:
        """The one that serves, restarts or has crashed: the newest that came to serve and was not replaced."""
        still = ("SUCCESS", "DEPLOYING", "CRASHED")
        return next((one for one in reversed(self.deployments) if one.served and one.status in still), None)


class Platform:
    def __init__(self) -> None:
        app = Service(config.APP_ID, "echo-ai", dict(config.APP_VARIABLES), repo=f"{config.OWNER}/{config.REPO}")
        postgres = Service(config.POSTGRES_ID, "Postgres", dict(config.POSTGRES_VARIABLES))
        redis = Service(config.REDIS_ID, "Redis", dict(config.REDIS_VARIABLES))
        self.app = app
        self.services = {service.id: service for service in (app, postgres, redis)}
        for service, image in (
            (postgres, "ghcr.io/railwayapp-templates/postgres-ssl:15"),
            (redis, "redis:7"),
        ):
            service.deployments.append(Deployment(service, {"image": image}, dict(service.variables), None))
            service.deployments[0].become("SUCCESS")
            service.deployments[0].served = True
        self.requests: deque = deque(maxlen=100_000)
        self.backups: list[dict[str, Any]] = []
        self.workflows: dict[str, datetime] = {}

    def service(self, service_id: str | None) -> Service:
        try:
            return self.services[service_id or ""]
        except KeyError:
            raise RailwayError("ServiceInstance not found") from None

    def environment(self, environment_id: str | None) -> None:
        if environment_id not in (None, config.ENVIRONMENT_ID):
            raise RailwayError("Environment not found")

    def project(self, project_id: str | None) -> None:
        if project_id not in (None, config.PROJECT_ID):
            raise RailwayError("Project not found")

    def deployment(self, deployment_id: str) -> Deployment:
        for service in self.services.values():
            for deployment in service.deployments:
                if deployment.id == deployment_id:
                    return deployment
        raise RailwayError("Deployment not found")
