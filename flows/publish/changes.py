"""What changed between two releases: columns, and rows by their key. From it follows the new version's number."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from flows.nouns import CannotRun
from flows.publish.layout import PACKAGE
from schemas.derive import as_text, literal, names, quoted

FIRST = "1.0.0"
#: Examples shown of each kind of change in a table.
EXAMPLES = 20
#: Tables that hold what the checks say about the data. A new row there is no new data.
REPORTS = frozenset({"rules", "findings", "finding_figures", "suspects"})


@dataclass(frozen=True)
class Contents:
    """The tables of a release: its folder, the resources of its data package, and when that says it was created."""

    folder: Path
    resources: Sequence[dict[str, Any]]
    created: str | None = None

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The Table Schema of each table."""
        return {each["name"]: each["schema"] for each in self.resources if each["format"] == "parquet"}


@dataclass(frozen=True)
class SchemaChange:
    """One change of what a table looks like; `breaks` where a reader's query may fail or mean something else."""

    table: str
    change: str
    breaks: bool


@dataclass(frozen=True)
class RowChanges:
    """The rows of a table that were added, removed and changed; `columns` counts the changed cells of each column."""

    table: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """All that changed from one release to the next; `previous` is None for the first."""

    version: str
    previous: str | None
    schema: tuple[SchemaChange, ...] = ()
    rows: tuple[RowChanges, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The content of `changes.json`."""
        return asdict(self)


def contents(folder: Path) -> Contents:
    """The tables of a published release."""
    path = folder / PACKAGE
    try:
        package = json.loads(path.read_text("utf-8"))
        return Contents(folder, package["resources"], package.get("created"))
    except (ValueError, KeyError) as error:
        raise CannotRun(f"{path} cannot be read ({error}): restore it") from error


def compare(old: Contents, new: Contents, previous: str) -> Changes:
    """Everything that changed since the release `previous`, and the version that follows from it."""
    schema = tuple(schema_changes(old.schemas, new.schemas))
    with closing(duckdb.connect()) as connection:
        rows = tuple(_row_changes(connection, table, old, new) for table in old.schemas if table in new.schemas)
    return Changes(_next_version(previous, schema, rows), previous, schema, tuple(each for each in rows if _any(each)))


def _next_version(previous: str, schema: Sequence[SchemaChange], rows: Sequence[RowChanges]) -> str:
    """MAJOR.MINOR.PATCH of the data.

    Major: a published table or column is gone (or has another name), a column has another type or unit, a table another
    key. Minor: a table, a column or a row of data is new. Patch: corrections only: values changed, rows removed, other
    findings, other words.
    """
    major, minor, patch = map(int, previous.split("."))
    if any(change.breaks for change in schema):
        return f"{major + 1}.0.0"
    if any(change.change.startswith("new ") for change in schema):
        return f"{major}.{minor + 1}.0"
    if any(each.added for each in rows if each.table not in REPORTS):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def schema_changes(old: dict[str, Any], new: dict[str, Any]) -> list[SchemaChange]:
    """What tables and columns became of the old ones, given the Table Schema of each table."""
    changes = [SchemaChange(table, "table removed", True) for table in old if table not in new]
    changes += [SchemaChange(table, "new table", False) for table in new if table not in old]
    for table, before in old.items():
        if table in new and before != new[table]:
            changes += _column_changes(table, before, new[table])
    return changes


def _column_changes(table: str, old: dict[str, Any], new: dict[str, Any]) -> list[SchemaChange]:
    before, after = ({each["name"]: each for each in schema["fields"]} for schema in (old, new))
    changes = [SchemaChange(table, f"column {name} removed", True) for name in before if name not in after]
    changes += [SchemaChange(table, f"new column {name}", False) for name in after if name not in before]
    if old["primaryKey"] != new["primaryKey"]:
        changes.append(SchemaChange(table, f"key is now {', '.join(new['primaryKey'])}", True))
    for name in before:
        if name not in after or before[name] == after[name]:
            continue
        if before[name]["type"] != after[name]["type"]:
            changes.append(SchemaChange(table, f"column {name} is now of type {after[name]['type']}", True))
        elif before[name].get("unit") != after[name].get("unit"):
            changes.append(SchemaChange(table, f"column {name} is now in {after[name].get('unit')}", True))
        else:
            changes.append(SchemaChange(table, f"column {name} is described or constrained anew", False))
    return changes


def _row_changes(connection: duckdb.DuckDBPyConnection, table: str, old: Contents, new: Contents) -> RowChanges:
    before, after = old.schemas[table], new.schemas[table]
    key = tuple(after["primaryKey"])
    if before["primaryKey"] != list(key):
        return RowChanges(table)
    for name, side in (("old", old), ("new", new)):
        path = literal(str(side.folder / f"{table}.parquet"))
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS FROM read_parquet({path})")
    there = _types(before)
    common = {name: kind for name, kind in _types(after).items() if there.get(name) == kind and name not in key}
    added, added_examples = _only_in(connection, "new", "old", key)
    removed, removed_examples = _only_in(connection, "old", "new", key)
    columns, changed, changed_examples = _changed(connection, key, common)
    examples = {"added": added_examples, "removed": removed_examples, "changed": changed_examples}
    return RowChanges(table, added, removed, changed, columns, {kind: rows for kind, rows in examples.items() if rows})


def _types(schema: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["type"] for each in schema["fields"]}


def _only_in(
    connection: duckdb.DuckDBPyConnection, side: str, other: str, key: tuple[str, ...]
) -> tuple[int, list[dict[str, Any]]]:
    rows = connection.sql(f"SELECT {names(key)} FROM {side} ANTI JOIN {other} USING ({names(key)})")
    count = rows.aggregate("count(*)").fetchall()[0][0]
    return count, [_named(key, row) for row in rows.order(names(key)).limit(EXAMPLES).fetchall()]


def _changed(
    connection: duckdb.DuckDBPyConnection, key: tuple[str, ...], common: Mapping[str, str]
) -> tuple[dict[str, int], int, list[dict[str, Any]]]:
    """Changed cells by column, changed rows, and examples: those rows first in which most changed.

    A correction changes the hash of its file in every row that stands there; the corrected row itself changes more.
    """
    if not common:
        return {}, 0, []
    differs = [f"old.{quoted(name)} IS DISTINCT FROM new.{quoted(name)}" for name in common]
    joined = f"FROM old JOIN new USING ({names(key)}) WHERE {' OR '.join(differs)}"
    counts = ", ".join(f"count(*) FILTER (WHERE {each})" for each in differs)
    total, *cells = connection.sql(f"SELECT count(*), {counts} {joined}").fetchall()[0]
    pairs = ", ".join(
        as_text(f"{side}.{quoted(name)}", kind) for name, kind in common.items() for side in ("old", "new")
    )
    most = " + ".join(f"({each})::INTEGER" for each in differs)
    query = f"SELECT {names(key)}, {pairs} {joined} ORDER BY {most} DESC, {names(key)} LIMIT {EXAMPLES}"
    examples = [_example(key, common, row) for row in connection.sql(query).fetchall()]
    return {name: count for name, count in zip(common, cells, strict=True) if count}, total, examples


def _example(key: tuple[str, ...], common: Iterable[str], row: tuple[Any, ...]) -> dict[str, Any]:
    cells = zip(common, row[len(key) :: 2], row[len(key) + 1 :: 2], strict=True)
    return _named(key, row[: len(key)]) | {"values": {name: {"old": a, "new": b} for name, a, b in cells if a != b}}


def _named(key: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    """The key of a row, as JSON can hold it."""
    return {name: each if isinstance(each, int) else str(each) for name, each in zip(key, values, strict=True)}


def _any(changes: RowChanges) -> bool:
    return bool(changes.added or changes.removed or changes.changed)
