"""Read: a snapshot of what stands in the files; what is not in the contract is refused with a place and a remedy."""

import hashlib
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.nouns import CannotRun, Snapshot
from flows.read import name_of, read, snapshot
from schemas.contract import FIGURE_COLUMNS, KNOWN_ISSUE_COLUMNS
from tests.sources import OFFICIAL, ROOT, few_regions, table, write

HEADER = "region,level,measure,unit,value"
LINE = "Banjarbaru,city,recipients,person,23.111"
FIGURES = f"{HEADER}\n{LINE}\n"
CELLS = dict(zip(HEADER.split(","), LINE.split(","), strict=True))
TWO_RESOURCES = "resources:\n- {name: figures, path: figures.csv}\n- {name: organisations, path: organisations.csv}\n"


def koran(
    root: Path, figures: str | bytes = FIGURES, descriptor: str | bytes = "name: koran\n", **files: str | bytes
) -> Snapshot:
    """The snapshot of a single source."""
    folder = write(root / "koran", datapackage=descriptor, figures=figures, **files)
    return snapshot([folder], few_regions(root))


def cells(read_in: Snapshot) -> list[dict[str, Any]]:
    """The figures' own columns, without those that no cell of the test fills."""
    rows = read_in.figures.select(FIGURE_COLUMNS).to_pylist()
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


def refused(root: Path, *said: str, **source: Any) -> None:
    """The source is refused in words that hold all of these, the path of the file among them."""
    with pytest.raises(CannotRun) as refusal:
        koran(root, **source)
    for words in said:
        assert words in str(refusal.value)
    assert str(root / "koran") in str(refusal.value)


def test_snapshot_holds_what_stands_in_the_files(tmp_path: Path) -> None:
    descriptor = (
        "name: koran\ntitle: Sekian penerima\nhomepage: https://koran.example/1\npublisher: Koran\n"
        "published: 2020-04-11\naccessed: 2026-11-24\nlanguage: en\ndescription: About it.\nattributed_to: Dinas\n"
        "licenses: [{name: CC-BY-4.0}, {title: Terms}]\nanything: else\n" + TWO_RESOURCES
    )
    got = koran(tmp_path, descriptor=descriptor, organisations="name,role,kind,locator\nCSIS,evaluator,,p9\n")
    source = got.sources[0]
    assert (source.name, source.title, source.publisher) == ("koran", "Sekian penerima", "Koran")
    assert (source.published, source.accessed) == (date(2020, 4, 11), date(2026, 11, 24))
    assert (source.language, source.homepage) == ("en", "https://koran.example/1")
    assert (source.description, source.attributed_to, source.licenses) == ("About it.", "Dinas", "CC-BY-4.0; Terms")
    assert [file.path for file in source.files] == [
        "koran/datapackage.yaml", "koran/figures.csv", "koran/organisations.csv",
    ]  # fmt: skip
    assert cells(got) == [CELLS]
    assert got.organisations.to_pylist()[0] | {"file_sha256": ""} == {
        "source": "koran", "resource": "organisations", "row": 1, "file_sha256": "", "name": "CSIS",
        "role": "evaluator", "kind": None, "locator": "p9",
    }  # fmt: skip


def test_every_row_knows_its_line_and_the_hash_of_its_file(tmp_path: Path) -> None:
    content = f"{HEADER}\n{LINE}\n\n{LINE}\n{LINE}\n".encode()
    got = koran(tmp_path, content)
    digest = hashlib.sha256(content).hexdigest()
    assert got.figures["row"].to_pylist() == [1, 2, 3]
    assert set(got.figures["file_sha256"].to_pylist()) == {digest}
    assert got.files["koran/figures.csv"] == digest
    assert next(file.size for file in got.sources[0].files if file.resource == "figures") == len(content)


def test_all_of_raw_is_read_and_hashed() -> None:
    got = read(ROOT / "raw", OFFICIAL)
    assert len(got.sources) == 122
    assert got.sources[-1].name == "regions"
    assert got.figures.num_rows == 762
    assert got.organisations.num_rows > 0
    assert all(
        hashlib.sha256((ROOT / "raw" / path).read_bytes()).hexdigest() == told for path, told in got.files.items()
    )
    folders = {path.name for path in (ROOT / "raw").iterdir() if path.is_dir()}
    assert {path.split("/")[0] for path in got.files} - {"known_issues.csv"} == folders


