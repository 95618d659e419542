"""Hand-made sources: each case is a source folder of its own, and all of them are examined in one run of the engine.

Figures without period and waves meet nothing of other sources, so that such cases cannot disturb each other. Cases
about several sources keep to a region of their own.
"""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from flows.engine import engine
from flows.ingest import ingest
from flows.judge import judge
from flows.nouns import Finding, Ingested, Judged, Snapshot
from flows.pipeline import name_suspects
from flows.read import REGIONS, read, snapshot
from flows.settings import ROOT, Settings
from flows.validate import validate
from schemas.measures import MEASURES

RAW = ROOT / "raw"
TODAY = date(2026, 11, 25)
Row = dict[str, str]
#: A region, its level and what is printed for it.
Printed = tuple[str, str, str]
#: Finding in short: outcome, row, as printed, and what was found.
Told = tuple[str, int, str | None, int | float | None]
#: Complete families as printed.
BANJARBARU: tuple[Printed, ...] = (
    ("Landasan Ulin", "district", "6.276"), ("Cempaka", "district", "4.652"), ("Liang Anggang", "district", "4.215"),
    ("Banjarbaru Utara", "district", "4.091"), ("Banjarbaru Selatan", "district", "3.877"),
)  # fmt: skip
KALTARA: tuple[Printed, ...] = (
    ("Bulungan", "regency", "100"), ("Malinau", "regency", "200"), ("Nunukan", "regency", "300"),
    ("Tana Tidung", "regency", "400"), ("Kota Tarakan", "city", "500"),
)  # fmt: skip
GORONTALO: tuple[Printed, ...] = (
    ("Kabupaten Gorontalo", "regency", "100"), ("Boalemo", "regency", "200"), ("Bone Bolango", "regency", "300"),
    ("Pohuwato", "regency", "400"), ("Gorontalo Utara", "regency", "500"), ("Kota Gorontalo", "city", "600"),
)  # fmt: skip


def row(region: str, level: str, measure: str, value: str, **more: Any) -> Row:
    """One row of figures; the unit is the measure's own unless given."""
    unit = MEASURES[measure].unit if measure in MEASURES else "person"
    given = {"region": region, "level": level, "measure": measure, "unit": unit, "value": value, **more}
    return {name: str(text) for name, text in given.items()}


def family(parent: Printed | None, members: Iterable[Printed], measure: str = "recipients", **more: Any) -> list[Row]:
    """A parent, if any, and its members, in one period and group."""
    within = {} if parent is None else {"within": parent[0]}
    own = [] if parent is None else [row(parent[0], parent[1], measure, parent[2], **more)]
    return [*own, *(row(name, level, measure, value, **within, **more) for name, level, value in members)]


@dataclass(frozen=True)
class Case:
    """A source folder to be written."""

    name: str
    rows: tuple[Row, ...]
    organisations: tuple[Row, ...] = ()
    about: tuple[tuple[str, str], ...] = ()

    def write(self, folder: Path) -> Path:
        """Write the folder and return its path."""
        path = folder / self.name
        path.mkdir()
        listed = {"figures": self.rows, "organisations": self.organisations}
        lines = [f"name: {self.name}", *(f"{name}: {value}" for name, value in self.about), "resources:"]
        for name, rows in listed.items():
            if rows:
                lines += [f"- name: {name}", f"  path: {name}.csv"]
                _write_csv(path / f"{name}.csv", rows)
        (path / "datapackage.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    columns = list(dict.fromkeys(name for each in rows for name in each))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


_CASES: dict[str, Case] = {}


def made(name: str, *rows: Row | list[Row], organisations: Iterable[Row] = (), **about: str) -> Case:
    """A case by itself."""
    flat = [one for each in rows for one in (each if isinstance(each, list) else [each])]
    return Case(name, tuple(flat), tuple(organisations), tuple({"language": "id", **about}.items()))


def case(name: str, *rows: Row | list[Row], organisations: Iterable[Row] = (), **about: str) -> str:
    """Add a case to the common run; its name, for `findings` and the others, comes back."""
    return added(made(name, *rows, organisations=organisations, **about))


def added(given: Case) -> str:
    """Add a case of any kind to the common run."""
    if given.name in _CASES:
        raise ValueError(f"two cases are called {given.name}")
    _CASES[given.name] = given
    return given.name


@dataclass(frozen=True)
class Run:
    """What the rules said of some sources."""

    judged: Judged

    def findings(self, source: str, rule: str | None = None) -> list[Finding]:
        """The findings filed under a source."""
        return [one for one in self.judged.findings if one.source == source and rule in (None, one.rule)]

    def told(self, source: str, rule: str) -> list[Told]:
        """The findings in short."""
        return [(one.outcome, one.row, one.printed_as, _plain(one.found)) for one in self.findings(source, rule)]

    def held(self, source: str, rule: str) -> set[int]:
        """The rows of a source under which the rule filed a comparison that holds: a pass that was earned."""
        table = self.judged.validated.ingested.figures.get_backend().table(f"view_{rule}")
        kept = table.filter((table.source == source) & table.outcome.isnull() & ~table.is_companion)
        return set(kept.select("row").to_pyarrow()["row"].to_pylist())

    def statuses(self, source: str) -> dict[int, str]:
        """The status of each figure of a source."""
        table = self.judged.tables["figures"]
        rows = table.filter(table.source == source).select("row", "status").to_pyarrow().to_pylist()
        return {each["row"]: each["status"] for each in rows}


def _plain(number: Any) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def values(*each: Any) -> tuple[Any, ...]:
    """Values of a finding, whose numbers are exact decimals, to be compared with plain ones."""
    return each


def examined(given: Snapshot, today: date = TODAY) -> Run:
    """Every step up to the findings."""
    validated = validate(ingest(given, engine(Settings(raw=RAW))))
    return Run(judge(validated, name_suspects(validated), given.known_issues, today))


def taken(cases: Iterable[Case], known: Path | None = None) -> Snapshot:
    """A snapshot of cases, which are written for it."""
    with tempfile.TemporaryDirectory() as scratch:
        return snapshot([each.write(Path(scratch)) for each in cases], RAW / REGIONS, known)


def ingested(cases: Iterable[Case]) -> Ingested:
    """Cases as the rules get them, on an engine of their own."""
    return ingest(taken(cases), engine(Settings(raw=RAW)))


def every_case() -> Snapshot:
    """All cases of all test files that were imported."""
    return taken(_CASES.values())


@cache
def everything() -> Run:
    """What the rules say of all cases, in one run."""
    return examined(every_case())


@cache
def real() -> Run:
    """The sources that the repository carries."""
    return examined(read(RAW, RAW / REGIONS))


def findings(source: str, rule: str | None = None) -> list[Finding]:
    """Findings filed under a case."""
    return everything().findings(source, rule)


def told(source: str, rule: str) -> list[Told]:
    """Findings filed under a case, in short."""
    return everything().told(source, rule)


def held(source: str, rule: str) -> set[int]:
    """Rows of a case under which a comparison of the rule holds."""
    return everything().held(source, rule)
