"""Settings: where things lie and what the machine may use, from `PRAKERJA_*` variables of the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.nouns import CannotRun

ROOT = Path(__file__).resolve().parents[1]

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Settings(BaseSettings):
    """All settings. Each is the variable `PRAKERJA_` and its name in capitals; an empty variable counts as not set."""

    model_config = SettingsConfigDict(env_prefix="PRAKERJA_", env_ignore_empty=True, frozen=True)

    raw: Folder = Field(default=ROOT / "raw", description="The source folders, with the known issues and the regions.")
    published: Folder = Field(default=ROOT / "published", description="Where releases and the DuckDB file go.")
    state: Folder = Field(default=ROOT / ".state", description="What Prefect keeps between runs.")
    engine: str = Field(
        default="duckdb",
        pattern=r"^(duckdb|sc://\S+)$",
        description="What computes: `duckdb`, or `sc://host:port` for a Spark Connect server.",
    )
    memory_limit: str = Field(
        default="1GB",
        pattern=r"^\d+(\.\d+)? ?([KMGT]i?)?B$",
        description="Memory that DuckDB may take before it uses the disk, as in `4GB`.",
    )
    threads: int | None = Field(default=None, ge=1, description="Threads that DuckDB may use.")
    address: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="The web address of `published`, for its metadata."
    )
    signing_key: SecretStr | None = Field(default=None, description="The private key that signs a release.")


def settings() -> Settings:
    """Read the settings from the environment. Raises CannotRun that names the variable which is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        variable = "PRAKERJA_" + str(first["loc"][0]).upper()
        allowed = Settings.model_fields[str(first["loc"][0])].description
        raise CannotRun(f"The setting {variable} is not valid: {first['msg']}. {allowed}") from error
