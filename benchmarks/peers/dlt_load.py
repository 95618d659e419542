"""dlt into DuckDB: loads the file as text, and checks nothing."""

import os
import sys
from pathlib import Path

raw, _, out = map(Path, sys.argv[1:])
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
import dlt
from pyarrow import csv


@dlt.resource(name="figures", write_disposition="replace")
def figures():
    """The file as record batches."""
    with raw.open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    yield from csv.open_csv(raw, convert_options=csv.ConvertOptions(column_types=dict.fromkeys(columns, "string")))


pipeline = dlt.pipeline(
    "cube", pipelines_dir=str(out / "pipelines"), destination=dlt.destinations.duckdb(str(out / "loaded.duckdb")),
    dataset_name="cube",
)  # fmt: skip
pipeline.run(figures())
