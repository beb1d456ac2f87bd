import uuid
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import select, text

from .. import faults
from ..database import Database
from ..models import BrandProfile, Experiment
from ..security import CurrentUser
from ..worker import execute_experiment

router = APIRouter(prefix="/api/v1/experiments")


class NewExperiment(BaseModel):
    prompt: str = Field(min_length=10, max_length=2000)
    target_brand: str = Field(min_length=1, max_length=100)
    provider: Literal["openai", "anthropic", "perplexity"]
    iterations: int = Field(default=10, ge=1, le=100)
    is_recurring: bool = False


@router.post("", status_code=202)
def create(body: NewExperiment, user: CurrentUser, database: Database) -> dict[str, str]:
    has_brand = database.scalar(select(BrandProfile.id).where(BrandProfile.user_id == user.id).limit(1))
    if user.role != "admin" and has_brand is None:
        raise HTTPException(400, "Create a brand profile first")
    if user.prompts_used + body.iterations > user.monthly_prompt_quota:
        raise HTTPException(402, "Monthly prompt quota exceeded")
    user.prompts_used += body.iterations
    experiment = Experiment(user_id=user.id, **body.model_dump())
    database.add(experiment)
    database.commit()
    job = execute_experiment.delay(str(experiment.id))
    return {"experiment_id": str(experiment.id), "job_id": job.id, "status": "pending"}


@router.get("")
def newest(user: CurrentUser, database: Database, limit: int = 20) -> dict[str, object]:
    if faults.on("slow-queries"):
        database.execute(text("select pg_sleep(3), count(*) from iterations"))
    mine = select(Experiment).where(Experiment.user_id == user.id)
    found = database.scalars(mine.order_by(Experiment.created_at.desc()).limit(min(limit, 100)))
    return {"experiments": [_shown(experiment) for experiment in found]}


@router.get("/{experiment_id}")
def one(experiment_id: uuid.UUID, user: CurrentUser, database: Database) -> dict[str, object]:
    experiment = database.get(Experiment, experiment_id)
    if experiment is None or experiment.user_id != user.id:
        raise HTTPException(404, "Experiment not found")
    return _shown(experiment)


def _shown(experiment: Experiment) -> dict[str, object]:
    return {
        "id": str(experiment.id),
        "prompt": experiment.prompt,
        "target_brand": experiment.target_brand,
        "provider": experiment.provider,
        "iterations": experiment.iterations,
        "status": experiment.status,
        "error": experiment.error,
        "successful_iterations": experiment.successful_iterations,
        "failed_iterations": experiment.failed_iterations,
        "created_at": experiment.created_at.isoformat(),
    }
