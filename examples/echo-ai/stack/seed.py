"""The data that is there from the beginning: a few users, and experiments of the past days."""

import hashlib
import os
import uuid
from datetime import UTC, datetime, timedelta

import jwt

from . import servers
from .config import (
    ADMIN_DB_URL,
    ADMIN_USER,
    SECRET_KEY,
    SMOKE_PASSWORD,
    SMOKE_USER,
    TRAFFIC_PASSWORD,
    TRAFFIC_USER,
)

_NAMES = uuid.UUID("99999999-9999-4999-8999-999999999999")


def user_id(email: str) -> uuid.UUID:
    return uuid.uuid5(_NAMES, email)


def hashed(password: str) -> str:
    """As backend/app/security.py does it."""
    salt = os.urandom(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


def token(email: str) -> str:
    """As the application gives it, but for a month: for `PUT /api/v1/admin/config`, and for checks."""
    expires = datetime.now(UTC) + timedelta(days=30)
    return jwt.encode({"sub": str(user_id(email)), "exp": expires}, SECRET_KEY, algorithm="HS256")


def add_user(email: str, password: str, role: str = "user", quota: int = 100_000) -> str:
    return (
        "insert into users (id, email, hashed_password, role, monthly_prompt_quota, prompts_used) values "
        f"('{user_id(email)}', '{email}', '{hashed(password)}', '{role}', {quota}, 0) on conflict do nothing"
    )


def plant() -> None:
    servers.execute(
        ADMIN_DB_URL,
        add_user(SMOKE_USER, SMOKE_PASSWORD),
        add_user(TRAFFIC_USER, TRAFFIC_PASSWORD, quota=1_000_000),
        add_user(ADMIN_USER, uuid.uuid4().hex, role="admin"),
        "insert into brand_profiles (id, user_id, brand_name) select gen_random_uuid(), id, 'TestBrand' from users",
        "insert into api_keys (id, user_id, key_hash) select gen_random_uuid(), id, md5(email) from users",
        f"""insert into experiments (id, user_id, prompt, target_brand, provider, iterations, status,
              successful_iterations, failed_iterations, created_at, updated_at)
            select gen_random_uuid(), '{user_id(TRAFFIC_USER)}', 'Which brand comes first? ' || n, 'TestBrand',
              (array['openai', 'anthropic', 'perplexity'])[1 + n % 3], 1, 'completed', 1, 0,
              now() - n * interval '20 minutes', now() - n * interval '20 minutes'
            from generate_series(1, 200) n""",
        "insert into batch_runs (id, experiment_id, status, started_at, completed_at) "
        "select gen_random_uuid(), id, 'completed', created_at, created_at from experiments",
        """insert into iterations (id, batch_run_id, provider, is_success, mentioned, latency_ms, created_at)
            select gen_random_uuid(), b.id, e.provider, true, true, 50, e.created_at
            from batch_runs b join experiments e on e.id = b.experiment_id""",
        "analyze",
    )
