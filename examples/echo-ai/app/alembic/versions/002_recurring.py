"""Experiments that recur"""

import sqlalchemy as sa
from alembic import op

revision = "002_recurring"
down_revision = "001_first_tables"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("is_recurring", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("experiments", sa.Column("next_run_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("experiments", "next_run_at")
    op.drop_column("experiments", "is_recurring")
