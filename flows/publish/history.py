"""The history in the database: the tables as each release had them, from the releases' own files.

Each distinct row is stored once, with the first and the last of the releases in a row that have it. A file that is the
same in releases that follow each other is read once, and one that is the same in all of them up to the newest is not
stored again: the newest table has its rows.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from flows.nouns import CannotRun
from flows.publish.changes import contents
from flows.publish.files import sha256, sums
from flows.publish.layout import SUMS
from flows.publish.listing import entry
from schemas.derive import comment, literal, names, quoted
from schemas.tables import TABLES

#: The table that `as_of` speaks of; the others have their names in front: `figures_as_of`.
MAIN = "recipients"

_RELEASES = """
CREATE TABLE releases (
    version VARCHAR PRIMARY KEY, created DATE, previous VARCHAR, sha256sums VARCHAR NOT NULL, number INTEGER NOT NULL
);
COMMENT ON TABLE releases IS
'Releases: All releases, the oldest first; the schema history holds their tables.
Rilis: Semua rilis, yang tertua lebih dahulu; skema history memuat tabelnya.';
COMMENT ON COLUMN releases.created IS
'Created: Latest day on which a source of the release was printed or transcribed. Empty: no source has a day.
Dibuat: Hari terakhir suatu sumber rilis dicetak atau disalin.';
COMMENT ON COLUMN releases.previous IS
'Previous: The release before. Empty: the first release.
Sebelumnya: Rilis sebelumnya.';
COMMENT ON COLUMN releases.sha256sums IS
'Hash: The sha256 of its SHA256SUMS, which has the hash of every other file.
Hash: sha256 dari SHA256SUMS rilis, yang memuat hash semua berkas lain.';
COMMENT ON COLUMN releases.number IS
'Number: Place in the order of releases, counted from 1.
Nomor: Urutan rilis, mulai dari 1.';
CREATE SCHEMA history;
CREATE MACRO release_as_of(asked) AS coalesce(
    (SELECT number FROM releases WHERE version = asked::VARCHAR),
    (SELECT max(number) FROM releases WHERE created <= try_cast(replace(asked::VARCHAR, '.', '-') AS DATE)),
    error(
        'There is no release ''' || coalesce(asked::VARCHAR, 'NULL') || ''': give a version, or a day not before the '
        || 'first release; "FROM releases" lists them.'
    )
);
COMMENT ON MACRO release_as_of IS
'The number of the release with this version, else of the newest one that was created on or before this day.
Nomor rilis dengan versi ini, atau rilis terbaru yang dibuat pada atau sebelum hari ini.';
"""
#: The number is worked out first, so that an unknown release is an error whatever else the query asks for.
_MACRO = """
CREATE MACRO {macro}(release) AS TABLE
WITH asked AS MATERIALIZED (SELECT release_as_of(release) AS number)
SELECT {columns} FROM history.{table}, asked WHERE asked.number BETWEEN first_release AND last_release ORDER BY {key};
COMMENT ON MACRO TABLE {macro} IS
'The table {name} as a release had it, by version or day; a column that it lacked is empty.
Tabel {name} seperti pada suatu rilis, menurut versi atau hari.';
"""
_COMMENTS = """
COMMENT ON {kind} history.{table} IS
'Each distinct row of {name} with the releases that have it; {name} as of a release: {macro}(version or day).
Setiap baris {name} yang berbeda dengan rilis yang memuatnya.';
COMMENT ON COLUMN history.{table}.first_release IS
'First release: Number of the first release of those that follow each other and have this row.
Rilis pertama: Nomor rilis pertama yang memuat baris ini.';
COMMENT ON COLUMN history.{table}.last_release IS
'Last release: Number of the last one.
Rilis terakhir: Nomor rilis terakhir.';
"""


@dataclass(frozen=True)
class _Span:
    """One file and the releases that follow each other and have it; `place` counts such runs, gaps included."""

    place: int
    file: str
    first: int
    last: int


@dataclass(frozen=True)
class _Edition:
    """A release as far as its history needs it."""

    folder: Path
    row: tuple[Any, ...]
    sums: Mapping[str, str]
    schemas: Mapping[str, dict[str, Any]]


def write_history(database: Path, releases: Mapping[str, Path]) -> None:
    """Add all releases (folder by version, the oldest first) to a database file that has the tables of the newest.

    The same releases give the same rows in the same order, on one thread as in `store`. Raises `CannotRun` where a file
    is not the one that its release's SHA256SUMS names.
    """
    editions = [_edition(version, folder) for version, folder in releases.items()]
    tables = list(dict.fromkeys(name for each in reversed(editions) for name in each.schemas))
    with closing(
        duckdb.connect(str(database), config={"threads": 1, "temp_directory": f"{database}.tmp"})
    ) as connection:
        connection.execute("BEGIN")
        connection.execute(_RELEASES)
        rows = [(*each.row, number) for number, each in enumerate(editions, 1)]
        connection.executemany("INSERT INTO releases VALUES (?, ?, ?, ?, ?)", rows)
        for name in tables:
            key = next(each.schemas[name]["primaryKey"] for each in reversed(editions) if name in each.schemas)
            _write_table(connection, name, tuple(key), _spans(name, editions), len(editions))
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
    if database.with_name(f"{database.name}.wal").exists():
        raise CannotRun(f"{database.name} was not written to its end: DuckDB left a log beside it; run again")


def _edition(version: str, folder: Path) -> _Edition:
    content = contents(folder)
    told = entry(version, folder)
    row = (version, content.created, told["previous"], told["sha256sums"])
    return _Edition(folder, row, sums(folder), content.schemas)


def _spans(table: str, editions: Sequence[_Edition]) -> list[_Span]:
    """The distinct files of a table, the newest first, so that its columns come first too."""
    name = f"{table}.parquet"
    spans = []
    runs = groupby(enumerate(editions, 1), key=lambda each: each[1].sums.get(name))
    for place, (digest, run) in enumerate(runs):
        (first, edition), *others = run
        if digest is None:
            continue
        path = edition.folder / name
        if sha256(path) != digest:
            raise CannotRun(f"{path} is not the file of the release: its sha256 is not the one in {SUMS}; restore it")
        spans.append(_Span(place, str(path), first, first + len(others)))
    return spans[::-1]


def _write_table(
    connection: duckdb.DuckDBPyConnection, name: str, key: tuple[str, ...], spans: Sequence[_Span], newest: int
) -> None:
    """Store each distinct row of a table once for each run of releases that have it, and the macro that finds it.

    `newest` is the number of the release whose tables the database has.
    """
    files = ", ".join(literal(span.file) for span in spans)
    held = f"read_parquet([{files}], union_by_name = true, filename = true)"
    columns = tuple(each for each in connection.sql(f"FROM {held} LIMIT 0").columns if each != "filename")
    places = ", ".join(f"({literal(each.file)}, {each.place}, {each.first}, {each.last})" for each in spans)
    kept = f"SELECT {names(columns)}, {{}}::INTEGER AS first_release, {{}}::INTEGER AS last_release FROM"
    kind = "TABLE"
    if len(spans) == 1 and spans[0].last == newest:
        kind = "VIEW"
        rows = f"{kept.format(spans[0].first, spans[0].last)} main.{quoted(name)}"
    else:
        rows = (
            f"WITH span(filename, span_place, span_first, span_last) AS (VALUES {places}), "
            f"placed AS (SELECT *, span_place - row_number() OVER (PARTITION BY {names(columns)} ORDER BY span_place) "
            f"AS island FROM {held} JOIN span USING (filename)) "
            f"{kept.format('min(span_first)', 'max(span_last)')} placed "
            f"GROUP BY {names(columns)}, island ORDER BY {names(key)}, first_release"
        )
    connection.execute(f"CREATE {kind} history.{quoted(name)} AS {rows}")
    for macro in [f"{name}_as_of", *(["as_of"] if name == MAIN else [])]:
        words = {"macro": quoted(macro), "table": quoted(name), "name": name, "key": names(key)}
        connection.execute(_MACRO.format(columns=names(columns), **words))
    connection.execute(_COMMENTS.format(kind=kind, table=quoted(name), name=name, macro=f"{name}_as_of"))
    for column in TABLES[name].columns if name in TABLES else ():
        if column.name in columns:
            place = f"history.{quoted(name)}.{quoted(column.name)}"
            connection.execute(f"COMMENT ON COLUMN {place} IS {literal(comment(column))}")
