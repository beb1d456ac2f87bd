"""The edge: one public address, requests spread over the replicas by chance, each of them measured."""

import json
import random
import time
import uuid
from dataclasses import dataclass
from datetime import datetime

import httpx

from stack import config

from .platform import Platform, now

_HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"host", b"content-length"}


@dataclass(frozen=True)
class Request:
    """What the edge saw of one request; also of those that no replica answered."""

    at: datetime
    id: str
    method: str
    path: str
    status: int
    milliseconds: int
    deployment: str
    instance: str


class Edge:
    """An ASGI application that proxies to the replicas of the deployment that serves."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        # Shorter than uvicorn keeps an idle connection (5 s): one that both ends let go at once would be a 502.
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=2)
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(60, connect=2), limits=limits)

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        begun, at = time.monotonic(), now()
        live = self._platform.app.live
        instance = random.choice([one for one in live.instances if one.status == "RUNNING"] or [None]) if live else None
        status, headers, body = await self._answer(scope, await _body(receive), instance)
        took = int((time.monotonic() - begun) * 1000)
        seen = (live.id if live else "", instance.id if instance else "")
        request = Request(at, str(uuid.uuid4()), scope["method"], scope["path"], status, took, *seen)
        self._platform.requests.append(request)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope, body: bytes, instance) -> tuple[int, list, bytes]:
        live = self._platform.app.live
        if instance is None and not (live and live.service.settings.num_replicas):
            return _failed("The train has not arrived at the station.", 404)
        if instance is None:
            return _failed("Application failed to respond", 502)
        query = ("?" + scope["query_string"].decode()) if scope["query_string"] else ""
        url = f"http://{config.HOST}:{instance.port}{scope['raw_path'].decode()}{query}"
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP_BY_HOP]
        try:
            answer = await self._client.request(scope["method"], url, headers=headers, content=body)
        except httpx.HTTPError:
            return _failed("Application failed to respond", 502)
        kept = [(n, v) for n, v in answer.headers.raw if n.lower() not in _HOP_BY_HOP | {b"content-encoding"}]
        return (
            answer.status_code,
            [*kept, (b"content-length", str(len(answer.content)).encode())],
            answer.content,
        )


def _failed(message: str, status: int) -> tuple[int, list, bytes]:
    body = json.dumps({"status": "error", "code": status, "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return status, headers, body


async def _body(receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