def test_two_lines_are_enough_for_a_descriptor_and_none_must_say_the_name(tmp_path: Path) -> None:
    got = koran(tmp_path, descriptor="language: id\n")
    assert (got.sources[0].name, got.sources[0].title, got.sources[0].published) == ("koran", "koran", None)
    assert name_of(tmp_path / "koran") == "koran"
    assert koran(tmp_path, descriptor="").sources[0].language == "id"


SHAPES: dict[str, str | bytes] = {
    "byte order mark": b"\xef\xbb\xbf" + FIGURES.encode(),
    "CRLF": FIGURES.replace("\n", "\r\n"),
    "CR": FIGURES.replace("\n", "\r"),
    "no final line end": FIGURES.rstrip("\n"),
    "blank lines before, between and after": f"\n\r\n{HEADER}\n\n\n{LINE}\n\n\n",
    "columns in another order": "value,unit,measure,level,region\n23.111,person,recipients,city,Banjarbaru\n",
    "spaces around cells": FIGURES.replace(",", " , "),
    "no-break spaces around cells": FIGURES.replace(",", ",\u00a0"),
    "cells in quotation marks": "".join('"' + line.replace(",", '","') + '"\n' for line in (HEADER, LINE)),
    "mixed line ends": f"{HEADER}\r\n{LINE}\n\r",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_of_the_file_does_not_matter(tmp_path: Path, shape: str) -> None:
    got = koran(tmp_path, SHAPES[shape])
    assert cells(got) == [CELLS]
    assert got.figures["row"].to_pylist() == [1]


@pytest.mark.parametrize(
    ("dialect", "figures"),
    [
        ('dialect: {delimiter: ";"}', FIGURES.replace(",", ";")),
        ('dialect: {delimiter: "\\t"}', FIGURES.replace(",", "\t")),
        ('dialect: {quoteChar: "\'"}', FIGURES.replace("23.111", "'23.111'")),
        ("encoding: utf-16", FIGURES.encode("utf-16")),
        ("encoding: UTF-8", FIGURES),
        ("encoding: latin-1", FIGURES.encode("latin-1")),
    ],
)
def test_dialect_and_encoding_of_the_descriptor_are_honoured(
    tmp_path: Path, dialect: str, figures: str | bytes
) -> None:
    descriptor = f"resources:\n- name: figures\n  path: figures.csv\n  {dialect}\n"
    assert cells(koran(tmp_path, figures, descriptor)) == [CELLS]


def test_encoding_is_that_of_the_resource(tmp_path: Path) -> None:
    descriptor = "resources: [{name: figures, path: figures.csv, encoding: cp1252}]"
    figures = f"{HEADER},note\n{LINE},caf\u00e9 \u2013 \u20ac\n"
    assert cells(koran(tmp_path, figures.encode("cp1252"), descriptor))[0]["note"] == "caf\u00e9 \u2013 \u20ac"


def test_cell_may_hold_line_ends_delimiters_and_quotation_marks(tmp_path: Path) -> None:
    figures = f'{HEADER},note\n{LINE},"one\ntwo, ""three"""\n\n{LINE},5" wide\n'
    got = koran(tmp_path, figures)
    assert [row["note"] for row in cells(got)] == ['one\ntwo, "three"', '5" wide']
    assert got.figures["row"].to_pylist() == [1, 2]


def test_words_that_other_readers_take_for_nothing_stay_as_printed(tmp_path: Path) -> None:
    tokens = ["NA", "null", "nan", "None", "TRUE", "-", "#N/A", "1e6", "007", "2020-04-11", "=1+1"]
    got = koran(tmp_path, table({"value": token} for token in tokens))
    assert got.figures["value"].to_pylist() == tokens


def test_empty_cells_are_no_text(tmp_path: Path) -> None:
    got = koran(tmp_path, f'{HEADER}\n,,,,\n"", ,\t,"  ",\u00a0\n')
    assert cells(got) == [{}, {}]


@pytest.mark.parametrize("figures", [f"{HEADER}\n", HEADER, f"{HEADER}\n\n\n", f"\n{HEADER}\r\n"])
def test_header_alone_is_a_source_without_figures(tmp_path: Path, figures: str) -> None:
    got = koran(tmp_path, figures)
    assert got.figures.num_rows == 0
    assert got.figures.column_names[4:] == list(FIGURE_COLUMNS)


REFUSED_TABLES: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": ("", ("is empty", "first line must name the columns")),
    "only blank lines": ("\n\n \n", ("is empty",)),
    "missing column": (FIGURES.replace("value", "note"), ("header", "'value' is missing", "It must have: region")),
    "unknown column": (FIGURES.replace("unit", "units"), ("header", "'unit' is missing")),
    "misspelt column": (f"{HEADER},perod_start\n{LINE},2020\n", ("no column 'perod_start'", "mean 'period_start'?")),
    "foreign column": (f"{HEADER},xyzzy\n{LINE},2020\n", ("no column 'xyzzy'", "It knows: region, level, within")),
    "doubled column": (f"{HEADER},value\n{LINE},1\n", ("header", "'value' stands twice")),
    "column without a name": (f"{HEADER},\n{LINE},\n", ("header", "column 6 has no name", "delete it")),
    "other delimiter": (FIGURES.replace(",", ";"), ("'region' is missing", "delimiter: ';'")),
    "tabs": (FIGURES.replace(",", "\t"), ("'region' is missing", "delimiter: '\\t'")),
    "a page in HTML": ("<!DOCTYPE html>\n<html><body>404</body></html>\n", ("'region' is missing",)),
    "cell too few": (f"{FIGURES}{LINE}\nBanjar,city,5\n{LINE}\n", ("row 3,", "3 cells", "header has 5", "'Banjar'")),
    "cell too many": (f"{FIGURES}{LINE},1\n", ("row 2,", "6 cells", "quotation marks")),
    "first row": (f"{HEADER}\n1,2\n", ("row 1,", "2 cells")),
    "comma in a number": (f"{FIGURES}Banjar,city,quota,person,17,4 juta\n", ("row 2,", "6 cells", "'17', '4 juta'")),
    "wrong row after blank lines": (f"\n{HEADER}\n\n{LINE}\n\n\n{LINE}\n1,2\n", ("row 3,",)),
    "wrong row after a line end in a cell": (f'{HEADER}\n{LINE[:-6]}"1\n2\n3"\n{LINE}\n1,2\n', ("row 3,",)),
    "wrong row far down": (FIGURES + f"{LINE}\n" * 30_000 + "1,2\n", ("row 30002,", "2 cells")),
    "a line of blanks": (f"{FIGURES}   \n", ("row 2,", "1 cells")),
    "quotation mark left open": (f'{FIGURES}Banjar,city,recipients,person,"17,4 juta\n', ("row 2,", "quotation mark")),
    "open mark that swallows lines": (f'{HEADER}\n{LINE[:-6]}"5\n{LINE}\n{LINE}\n', ("row 1,", "quotation mark")),
    "two open marks that swallow a line": (
        f'{HEADER}\n{LINE}\nBanjar,"city,recipients,person,5\nBanjar,"city,recipients,person,5\n', ("row 2,",)
    ),
    "a cell without end": (f"{FIGURES}Banjar,city,recipients,person,{'9' * 4_000_000}\n", ("row 2,", "larger than")),
    "not UTF-8": (f"{FIGURES}{LINE}\n".encode() + b"caf\xe9,city,,,\n", ("line 4,", "not utf-8 text", "UTF-8")),
    "UTF-16": (FIGURES.encode("utf-16"), ("line 1,", "not utf-8 text", "Save the file as UTF-8")),
    "NUL byte": (f"{FIGURES}Banjar\0,city,recipients,person,5\n", ("line 3,", "NUL byte")),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ("line 1,", "not utf-8 text")),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED_TABLES)
