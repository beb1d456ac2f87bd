"""Stand-in for Slack's Web API: refusals come as HTTP 200 with `ok: false`."""

import time
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from stack.config import CHANNELS, SLACK_TOKEN

from . import faults

router = APIRouter(prefix="/slack")
_ids = {f"C0LAB{name.upper()[:6]}": name for name in CHANNELS}
_messages: list[dict[str, Any]] = []
_order = count(1)


def _channel(name: str) -> str | None:
    """The id of a channel that was named by its id, `#name` or `name`."""
    bare = name.removeprefix("#")
    return bare if bare in _ids else next((id for id, known in _ids.items() if known == bare), None)


async def _arguments(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        return await request.json()
    return {**request.query_params, **dict(parse_qsl((await request.body()).decode()))}


def _refusal(request: Request) -> str | None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not given:
        return "not_authed"
    if given != SLACK_TOKEN:
        return "invalid_auth"
    return None


def post(channel: str, said: dict[str, Any]) -> dict[str, Any]:
    kept = {name: said[name] for name in ("text", "blocks", "thread_ts", "attachments") if said.get(name)}
    message = {"type": "message", "channel": channel, "ts": f"{int(time.time())}.{next(_order):06d}", **kept}
    _messages.append(message)
    return message


@router.api_route("/api/{method}", methods=["GET", "POST"])
async def api(method: str, request: Request) -> dict[str, Any]:
    if refusal := _refusal(request):
        return {"ok": False, "error": refusal}
    asked = await _arguments(request)
    if method == "auth.test":
        return {"ok": True, "team": "Echo AI", "team_id": "T0LAB", "user": "belay", "user_id": "U0LABBOT"}
    if method == "conversations.list":
        return {
            "ok": True,
            "channels": [{"id": id, "name": name, "is_member": True} for id, name in _ids.items()],
        }
    channel = _channel(str(asked.get("channel", "")))
    if channel is None:
        return {"ok": False, "error": "channel_not_found"}
    if faults.on("slack-not-ok"):
        return {"ok": False, "error": "not_in_channel"}
    action = _METHODS.get(method)
    return action(channel, asked) if action else {"ok": False, "error": "unknown_method"}


def _post_message(channel: str, asked: dict[str, Any]) -> dict[str, Any]:
    if not asked.get("text") and not asked.get("blocks"):
        return {"ok": False, "error": "no_text"}
    if len(asked.get("text") or "") > 40_000:
        return {"ok": False, "error": "msg_too_long"}
    message = post(channel, asked)
    return {"ok": True, "channel": channel, "ts": message["ts"], "message": message}


def _update(channel: str, asked: dict[str, Any]) -> dict[str, Any]:
    for message in _messages:
        if (message["channel"], message["ts"]) == (channel, asked.get("ts")):
            message.update({name: asked[name] for name in ("text", "blocks") if name in asked})
            return {"ok": True, "channel": channel, "ts": message["ts"], "text": message.get("text", "")}
    return {"ok": False, "error": "message_not_found"}


def _history(channel: str, asked: dict[str, Any]) -> dict[str, Any]:
    found = [one for one in _messages if one["channel"] == channel and "thread_ts" not in one]
    return {"ok": True, "messages": found[::-1][: int(asked.get("limit", 100))], "has_more": False}


def _replies(channel: str, asked: dict[str, Any]) -> dict[str, Any]:
    root = asked.get("ts")
    found = [one for one in _messages if one["channel"] == channel and root in (one["ts"], one.get("thread_ts"))]
    return {"ok": True, "messages": found, "has_more": False} if found else {"ok": False, "error": "thread_not_found"}


_METHODS = {
    "chat.postMessage": _post_message,
    "chat.update": _update,
    "conversations.history": _history,
    "conversations.replies": _replies,
}


@router.post("/services/{team}/{bot}/{secret}")
async def webhook(team: str, bot: str, secret: str, request: Request) -> Response:
    """An incoming webhook: `ok` as text, real error codes, no `ts` to come back to."""
    try:
        said = await request.json()
    except ValueError:
        return PlainTextResponse("invalid_payload", 400)
    if (team, bot, secret) != ("T0LAB", "B0LAB", "webhook"):
        return PlainTextResponse("no_service", 404)
    if not any(said.get(name) for name in ("text", "blocks", "attachments")):
        return PlainTextResponse("no_text", 400)
    post(_channel(said.get("channel") or "alerts") or "", said)
    return PlainTextResponse("ok")
