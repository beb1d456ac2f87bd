"""All vendors but Railway, in one process, told apart by the beginning of the path."""

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from stack.config import HOST, VENDORS_PORT

from . import faults, pagerduty, providers, sentry, slack, statuspage
from .github import server as github
from .github import transport

app = FastAPI(title="Stand-ins for vendors", openapi_url=None)


@app.middleware("http")
async def limited(request: Request, call_next) -> Response:
    vendor = faults.vendor_of(request)
    if vendor != "status" and (refused := faults.too_many_requests(vendor)):
        return refused
    return await call_next(request)


@app.exception_handler(404)
@app.exception_handler(405)
@app.exception_handler(HTTPException)
async def refused(request: Request, error: HTTPException) -> JSONResponse:
    """An error as that vendor words it."""
    vendor, detail = faults.vendor_of(request), str(error.detail)
    bodies = {
        "github": {
            "message": detail,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(error.status_code),
        },
        "pagerduty": {"error": {"message": detail, "code": 2000 + error.status_code, "errors": [detail]}},
        "sentry": {"detail": detail},
        "statuspage": {"error": detail},
        "anthropic": {"type": "error", "error": {"type": "api_error", "message": detail}},
    }
    body = bodies.get(vendor, {"error": {"message": detail, "type": "invalid_request_error", "code": None}})
    return JSONResponse(body, error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    return JSONResponse(
        {"message": "Problems parsing JSON", "errors": [str(one["msg"]) for one in error.errors()]}, 400
    )


@app.exception_handler(KeyError)
async def incomplete(request: Request, error: KeyError) -> JSONResponse:
    """A field that the vendor requires is missing."""
    return JSONResponse({"message": "Validation Failed", "errors": [f"{error.args[0]} is missing"]}, 422)


for router in (
    github.router, transport.router, slack.router, pagerduty.events, pagerduty.router, sentry.ingest, sentry.router,
    statuspage.router, statuspage.public, providers.router,
):  # fmt: skip
    app.include_router(router)

if __name__ == "__main__":
    uvicorn.run(app, host=HOST, port=VENDORS_PORT, log_level="warning", access_log=False)
