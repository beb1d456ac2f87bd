"""Stand-in for PagerDuty: Events v2 and what the REST API says of incidents, people on call and maintenance."""

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from stack.config import PAGERDUTY_ROUTING_KEY, PAGERDUTY_TOKEN, PD_PRIMARY, PD_SECONDARY, PD_SERVICE

from . import faults

ACKNOWLEDGED_AFTER = 3
Json = Annotated[dict[str, Any], Body()]
_numbers = count(1)
_incidents: dict[str, dict[str, Any]] = {}
_windows: dict[str, dict[str, Any]] = {}
_users = {
    PD_PRIMARY: {
        "id": "PUSER01",
        "type": "user",
        "summary": "Primary",
        "name": "Primary",
        "email": "primary@echo-ai.example",
    },
    PD_SECONDARY: {
        "id": "PUSER02",
        "type": "user",
        "summary": "Secondary",
        "name": "Secondary",
        "email": "secondary@echo-ai.example",
    },
}


def _now() -> datetime:
    return datetime.now(UTC)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


events = APIRouter(prefix="/pagerduty-events")


@events.post("/v2/enqueue")
def enqueue(request: Request, body: Json) -> JSONResponse:
    """202: accepted. Whether somebody is paged is another matter.

    The key may stand in a header, as PagerDuty's client sends it.
    """
    action, key = body.get("event_action"), body.get("dedup_key")
    payload = body.get("payload") or {}
    problems = []
    if (body.get("routing_key") or request.headers.get("x-routing-key")) != PAGERDUTY_ROUTING_KEY:
        problems.append("Invalid routing key")
    if action not in ("trigger", "acknowledge", "resolve"):
        problems.append("'event_action' must be one of trigger, acknowledge, resolve")
    if action in ("acknowledge", "resolve") and not key:
        problems.append("'dedup_key' is missing or blank")
    if action == "trigger":
        problems += [
            f"'payload.{name}' is missing or blank"
            for name in ("summary", "source", "severity")
            if not payload.get(name)
        ]
        if payload.get("severity") not in ("critical", "error", "warning", "info", None):
            problems.append("'payload.severity' is invalid (must be one of critical, error, warning, info)")
    if problems:
        return JSONResponse({"status": "invalid event", "message": "Event object is invalid", "errors": problems}, 400)
    key = key or f"lab-{next(_numbers)}"
    _happen(action, key, payload)
    return JSONResponse({"status": "success", "message": "Event processed", "dedup_key": key}, 202)


def _happen(action: str, key: str, payload: dict[str, Any]) -> None:
    open_one = next(
        (one for one in _incidents.values() if one["incident_key"] == key and one["status"] != "resolved"),
        None,
    )
    if action == "trigger" and open_one is None:
        number = next(_numbers)
        _incidents[f"Q{number:013d}"] = {
            "id": f"Q{number:013d}",
            "type": "incident",
            "incident_number": number,
            "incident_key": key,
            "title": payload["summary"],
            "status": "triggered",
            "urgency": "high" if payload["severity"] in ("critical", "error") else "low",
            "created_at": _iso(_now()),
            "service": {"id": PD_SERVICE, "type": "service_reference", "summary": "Echo AI"},
            "assignments": [{"at": _iso(_now()), "assignee": _users[PD_PRIMARY]}],
            "acknowledgements": [],
            "html_url": f"https://echoai.pagerduty.com/incidents/Q{number:013d}",
            "body": {"details": payload.get("custom_details")},
            "_since": time.time(),
        }
    elif action in ("acknowledge", "resolve") and open_one:
        _become(open_one, "acknowledged" if action == "acknowledge" else "resolved")


def _become(incident: dict[str, Any], status: str) -> None:
    if status == "acknowledged" and incident["status"] == "triggered":
        incident["acknowledgements"] = [{"at": _iso(_now()), "acknowledger": _users[PD_PRIMARY]}]
    incident["status"] = status
    incident["last_status_change_at"] = _iso(_now())


def _shown(incident: dict[str, Any]) -> dict[str, Any]:
    """A person acknowledges after a moment, unless nobody does."""
    waited = time.time() - incident["_since"]
    if incident["status"] == "triggered" and waited > ACKNOWLEDGED_AFTER and not faults.on("nobody-acknowledges"):
        _become(incident, "acknowledged")
    return {name: value for name, value in incident.items() if not name.startswith("_")}


def signed_in(request: Request) -> None:
    if request.headers.get("authorization") != f"Token token={PAGERDUTY_TOKEN}":
        raise HTTPException(401, "Unauthorized")


router = APIRouter(prefix="/pagerduty", dependencies=[Depends(signed_in)])
Names = Annotated[list[str], Query(default_factory=list)]