def test_table_that_is_not_in_the_contract_is_refused(tmp_path: Path, fault: str) -> None:
    figures, said = REFUSED_TABLES[fault]
    refused(tmp_path, "figures.csv", *said, figures=figures)


RESOURCE = "resources: [{name: figures, path: figures.csv, %s}]"
REFUSED_DESCRIPTORS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "broken YAML": ("name: [koran\nlanguage: id\n", ("not readable as YAML", "line 2")),
    "not UTF-8": (b"name: caf\xe9\n", ("not readable as YAML",)),
    "NUL byte": (b"name: a\0b\n", ("not readable as YAML",)),
    "a list": ("- name: koran\n", ("the document",)),
    "plain text": ("koran", ("the document",)),
    "code in YAML": ("name: !!python/object/apply:os.system [exit]\n", ("not readable as YAML",)),
    "wrong language": ("language: fr\n", ("`language`", "'fr'", "one of id, en")),
    "language no": ("language: no\n", ("`language`",)),
    "wrong date": ("published: 11 April 2020\n", ("`published`", "date")),
    "impossible date": ("accessed: '2020-02-30'\n", ("`accessed`", "date")),
    "resources are no list": ("resources: figures.csv\n", ("`resources`",)),
    "resource without a path": ("resources: [{name: figures}]\n", ("`resources.0.path`", "required")),
    "no figures": ("resources: [{name: organisations, path: o.csv}]\n", ("is named `figures`", "path: figures.csv")),
    "foreign resource": (
        "resources: [{name: figures, path: figures.csv}, {name: extra, path: e.csv}]\n", ("'extra'", "`organisations`"),
    ),
    "doubled resource": (
        "resources: [{name: figures, path: a.csv}, {name: figures, path: b.csv}]\n", ("'figures'", "two resources"),
    ),
    "missing file": ("resources: [{name: figures, path: figure.csv}]\n", ("lists figure.csv", "no such file")),
    "path up": ("resources: [{name: figures, path: ../b/figures.csv}]\n", ("'../b/figures.csv'", "leaves the folder")),
    "absolute path": ("resources: [{name: figures, path: /etc/hostname}]\n", ("'/etc/hostname'", "leaves the folder")),
    "the folder itself": ("resources: [{name: figures, path: .}]\n", ("'.'", "leaves the folder")),
    "two characters between cells": (RESOURCE % 'dialect: {delimiter: "||"}', ("`resources.0.dialect.delimiter`",)),
    "unknown encoding": (RESOURCE % "encoding: klingon", ("figures.csv", "klingon", "UTF-8")),
    "encoding that is none": (RESOURCE % "encoding: rot13", ("figures.csv", "rot13")),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED_DESCRIPTORS)
