"""Webhooks and what an experiment cost"""

import sqlalchemy as sa
from alembic import op

revision = "e001_add_webhook_url_and_cost_tracking"
down_revision = "003_indexes"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("webhook_url", sa.Text))


def downgrade() -> None:
    op.drop_column("experiments", "webhook_url")
