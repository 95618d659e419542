"""A release is read over plain HTTP with range requests, by version, without our code."""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from frictionless import Package

from flows.fetch import found
from flows.publish import publish
from flows.store import store
from flows.verify import verify
from tests.small import rows, verdict
from tests.test_verify import Quiet, served

RANGES: list[str] = []


class Ranged(Quiet):
    """Serves a folder, and parts of files."""

    def do_GET(self) -> None:  # noqa: N802 (the library's spelling)
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if not match or not path.is_file():
            super().do_GET()
            return
        size = path.stat().st_size
        first, last = match[1], match[2]
        start = int(first) if first else max(size - int(last), 0)
        stop = min(int(last) + 1 if first and last else size, size)
        RANGES.append(f"{path.name} {start}-{stop}")
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        self.wfile.write(path.read_bytes()[start:stop])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("remote") / "published"
    judged = verdict()
    publish(store(judged, folder), judged, folder)
    with served(partial(Ranged, directory=str(folder))) as place:
        yield place


def test_pandas_and_polars_read_from_the_address(address: str) -> None:
    path, count = f"{address}/1.0.0/recipients.parquet", len(rows()["recipients"])
    assert len(pd.read_parquet(path)) == count
    RANGES.clear()
    frame = pl.scan_parquet(path).filter(pl.col("region_code") == "63.72").select("recipients").collect()
    assert frame.rows() == [(23111,)]
    assert RANGES
    assert len(pd.read_csv(f"{address}/1.0.0/recipients.csv", dtype={"region_code": str})) == count


def test_frictionless_reads_the_package_from_its_address(address: str) -> None:
    package: Any = Package(f"{address}/1.0.0/datapackage.json")
    kept = [resource.name for resource in package.resources if resource.format == "csv"]
    assert "recipients-csv" in kept
    assert next(row["recipients"] for row in package.get_resource("recipients-csv").read_rows()) == 17_400_000


def test_the_release_and_the_list_are_verified_from_their_address(address: str) -> None:
    for target in (address, f"{address}/1.0.0", f"{address}/latest"):
        with found(target, Path()) as place:
            assert verify(place.path).problems == ()


def test_duckdb_reads_and_attaches_with_httpfs(address: str) -> None:
    extension: Any = pytest.importorskip("duckdb_extension_httpfs", reason="the package duckdb-extension-httpfs")
    with duckdb.connect() as connection:
        folder = os.path.dirname(extension.__file__)
        (file,) = list(Path(folder).rglob("httpfs.duckdb_extension*"))
        connection.execute(f"LOAD '{file}'")
        count = connection.sql(f"SELECT count(*) FROM read_parquet('{address}/1.0.0/recipients.parquet')").fetchall()
        assert count == [(len(rows()["recipients"]),)]
        connection.execute(f"ATTACH '{address}/prakerja.duckdb' AS remote (READ_ONLY)")
        connection.execute("USE remote")
        assert connection.sql("SELECT count(*) FROM as_of('1.0.0')").fetchall() == count
        connection.execute("USE memory")
