"""What can be changed: a method for each field of the schema's type Mutation."""

import uuid
from datetime import timedelta
from typing import Any

from . import shapes
from .autodeploy import described, head_of_main, knows
from .platform import FINAL, RailwayError, iso, now
from .queries import Queries, autodeploy, trigger


class Root(Queries):
    """Queries and mutations together: the schema keeps them apart."""

    def deploymentRollback(self, info, id: str) -> bool:
        self.deployer.rollback(self.platform.deployment(id))
        return True

    def deploymentRedeploy(self, info, id: str, usePreviousImageTag: bool | None = None) -> dict[str, Any]:
        return shapes.deployment(self.deployer.redeploy(self.platform.deployment(id)))

    def deploymentRestart(self, info, id: str) -> bool:
        one = self.platform.deployment(id)
        if one.status not in ("SUCCESS", "CRASHED"):
            raise RailwayError("Deployment is not running")
        self.deployer.restart(one)
        return True

    def deploymentCancel(self, info, id: str) -> bool:
        one = self.platform.deployment(id)
        if one.status in FINAL:
            raise RailwayError("Deployment cannot be cancelled")
        self.deployer.remove(one)
        return True

    def deploymentRemove(self, info, id: str) -> bool:
        self.deployer.remove(self.platform.deployment(id))
        return True

    def deploymentStop(self, info, id: str) -> bool:
        one = self.platform.deployment(id)
        self.deployer.later(self.deployer.halt(one))
        return True

    def serviceInstanceDeployV2(self, info, serviceId: str, environmentId: str, commitSha: str | None = None) -> str:
        self.platform.environment(environmentId)
        if self.platform.service(serviceId) is not self.platform.app:
            raise RailwayError("Service is not connected to a repository")
        commit = commitSha or head_of_main()
        if not knows(commit):
            raise RailwayError("Commit not found")
        return self.deployer.deploy(commit, "deploy", **described(commit)).id

    def serviceInstanceRedeploy(self, info, serviceId: str, environmentId: str) -> bool:
        self._redeploy(self.platform.service(serviceId))
        return True

    def serviceInstanceUpdate(self, info, serviceId: str, input: dict, environmentId: str | None = None) -> bool:
        service = self.platform.service(serviceId)
        regions = input.pop("multiRegionConfig", None)
        replicas = input.pop("numReplicas", None)
        if regions:
            replicas = sum(region["numReplicas"] for region in regions.values() if region)
        service.settings.apply(input)
        if replicas is not None:
            if not 0 <= replicas <= 50:
                raise RailwayError("numReplicas must be between 0 and 50")
            self.deployer.scale(service, replicas)
        return True

    def serviceInstanceLimitsUpdate(self, info, input: dict) -> bool:
        service = self.platform.service(input["serviceId"])
        service.memory_gb = input.get("memoryGB") or service.memory_gb
        service.vcpus = input.get("vCPUs") or service.vcpus
        if service.live:
            self.deployer.restart(service.live)
        return True

    def serviceInstanceAutoDeployUpdate(self, info, input: dict) -> dict[str, Any]:
        if info.context["project_token"]:
            raise RailwayError("Bad Access")
        service = self.platform.service(input["serviceId"])
        service.autodeploy = input["enabled"]
        return autodeploy(service)

    def deploymentTriggerUpdate(self, info, id: str, input: dict) -> dict[str, Any]:
        self.platform.app.wait_for_ci = input.get("checkSuites", self.platform.app.wait_for_ci)
        return trigger(self.platform)

    def variableUpsert(self, info, input: dict) -> bool:
        return self._set_variables(input, {input["name"]: input["value"]})

    def variableCollectionUpsert(self, info, input: dict) -> bool:
        if input.get("replace"):
            self.platform.service(input.get("serviceId")).variables.clear()
        return self._set_variables(input, input["variables"])

    def variableDelete(self, info, input: dict) -> bool:
        self.platform.service(input.get("serviceId")).variables.pop(input["name"], None)
        return self._set_variables(input, {})

    def _set_variables(self, input: dict, values: dict[str, str]) -> bool:
        """Railway deploys for a change of variables by itself, unless it is told not to."""
        self.platform.project(input["projectId"])
        self.platform.environment(input["environmentId"])
        service = self.platform.service(input.get("serviceId"))
        service.variables.update({name: str(value) for name, value in values.items()})
        if not input.get("skipDeploys"):
            self._redeploy(service)
        return True

    def _redeploy(self, service) -> None:
        if service.live and service.live.image:
            self.deployer.redeploy(service.live, reason="redeploy")

    def volumeInstanceBackupCreate(self, info, volumeInstanceId: str, name: str | None = None) -> dict[str, str]:
        self.volume(volumeInstanceId)
        size = shapes.volume(self.platform)["currentSizeMB"]
        backup = {
            "id": str(uuid.uuid4()),
            "name": name,
            "createdAt": iso(now()),
            "expiresAt": iso(now() + timedelta(days=6)),
            "externalId": str(uuid.uuid4()),
            "usedMB": int(size),
            "referencedMB": int(size),
            "scheduleId": None,
            "volumeInstanceSizeMB": int(size),
            "creatorId": "lab-user",
        }
        self.platform.backups.append(backup)
        return self._workflow()

    def volumeInstanceBackupLock(self, info, volumeInstanceId: str, volumeInstanceBackupId: str) -> bool:
        self._backup(volumeInstanceId, volumeInstanceBackupId)["expiresAt"] = None
        return True

    def volumeInstanceBackupDelete(self, info, volumeInstanceId: str, volumeInstanceBackupId: str) -> dict[str, str]:
        self.platform.backups.remove(self._backup(volumeInstanceId, volumeInstanceBackupId))
        return self._workflow()

    def _backup(self, volume_id: str, backup_id: str) -> dict[str, Any]:
        self.volume(volume_id)
        for backup in self.platform.backups:
            if backup["id"] == backup_id:
                return backup
        raise RailwayError("Backup not found")

    def _workflow(self) -> dict[str, str]:
        workflow = str(uuid.uuid4())
        self.platform.workflows[workflow] = now() + timedelta(seconds=1)
        return {"workflowId": workflow}
