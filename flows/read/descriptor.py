"""Descriptor: `datapackage.yaml` of a source folder, as far as the raw contract honours it."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails

from flows.nouns import CannotRun
from flows.read.declaration import Dialect, WebResource
from schemas.tables import LANGUAGES

DESCRIPTOR = "datapackage.yaml"
#: How the two kinds of resources are told apart; no part of what people write.
_KINDS = ("a file of the folder", "a file on the web")


class Resource(BaseModel):
    """A file that lies in the folder."""

    name: str
    path: str
    encoding: str = "utf-8"
    dialect: Dialect = Field(default_factory=Dialect)


def _kind(given: Any) -> str:
    return _KINDS[isinstance(given, dict) and "url" in given]


AnyResource = Annotated[
    Annotated[Resource, Tag(_KINDS[0])] | Annotated[WebResource, Tag(_KINDS[1])], Discriminator(_kind)
]


class Descriptor(BaseModel):
    """`datapackage.yaml` of a source folder. What the contract does not name is kept by the folder, not by us."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    name: str | None = None
    title: str | None = None
    homepage: str | None = None
    publisher: str | None = None
    published: date | None = None
    accessed: date | None = None
    language: str = "id"
    description: str | None = None
    attributed_to: str | None = None
    licenses: list[dict[str, Any]] = Field(default_factory=list)
    resources: list[AnyResource] = Field(default_factory=list)

    @field_validator("language")
    @classmethod
    def _language_is_known(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"is {value!r}, but must be one of {', '.join(LANGUAGES)}")
        return value

    @field_validator("published", "accessed", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        return value.date() if isinstance(value, datetime) else value


def read_descriptor(folder: Path) -> tuple[Descriptor, bytes]:
    """The descriptor of a source folder, and the content of its file. Raises CannotRun that names the field."""
    path = folder / DESCRIPTOR
    if not path.is_file():
        raise CannotRun(
            f"{folder} has no {DESCRIPTOR}. Two lines are enough: `name: {folder.name}` and `language: id`."
        )
    content = path.read_bytes()
    try:
        loaded = yaml.safe_load(content.decode("utf-8-sig"))
        return Descriptor.model_validate(loaded or {}), content
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotRun(f"{path} is not readable as YAML: {error}") from error
    except ValidationError as error:
        raise CannotRun(f"{path}: {_told(error.errors()[0])}.") from error


def _told(error: ErrorDetails) -> str:
    field = ".".join(str(part) for part in error["loc"] if part not in _KINDS) or "the document"
    if error["type"] == "extra_forbidden":
        return f"`{field}` is not known here. Delete it, or correct its name"
    return f"`{field}` {error['msg'].removeprefix('Value error, ')}"
