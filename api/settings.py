"""What is the API told from outside? Everything it is told comes from the environment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.shared.logs import level_names


class Settings(BaseSettings):
    """The environment, checked once at start; a wrong key stops the start and is named, its value is not shown."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    environment: Literal["development", "staging", "production"]
    database_url: SecretStr
    redis_url: SecretStr
    token_secret_key: SecretStr
    log_level: str = "INFO"
    service_version: str = "dev"
    root_path: str = "/api"
    # Connections a replica may hold: this and one for the health checks.
    database_pool_max: int = Field(default=8, ge=1, le=50)
    database_pool_waiting: int = Field(default=600, ge=1)
    database_pool_timeout_s: float = Field(default=2.0, gt=0)
    # How long a request waits at most while PostgreSQL is being replaced.
    database_hold_seconds: float = Field(default=10.0, ge=1, le=60)
    drain_notice_s: float = Field(default=0.2, ge=0, le=10)
    uvicorn_timeout_graceful_shutdown: int = Field(default=30, ge=0)  # seconds; the server reads it too

    @field_validator("log_level")
    @classmethod
    def _a_known_level(cls, value: str) -> str:
        if value.upper() not in level_names():
            raise ValueError(f"must be one of {', '.join(level_names())}")
        return value.upper()

    @property
    def shows_docs(self) -> bool:
        """Whether the interactive documentation is served."""
        return self.environment != "production"


def read_settings() -> Settings:
    """Read the environment."""
    return Settings.model_validate({})
