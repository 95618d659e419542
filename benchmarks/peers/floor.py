"""The floor: DuckDB reads the file, sorts it and writes Parquet. Nothing is read as a number, nothing is checked."""

import sys
from pathlib import Path

import duckdb

raw, _, out = map(Path, sys.argv[1:])
with duckdb.connect() as connection:
    connection.execute(
        f"COPY (SELECT * FROM read_csv('{raw}', all_varchar = true) "
        "ORDER BY level, region, within, wave_from, sex, age_group) "
        f"TO '{out / 'figures.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    )
