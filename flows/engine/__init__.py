"""The engine: what computes. Tables are kept on it by name, so that each is computed once, wherever the rows are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from pyarrow.dataset import Dataset

from flows.disk import remove_with, temporary
from flows.nouns import CannotRun
from flows.settings import Settings


def engine(settings: Settings) -> Any:
    """Connect to what computes, as an Ibis backend; what is kept on it lasts as long as this process.

    Raises CannotRun where it cannot be reached, or where it lacks something that the steps need.
    """
    # One query for each rule and many small ones after it: merging nested selections costs more time than it saves.
    ibis.options.sql.fuse_selects = False
    if settings.engine != "duckdb":
        # Only who asks for a cluster has its client installed, and waits for its import.
        from flows.engine import spark  # noqa: PLC0415

        return spark.connect(settings.engine)
    # What does not fit into the limit goes to the disk.
    spill = temporary()
    limits: dict[str, Any] = {"memory_limit": settings.memory_limit, "temp_directory": str(spill)}
    if settings.threads is not None:
        limits["threads"] = settings.threads
    connection = ibis.duckdb.connect(**limits)
    remove_with(connection, spill)
    return connection


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """While the engine is asked: raises CannotRun where a server does not answer any more, or refuses a query, and
    where DuckDB needs more memory than it may have.
    """
    if settings.engine == "duckdb":
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise CannotRun(
                f"DuckDB cannot do it within PRAKERJA_MEMORY_LIMIT, which is {settings.memory_limit}, and with the "
                "disk that it has in TMPDIR: set a higher limit, or PRAKERJA_THREADS=1."
            ) from error
        return
    from flows.engine import spark  # noqa: PLC0415

    with spark.answering(settings.engine):
        yield


def keep(engine: Any, name: str, table: ir.Table | pa.Table | Dataset, beside: Path | None = None) -> ir.Table:
    """Compute a table once and keep it on the engine under this name, or, where it has many rows, in a Parquet file in
    the folder `beside`: DuckDB's own tables in memory are not compressed, and one of seven million rows takes two
    gigabytes.
    """
    if isinstance(table, ir.Table):
        if beside is not None:
            path = beside / f"{name}.parquet"
            table.to_parquet(path)
            return engine.read_parquet(path, table_name=name)
        return _as_declared(engine.create_table(name, table, overwrite=True), table)
    if engine.name == "duckdb":
        return engine.create_table(name, table, overwrite=True)
    from flows.engine.spark import upload  # noqa: PLC0415

    return upload(engine, name, table)


def share(engine: Any, name: str, table: ir.Table) -> ir.Table:
    """Give an expression a name, for what is referred to more than once."""
    return _as_declared(engine.create_view(f"view_{name}", table, overwrite=True), table)


def _as_declared(made: ir.Table, table: ir.Table) -> ir.Table:
    """With the types that the expression has: Spark sums up in narrower decimals than Ibis tells of it."""
    # Without a difference it would be one more selection around every use of the table.
    return made if made.schema() == table.schema() else made.cast(table.schema())
