"""Rebuild: the database from the release folders alone, for whoever has the releases but not the database."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from flows.nouns import CannotRun, Verdict
from flows.publish import alone, put_in_place
from flows.publish.listing import newest, versions
from flows.store import store
from flows.verify.release import damages
from schemas.declare import TableDeclaration
from schemas.tables import TABLES


def rebuild(published: Path) -> list[str]:
    """Make the database in `published` anew from its releases, as a run would leave it; returns their versions.

    Every file of every release is first held against its SHA256SUMS. Raises `CannotRun` where one is not as published,
    another run is publishing, or the newest release is of another shape than this code's tables.
    """
    if not published.is_dir():
        raise CannotRun(f"There is no folder {published}.")
    try:
        with alone(published):
            last = newest(published)
            if last is None:
                raise CannotRun(f"{published} holds no release to rebuild the database from.")
            found = versions(published)
            for version in found:
                for damage in damages(published / version):
                    raise CannotRun(f"{version}/{damage.file} {damage.what}: restore it, then rebuild")
            tables = _tables(ibis.duckdb.connect(), published / last)
            put_in_place(store(Verdict(tables, 0, {}), published), published)
    except (OSError, duckdb.Error) as error:
        raise CannotRun(f"cannot rebuild the database in {published}: {error}") from error
    return found


def _tables(engine: Any, release: Path) -> Mapping[str, ir.Table]:
    """The tables of a release as this code declares them; what an older release lacks is empty."""
    return {name: _table(engine, table, release / f"{name}.parquet") for name, table in TABLES.items()}


def _table(engine: Any, table: TableDeclaration, path: Path) -> ir.Table:
    declared = {column.name: column.type for column in table.columns}
    if not path.is_file():
        return ibis.memtable([], schema=declared)
    there = engine.read_parquet(path)
    held: ir.Table = there.mutate(
        **{name: ibis.null(kind) for name, kind in declared.items() if name not in there.columns}
    )
    return held
