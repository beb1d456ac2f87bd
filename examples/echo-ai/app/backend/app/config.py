"""What the environment says. Every variable that the application reads is read here or in start.sh."""

import os
from dataclasses import dataclass, field


def _env(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


@dataclass(frozen=True)
class Settings:
    app_version: str = field(default_factory=lambda: _env("APP_VERSION", "0.1.0"))
    environment: str = field(default_factory=lambda: _env("ENVIRONMENT", "development"))
    database_url: str = field(default_factory=lambda: _env("DATABASE_URL"))
    redis_url: str = field(default_factory=lambda: _env("REDIS_URL"))
    secret_key: str = field(default_factory=lambda: _env("SECRET_KEY"))
    sentry_dsn: str = field(default_factory=lambda: _env("SENTRY_DSN"))
    commit: str = field(default_factory=lambda: _env("RAILWAY_GIT_COMMIT_SHA"))
    token_minutes: int = 15
    login_limit_per_minute: int = 5

    @property
    def sqlalchemy_url(self) -> str:
        """SQLAlchemy wants its own name for the scheme that libpq and Railway use."""
        return self.database_url.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+psycopg2://", 1
        )


settings = Settings()
