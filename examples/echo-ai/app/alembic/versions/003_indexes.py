"""Indexes for what is asked most"""

from alembic import op

revision = "003_indexes"
down_revision = "002_recurring"


def upgrade() -> None:
    op.create_index("ix_experiments_user_created", "experiments", ["user_id", "created_at"])
    op.create_index("ix_experiments_status", "experiments", ["status"])
    op.create_index("ix_iterations_batch_run", "iterations", ["batch_run_id"])


def downgrade() -> None:
    op.drop_index("ix_iterations_batch_run")
    op.drop_index("ix_experiments_status")
    op.drop_index("ix_experiments_user_created")
