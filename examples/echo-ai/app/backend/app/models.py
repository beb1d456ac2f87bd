"""The tables. The migrations in alembic/versions make them; nothing creates them from here."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str]
    hashed_password: Mapped[str]
    role: Mapped[str] = mapped_column(default="user")
    monthly_prompt_quota: Mapped[int] = mapped_column(default=100)
    prompts_used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class BrandProfile(Base):
    __tablename__ = "brand_profiles"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    brand_name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Experiment(Base):
    __tablename__ = "experiments"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    prompt: Mapped[str]
    target_brand: Mapped[str]
    provider: Mapped[str]
    iterations: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    error: Mapped[str | None]
    successful_iterations: Mapped[int] = mapped_column(default=0)
    failed_iterations: Mapped[int] = mapped_column(default=0)
    is_recurring: Mapped[bool] = mapped_column(default=False)
    next_run_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class BatchRun(Base):
    __tablename__ = "batch_runs"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    experiment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("experiments.id"))
    status: Mapped[str] = mapped_column(default="running")
    started_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]


class Iteration(Base):
    __tablename__ = "iterations"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    batch_run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch_runs.id"))
    provider: Mapped[str]
    is_success: Mapped[bool]
    mentioned: Mapped[bool] = mapped_column(default=False)
    latency_ms: Mapped[int]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
