from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel
from sqlalchemy import select

from ..database import Database
from ..models import User
from ..security import CurrentUser, login_limit, make_token, password_matches

router = APIRouter(prefix="/api/v1/auth")


class Login(BaseModel):
    email: str
    password: str


@router.post("/login", dependencies=[Depends(login_limit)])
def login(body: Login, database: Database) -> dict[str, str]:
    user = database.scalar(select(User).where(User.email == body.email))
    if user is None or not password_matches(body.password, user.hashed_password):
        raise HTTPException(401, "Incorrect email or password")
    return {"access_token": make_token(user.id), "token_type": "bearer"}


@router.post("/logout", status_code=204)
def logout(_: CurrentUser) -> None:
    """Tokens keep no state on the server: the client forgets its own."""


@router.get("/me")
def me(user: CurrentUser) -> dict[str, object]:
    return {
        "id": str(user.id),
        "email": user.email,
        "role": user.role,
        "monthly_prompt_quota": user.monthly_prompt_quota,
        "prompts_used": user.prompts_used,
    }
