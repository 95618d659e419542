"""The few things that are handed from step to step. Each is frozen; none does anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa


class CannotRun(Exception):
    """The input or the machine does not allow a run; the message names file, row and column, and what to do."""


class NotPublishable(Exception):
    """The verdict has errors that nobody has looked at, so that nothing may be published."""


@dataclass(frozen=True)
class File:
    """One transcribed file: its path below `raw/` with forward slashes, its resource name, size and hash."""

    path: str
    resource: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """One source folder as its descriptor tells."""

    name: str
    title: str
    language: str
    publisher: str | None = None
    homepage: str | None = None
    published: date | None = None
    accessed: date | None = None
    description: str | None = None
    attributed_to: str | None = None
    licenses: str | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """What was printed: each source, the rows of all figures and organisations as text, and the files by hash.

    `figures`, `organisations` and `known_issues` hold text as it stands in the files; `regions`, `names` and
    `bps_codes` are the official regions with the names used for them.
    """

    sources: tuple[Source, ...]
    figures: pa.Table
    organisations: pa.Table
    regions: pa.Table
    names: pa.Table
    bps_codes: pa.Table
    known_issues: pa.Table
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ingested:
    """Typed and coded tables on one engine.

    `figures` has the columns of the declared table but `status`, and five more that the rules need: `whole` (a count
    of whole things), `unreadable` (columns whose text could not be read), `language`, `published` (its source's day),
    and `day` (the last day it can speak of). `lineage` has every region's ancestors; `region_keys` every normalised name.
    """

    figures: ir.Table
    sources: ir.Table
    regions: ir.Table
    measures: ir.Table
    organisations: ir.Table
    lineage: ir.Table
    region_keys: ir.Table


@dataclass(frozen=True)
class Verdict:
    """What holds: every table of the dataset except those derived for readers, and whether it may be published."""

    tables: Mapping[str, ir.Table]
    new_errors: int
    files: Mapping[str, str]

    @property
    def publishable(self) -> bool:
        """Whether every error has been looked at."""
        return self.new_errors == 0


@dataclass(frozen=True)
class Database:
    """A new DuckDB file, complete and checked, not yet where people query it."""

    path: Path


@dataclass(frozen=True)
class Release:
    """A published release; `is_new` is false where nothing had changed since."""

    version: str
    folder: Path
    database: Path
    is_new: bool
