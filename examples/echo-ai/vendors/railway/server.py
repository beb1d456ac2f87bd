"""Stand-in for Railway: its GraphQL API and its edge, in one process, with the containers as children.

Not Railway's protocol are the paths below /lab, which the `railway` command of the lab uses in place of ssh.
"""

import asyncio
import contextlib
import signal
import uuid
from pathlib import Path

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from graphql import build_schema, graphql

from stack import config

from .. import faults
from . import autodeploy, measure
from .containers import container_environment
from .deployer import Deployer
from .edge import Edge
from .mutations import Root
from .platform import Platform, RailwayError

schema = build_schema((Path(__file__).parent / "schema.graphql").read_text())
platform = Platform()
deployer = Deployer(platform)
root = Root(platform, deployer)
app = FastAPI(title="Stand-in for Railway", openapi_url=None)


def _token(request: Request) -> str | None:
    """Which kind of token came with the request: None if it is not one of ours."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if request.headers.get("project-access-token") == config.RAILWAY_PROJECT_TOKEN:
        return "project"
    return "account" if bearer == config.RAILWAY_TOKEN else None


@app.post("/graphql/v2")
async def graphql_v2(request: Request) -> JSONResponse:
    if refused := faults.too_many_requests("railway"):
        return refused
    token = _token(request)
    if token is None:
        return JSONResponse({"errors": [{"message": "Not Authorized"}], "data": None})
    body = await request.json()
    result = await graphql(
        schema,
        body.get("query", ""),
        root_value=root,
        context_value={"project_token": token == "project"},
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
    )
    # A query that the schema does not know is a 400, one that fails is a 200 with errors.
    invalid = result.data is None and result.errors and all(e.original_error is None for e in result.errors)
    headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset": "3600"}
    return JSONResponse(result.formatted, 400 if invalid and not result.errors[0].path else 200, headers)


@app.post("/project/{project_id}/environment/{environment_id}/up")
async def up(project_id: str, environment_id: str, request: Request, message: str = "") -> dict[str, str]:
    """What `railway up` sends: a tar file of a folder."""
    if _token(request) is None:
        raise HTTPException(401, "Not Authorized")
    image = config.IMAGES / f"upload-{uuid.uuid4()}.tar"
    image.write_bytes(await request.body())
    return {"deploymentId": deployer.upload(image, message).id}


@app.get("/lab/container/{service_id}")
async def container(service_id: str, request: Request) -> dict[str, object]:
    """Where a command of `railway ssh` runs, and with which variables."""
    if _token(request) is None:
        raise HTTPException(401, "Not Authorized")
    try:
        service = platform.service(service_id)
    except RailwayError as error:
        raise HTTPException(404, str(error)) from None
    live = service.live
    if service is not platform.app:
        return {"cwd": str(config.HOME), "env": service.variables, "image": False}
    running = [one for one in live.instances if one.status == "RUNNING"] if live else []
    if not running:
        raise HTTPException(409, "Your application is not running or in a unexpected state")
    env = container_environment(live, running[0].id, running[0].port)
    return {"cwd": str(live.folder), "env": env, "image": True}


@app.get("/lab/state")
async def state() -> dict[str, object]:
    """For `lab status` and the faults: what serves, and with which processes."""
    live = platform.app.live
    newest = platform.app.deployments[-1] if platform.app.deployments else None
    return {
        "commit": live.commit if live else "",
        "deployment": live.id if live else "",
        "folder": str(live.folder) if live else "",
        "pids": [instance.pid for instance in live.instances] if live else [],
        "busy": deployer.busy,
        "healthy": bool(live) and bool(live.instances) and all(one.status == "RUNNING" for one in live.instances),
        "newest": {"id": newest.id, "status": newest.status, "commit": newest.commit} if newest else None,
        "memory_gb": platform.app.memory_gb,
        "used_gb": platform.app.samples[-1].memory_gb if platform.app.samples else 0,
    }


class Server(uvicorn.Server):
    def capture_signals(self) -> contextlib.AbstractContextManager[None]:
        """None: the containers have to be stopped before the servers, which is done below."""
        return contextlib.nullcontext()


async def serve() -> None:
    tasks = [
        asyncio.create_task(autodeploy.watch(platform, deployer)),
        asyncio.create_task(measure.sample(platform)),
    ]
    quiet = {"log_level": "warning", "access_log": False, "lifespan": "off", "host": config.HOST}
    servers = [
        Server(uvicorn.Config(app, port=config.RAILWAY_PORT, **quiet)),
        Server(uvicorn.Config(Edge(platform), port=config.EDGE_PORT, **quiet)),
    ]
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    serving = [asyncio.create_task(server.serve()) for server in servers]
    await asyncio.wait([asyncio.create_task(ended.wait()), *serving], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for one in platform.app.deployments:
        await asyncio.gather(*(instance.stop() for instance in one.instances))
    for server in servers:
        server.should_exit = True
    await asyncio.wait(serving, timeout=2)


if __name__ == "__main__":
    asyncio.run(serve())
