"""Maintenance mode: kept in Redis, so that it holds for every replica and through a restart.

The public application keeps the flag in the memory of one process and obeys it nowhere; here it is obeyed.
"""

import logging
import time

import redis

from . import faults
from .config import settings

KEY = "echo:maintenance_mode"
# What an operator and a monitor need while users are kept out.
OPEN_PATHS = ("/health", "/metrics", "/api/v1/health", "/api/v1/admin", "/api/v1/auth")

_client = redis.Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
_known: tuple[float, bool] = (0.0, False)


def enabled() -> bool:
    """Asked of Redis at most twice a second. While Redis does not answer, what it said last holds."""
    global _known
    asked, value = _known
    if time.monotonic() - asked > 0.5:
        try:
            value = _client.get(KEY) == b"1"
        except redis.RedisError:
            logging.getLogger(__name__).warning("Redis does not say whether there is maintenance")
        _known = (time.monotonic(), value)
    return value


def switch(on: bool) -> None:
    global _known
    _client.set(KEY, "1" if on else "0")
    _known = (0.0, on)


def closed(path: str) -> bool:
    return not path.startswith(OPEN_PATHS) and enabled() and not faults.on("maintenance-ignored")
