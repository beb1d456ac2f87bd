"""Stand-in for Sentry: takes the events that the application's SDK sends, counts them, knows releases."""

import gzip
import json
import re
import time
import zlib
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from stack.config import SENTRY_TOKEN

ORGANISATION, PROJECT = "echo-ai", "1"
Json = Annotated[dict[str, Any], Body()]
_events: list[dict[str, Any]] = []
_releases: dict[str, dict[str, Any]] = {}
_deploys: list[dict[str, Any]] = []
ingest = APIRouter(prefix="/sentry")


@ingest.post("/api/{project}/envelope/")
async def envelope(project: str, request: Request) -> dict[str, str]:
    """A line of headers, then items: a header with the kind and its payload."""
    body = await request.body()
    unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(request.headers.get("content-encoding", ""))
    lines = iter((unpack(body) if unpack else body).split(b"\n"))
    head = json.loads(next(lines, b"{}") or b"{}")
    for line in lines:
        item = json.loads(line) if line.startswith(b"{") else {}
        if item.get("type") == "event":
            event = json.loads(next(lines, b"{}"))
            values = (event.get("exception") or {}).get("values") or [{}]
            title = f"{values[-1].get('type', '')}: {values[-1].get('value', '')}".strip(": ") or _message(event)
            known = {name: event.get(name) for name in ("level", "release", "environment", "transaction")}
            _events.append({**known, "level": event.get("level") or "error", "title": title, "at": time.time()})
    return {"id": head.get("event_id", "")}


def _message(event: dict[str, Any]) -> str:
    entry = event.get("logentry") or {}
    return str(entry.get("formatted") or entry.get("message") or event.get("message") or "event")


def signed_in(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {SENTRY_TOKEN}":
        raise HTTPException(401, "Invalid token")


router = APIRouter(prefix="/sentry/api/0/organizations/{organization}", dependencies=[Depends(signed_in)])


def _found(organization: str, query: str, period: str, environment: str) -> list[dict[str, Any]]:
    if organization != ORGANISATION:
        raise HTTPException(404, "The requested resource does not exist")
    span = re.fullmatch(r"(\d+)([smhdw])", period)
    if not span:
        raise HTTPException(400, "Invalid statsPeriod")
    since = time.time() - int(span[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[span[2]]
    wanted = dict(re.findall(r'(level|release):"?([^"\s]+)"?', query))
    return [
        one
        for one in _events
        if one["at"] >= since
        and environment in ("", one["environment"])
        and all(one[name] == value for name, value in wanted.items())
    ]


def _with_pages(body: Any) -> JSONResponse:
    """The link to the next page is always there; whether it has results is said in it."""
    link = '<https://sentry.io/>; rel="previous"; results="false"; cursor="0:0:1", '
    link += '<https://sentry.io/>; rel="next"; results="false"; cursor="0:100:0"'
    limits = {
        "X-Sentry-Rate-Limit-Limit": "40",
        "X-Sentry-Rate-Limit-Remaining": "39",
        "X-Sentry-Rate-Limit-Reset": "0",
    }
    return JSONResponse(body, headers={"Link": link, **limits})


@router.get("/issues/")
def issues(
    organization: str,
    query: str = "is:unresolved",
    statsPeriod: str = "24h",
    environment: str = "",
    limit: int = 100,
) -> Response:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in _found(organization, query, statsPeriod, environment):
        groups.setdefault(one["title"], []).append(one)
    ordered = sorted(groups.items(), key=lambda item: len(item[1]), reverse=True)[:limit]
    shown = []
    for number, (title, events) in enumerate(ordered, 1):
        known = {
            "id": str(number),
            "shortId": f"ECHO-{number}",
            "title": title,
            "culprit": events[-1]["transaction"] or "",
        }
        times = {"firstSeen": _iso(events[0]["at"]), "lastSeen": _iso(events[-1]["at"])}
        state = {
            "level": events[-1]["level"],
            "status": "unresolved",
            "count": str(len(events)),
            "userCount": 0,
        }
        shown.append({**known, **state, **times, "project": {"id": PROJECT, "slug": "echo-ai"}})
    return _with_pages(shown)


@router.get("/events/")
def events(
    organization: str, field: str = "count()", query: str = "", statsPeriod: str = "24h", environment: str = "",
    dataset: str = "errors",
) -> Response:  # fmt: skip
    count = len(_found(organization, query, statsPeriod, environment))
    meta = {"fields": {field: "integer"}, "units": {field: None}, "dataset": dataset}
    return _with_pages({"data": [{field: count}], "meta": meta})


@router.get("/events-timeseries/")
def timeseries(
    organization: str, query: str = "", statsPeriod: str = "1h", interval: str = "1m", environment: str = "",
    yAxis: str = "count()",
) -> dict[str, Any]:  # fmt: skip
    step = {"10s": 10, "1m": 60, "5m": 300, "1h": 3600}.get(interval, 60)
    counts: dict[int, int] = {}
    for one in _found(organization, query, statsPeriod, environment):
        bucket = int(one["at"]) // step * step
        counts[bucket] = counts.get(bucket, 0) + 1
    current = int(time.time()) // step * step
    values = [
        {"timestamp": at * 1000, "value": counts.get(at, 0), "incomplete": at == current}
        for at in range(min(counts, default=current), current + 1, step)
    ]
    return {"timeSeries": [{"yAxis": yAxis, "values": values, "meta": {"interval": step * 1000}}]}


@router.post("/releases/")
def create_release(organization: str, body: Json) -> JSONResponse:
    """201, or 208 when it was there already."""
    version = body["version"]
    status = 208 if version in _releases else 201
    _releases.setdefault(
        version, {"version": version, "projects": body.get("projects", []), "dateCreated": _iso(time.time())}
    )
    return JSONResponse(_releases[version], status)


@router.get("/releases/{version}/")
def release(organization: str, version: str) -> dict[str, Any]:
    if version not in _releases:
        raise HTTPException(404, "The requested resource does not exist")
    return _releases[version]


@router.post("/releases/{version}/deploys/", status_code=201)
def deploy(organization: str, version: str, body: Json) -> dict[str, Any]:
    release(organization, version)
    _deploys.append({"id": str(len(_deploys) + 1), "dateFinished": _iso(time.time()), **body})
    return _deploys[-1]


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
