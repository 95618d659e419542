"""Versions: what was found at a web address, and when. Each file lies under its sha256; the log only ever grows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from flows.nouns import CannotRun, File
from flows.read.declaration import Dialect, WebResource
from flows.read.text import check_header, read_csv
from schemas.contract import VERSION_COLUMNS

FOLDER = "versions"
LOG = "log.csv"


class Version(BaseModel):
    """A line of the log: when a file was first seen at its place, and what the server said of it.

    `url` was asked for, `location` is where it was found after redirects.
    """

    model_config = ConfigDict(frozen=True)

    seen: AwareDatetime
    resource: str
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    bytes: NonNegativeInt
    url: str
    location: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    media_type: str | None = None


@dataclass(frozen=True)
class Log:
    """The versions of a source in the order in which they were seen, and the log's file as it was then."""

    versions: tuple[Version, ...]
    file: File | None

    def of(self, resource: WebResource) -> list[Version]:
        """The versions of one resource in its present layout."""
        return [
            each
            for each in self.versions
            if each.resource == resource.name and (resource.since is None or each.seen >= resource.since)
        ]


def read_log(folder: Path, as_of: datetime | None = None) -> Log:
    """What had been seen of a source up to and with the moment `as_of`. Raises CannotRun where the log is damaged."""
    path = folder / FOLDER / LOG
    if not path.is_file():
        return Log((), None)
    content = path.read_bytes()
    table = read_csv(path, content, "utf-8", Dialect())
    check_header(path, table.column_names, VERSION_COLUMNS, VERSION_COLUMNS)
    try:
        versions = TypeAdapter(tuple[Version, ...]).validate_python(table.to_pylist())
    except ValidationError as error:
        first = error.errors()[0]
        row, *column = first["loc"]
        raise CannotRun(f"{path}, row {int(row) + 1}, {column}: {first['msg']}. Restore the file.") from error
    for row, (before, after) in enumerate(pairwise(versions), 2):
        if after.seen < before.seen:
            raise CannotRun(f"{path}, row {row}, was seen before the row above it. Restore the file.")
    by_then = [each for each in versions if as_of is None or each.seen <= as_of]
    then = b"".join(content.splitlines(keepends=True)[: len(by_then) + 1])
    name = f"{folder.name}/{FOLDER}/{LOG}"
    file = File(name, "versions", len(then), hashlib.sha256(then).hexdigest()) if by_then else None
    return Log(tuple(by_then), file)


def path_of(folder: Path, resource: WebResource, sha256: str) -> Path:
    """Where a version lies."""
    return folder / FOLDER / f"{sha256}.{resource.format}"


def kept(folder: Path, resource: WebResource, version: Version) -> bytes:
    """The content of a version. Raises CannotRun where the file is not what its name says."""
    path = path_of(folder, resource, version.sha256)
    if not path.is_file():
        raise CannotRun(f"There is no {path}, which {LOG} beside it lists. Restore it from a copy of the folder.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != version.sha256:
        raise CannotRun(f"{path} is not the file that its name says: its sha256 differs. Restore it from a copy.")
    return content
