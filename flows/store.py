"""Store: one new DuckDB file beside the one that people query, complete, checked and read-only from then on."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.compute as pc

from flows.nouns import CannotRun, Database, Verdict
from schemas.declare import TableDeclaration
from schemas.derive import arrow_schema, comments, ddl, literal, names, quoted, views
from schemas.rules.base import PLACE
from schemas.tables import TABLES

#: Clients one major version older still open it.
STORAGE_VERSION = "v1.2.0"
#: A row group of DuckDB, and how many are inserted at once.
ROWS_AT_ONCE = 122_880
BATCHES_AT_ONCE = 4
#: Figures that are sorted at once, at most.
SLICE = BATCHES_AT_ONCE * ROWS_AT_ONCE
#: Memory in which the new file is filled.
_MEMORY = "512MB"
#: Rows above which a table has no key in DuckDB, whose index on seven million rows takes more memory than all else.
#: We look ourselves whether keys and references hold, in each table.
KEYED = 100_000

_NEW = ".prakerja.duckdb.new-"
_LEFTOVER = re.compile(rf"{re.escape(_NEW)}(\d+)(\..+)?")


def store(verdict: Verdict, folder: Path) -> Database:
    """Write all tables, with keys, comments and views, into a new hidden file in `folder`, and check it.

    The database that is there already is not touched. The same tables give the same rows; DuckDB does not promise the
    same bytes. Raises `CannotRun` where a table does not hold to its declaration or the disk does not keep what was
    written; then nothing is left behind. Where memory is not enough, DuckDB's own error says so.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Database(_written(verdict, folder))
    except duckdb.OutOfMemoryException:
        raise
    except (OSError, duckdb.Error) as error:
        raise CannotRun(f"cannot write the database in {folder}: {error}") from error


def _written(verdict: Verdict, folder: Path) -> Path:
    _sweep(folder)
    path = folder / f"{_NEW}{os.getpid()}"
    _remove(path)
    try:
        _check(path, _write(verdict, path))
    except BaseException:
        _remove(path)
        raise
    return path


def _write(verdict: Verdict, path: Path) -> dict[str, int]:
    """Fill the new file; returns the rows of each table. One thread, because more give other bytes each time, unless a
    table is so large that its time counts for more.
    """
    content = {
        name: verdict.tables[name].select(*(column.name for column in table.columns)) for name, table in TABLES.items()
    }
    rows = {name: int(each.count().to_pyarrow().as_py()) for name, each in content.items()}
    at_once = {
        name: each
        for name, each in content.items()
        if not _is_keyed(TABLES[name], rows[name]) and each.get_backend().name == "duckdb"
    }
    config: dict[str, Any] = {"threads": 1, "memory_limit": _MEMORY, "temp_directory": f"{path}.tmp"}
    with closing(duckdb.connect(config=config)) as connection:
        connection.execute(f"ATTACH {literal(str(path))} AS new (STORAGE_VERSION {literal(STORAGE_VERSION)})")
        connection.execute("USE new")
        for name, table in TABLES.items():
            connection.execute(ddl(table, keyed=_is_keyed(table, rows[name])))
            if name not in at_once:
                _fill(connection, table, _in_order(table, content[name], rows[name]))
        connection.execute("BEGIN")
        for table in TABLES.values():
            for statement in comments(table):
                connection.execute(statement)
        connection.execute(views())
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT new")
        connection.execute("USE memory")
        connection.execute("DETACH new")
    for name, each in at_once.items():
        _insert_at_once(path, TABLES[name], each)
    return rows


def _is_keyed(table: TableDeclaration, rows: int) -> bool:
    """Whether DuckDB is to keep the key of a table: where there are few rows, or where rows name others of them."""
    return rows <= KEYED or table.refers_to_itself


def _insert_at_once(path: Path, table: TableDeclaration, content: ibis.Table) -> None:
    """Have DuckDB, as the engine that holds them, insert the rows by all of its threads."""
    engine = content.get_backend()
    ordered = content.order_by(*table.key)
    engine.raw_sql(f"ATTACH {literal(str(path))} AS new")
    try:
        engine.raw_sql(f"INSERT INTO new.{quoted(table.name)} {engine.compile(ordered)}")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise CannotRun(f"table {table.name} cannot be stored as declared: {error}") from error
    finally:
        engine.raw_sql("DETACH new")


def _fill(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, batches: Iterator[pa.RecordBatch]) -> None:
    try:
        if table.refers_to_itself:
            _insert_parents_first(connection, table, pa.Table.from_batches(batches))
        else:
            _insert(connection, table, batches)
    except duckdb.Error as error:
        raise CannotRun(f"table {table.name} cannot be stored as declared: {error}") from error


