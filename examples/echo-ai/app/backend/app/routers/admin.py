from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from .. import maintenance
from ..models import User
from ..security import current_admin

router = APIRouter(prefix="/api/v1/admin")
Admin = Annotated[User, Depends(current_admin)]


class Config(BaseModel):
    maintenance_mode: bool


@router.get("/config")
def read(_: Admin) -> Config:
    return Config(maintenance_mode=maintenance.enabled())


@router.put("/config")
def write(body: Config, _: Admin) -> Config:
    maintenance.switch(body.maintenance_mode)
    return body
