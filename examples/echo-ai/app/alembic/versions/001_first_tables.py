"""Users, brands, experiments and what came of them"""

import sqlalchemy as sa
from alembic import op

revision = "001_first_tables"
down_revision = None

AT = sa.DateTime(timezone=True)


def _table(name: str, *columns: sa.Column) -> None:
    created = sa.Column("created_at", AT, nullable=False, server_default=sa.func.now())
    op.create_table(name, sa.Column("id", sa.Uuid, primary_key=True), *columns, created)


def _to(table: str) -> sa.Column:
    return sa.Column(f"{table.rstrip('s')}_id", sa.Uuid, sa.ForeignKey(f"{table}.id"), nullable=False)


def upgrade() -> None:
    _table(
        "users",
        sa.Column("email", sa.String(320), nullable=False, unique=True),
        sa.Column("hashed_password", sa.String(255), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("monthly_prompt_quota", sa.Integer, nullable=False),
        sa.Column("prompts_used", sa.Integer, nullable=False),
    )
    _table("brand_profiles", _to("users"), sa.Column("brand_name", sa.String(100), nullable=False))
    _table("api_keys", _to("users"), sa.Column("key_hash", sa.String(128), nullable=False, unique=True))
    _table(
        "experiments",
        _to("users"),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("target_brand", sa.String(100), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("iterations", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("successful_iterations", sa.Integer, nullable=False),
        sa.Column("failed_iterations", sa.Integer, nullable=False),
        sa.Column("updated_at", AT, nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "batch_runs",
        sa.Column("id", sa.Uuid, primary_key=True),
        _to("experiments"),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("completed_at", AT),
    )
    _table(
        "iterations",
        _to("batch_runs"),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("is_success", sa.Boolean, nullable=False),
        sa.Column("mentioned", sa.Boolean, nullable=False),
        sa.Column("latency_ms", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
    )


def downgrade() -> None:
    for table in ("iterations", "batch_runs", "experiments", "api_keys", "brand_profiles", "users"):
        op.drop_table(table)
