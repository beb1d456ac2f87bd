"""Stand-ins for status pages: Statuspage's API for ours, and the public pages of the others in their own shapes."""

from datetime import UTC, datetime
from itertools import count
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request

from stack.config import STATUS_PAGE, STATUSPAGE_KEY

from . import faults

Json = Annotated[dict[str, Any], Body()]
_ids = count(1)
_incidents: dict[str, dict[str, Any]] = {}
_component = {"id": "echoapi", "name": "Echo AI API", "status": "operational", "page_id": STATUS_PAGE}


def _iso() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def signed_in(page_id: str, request: Request) -> None:
    if request.headers.get("authorization") != f"OAuth {STATUSPAGE_KEY}":
        raise HTTPException(401, "Could not authenticate")
    if page_id != STATUS_PAGE:
        raise HTTPException(404, "Could not find page")


router = APIRouter(prefix="/statuspage/v1/pages/{page_id}", dependencies=[Depends(signed_in)])


@router.post("/incidents", status_code=201)
def create(body: Json) -> dict[str, Any]:
    """An incident, or, when its status is `scheduled`, a maintenance that was announced."""
    asked = body.get("incident", {})
    if not asked.get("name"):
        raise HTTPException(422, "Name can't be blank")
    times = {"created_at": _iso(), "updated_at": _iso()}
    incident = {"status": "investigating", "impact": "none", **asked, **times, "id": f"lab{next(_ids):09d}"}
    _incidents[incident["id"]] = {**incident, "page_id": STATUS_PAGE, "incident_updates": []}
    return change(incident["id"], {"incident": {}})


@router.get("/incidents")
def incidents() -> list[dict[str, Any]]:
    return list(reversed(_incidents.values()))


@router.get("/incidents/{incident_id}")
def incident(incident_id: str) -> dict[str, Any]:
    if incident_id not in _incidents:
        raise HTTPException(404, "Could not find incident")
    return _incidents[incident_id]


@router.patch("/incidents/{incident_id}")
def change(incident_id: str, body: Json) -> dict[str, Any]:
    known = incident(incident_id)
    known.update({**body.get("incident", {}), "updated_at": _iso()})
    if known["status"] in ("resolved", "completed"):
        known["resolved_at"] = _iso()
    known["incident_updates"].insert(
        0, {"status": known["status"], "body": known.get("body", ""), "created_at": _iso()}
    )
    return known


@router.get("/components")
def components() -> list[dict[str, Any]]:
    return [_component]


@router.patch("/components/{component_id}")
def change_component(component_id: str, body: Json) -> dict[str, Any]:
    _component.update(body.get("component", {}))
    return _component


public = APIRouter(prefix="/status")
_COMPONENTS = {
    "openai": ["Chat Completions", "Models"],
    "anthropic": ["Claude API (api.anthropic.com)"],
    "perplexity": ["API"],
    "github": ["Git Operations", "API Requests", "Actions", "Pull Requests"],
    "sentry": ["US Ingestion", "Dashboard"],
}


def _page(name: str) -> dict[str, Any]:
    return {"id": name, "name": name, "url": f"https://status.{name}.example", "updated_at": _iso()}


def _status(down: bool) -> dict[str, str]:
    if down:
        return {"indicator": "major", "description": "Partial System Outage"}
    return {"indicator": "none", "description": "All Systems Operational"}


@public.get("/railway/api/status")
def railway() -> dict[str, Any]:
    down = faults.on("unstable-platform")
    component = {"name": "Deployments", "groupName": "Platform", "impact": "degraded"}
    incident = {"title": "Elevated deployment times", "components": [component]}
    return {"activeIncidents": [incident] if down else [], "maintenances": []}


@public.get("/stripe/current")
def stripe() -> dict[str, Any]:
    down = faults.concerns("provider-outage", "stripe")
    message = "Some systems are unavailable." if down else "All services are online."
    return {"largestatus": "down" if down else "up", "message": message, "time": _iso()}


@public.get("/echo-ai/api/v2/{name}.json")
def ours(name: str) -> dict[str, Any]:
    scheduled = [one for one in _incidents.values() if one["status"] in ("scheduled", "in_progress", "verifying")]
    current = [one for one in _incidents.values() if one["status"] in ("investigating", "identified", "monitoring")]
    whole = {"page": _page("echo-ai"), "status": _status(bool(current)), "components": [_component]}
    return {**whole, "incidents": current, "scheduled_maintenances": scheduled}


@public.get("/{name}/api/v2/{document}.json")
def provider(name: str, document: str) -> dict[str, Any]:
    if name not in _COMPONENTS or document not in ("status", "summary", "incidents", "components"):
        raise HTTPException(404, "Not Found")
    down = faults.concerns("provider-outage", name)
    incident = {"id": "lab", "name": "Elevated error rates", "status": "investigating", "impact": "major"}
    incidents = [incident] if down else []
    if document == "status":
        return {"page": _page(name), "status": _status(down)}
    if document == "incidents":
        return {"page": _page(name), "incidents": incidents}
    state = "major_outage" if down else "operational"
    components = [{"id": str(i), "name": known, "status": state} for i, known in enumerate(_COMPONENTS[name])]
    whole = {"page": _page(name), "status": _status(down), "components": components}
    # OpenAI's page is not made by Statuspage, and its summary leaves incidents out.
    return whole if name == "openai" else {**whole, "incidents": incidents, "scheduled_maintenances": []}