def _page(name: str, found: list[Any], limit: int, offset: int) -> dict[str, Any]:
    page = found[offset : offset + limit]
    return {name: page, "limit": limit, "offset": offset, "more": offset + limit < len(found), "total": None}


def _from(request: Request) -> None:
    if "@" not in request.headers.get("from", ""):
        raise HTTPException(400, "A valid 'From' header is required")


@router.get("/incidents")
def incidents(
    statuses: Annotated[list[str], Query(alias="statuses[]", default_factory=list)],
    services: Annotated[list[str], Query(alias="service_ids[]", default_factory=list)],
    incident_key: str = "", limit: int = 25, offset: int = 0,
) -> dict[str, Any]:  # fmt: skip
    found = [_shown(one) for one in reversed(_incidents.values())]
    found = [one for one in found if not statuses or one["status"] in statuses]
    found = [one for one in found if not services or one["service"]["id"] in services]
    return _page("incidents", [one for one in found if incident_key in ("", one["incident_key"])], limit, offset)


def _incident(incident_id: str) -> dict[str, Any]:
    if incident_id not in _incidents:
        raise HTTPException(404, "Not Found")
    return _incidents[incident_id]


@router.get("/incidents/{incident_id}")
def incident(incident_id: str) -> dict[str, Any]:
    return {"incident": _shown(_incident(incident_id))}


@router.put("/incidents/{incident_id}")
def change_incident(incident_id: str, body: Json, request: Request) -> dict[str, Any]:
    _from(request)
    _become(_incident(incident_id), body["incident"]["status"])
    return incident(incident_id)


@router.post("/incidents/{incident_id}/notes", status_code=201)
def note(incident_id: str, body: Json, request: Request) -> dict[str, Any]:
    _from(request)
    _incident(incident_id)
    return {"note": {"id": "PNOTE01", "content": body["note"]["content"], "created_at": _iso(_now())}}


@router.get("/oncalls")
def oncalls(
    schedules: Annotated[list[str], Query(alias="schedule_ids[]", default_factory=list)],
    since: str = "", until: str = "", earliest: bool = False, limit: int = 25, offset: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Who is on call: a week from Monday, nine o'clock UTC."""
    today = _now().replace(hour=9, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    if monday > _now():
        monday -= timedelta(days=7)
    found = []
    for level, (schedule, user) in enumerate(_users.items(), 1):
        if not schedules or schedule in schedules:
            known = {
                "start": _iso(monday),
                "end": _iso(monday + timedelta(days=7)),
                "escalation_level": level,
            }
            policy = {"id": "PPOL001", "type": "escalation_policy_reference", "summary": "Echo AI"}
            shift = {"id": schedule, "type": "schedule_reference", "summary": user["summary"]}
            found.append({"user": user, "schedule": shift, "escalation_policy": policy, **known})
    return _page("oncalls", found, limit, offset)


@router.get("/services/{service_id}")
def service(service_id: str) -> dict[str, Any]:
    if service_id != PD_SERVICE:
        raise HTTPException(404, "Not Found")
    now = _iso(_now())
    quiet = any(one["start_time"] <= now < one["end_time"] for one in _windows.values())
    return {
        "service": {
            "id": service_id,
            "type": "service",
            "name": "Echo AI",
            "status": "maintenance" if quiet else "active",
        }
    }


@router.get("/maintenance_windows")
def windows(limit: int = 25, offset: int = 0) -> dict[str, Any]:
    return _page("maintenance_windows", list(_windows.values()), limit, offset)


@router.post("/maintenance_windows", status_code=201)
def open_window(body: Json, request: Request) -> dict[str, Any]:
    _from(request)
    asked = body["maintenance_window"]
    if any(one["id"] != PD_SERVICE for one in asked["services"]):
        raise HTTPException(400, "Service not found")
    times = {
        name: _iso(datetime.fromisoformat(asked[name].replace("Z", "+00:00")).astimezone(UTC))
        for name in ("start_time", "end_time")
    }
    if times["end_time"] <= _iso(_now()):
        raise HTTPException(400, "End time must be in the future")
    window = {**asked, **times, "id": f"PMAINT{next(_numbers)}", "type": "maintenance_window"}
    _windows[window["id"]] = window
    return {"maintenance_window": window}


@router.get("/maintenance_windows/{window_id}")
def window(window_id: str) -> dict[str, Any]:
    if window_id not in _windows:
        raise HTTPException(404, "Not Found")
    return {"maintenance_window": _windows[window_id]}


@router.delete("/maintenance_windows/{window_id}", status_code=204)
def end_window(window_id: str) -> None:
    """Ends one that is on; one that is over is past deleting."""
    known = window(window_id)["maintenance_window"]
    if known["end_time"] <= _iso(_now()):
        raise HTTPException(405, "Maintenance window has already ended")
    if known["start_time"] > _iso(_now()):
        del _windows[window_id]
    else:
        known["end_time"] = _iso(_now())
