"""The web's pool of connections: 5, and 10 more under load, per process."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from .config import settings

engine = create_engine(
    settings.sqlalchemy_url,
    pool_size=5,
    max_overflow=10,
    pool_timeout=10,
    pool_pre_ping=True,
    connect_args={"application_name": "echo-web", "connect_timeout": 3},
)


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


Database = Annotated[Session, Depends(session)]


def ping() -> None:
    """Raises what the driver raises when the database does not answer."""
    with engine.connect() as connection:
        connection.execute(text("select 1"))
