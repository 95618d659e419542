"""Any Spark Connect server as the engine: Apache Spark, Databricks, Sail. Tables lie in a database of their own."""

import atexit
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from pyarrow.dataset import Dataset

from flows.nouns import CannotRun
from schemas.declare import NUMBER, TOTAL

#: Bytes that are sent in one message. Servers refuse more than 128 MB, and so do the workers of a Sail cluster: there a
#: table was four times as large on its way.
_MESSAGE = 8 * 2**20
#: Where a Spark Connect server listens if nothing else is said, and seconds until it must have answered.
_PORT, _PATIENCE = 15002, 10
#: How often a call is tried again, with growing pauses: about ten seconds in all, where the client's own are minutes.
_RETRIES = 4
_MISSING = "The engine {} needs the extra `scale`: pip install '.[scale]', or leave PRAKERJA_ENGINE out for DuckDB."


def connect(address: str) -> Any:
    """Open a session with a database of its own, which goes when this process ends.

    Raises CannotRun where nobody answers, or where the server cannot do what the rules need: it is asked at once.
    """
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
        from pyspark.sql.connect.client.retries import DefaultPolicy  # noqa: PLC0415
    except ImportError as error:
        raise CannotRun(_MISSING.format(_shown(address))) from error
    _check_that_somebody_listens(address)
    try:
        session = SparkSession.builder.remote(address).create()
        session.client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES)])
        database = "prakerja_" + session.session_id.replace("-", "")
        session.sql(f"CREATE DATABASE {database}").collect()
        session.catalog.setCurrentDatabase(database)
    except (PySparkException, ValueError) as error:
        raise CannotRun(f"The engine {_shown(address)} does not answer: {_first_line(error)}") from error
    atexit.register(_leave, session, database)
    engine = ibis.pyspark.connect(session)
    if lacking := list(_lacking(engine)):
        raise CannotRun(f"The engine {_shown(address)} cannot do what the rules need: {'; '.join(lacking)}.")
    return engine


@contextmanager
def answering(address: str) -> Iterator[None]:
    """Tell what the server says in the middle of a run, or that it has gone, as CannotRun."""
    from grpc import RpcError  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, RpcError) as error:
        raise CannotRun(
            f"The engine {_shown(address)} failed in the middle, and nothing was published: {_first_line(error)}. If "
            "the server is gone, start it again and run again; its own log may say more."
        ) from error


def _shown(address: str) -> str:
    """The address without what follows it, which may be a token."""
    return address.partition(";")[0].rstrip("/")


def _check_that_somebody_listens(address: str) -> None:
    """The client itself would try again for many minutes."""
    host = urlsplit(address.partition(";")[0])
    try:
        socket.create_connection((host.hostname or "", host.port or _PORT), _PATIENCE).close()
    except (OSError, ValueError) as error:
        raise CannotRun(f"The engine {_shown(address)} does not answer: {error}. Is the server running?") from error


def upload(engine: Any, name: str, table: pa.Table | Dataset) -> ir.Table:
    """Bring a table from this process to the engine, in messages that it takes."""
    session = engine._session  # Ibis would send all of it at once
    mode = "overwrite"
    for piece in _messages(table):
        session.createDataFrame(piece).write.saveAsTable(name, format="parquet", mode=mode)
        mode = "append"
    if mode == "overwrite":
        return engine.create_table(name, ibis.memtable([], schema=ibis.schema(table.schema)), overwrite=True)
    return engine.table(name)


def _messages(table: pa.Table | Dataset) -> Iterator[pa.Table]:
    """The rows, in tables that fit into a message."""
    for group in [table] if isinstance(table, pa.Table) else map(pa.Table.from_batches, _few(table.to_batches())):
        rows = max(1, group.num_rows * _MESSAGE // max(1, group.nbytes))
        for start in range(0, group.num_rows, rows):
            yield group.slice(start, rows)


def _few(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """The batches, as many together as fill a message."""
    some: list[pa.RecordBatch] = []
    for batch in batches:
        some.append(batch)
        if sum(each.nbytes for each in some) >= _MESSAGE:
            yield some
            some = []
    if some:
        yield some


def _leave(session: Any, database: str) -> None:
    """Drop what this session kept on the server, and end it."""
    # The client's threads are gone at this point of the process.
    session.client.disable_reattachable_execute()
    with suppress(Exception):  # a server that is gone keeps nothing
        session.sql(f"DROP DATABASE {database} CASCADE").collect()
        session.stop()


def _lacking(engine: Any) -> Iterator[str]:
    """What the server answers wrongly or not at all, of the kinds of expression that the steps are made of."""
    some = pa.table({"text": ["1.234 \u2013 x\u200b", "b"], "day": ["2020-02-30", "2020-02-29"], "n": [2, 10]})
    try:
        t = upload(engine, "asked", some)
    except Exception as error:  # noqa: BLE001 (whatever the server says, it is a reason)
        yield f"keep a table ({_first_line(error)})"
        return
    ordered = ibis.struct({"by": t.n, "text": t.text.substr(0, 1)}).collect().sort()
    wanted: dict[str, tuple[Any, object]] = {
        "replace by regular expression": (t.text.re_replace(r"\p{Cf}+", "").re_replace(r"[^0-9x]", "").max(), "1234x"),
        "try to cast": (t.day.try_cast("date").count(), 1),
        "sum exactly": (t.n.cast(TOTAL).sum().cast(TOTAL), Decimal(12)),
        "tell decimals": ((t.n.cast(NUMBER) / 4).cast(NUMBER).min(), Decimal("0.5")),
        "order within a group": (ordered.map(lambda each: each.text).join("+"), "1+b"),
    }
    for what, (question, answer) in wanted.items():
        try:
            told = question.to_pyarrow().as_py()
        except Exception as error:  # noqa: BLE001
            yield f"{what} ({_first_line(error)})"
            continue
        if told != answer:
            yield f"{what} (it answers {told!r}, not {answer!r})"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