def _in_order(table: TableDeclaration, content: ibis.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows in the order of the key; many figures slice by slice, since an engine sorts in its memory."""
    slices = _slices(content) if rows > SLICE and table.key == PLACE else [content]
    for each in slices:
        yield from each.order_by(*table.key).to_pyarrow_batches(chunk_size=ROWS_AT_ONCE)


def _slices(content: ibis.Table) -> Iterator[ibis.Table]:
    """The rows of each file, in pieces of so many rows, in the order of their places."""
    last = content.group_by(["source", "resource"]).agg(last=content.row.max()).order_by(["source", "resource"])
    for source, resource, end in zip(*last.to_pyarrow().to_pydict().values(), strict=True):
        file = content.filter((content.source == source) & (content.resource == resource))
        for start in range(0, end, SLICE):
            yield file.filter((file.row > start) & (file.row <= start + SLICE))


def _insert(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, batches: Iterable[pa.RecordBatch]) -> None:
    """Insert the batches, a few with each statement: DuckDB 1.5 holds on to all that one statement takes from Arrow."""
    schema, unrepeated = _types(table), _unrepeated(table, batches)
    while some := [batch.cast(schema) for batch in islice(unrepeated, BATCHES_AT_ONCE)]:
        connection.register("incoming", pa.Table.from_batches(some))
        connection.execute(f"INSERT INTO {quoted(table.name)} SELECT * FROM incoming")
        connection.unregister("incoming")


def _unrepeated(table: TableDeclaration, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, which are in the order of the key, so that a key that stands twice stands beside itself."""
    last: pa.RecordBatch | None = None
    for batch in batches:
        keys = batch.select(table.key)
        both = pa.concat_batches([last, keys]) if last else keys
        pairs = [pc.equal(column[1:], column[:-1]) for column in both.columns]
        if pc.any(reduce(pc.and_, pairs)).as_py():
            raise CannotRun(f"table {table.name} cannot be stored as declared: duplicate key ({names(table.key)})")
        last = keys.slice(len(keys) - 1)
        yield batch


def _types(table: TableDeclaration) -> pa.Schema:
    """The declared types; that nothing is missing is for DuckDB to say, since it names the column."""
    return pa.schema([pa.field(field.name, field.type) for field in arrow_schema(table)])


def _insert_parents_first(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, content: pa.Table) -> None:
    """Insert a table that refers to itself, generation by generation.

    DuckDB checks a foreign key against the rows that were there before the statement, so that one INSERT cannot
    bring both parent and child.
    """
    name = quoted(table.name)
    itself = [(column.name, column.references[1]) for column in table.columns
              if column.references and column.references[0] == table.name]  # fmt: skip
    known = " AND ".join(
        f"({quoted(column)} IS NULL OR {quoted(column)} IN (SELECT {quoted(key)} FROM {name}))"
        for column, key in itself
    )
    connection.register("incoming", content.cast(_types(table)))
    inserted, generation = 0, -1
    while generation:
        generation = connection.execute(
            f"INSERT INTO {name} SELECT * FROM incoming ANTI JOIN {name} USING ({names(table.key)}) "
            f"WHERE {known} ORDER BY {names(table.key)}"
        ).fetchall()[0][0]
        inserted += generation
    connection.unregister("incoming")
    if inserted < content.num_rows:
        raise CannotRun(f"table {table.name}: {content.num_rows - inserted} rows refer to rows that are not there")


def _check(path: Path, rows: dict[str, int]) -> None:
    """Open the closed file as a reader would and see that everything is there and every reference leads somewhere."""
    if path.with_name(f"{path.name}.wal").exists():
        raise CannotRun(f"{path.name} was not written to its end: DuckDB left a log beside it; run again")
    with closing(duckdb.connect(str(path), read_only=True, config={"memory_limit": _MEMORY})) as connection:
        for name, table in TABLES.items():
            stored = connection.sql(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0]
            if stored != rows[name]:
                raise CannotRun(f"{path.name} holds {stored} rows of {name}, {rows[name]} were written; run again")
            if not _is_keyed(table, stored) and connection.sql(_out_of_order(table, f"FROM {quoted(name)}")).fetchall():
                raise CannotRun(f"table {name} cannot be stored as declared: duplicate key ({names(table.key)})")
            for query in _orphans(table):
                if connection.sql(query).fetchall():
                    raise CannotRun(f"{path.name} holds rows of {name} that refer to nothing; run again")
        for (view,) in connection.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
            connection.sql(f"SELECT * FROM {quoted(view)} LIMIT 0").fetchall()


def _out_of_order(table: TableDeclaration, rows: str) -> str:
    """A query that gives something where one of the rows does not come after the row before it, by the key."""
    key = f"row({names(table.key)})"
    return f"SELECT 1 FROM (SELECT {key} <= lag({key}) OVER () AS is_behind FROM ({rows})) WHERE is_behind LIMIT 1"


def _orphans(table: TableDeclaration) -> Iterator[str]:
    for column in table.columns:
        if column.references:
            other, key = column.references
            cell = f"this.{quoted(column.name)}"
            yield (
                f"SELECT 1 FROM {quoted(table.name)} AS this ANTI JOIN {quoted(other)} AS other "
                f"ON {cell} = other.{quoted(key)} WHERE {cell} IS NOT NULL LIMIT 1"
            )


def _sweep(folder: Path) -> None:
    """Remove what runs that are gone have left."""
    for path in folder.iterdir():
        match = _LEFTOVER.fullmatch(path.name)
        if match and not _is_running(int(match[1])):
            _delete(path)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}.wal", f"{path.name}.tmp"):
        _delete(path.with_name(name))


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
