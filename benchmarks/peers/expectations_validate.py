"""Great Expectations on pandas: the frame in memory, the checks as a suite; then `to_parquet`."""

import os
import sys
from pathlib import Path

os.environ["GX_ANALYTICS_ENABLED"] = "false"
import frame
import great_expectations as gx
from great_expectations import expectations as ex

raw, regions, out = map(Path, sys.argv[1:])
figures = frame.differences(frame.read(raw, regions))
context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("cube").add_dataframe_asset("figures")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": figures})
suite = gx.ExpectationSuite(
    name="cube",
    expectations=[
        ex.ExpectColumnValuesToNotBeNull(column="region_code"),
        ex.ExpectColumnValuesToNotBeNull(column="number"),
        ex.ExpectColumnValuesToMatchRegex(column="value", regex=frame.NUMBER),
        ex.ExpectColumnValuesToBeInSet(column="measure", value_set=["recipients"]),
        ex.ExpectColumnValuesToBeInSet(column="unit", value_set=["person"]),
        ex.ExpectColumnValuesToBeInSet(column="sex", value_set=["", "female", "male"]),
        ex.ExpectCompoundColumnsToBeUnique(column_list=frame.KEY),
        *(ex.ExpectColumnValuesToBeInSet(column=name, value_set=[0]) for name in ("children", "sexes", "ages")),
    ],
)
result = batch.validate(suite)
if not result.success:
    print(result.describe()[:2000])
    sys.exit(1)
frame.write(figures, out / "figures.parquet")
