"""Where Alembic finds the database: DATABASE_URL, as the application does."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine, pool

from backend.app.config import settings
from backend.app.models import Base

fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    context.configure(url=settings.sqlalchemy_url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(settings.sqlalchemy_url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            context.run_migrations()
