"""Pandera on pandas: the frame in memory, the checks as a schema, lazily; then `to_parquet`."""

import sys
from pathlib import Path

import frame
import pandera.pandas as pa

raw, regions, out = map(Path, sys.argv[1:])
SCHEMA = pa.DataFrameSchema(
    {
        "region_code": pa.Column(str),
        "value": pa.Column(str, pa.Check.str_matches(frame.NUMBER)),
        "number": pa.Column(float, pa.Check.ge(0), coerce=True),
        "measure": pa.Column(str, pa.Check.isin(["recipients"])),
        "unit": pa.Column(str, pa.Check.isin(["person"])),
        "sex": pa.Column(str, pa.Check.isin(["", "female", "male"])),
        "wave_from": pa.Column(str),
        **{name: pa.Column(float, pa.Check.eq(0), coerce=True) for name in ("children", "sexes", "ages")},
    },
    unique=frame.KEY,
)
figures = frame.differences(frame.read(raw, regions))
try:
    figures = SCHEMA.validate(figures, lazy=True)
except pa.errors.SchemaErrors as errors:
    print(errors.failure_cases.head(20))
    sys.exit(1)
frame.write(figures, out / "figures.parquet")
