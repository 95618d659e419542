"""Settings: where things lie and what the machine may use, from `PRAKERJA_*` variables of the environment."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.nouns import CannotRun

ROOT = Path(__file__).resolve().parents[1]

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _with_host(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    """Refuse an address that leads nowhere, without showing it."""
    schemes = ("smtp", "smtps") if info.field_name == "smtp" else ("http", "https")
    try:
        parts = urlsplit(secret.get_secret_value())
        is_valid = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError("it is no address of its kind")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_with_host)]


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
    task_runner: Literal["threads", "dask"] = Field(
        default="threads", description="Where sources are fetched and read at the same time: `threads` or `dask`."
    )
    notify_webhook: Secret | None = Field(
        default=None, description="The web address (http or https) that is told when a person is needed."
    )
    notify_email: str | None = Field(
        default=None, pattern=r"^[^@\s,]+@[^@\s,]+$", description="The e-mail address that is told the same."
    )
    smtp: Secret | None = Field(
        default=None, description="The mail server, as smtp://user:password@host:port or smtps://..."
    )


def secrets(chosen: Settings) -> list[str]:
    """What must never be shown: of an address also its password and what follows its host, of a key each line, of an
    engine's address the token.

    The longest come first.
    """
    found: set[str] = set()
    for secret in (chosen.notify_webhook, chosen.smtp):
        if secret:
            parts = urlsplit(secret.get_secret_value())
            rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
            password = parts.password or ""
            found |= {secret.get_secret_value(), rest.strip("/"), password, unquote(password)}
    found |= set(re.findall(r";token=([^;]+)", chosen.engine))
    key = chosen.signing_key.get_secret_value() if chosen.signing_key else ""
    # Else it is the path of a file.
    if "PRIVATE KEY" in key:
        found |= {line.strip() for line in key.splitlines() if "PRIVATE KEY" not in line}
    return sorted(found - {""}, key=lambda each: (-len(each), each))


def hidden(text: str, chosen: Settings) -> str:
    """The text without any secret of the settings."""
    for secret in secrets(chosen):
        text = text.replace(secret, "***")
    return text


def settings() -> Settings:
    """Read the settings from the environment. Raises CannotRun that names the variable which is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        variable = "PRAKERJA_" + str(first["loc"][0]).upper()
        allowed = Settings.model_fields[str(first["loc"][0])].description
        raise CannotRun(f"The setting {variable} is not valid: {first['msg']}. {allowed}") from error
