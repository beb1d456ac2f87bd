"""Passwords, tokens, and who asks."""

import hashlib
import os
import time
import uuid
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .config import settings
from .database import Database
from .models import User

_bearer = HTTPBearer(auto_error=False)


def hash_password(password: str, salt: bytes | None = None) -> str:
    salt = salt or os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
    return f"{salt.hex()}${digest.hex()}"


def password_matches(password: str, hashed: str) -> bool:
    return hash_password(password, bytes.fromhex(hashed.split("$")[0])) == hashed


def make_token(user_id: uuid.UUID | str, lives: timedelta | None = None) -> str:
    expires = datetime.now(UTC) + (lives or timedelta(minutes=settings.token_minutes))
    return jwt.encode({"sub": str(user_id), "exp": expires}, settings.secret_key, algorithm="HS256")


def current_user(
    database: Database, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> User:
    try:
        claims = jwt.decode(credentials.credentials if credentials else "", settings.secret_key, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}) from None
    user = database.get(User, uuid.UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def current_admin(user: CurrentUser) -> User:
    if user.role != "admin":
        raise HTTPException(403, "Admin access required")
    return user


class LoginLimit:
    """So many attempts a minute by client address, which behind a proxy is the proxy's, so everybody's together."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._attempts: dict[str, deque[float]] = {}

    def __call__(self, request: Request) -> None:
        attempts = self._attempts.setdefault(request.client.host if request.client else "", deque())
        while attempts and attempts[0] < time.monotonic() - 60:
            attempts.popleft()
        if len(attempts) >= self._per_minute:
            raise HTTPException(429, f"Rate limit exceeded: {self._per_minute} per 1 minute")
        attempts.append(time.monotonic())


login_limit = LoginLimit(settings.login_limit_per_minute)
