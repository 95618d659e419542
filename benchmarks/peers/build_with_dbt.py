"""dbt on DuckDB: one external Parquet model, and the checks as data tests; a failing test says how many rows fail."""

import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

raw, regions, out = map(Path, sys.argv[1:])
project = str(Path(__file__).with_name("dbt"))
os.environ |= {"CUBE_RAW": str(raw), "CUBE_REGIONS": str(regions), "CUBE_OUT": str(out)}
result = dbtRunner().invoke(
    ["build", "--project-dir", project, "--profiles-dir", project, "--target-path", str(out / "target"),
     "--log-path", str(out / "logs"), "--quiet", "--no-use-colors"]
)  # fmt: skip
sys.exit(not result.success)
