"""A new source is laid out as the raw contract wants it, and nothing is ever overwritten."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from flows.new_source import new_source
from flows.nouns import CannotRun
from flows.read import snapshot
from flows.settings import ROOT
from schemas.contract import FIGURE_COLUMNS

TODAY = date(2026, 11, 25)
ROW = dict.fromkeys(FIGURE_COLUMNS, "") | {
    "region": "Kota Banjarbaru", "level": "city", "measure": "recipients", "unit": "person", "value": "23.111",
}  # fmt: skip


def test_a_new_source_holds_a_descriptor_and_the_header(tmp_path: Path) -> None:
    folder = new_source("antara-2023-09-02-banjarbaru", tmp_path, TODAY)
    descriptor = yaml.safe_load((folder / "datapackage.yaml").read_text(encoding="utf-8"))
    assert folder == tmp_path / "antara-2023-09-02-banjarbaru"
    assert descriptor["name"] == folder.name
    assert descriptor["accessed"] == TODAY
    assert descriptor["language"] == "id"
    assert descriptor["resources"] == [{"name": "figures", "path": "figures.csv", "format": "csv", "encoding": "utf-8"}]
    assert (folder / "figures.csv").read_bytes() == (",".join(FIGURE_COLUMNS) + "\n").encode()
    assert sorted(path.name for path in folder.iterdir()) == ["datapackage.yaml", "figures.csv"]


def test_the_pipeline_reads_a_new_source_as_it_is_laid_out(tmp_path: Path) -> None:
    folder = new_source("just-begun", tmp_path, TODAY)
    begun = snapshot([folder], ROOT / "raw" / "regions")
    assert (begun.sources[0].name, begun.sources[0].accessed) == ("just-begun", TODAY)
    assert begun.figures.num_rows == 0
    with (folder / "figures.csv").open("a", encoding="utf-8") as file:
        file.write(",".join(ROW.values()) + "\n")
    filled = snapshot([folder], ROOT / "raw" / "regions")
    assert filled.figures.select(["source", "row", "region", "value"]).to_pylist() == [
        {"source": "just-begun", "row": 1, "region": "Kota Banjarbaru", "value": "23.111"}
    ]


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    folder = new_source("once", tmp_path, TODAY)
    (folder / "figures.csv").write_text("mine\n", encoding="utf-8")
    with pytest.raises(CannotRun, match="already there"):
        new_source("once", tmp_path, TODAY)
    assert (folder / "figures.csv").read_text(encoding="utf-8") == "mine\n"


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("Antara 2023", "'antara-2023'"), ("antara_2023", "'antara-2023'"), ("-antara", "'antara'"),
        ("../outside", "'outside'"), ("a/b", "'a-b'"), ("", "banjarbaru"), ("antara\n", "'antara'"),
    ],
)  # fmt: skip
def test_a_name_that_is_no_slug_is_refused_with_a_better_one(tmp_path: Path, slug: str, hint: str) -> None:
    with pytest.raises(CannotRun, match="cannot name a source") as refused:
        new_source(slug, tmp_path / "raw", TODAY)
    assert hint in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_the_official_list_keeps_its_folder(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="official list"):
        new_source("regions", tmp_path, TODAY)
    assert not list(tmp_path.iterdir())


def test_a_raw_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="PRAKERJA_RAW"):
        new_source("antara-2023", tmp_path / "nowhere", TODAY)
    assert not (tmp_path / "nowhere").exists()