def test_descriptor_that_is_not_in_the_contract_is_refused(tmp_path: Path, fault: str) -> None:
    descriptor, said = REFUSED_DESCRIPTORS[fault]
    refused(tmp_path, *said, descriptor=descriptor)


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text(FIGURES)
    folder = write(tmp_path / "koran", datapackage="name: koran\n")
    os.symlink(tmp_path / "elsewhere.csv", folder / "figures.csv")
    with pytest.raises(CannotRun, match="leaves the folder"):
        snapshot([folder], few_regions(tmp_path))


def test_folder_without_a_descriptor_is_refused_by_name(tmp_path: Path) -> None:
    folder = write(tmp_path / "raw" / "koran", figures=FIGURES)
    with pytest.raises(CannotRun, match=r"koran has no datapackage\.yaml.*`name: koran` and `language: id`"):
        read(tmp_path / "raw", few_regions(tmp_path))
    with pytest.raises(CannotRun, match=r"datapackage\.yaml"):
        name_of(folder)


def test_raw_without_folders_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"no folder .*nowhere.*PRAKERJA_RAW"):
        read(tmp_path / "nowhere", OFFICIAL)
    write(tmp_path / "raw", known_issues="x")
    (tmp_path / "raw" / ".git").mkdir()
    with pytest.raises(CannotRun, match=r"no source folder.*new-source"):
        read(tmp_path / "raw", OFFICIAL)


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    folders = [write(tmp_path / name, datapackage="name: koran\n", figures=FIGURES) for name in ("a", "b")]
    with pytest.raises(CannotRun, match=r"Two folders are named 'koran'.*Give each its own `name`"):
        snapshot(folders, few_regions(tmp_path))
    taken = write(tmp_path / "c", datapackage="name: regions\n", figures=FIGURES)
    with pytest.raises(CannotRun, match="Two folders are named 'regions'"):
        snapshot([taken], few_regions(tmp_path))


def test_organisations_without_names_are_refused(tmp_path: Path) -> None:
    refused(
        tmp_path, "organisations.csv", "'name' is missing", descriptor=TWO_RESOURCES, organisations="role\nevaluator\n"
    )
    got = koran(tmp_path, descriptor=TWO_RESOURCES, organisations="name\nCSIS\n\nTNP2K\n")
    assert got.organisations["name"].to_pylist() == ["CSIS", "TNP2K"]


