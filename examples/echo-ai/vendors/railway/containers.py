"""One replica of a deployment: the processes of its start command, their output, and what happens when they end."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import uuid
from collections.abc import Callable

import httpx

from stack import config, processes

from .platform import Deployment, Line, now

_taken: set[int] = set()


def free_port() -> int:
    port = next((port for port in config.REPLICA_PORTS if port not in _taken), None)
    if port is None:
        raise RuntimeError("no port is left for another replica")
    _taken.add(port)
    return port


def container_environment(deployment: Deployment, instance: str, port: int) -> dict[str, str]:
    """What Railway sets, then the service's variables. On the PATH: the image's programs, no psql and the like."""
    railway = {
        "RAILWAY_PROJECT_ID": config.PROJECT_ID,
        "RAILWAY_ENVIRONMENT_ID": config.ENVIRONMENT_ID,
        "RAILWAY_ENVIRONMENT_NAME": config.ENVIRONMENT,
        "RAILWAY_SERVICE_ID": deployment.service.id,
        "RAILWAY_SERVICE_NAME": deployment.service.name,
        "RAILWAY_DEPLOYMENT_ID": deployment.id,
        "RAILWAY_REPLICA_ID": instance,
        "RAILWAY_GIT_COMMIT_SHA": deployment.commit,
        "PORT": str(port),
        "HOST": config.HOST,
        "PATH": f"{config.VENV}/bin:{config.HOME}/image-bin",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAB_FAULTS": str(config.FAULTS),
    }
    return {**railway, **deployment.variables}


class Instance:
    def __init__(
        self, deployment: Deployment, on_exit: Callable[["Instance", int], None], command: str | None = None
    ) -> None:
        self.deployment = deployment
        self._command = command or deployment.service.settings.start_command
        self.id = str(uuid.uuid4())
        self.port = free_port()
        self.status = "CREATED"
        self.restarts = 0
        self._on_exit = on_exit
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task] = []
        self._stopping = False

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        self._stopping = False
        self.status = "INITIALIZING"
        self._process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            self._command,
            cwd=self.deployment.folder,
            env=processes.environment(container_environment(self.deployment, self.id, self.port)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=1 << 20,
        )
        self._tasks = [
            asyncio.create_task(self._read(self._process)),
            asyncio.create_task(self._wait(self._process)),
        ]

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        with (config.LOGS / "echo-ai.log").open("ab") as file:
            while raw := await process.stdout.readline():
                file.write(raw)
                file.flush()
                self.deployment.logs.append(parsed(raw.decode(errors="replace").rstrip("\n"), self.id))

    async def _wait(self, process: asyncio.subprocess.Process) -> None:
        """The container lives as long as its first process; the others go with it."""
        code = await _end_of(process)
        kill_group(process.pid)
        if process is self._process and not self._stopping:
            self.status = "CRASHED" if code else "EXITED"
            self._on_exit(self, code)

    async def healthy(self) -> bool:
        path = self.deployment.service.settings.healthcheck_path
        async with httpx.AsyncClient() as client:
            try:
                answer = await client.get(f"http://{config.HOST}:{self.port}{path}", timeout=5)
            except httpx.HTTPError:
                return False
        return answer.status_code == 200

    async def until_healthy(self) -> bool:
        """Whether it answered 200 in time. Not when its process has ended meanwhile and is not started again."""
        deadline = asyncio.get_running_loop().time() + self.deployment.service.settings.healthcheck_timeout
        while asyncio.get_running_loop().time() < deadline and self.status not in (
            "CRASHED",
            "EXITED",
            "REMOVED",
        ):
            if await self.healthy():
                self.status = "RUNNING"
                return True
            await asyncio.sleep(0.1)
        return False

    async def stop(self) -> None:
        """SIGTERM to the first process only; SIGKILL to all after the draining time, which is 0 s by default."""
        self._stopping = True
        self.status = "REMOVING"
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                # A moment even for 0 s, or the web could not even close its sockets.
                await asyncio.wait_for(_end_of(self._process), self.deployment.service.settings.draining_seconds + 0.2)
        if self._process:
            kill_group(self._process.pid)
            await _end_of(self._process)
        self.status = "REMOVED"
        _taken.discard(self.port)


async def _end_of(process: asyncio.subprocess.Process) -> int:
    """Its exit status. Process.wait() would also wait for all who have its output open, such as the worker."""
    while process.returncode is None:
        await asyncio.sleep(0.05)
    return process.returncode


def kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def parsed(text: str, instance: str) -> Line:
    """Railway reads a line that is a JSON object: `message`, `level`, and the rest as attributes."""
    try:
        fields = json.loads(text)
        message, severity = str(fields.pop("message")), str(fields.pop("level", "info"))
        fields.pop("timestamp", None)
        return Line(now(), message, severity, {name: str(value) for name, value in fields.items()}, instance)
    except (ValueError, KeyError, AttributeError):
        return Line(now(), text, "error" if text.startswith("ERROR") else "info", {}, instance)


async def make_folder(deployment: Deployment) -> None:
    """Unpacks the deployment's image."""
    assert deployment.image
    deployment.folder.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec("tar", "-xf", deployment.image, "-C", deployment.folder)
    if await process.wait() != 0:
        print(f"cannot unpack {deployment.image}", file=sys.stderr)
