"""First tables of the data room: the tables as `mrv.dataroom.models` declares them at the first release."""

from __future__ import annotations

from alembic import op

from mrv.dataroom.models import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    metadata.create_all(op.get_bind())