def test_raw_may_have_its_own_regions(tmp_path: Path) -> None:
    write(tmp_path / "raw" / "koran", datapackage="name: koran\n", figures=FIGURES)
    assert read(tmp_path / "raw", OFFICIAL).regions.num_rows == 7838
    few_regions(tmp_path).rename(tmp_path / "raw" / "regions")
    got = read(tmp_path / "raw", OFFICIAL)
    assert got.regions.num_rows == 10
    assert [source.name for source in got.sources] == ["koran", "regions"]


@pytest.mark.parametrize(
    ("stem", "content", "said"),
    [
        (
            "datapackage",
            "resources: [{name: regions, path: regions.csv}]",
            r"must list the resource 'names'.*make regions",
        ),
        ("names", "code,name\n63,Kalsel\n", r"names\.csv, header: the column 'region_code' is missing"),
        ("bps_codes", "region_code,bps_code\n63\n", r"bps_codes\.csv, row 1, has 1 cells"),
        ("regions", None, r"lists regions\.csv, but there is no such file"),
    ],
)
def test_official_regions_that_are_not_as_built_are_refused(
    tmp_path: Path, stem: str, content: str | None, said: str
) -> None:
    official = few_regions(tmp_path)
    if content is None:
        (official / f"{stem}.csv").unlink()
    else:
        write(official, **{stem: content})
    folder = write(tmp_path / "koran", datapackage="name: koran\n", figures=FIGURES)
    with pytest.raises(CannotRun, match=said):
        snapshot([folder], official)


ISSUES = ",".join(KNOWN_ISSUE_COLUMNS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("rule,source,row\n", "the column 'printed' is missing. It must have: rule, source, row"),
        (f"{ISSUES},extra\n", "knows no column 'extra'"),
        (f"{ISSUES}\nchildren_sum_to_parent,koran\n", "row 1, has 2 cells where the header has 8"),
        (f'{ISSUES}\na,b,1,,,"open\n', "row 1, is not readable as CSV"),
        (ISSUES.encode("utf-16"), "Save the file as UTF-8"),
    ],
)
def test_malformed_known_issues_are_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    raw = tmp_path / "raw"
    write(raw / "koran", datapackage="name: koran\n", figures=FIGURES)
    write(raw, known_issues=content)
    with pytest.raises(CannotRun, match=re.escape(str(raw / "known_issues.csv"))) as refusal:
        read(raw, few_regions(tmp_path))
    assert said in str(refusal.value)


def test_known_issues_are_part_of_the_snapshot(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write(raw / "koran", datapackage="name: koran\n", figures=FIGURES)
    official = few_regions(tmp_path)
    assert read(raw, official).known_issues.num_rows == 0
    write(raw, known_issues=f"{ISSUES}\nchildren_sum_to_parent,koran,1,23.111,23112,Misprint,2026-11-24,2027-11-24\n")
    got = read(raw, official)
    assert got.known_issues.to_pylist()[0]["reason"] == "Misprint"
    assert set(got.files) == {
        "koran/datapackage.yaml", "koran/figures.csv", "known_issues.csv", "official/datapackage.yaml",
        "official/regions.csv", "official/names.csv", "official/bps_codes.csv",
    }  # fmt: skip


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ['"', '""', "a\nb", ",", ";"]
)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(FIGURE_COLUMNS, CELL)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_what_was_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]) -> None:
    got = koran(tmp_path_factory.mktemp("raw"), table(rows))
    expected = [[row[name].strip() or None for name in FIGURE_COLUMNS] for row in rows]
    assert [[*row.values()] for row in got.figures.select(FIGURE_COLUMNS).to_pylist()] == expected
    assert got.figures["row"].to_pylist() == list(range(1, len(rows) + 1))


@settings(max_examples=100, deadline=None)
@given(
    content=st.binary(max_size=80) | st.text('rv,"\n\r;a\0é', max_size=40).map(lambda text: (FIGURES + text).encode())
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    refusal = ""
    rows = []
    try:
        rows = cells(koran(tmp_path_factory.mktemp("raw"), content))
    except CannotRun as error:
        refusal = str(error)
    if content.startswith(FIGURES.encode()) and not refusal:
        assert rows[0] == CELLS
    else:
        assert "figures.csv" in refusal
