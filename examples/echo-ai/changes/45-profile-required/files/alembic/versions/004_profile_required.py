"""Every experiment names a brand's profile"""

import sqlalchemy as sa
from alembic import op

revision = "004_profile_required"
down_revision = "003_indexes"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("brand_profile_id", sa.Uuid, nullable=False))


def downgrade() -> None:
    op.drop_column("experiments", "brand_profile_id")
