"""The few things that are handed from step to step. Each is frozen; none does anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import ibis.expr.types as ir
import pyarrow as pa
from pyarrow.dataset import Dataset


class CannotRun(Exception):
    """The input or the machine does not allow a run; the message names file, row and column, and what to do."""


class NotPublishable(Exception):
    """The verdict has errors that nobody has looked at, so that nothing may be published.

    `outcome` is what the run came to, where there was one.
    """

    def __init__(self, message: str, outcome: object = None) -> None:
        super().__init__(message)
        self.outcome = outcome


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
class Spooled:
    """A temporary folder for tables with many rows; it is there for as long as somebody holds on to this."""

    path: Path


@dataclass(frozen=True)
class Snapshot:
    """What was printed: each source, the rows of all figures and organisations as text, and the files by hash.

    `is_alone` where sources are looked at without the others, so that nothing can be said of notes on several sources.
    `figures`, `organisations` and `known_issues` hold text as it stands in the files; `regions`, `names` and
    `bps_codes` are the official regions with the names used for them. `earlier` has the figures of all earlier versions
    of each source on the web, whose rows are numbered through from the oldest version on. Where a file is large,
    `figures` is a dataset of pyarrow, in a Parquet file that is there as long as `spooled`.
    """

    sources: tuple[Source, ...]
    figures: pa.Table | Dataset
    earlier: pa.Table
    organisations: pa.Table
    regions: pa.Table
    names: pa.Table
    bps_codes: pa.Table
    known_issues: pa.Table
    files: Mapping[str, str] = field(default_factory=dict)
    is_alone: bool = False
    spooled: Spooled | None = None


@dataclass(frozen=True)
class Ingested:
    """Typed and coded tables on one engine.

    `beside` is the folder for tables with many rows, None where the engine holds them all.
    `figures` has the columns of the declared table but `status`, and five more that the rules need: `whole` (a count
    of whole things), `unreadable` (columns whose text could not be read), `language`, `published` (its source's day),
    and `day` (the last day it can speak of). `earlier` has the same columns for what earlier versions of sources on the
    web printed. `lineage` has every region's ancestors, `region_keys` every normalised name.
    """

    figures: ir.Table
    earlier: ir.Table
    sources: ir.Table
    regions: ir.Table
    measures: ir.Table
    organisations: ir.Table
    lineage: ir.Table
    region_keys: ir.Table
    beside: Path | None = None


#: Source, resource and row.
Place = tuple[str, str, int]


@dataclass(frozen=True)
class Term:
    """A figure that a comparison rests on, with its coefficient; `doubled` where it repeats a member of the list."""

    source: str
    resource: str
    row: int
    coefficient: Decimal
    doubled: bool

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.source, self.resource, self.row


@dataclass(frozen=True)
class Offence:
    """A comparison of a rule, as `schemas.rules.base.COMPARISON` describes it; one that holds has no outcome."""

    rule: str
    comparison: str
    outcome: str | None
    severity: str
    source: str
    resource: str
    row: int
    region_code: str | None
    measure: str | None
    printed_as: str | None
    printed: Decimal | None
    found: Decimal | None
    found_lower: Decimal | None
    found_upper: Decimal | None
    bound_lower: Decimal | None
    bound_upper: Decimal | None
    expected_lower: Decimal | None
    expected_upper: Decimal | None
    names: str | None
    detail: str | None
    is_companion: bool
    terms: tuple[Term, ...]

    @property
    def place(self) -> Place:
        """The figure that it is filed under."""
        return self.source, self.resource, self.row

    @property
    def is_arithmetic(self) -> bool:
        """Whether it bounds a weighted sum of its terms."""
        return self.bound_lower is not None or self.bound_upper is not None


@dataclass(frozen=True)
class Printed:
    """A figure as printed and as read, as far as a finding needs it; the columns of the table `figures`."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "region_as_printed", "within_as_printed", "level", "region_code", "measure", "unit", "value_as_printed",
        "value", "lower", "upper", "precision", "locator", "language", "whole",
    )  # fmt: skip

    region_as_printed: str | None
    within_as_printed: str | None
    level: str | None
    region_code: str | None
    measure: str | None
    unit: str | None
    value_as_printed: str | None
    value: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    precision: Decimal | None
    locator: str | None
    language: str
    whole: bool


@dataclass(frozen=True)
class Validated:
    """What the rules gave: how often each was tested and failed, the failures with their evidence, and the
    comparisons that hold and touch that evidence. `quarantined` are the places of figures that nobody can understand.
    """

    ingested: Ingested
    quarantined: ir.Table
    tested: Mapping[str, int]
    failed: Mapping[str, int]
    offences: tuple[Offence, ...]
    holding: tuple[Offence, ...]
    printed: Mapping[Place, Printed]


@dataclass(frozen=True)
class Suspected:
    """A figure that may be the cause of a finding; the columns of the table `suspects` without the finding."""

    place: int
    rank: int
    source: str
    resource: str
    row: int | None
    value: Decimal | None
    suggestion: Decimal | None
    kind: str
    reason_en: str
    reason_id: str


@dataclass(frozen=True)
class Finding:
    """A broken rule as people read it: the columns of the table `findings`, its evidence and its suspects.

    `members` has the coefficient of each figure in the sum, `relation` names the comparison within the rule.
    """

    finding: str
    rule: str
    outcome: str
    severity: str
    state: str
    source: str
    resource: str
    row: int
    region_code: str | None
    measure: str | None
    printed_as: str | None
    printed: Decimal | None
    found: Decimal | None
    difference: Decimal | None
    message_en: str
    message_id: str
    evidence: tuple[Place, ...]
    suspects: tuple[Suspected, ...]
    members: Mapping[Place, Decimal]
    relation: str
    reason: str | None = None
    known_since: date | None = None
    known_until: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is an error that nobody has looked at, or not lately."""
        return self.severity == "error" and self.state != "known"

    @property
    def flagged(self) -> set[Place]:
        """The figures that it casts doubt on: the first suspects; where there are none, or where more than a pair are
        equally likely and it is one of them, the printed figure that it is filed under."""
        first = {(one.source, one.resource, one.row) for one in self.suspects if one.rank == 1 and one.row is not None}
        filed = {(self.source, self.resource, self.row)} if self.printed_as is not None else set()
        return filed if not first or (len(first) > 2 and filed <= first) else first


@dataclass(frozen=True)
class KnownIssue:
    """A row of `raw/known_issues.csv`: an error in print that somebody has looked at."""

    rule: str
    source: str
    row: int
    printed: str | None
    found: Decimal | None
    reason: str
    since: date
    until: date

    def matches(self, finding: Finding) -> bool:
        """Whether it takes note of this finding. What it leaves empty may be anything."""
        return (
            (self.rule, self.source, self.row) == (finding.rule, finding.source, finding.row)
            and self.printed in (None, finding.printed_as)
            and self.found in (None, finding.found)
        )


@dataclass(frozen=True)
class Judged:
    """The findings, and the tables of the dataset but those that are chosen from the figures.

    `unlisted` is the number of failures beyond those that are listed one by one, of rules whose failures are errors.
    """

    validated: Validated
    findings: tuple[Finding, ...]
    unlisted: int
    tables: Mapping[str, ir.Table]

    @property
    def open_errors(self) -> int:
        """Errors that nobody has looked at; where not all failures are listed, those beyond count too."""
        return sum(finding.is_open for finding in self.findings) + self.unlisted


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
