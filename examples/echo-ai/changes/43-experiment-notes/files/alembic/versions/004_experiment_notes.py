"""Notes on experiments"""

import sqlalchemy as sa
from alembic import op

revision = "004_experiment_notes"
down_revision = "003_indexes"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("notes", sa.Text))


def downgrade() -> None:
    op.drop_column("experiments", "notes")
