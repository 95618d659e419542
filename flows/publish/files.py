"""The data files of a release, and the data package that describes them."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.publish.layout import SUMS
from schemas.declare import TableDeclaration
from schemas.derive import arrow_schema, as_text, literal, names, quoted, table_schema
from schemas.tables import TABLES

NAME = "prakerja-open-data"
TITLE = "Prakerja Open Data"
TITLE_ID = "Data Terbuka Program Kartu Prakerja"
PUBLISHER = f"{TITLE} contributors"
KEYWORDS = ("Kartu Prakerja", "Indonesia", "training", "recipients", "regions", "official statistics")
DESCRIPTION = (
    "Every published figure about Indonesia's Kartu Prakerja programme that we could find, as printed, traced to its "
    "source, checked by arithmetic, with the findings of the checks."
)
DESCRIPTION_ID = (
    "Setiap angka tentang Program Kartu Prakerja yang kami temukan, seperti tercetak, ditelusuri ke sumbernya, diuji "
    "dengan hitungan, beserta temuan pengujiannya."
)
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENSE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0",
}
#: The roles of Satu Data Indonesia (Perpres 39/2019), as far as a dataset that no public body publishes has them.
_SATU_DATA = {
    "produsen_data": "penerbit tiap sumber: kolom publisher pada tabel sources",
    "walidata": PUBLISHER,
    "pembina_data": "tidak ada; pembina data statistik nasional adalah Badan Pusat Statistik",
    "standar_data": "standar_data.csv",
    "metadata": ["ms_var.csv", "ms_ind.csv"],
}
#: Rows per row group: large enough to compress, small enough to skip.
ROW_GROUP = 122_880
#: Memory in which DuckDB holds what it reads while the files are written.
_MEMORY = "512MB"
#: Identifiers are name-based UUIDs (RFC 9562, version 5) in this namespace, a random UUID drawn once.
_NAMESPACE = uuid.UUID("5d4a0e0c-6f0b-4c6e-9a55-0f6c1f4b7f3e")


def write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, Any]]:
    """Write each table as Parquet and CSV, sorted by its key; returns the resources of the data package."""
    connection.execute(f"SET memory_limit = {literal(_MEMORY)}")
    # Both files of a table at the same time: with more threads than these two, DuckDB takes longer for text.
    connection.execute("SET threads = 1")
    with ThreadPoolExecutor(2) as threads:
        written = [
            threads.submit(write, connection.cursor(), table, folder)
            for table in TABLES.values()
            for write in (_parquet, _csv)
        ]
        resources = [each.result() for each in written]
    connection.execute("RESET threads")
    return resources


def _parquet(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, folder: Path) -> dict[str, Any]:
    path = folder / f"{table.name}.parquet"
    _write_parquet(connection, table, path)
    return _parquet_resource(table, path, table_schema(table))


def _csv(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, folder: Path) -> dict[str, Any]:
    path = folder / f"{table.name}.csv"
    _write_csv(connection, table, path)
    return _csv_resource(table, path, table_schema(table))


def data_package(
    connection: duckdb.DuckDBPyConnection, version: str, resources: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The descriptor of a release: Data Package, version 2.

    `created` is the latest day on which a source was printed or transcribed, since the run's own moment would give
    other bytes each time.
    """
    query = "SELECT max(greatest(published, accessed)) FROM sources"
    created = connection.sql(query).fetchall()[0][0]
    return {
        "$schema": PROFILE,
        "name": NAME,
        "id": identifier(version),
        "title": TITLE,
        "description": DESCRIPTION,
        "description_id": DESCRIPTION_ID,
        "version": version,
        **({"created": f"{created}T00:00:00Z"} if created else {}),
        "licenses": [LICENSE],
        "sources": _sources(connection),
        "contributors": [{"title": PUBLISHER, "roles": ["creator", "dataCurator", "maintainer"]}],
        "satu_data": _SATU_DATA,
        "keywords": list(KEYWORDS),
        "resources": list(resources),
    }


def identifier(name: str) -> str:
    """A name that never changes for what bears no web address of its own: a release by its version, the dataset."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, name)}"


def write_json(path: Path, content: object) -> None:
    """Write JSON to a file."""
    path.write_text(as_json(content), encoding="utf-8", newline="\n")


def as_json(content: object) -> str:
    """JSON as people read it, with its keys in the given order."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def sha256(path: Path) -> str:
    """The hash of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums(release: Path) -> dict[str, str]:
    """The hash of each file as the SHA256SUMS of a release of ours says."""
    lines = (release / SUMS).read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def _write_parquet(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, path: Path) -> None:
    """Pyarrow writes what DuckDB's COPY cannot: the words of each field, page index, page checksums, sort order."""
    schema = arrow_schema(table)
    reader = connection.sql(f"FROM {_in_order(table)}").to_arrow_reader(ROW_GROUP)
    ordering = pq.SortingColumn.from_ordering(schema, [(name, "ascending") for name in table.key])
    with pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=9, version="2.6", write_page_index=True,
        write_page_checksum=True, store_decimal_as_integer=True, sorting_columns=ordering,
    ) as writer:  # fmt: skip
        for group in _groups(reader):
            writer.write_table(group.combine_chunks().cast(schema), row_group_size=ROW_GROUP)


def _in_order(table: TableDeclaration) -> str:
    """The table in the order of its key. The store fills it in that order, which DuckDB keeps; only where a row names
    another of its table, parents had to come first."""
    name = quoted(table.name)
    return f"(FROM {name} ORDER BY {names(table.key)})" if table.refers_to_itself else name


def _groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Tables of one row group each, however the batches come."""
    waiting = reader.schema.empty_table()
    for batch in reader:
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
        while waiting.num_rows >= ROW_GROUP:
            yield waiting.slice(0, ROW_GROUP)
            waiting = waiting.slice(ROW_GROUP)
    if waiting.num_rows:
        yield waiting


def _write_csv(connection: duckdb.DuckDBPyConnection, table: TableDeclaration, path: Path) -> None:
    """Write the cells as text, in the order of the key."""
    columns = ", ".join(
        f"{as_text(quoted(field['name']), field['type'])} AS {quoted(field['name'])}"
        for field in table_schema(table)["fields"]
    )
    connection.execute(
        f"COPY (SELECT {columns} FROM {_in_order(table)}) TO {literal(str(path))} "
        "(FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '')"
    )


def _parquet_resource(table: TableDeclaration, path: Path, schema: dict[str, Any]) -> dict[str, Any]:
    """Without `bytes`: Frictionless 5 refuses a right one on Parquet."""
    return {
        "name": table.name,
        **_words(table),
        "type": "table",
        "path": path.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "hash": f"sha256:{sha256(path)}",
        "schema": schema,
    }


def _csv_resource(table: TableDeclaration, path: Path, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{table.name}-csv",
        **_words(table),
        "type": "table",
        "path": path.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
        "schema": schema,
    }


def _words(table: TableDeclaration) -> dict[str, str]:
    return {
        "title": table.words.title_en,
        "description": table.words.description_en,
        "title_id": table.words.title_id,
        "description_id": table.words.description_id,
    }


def _sources(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    query = "SELECT title, publisher, homepage FROM sources ORDER BY source"
    sources = []
    for title, publisher, homepage in connection.sql(query).fetchall():
        source = {"title": f"{publisher}: {title}" if publisher else title}
        if homepage and homepage.startswith(("http://", "https://")):
            source["path"] = homepage
        sources.append(source)
    return sources
