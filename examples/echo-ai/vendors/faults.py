"""Which faults are on: a file each, with what was said about it inside. Made and removed by `lab fault`."""

from fastapi import Request
from fastapi.responses import JSONResponse

from stack.config import FAULTS


def on(name: str) -> bool:
    return (FAULTS / name).exists()


def text(name: str) -> str:
    """What stands in the file of a fault, "" when it is off."""
    try:
        return (FAULTS / name).read_text().strip()
    except OSError:
        return ""


def concerns(fault: str, vendor: str) -> bool:
    return bool({vendor, "all"} & set(text(fault).split()))


def vendor_of(request: Request) -> str:
    """The first part of the path is the vendor; git comes from GitHub, Events from PagerDuty."""
    first = request.url.path.split("/")[1]
    return {"echo-ai": "github", "pagerduty-events": "pagerduty"}.get(first, first)


def too_many_requests(vendor: str) -> JSONResponse | None:
    """429 with the headers and the body of that vendor, when the fault says so."""
    if not concerns("rate-limited", vendor):
        return None
    headers = {"Retry-After": "2"}
    body: dict[str, object] = {"error": {"message": "Rate limit reached", "type": "rate_limit_error"}}
    if vendor == "github":
        headers |= {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0"}
        body = {"message": "API rate limit exceeded", "documentation_url": "https://docs.github.com/rest"}
    elif vendor == "slack":
        body = {"ok": False, "error": "ratelimited"}
    elif vendor == "railway":
        headers |= {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0"}
        body = {"errors": [{"message": "Rate limit exceeded"}]}
    elif vendor in ("sentry", "statuspage"):
        body = {"detail": "You are attempting to use this endpoint too frequently."}
    elif vendor == "pagerduty":
        headers |= {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": "2"}
        body = {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
    return JSONResponse(body, 429, headers)
