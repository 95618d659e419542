"""What the peers on pandas share: the file as a frame with codes and numbers, and how far its sums are off."""

from pathlib import Path

import pandas as pd

KEY = ["region_code", "wave_from", "sex", "age_group"]
NUMBER = r"^\d{1,3}(\.\d{3})*$"


def read(raw: Path, regions: Path) -> pd.DataFrame:
    """Every figure with its region's code, its parent's, and its number; null where it cannot be told."""
    listed = pd.read_csv(regions, dtype=str)[["region_code", "parent_code", "level", "name"]]
    names = listed[["region_code", "name"]].set_axis(["parent_code", "within"], axis="columns")
    listed = listed.merge(names, on="parent_code", how="left").rename(columns={"name": "region"})
    figures = pd.read_csv(raw, dtype=str).merge(listed, on=["level", "region", "within"], how="left")
    figures["number"] = pd.to_numeric(figures["value"].str.replace(".", "", regex=False), errors="coerce")
    for name in ("sex", "age_group", "parent_code"):
        figures[name] = figures[name].fillna("")
    return figures


def differences(figures: pd.DataFrame) -> pd.DataFrame:
    """Add how far each figure is from the sum of its children, of its sexes and of its ages; 0 where it has none."""
    groups = {
        "children": (figures[figures["parent_code"] != ""], {"parent_code": "region_code"}, {}),
        "sexes": (figures[figures["sex"] != ""], {}, {"sex": ""}),
        "ages": (figures[figures["age_group"] != ""], {}, {"age_group": ""}),
    }
    for name, (parts, renamed, fixed) in groups.items():
        keyed = parts.drop(columns=[*renamed.values()]).rename(columns=renamed).assign(**fixed)
        sums = keyed.groupby(KEY, sort=False)["number"].sum().rename(name).reset_index()
        figures = figures.merge(sums, on=KEY, how="left")
        figures[name] = (figures["number"] - figures[name]).where(figures[name].notna(), 0)
    return figures


def write(figures: pd.DataFrame, path: Path) -> None:
    """Sorted Parquet."""
    figures.sort_values(KEY).to_parquet(path, compression="zstd", index=False)
