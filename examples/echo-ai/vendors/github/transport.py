"""git over HTTP: git's own http-backend behind GitHub's rules about who may push."""

import base64
import subprocess

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from stack.config import GITHUB_TOKEN, OWNER, REPO, REPOSITORY

router = APIRouter()


def _may_push(request: Request) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[2]
        except ValueError:
            return False
    return given == GITHUB_TOKEN


@router.api_route(f"/{OWNER}/{REPO}.git/{{path:path}}", methods=["GET", "POST"])
async def backend(path: str, request: Request) -> Response:
    pushing = "git-receive-pack" in (path, request.query_params.get("service"))
    if pushing and not _may_push(request):
        return Response("Authentication failed", 401, {"WWW-Authenticate": 'Basic realm="GitHub"'})
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GIT_PROJECT_ROOT": str(REPOSITORY.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "PATH_INFO": f"/{REPOSITORY.name}/{path}",
        "QUERY_STRING": request.url.query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "REMOTE_USER": "operator" if pushing else "",
        "REMOTE_ADDR": "127.0.0.1",
    }
    body = await request.body()
    command = ["git", "-c", "safe.directory=*", "http-backend"]
    done = await run_in_threadpool(subprocess.run, command, input=body, env=env, capture_output=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return Response(content, status, headers)
