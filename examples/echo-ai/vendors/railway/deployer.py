"""How a deployment comes to serve, is replaced, restarted, scaled and rolled back."""

import asyncio
import json
import shutil
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

from stack import config, servers

from .. import faults
from . import ci
from .containers import Instance, kill_group, make_folder
from .platform import Deployment, Platform, RailwayError, Service


class Deployer:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._tasks: set[asyncio.Task] = set()
        self._one_at_a_time = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a deployment is on its way, or what it replaces still runs."""
        return self._one_at_a_time.locked()

    def later(self, work) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended_work)

    def _ended_work(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            # A mistake of this stand-in, for its log: nobody waits for the task.
            traceback.print_exception(task.exception())

    # What others ask for

    def deploy(self, commit: str, reason: str, wait_for_ci: bool = False, **meta: str) -> Deployment:
        """A new deployment of a commit, with the variables as they are now."""
        image = config.IMAGES / f"{commit}.tar"
        return self._new(self.platform.app, {**meta, "commitHash": commit, "reason": reason}, image, wait_for_ci)

    async def remember(self, commit: str) -> None:
        """A deployment of yesterday, so that there is something to roll back to from the beginning."""
        image = config.IMAGES / f"{commit}.tar"
        if await self._archive(commit, image):
            meta = {"branch": "main", "repo": self.platform.app.repo, "commitHash": commit, "reason": "deploy"}
            old = Deployment(self.platform.app, meta, dict(self.platform.app.variables), image)
            old.become("REMOVED")
            old.created_at = old.status_at = old.created_at - timedelta(days=1)
            self.platform.app.deployments.append(old)

    def upload(self, image: Path, message: str) -> Deployment:
        """What `railway up` sends: no commit is known of it."""
        return self._new(self.platform.app, {"reason": "deploy", "cliMessage": message}, image)

    def redeploy(self, old: Deployment, reason: str = "redeploy") -> Deployment:
        """The image of that deployment with the variables of now."""
        if old.image is None or not old.image.exists():
            raise RailwayError("Deployment cannot be redeployed: its image is no longer available")
        return self._new(old.service, {**old.meta, "reason": reason}, old.image)

    def rollback(self, old: Deployment) -> Deployment:
        """The image and the variables of that deployment, which become those of the service."""
        if not old.can_rollback:
            raise RailwayError("Deployment cannot be rolled back to")
        old.service.variables = dict(old.variables)
        return self._new(old.service, {**old.meta, "reason": "rollback"}, old.image)

    def restart(self, deployment: Deployment) -> None:
        if faults.on("ignored-restart"):
            return
        deployment.become("DEPLOYING")
        self.later(self._restart(deployment))

    def remove(self, deployment: Deployment) -> None:
        deployment.become("REMOVING")
        self.later(self._take_away(deployment))

    def scale(self, service: Service, replicas: int) -> None:
        service.settings.num_replicas = replicas
        if service.live:
            self.later(self._scale(service.live))

    def _new(self, service: Service, meta: dict[str, Any], image: Path | None, wait_for_ci: bool = False) -> Deployment:
        deployment = Deployment(
            service, {"branch": "main", "repo": service.repo, **meta}, dict(service.variables), image
        )
        service.deployments.append(deployment)
        self.later(self._roll_out(deployment, wait_for_ci))
        return deployment

    # How it is done

    async def _roll_out(self, deployment: Deployment, wait_for_ci: bool) -> None:
        if wait_for_ci or faults.on("skipped-deploy"):
            deployment.become("WAITING")
            if not await self._ci_is_green(deployment.commit):
                deployment.become("SKIPPED")
                return
        async with self._one_at_a_time:
            if deployment.status in ("REMOVED", "REMOVING"):
                return
            if await self._build(deployment) and await self._bring_up(deployment):
                await self._replace_others(deployment)
            elif deployment.status != "REMOVED":
                deployment.become("FAILED")
                await self._stop_instances(deployment)

    async def _ci_is_green(self, commit: str) -> bool:
        await asyncio.sleep(1)
        if faults.on("skipped-deploy"):
            return False
        while (found := await ci.conclusion(commit)) is None:
            await asyncio.sleep(0.5)
        return found == "success"

    async def _build(self, deployment: Deployment) -> bool:
        deployment.become("BUILDING")
        deployment.step("BUILD_IMAGE")
        deployment.build_says(f"Building {deployment.commit[:12] or 'an upload'}")
        if faults.on("failed-deploy"):
            await asyncio.sleep(0.5)
            deployment.build_says('failed to solve: process "/bin/sh -c uv sync --frozen" did not complete', "error")
            return False
        image = deployment.image
        if image and not image.exists() and not await self._archive(deployment.commit, image):
            deployment.build_says(f"commit {deployment.commit} cannot be fetched", "error")
            return False
        await make_folder(deployment)
        self._read_config(deployment)
        deployment.build_says("Build time: 0.4 seconds")
        return True

    async def _archive(self, commit: str, image: Path) -> bool:
        command = ["git", "-C", str(config.REPOSITORY), "archive", "-o", str(image), commit]
        process = await asyncio.create_subprocess_exec(*command)
        return await process.wait() == 0

    def _read_config(self, deployment: Deployment) -> None:
        """Configuration in the code overrides what the dashboard or the command line has set."""
        try:
            written = json.loads((deployment.folder / "railway.json").read_text())
        except (OSError, ValueError):
            return
        deployment.service.settings.apply(written.get("deploy", {}))

    async def _bring_up(self, deployment: Deployment) -> bool:
        """Starts the replicas; true when each has passed the health check."""
        deployment.become("DEPLOYING")
        settings = deployment.service.settings
        if settings.pre_deploy_command:
            deployment.step("PRE_DEPLOY_COMMAND")
            if not await self._pre_deploy(deployment):
                return False
        deployment.step("CREATE_CONTAINER")
        for _ in range(max(settings.num_replicas, 0)):
            instance = Instance(deployment, self._ended)
            deployment.instances.append(instance)
            await instance.start()
        deployment.step("HEALTHCHECK")
        healthy = await asyncio.gather(*(self._first_health(instance) for instance in deployment.instances))
        return all(healthy)

    async def _first_health(self, instance: Instance) -> bool:
        """A start command that fails is tried again, as the restart policy says."""
        retries = instance.deployment.service.settings.restart_policy_max_retries
        while not await instance.until_healthy():
            if instance.status != "CRASHED" or instance.restarts >= retries:
                return False
            instance.restarts += 1
            await instance.start()
        instance.restarts = 0
        return True

    async def _pre_deploy(self, deployment: Deployment) -> bool:
        """One run of the command, in the new image, before anything of it serves."""
        command = " && ".join(deployment.service.settings.pre_deploy_command)
        once = Instance(deployment, lambda *_: None, command)
        await once.start()
        while once.status == "INITIALIZING":
            await asyncio.sleep(0.05)
        passed = once.status == "EXITED"
        await once.stop()
        return passed

    async def _replace_others(self, deployment: Deployment) -> None:
        deployment.become("SUCCESS")
        deployment.served = True
        if faults.on("bad-release"):
            self._mark_bad(deployment)
        await asyncio.sleep(deployment.service.settings.overlap_seconds)
        deployment.step("DRAIN_INSTANCES")
        for other in deployment.service.deployments:
            if other is not deployment and (other.status in ("SUCCESS", "CRASHED") or other.instances):
                failed = other.status in ("FAILED", "CRASHED")
                await self._stop_instances(other)
                if not failed or other.status == "CRASHED":
                    other.become("REMOVED")
        if faults.on("crashed-deploy"):
            (config.FAULTS / "crashed-deploy").write_text(deployment.id)
            self._kill_soon(deployment.instances)

    def _mark_bad(self, deployment: Deployment) -> None:
        earlier = [one.commit for one in deployment.service.deployments if one is not deployment]
        if deployment.commit and deployment.commit not in earlier:
            with (config.FAULTS / "bad-release").open("a") as file:
                file.write(deployment.commit + "\n")

    def _kill_soon(self, instances: list[Instance]) -> None:
        for instance in instances:
            asyncio.get_running_loop().call_later(2, lambda pid=instance.pid: kill_group(pid))

    def _ended(self, instance: Instance, code: int) -> None:
        """A container's first process has ended by itself."""
        if instance.deployment.status == "SUCCESS":
            self.later(self._recover(instance, code))

    async def _recover(self, instance: Instance, code: int) -> None:
        settings = instance.deployment.service.settings
        again = settings.restart_policy_type == "ALWAYS" or (settings.restart_policy_type == "ON_FAILURE" and code != 0)
        if again and instance.restarts < settings.restart_policy_max_retries:
            instance.restarts += 1
            await instance.start()
            if await instance.until_healthy() and faults.text("crashed-deploy") == instance.deployment.id:
                self._kill_soon([instance])
        elif all(other.status in ("CRASHED", "EXITED") for other in instance.deployment.instances):
            instance.deployment.become("CRASHED")

    async def _restart(self, deployment: Deployment) -> None:
        service = deployment.service
        if service is not self.platform.app:
            await asyncio.to_thread(servers.restart_postgres if service.name == "Postgres" else servers.restart_redis)
            deployment.become("SUCCESS")
            return
        async with self._one_at_a_time:
            await self._stop_instances(deployment)
            up = await self._bring_up(deployment)
            deployment.become("SUCCESS" if up else "CRASHED")
            deployment.stopped = False

    async def _scale(self, deployment: Deployment) -> None:
        async with self._one_at_a_time:
            wanted = deployment.service.settings.num_replicas
            while len(deployment.instances) > wanted:
                await deployment.instances.pop().stop()
            started = []
            while len(deployment.instances) < wanted:
                instance = Instance(deployment, self._ended)
                deployment.instances.append(instance)
                started.append(instance)
                await instance.start()
            await asyncio.gather(*(self._first_health(instance) for instance in started))

    async def halt(self, deployment: Deployment) -> None:
        """Its containers are stopped, the deployment stays."""
        deployment.stopped = True
        await asyncio.gather(*(instance.stop() for instance in deployment.instances))

    async def _take_away(self, deployment: Deployment) -> None:
        await self._stop_instances(deployment)
        deployment.become("REMOVED")

    async def _stop_instances(self, deployment: Deployment) -> None:
        instances, deployment.instances = deployment.instances, []
        await asyncio.gather(*(instance.stop() for instance in instances))
        if deployment.folder.exists() and deployment.status != "DEPLOYING":
            shutil.rmtree(deployment.folder, ignore_errors=True)
