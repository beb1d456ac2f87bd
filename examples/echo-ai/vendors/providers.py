"""Stand-ins for the language models and Stripe: the calls that cost nothing, and a short answer to the ones that do."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request

from stack.config import PROVIDER_KEYS

from . import faults

_ANSWER = "Many people name TestBrand first, and Example Corp after it."


async def well(request: Request) -> None:
    """Refuses and delays as the faults say, and asks for the key."""
    name = faults.vendor_of(request)
    if faults.concerns("provider-outage", name):
        raise HTTPException(503, "The server is overloaded or not ready yet.")
    given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
    if given != PROVIDER_KEYS[name] or faults.concerns("bad-key", name):
        raise HTTPException(401, "Incorrect API key provided")
    if request.method == "POST":
        if faults.on("provider-hangs"):
            while faults.on("provider-hangs"):
                await asyncio.sleep(0.2)
        await asyncio.sleep(float(faults.text("provider-delay") or 0.05))


router = APIRouter(dependencies=[Depends(well)])


@router.get("/openai/v1/models")
@router.get("/perplexity/v1/models")
async def models() -> dict[str, Any]:
    return {"object": "list", "data": [{"id": "gpt-4o", "object": "model", "owned_by": "lab"}]}


@router.get("/anthropic/v1/models")
async def anthropic_models(request: Request, limit: int = 20) -> dict[str, Any]:
    _versioned(request)
    known = {"type": "model", "id": "claude-sonnet-4-5", "display_name": "Claude Sonnet 4.5"}
    return {"data": [known][:limit], "has_more": False, "first_id": known["id"], "last_id": known["id"]}


@router.post("/openai/v1/chat/completions")
@router.post("/perplexity/chat/completions")
async def chat(body: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": _ANSWER}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 12, "total_tokens": 22}
    return {
        "id": f"chatcmpl-{time.time_ns()}",
        "object": "chat.completion",
        "model": body.get("model"),
        "choices": [choice],
        "usage": usage,
    }


@router.post("/anthropic/v1/messages")
async def messages(body: dict[str, Any], request: Request) -> dict[str, Any]:
    _versioned(request)
    content = [{"type": "text", "text": _ANSWER}]
    usage = {"input_tokens": 10, "output_tokens": 12}
    known = {
        "id": f"msg_{time.time_ns()}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
    }
    return {**known, "content": content, "stop_reason": "end_turn", "usage": usage}


@router.get("/stripe/v1/balance")
async def balance() -> dict[str, Any]:
    amount = {"amount": 12345, "currency": "usd", "source_types": {"card": 12345}}
    return {"object": "balance", "available": [amount], "pending": [], "livemode": False}


def _versioned(request: Request) -> None:
    if "anthropic-version" not in request.headers:
        raise HTTPException(400, "anthropic-version: header is required")
