"""What does the server load? `uvicorn api.main:app`: the environment read, the logs set, the application made."""

from __future__ import annotations

import logging.config

from api.application import create_app
from api.settings import read_settings
from api.shared.logs import configure_structlog, logging_config

settings = read_settings()
logging.config.dictConfig(logging_config(service="api", level=settings.log_level))
configure_structlog(service="api", level=settings.log_level)
app = create_app(settings)
