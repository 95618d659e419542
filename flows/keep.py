"""Keep: have the engine compute rows once, and hold them for whoever asks for them again."""

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp

import ibis.expr.types as ir


def temporary() -> Path:
    """A new folder among the system's temporary ones."""
    return Path(mkdtemp(prefix="prakerja-"))


def remove_with(owner: object, folder: Path) -> None:
    """Remove the folder as soon as nobody holds on to its owner any more, at the latest when the process ends."""
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)


def keep(name: str, table: ir.Table, beside: Path | None = None) -> ir.Table:
    """Store the rows under a name in their engine, or, where there are many, in a Parquet file in the folder `beside`.

    DuckDB's own tables in memory are not compressed: of seven million rows one takes two gigabytes.
    """
    engine = table.get_backend()
    if beside is None:
        return engine.create_table(name, table, overwrite=True)
    path = beside / f"{name}.parquet"
    table.to_parquet(path)
    return engine.read_parquet(path, table_name=name)
