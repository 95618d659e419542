"""Mapping: files of every format as the offices print them, and each way in which they could be misread."""

import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from flows.nouns import CannotRun
from flows.read.declaration import Figures, WebDialect, WebResource
from flows.read.descriptor import read_descriptor
from flows.read.mapping import rows_of
from flows.settings import ROOT
from schemas.contract import FIGURE_COLUMNS
from tests.web import ADDRESS, WIDE, described

Row = dict[str, str]
FOOTER = r"(Sumber|Catatan|Keterangan|\*).*"
TOTAL = {
    "pattern": r"(?i)(grand )?total|jumlah",
    "constants": {"region": "Indonesia", "level": "nation"},
}


def rows(content: bytes | str, language: str = "id", encoding: str = "utf-8", **resource: Any) -> list[Row]:
    """The rows of a file under a declaration, without their empty cells and what all of them share."""
    told = {"name": "figures", "url": ADDRESS, "format": "csv", "figures": WIDE, "encoding": encoding, **resource}
    declared = WebResource.model_validate(yaml.safe_load(yaml.safe_dump(told)))
    given = content.encode(encoding) if isinstance(content, str) else content
    table = rows_of("it", given, declared, language)
    kept = table.drop_columns("row").to_pylist()
    return [{name: text for name, text in row.items() if text is not None} for row in kept]


def short(given: Sequence[Row], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row.get(name, "") for name in (names or ("region", "wave_from", "value"))) for row in given]


def refused(content: bytes | str, *said: str, **resource: Any) -> None:
    with pytest.raises(CannotRun) as refusal:
        rows(content, **resource)
    for words in said:
        assert words in str(refusal.value)


def with_(**more: Any) -> dict[str, Any]:
    return {**WIDE, **more}


SEMICOLONS = (
    "Penerima Kartu Prakerja menurut provinsi;;;\r\n"
    "No;Provinsi;Gelombang 1;Gelombang 2\r\n"
    "1;Aceh;1.234;2.345\r\n"
    '2;"Kep. Riau";987;-\r\n'
    "3;Daerah Istimewa Yogyakarta \x96 DIY;1.000;2.000\r\n"
    ";Jumlah;3.221;4.345\r\n"
    "Sumber: Dinas Tenaga Kerja;;;\r\n"
)
OF_SEMICOLONS: dict[str, Any] = {
    "dialect": {"delimiter": ";", "headerRows": [2]},
    "figures": with_(rows=[TOTAL], omit=FOOTER, missingValues=["-"]),
}


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_csv_of_semicolons_in_any_encoding(encoding: str) -> None:
    text = SEMICOLONS.replace("\x96", "-" if encoding == "cp1252" else "\N{EN DASH}")
    if encoding == "cp1252":
        got = rows(SEMICOLONS.encode("latin-1"), encoding=encoding, **OF_SEMICOLONS)
    else:
        got = rows(text, encoding=encoding, **OF_SEMICOLONS)
    assert short(got) == [
        ("Aceh", "1", "1.234"), ("Kep. Riau", "1", "987"), ("Daerah Istimewa Yogyakarta \N{EN DASH} DIY", "1", "1.000"),
        ("Indonesia", "1", "3.221"), ("Aceh", "2", "2.345"),
        ("Daerah Istimewa Yogyakarta \N{EN DASH} DIY", "2", "2.000"), ("Indonesia", "2", "4.345"),
    ]  # fmt: skip
    assert got[0] == {
        "region": "Aceh", "level": "province", "measure": "recipients", "unit": "person", "value": "1.234",
        "wave_from": "1", "wave_to": "1", "locator": "line 3, column Gelombang 1",
    }  # fmt: skip
    assert [row["level"] for row in got].count("nation") == 2


@pytest.mark.parametrize(
    ("content", "resource", "said"),
    [
        (SEMICOLONS.encode("latin-1"), OF_SEMICOLONS, "not utf-8 text"),
        (SEMICOLONS, {**OF_SEMICOLONS, "dialect": {"headerRows": [2]}}, "it has: 'No;Provinsi"),
        (SEMICOLONS, {**OF_SEMICOLONS, "dialect": {"delimiter": ";"}}, "heading 'Provinsi'"),
        (SEMICOLONS, {**OF_SEMICOLONS, "dialect": {"delimiter": ";", "headerRows": [20]}}, "no line 20"),
        ("Provinsi,Gelombang 1\nAceh,1,5\n", {}, "line 2 has more cells"),
        ('Provinsi,Gelombang 1\n"Aceh,1\n', {}, "line 2, is not readable as CSV"),
        ("Provinsi,Provinsi,Gelombang 1\nAceh,1,2\n", {}, "2 columns have the heading"),
        ("Provinsi,Gelombang I\nAceh,1\n", {}, "no heading matches"),
        ("Propinsi,Gelombang 1\nAceh,1\n", {}, "did you mean 'Propinsi'?"),
        ("Provinsi,Gelombang 1 (ribu)\nAceh,1\n",
         {"figures": with_(values=[{"headings": r"Gelombang (?P<wave>\d) \(ribu\)"}])}, "says 'ribu'"),
        ("Provinsi,Gelombang 1\nAceh,1\n",
         {"figures": with_(values=[{"headings": "Gelombang 1", "constants": {"wave": 1}}, {"headings": ".* 1"}])},
         "matches both"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_declaration_is_refused(content: Any, resource: dict[str, Any], said: str) -> None:
    refused(content, "it", said, **resource)


def test_two_lines_of_header_without_merged_cells() -> None:
    """A CSV does not tell what was merged: an empty cell in an upper line of the header means the one to its left."""
    text = "Provinsi,Gelombang 1,,Gelombang 2,,Jumlah\n,L,P,L,P,\nAceh,10,20,30,40,100\n"
    values = [
        {"headings": r"Gelombang (?P<wave>\d+) L", "constants": {"sex": "male"}},
        {"headings": r"Gelombang (?P<wave>\d+) P", "constants": {"sex": "female"}},
        {"headings": "Jumlah", "constants": {"wave_from": 1, "wave_to": 2}},
    ]
    got = rows(text, dialect={"headerRows": [1, 2]}, figures=with_(values=values))
    assert short(got, "wave_from", "wave_to", "sex", "value") == [
        ("1", "1", "male", "10"), ("2", "2", "male", "30"), ("1", "1", "female", "20"), ("2", "2", "female", "40"),
        ("1", "2", "", "100"),
    ]  # fmt: skip


def test_a_long_table() -> None:
    text = (
        "# diunduh 25 November\nTahun,Kab/Kota,Provinsi,L/P,Jenis,Jumlah*\n"
        "2020,Kab. Banjar,Kalsel,L,Penerima,1.234*\n,Kota Banjarbaru,,P,Pendaftar,567\n\n"
    )
    figures = {
        "columns": {"period": "Tahun", "region": "Kab/Kota", "within": "Provinsi", "sex": "L/P", "measure": "Jenis",
                    "value": "Jumlah*"},
        "constants": {"unit": "person", "level": "regency", "as_of": "2020-12-31"},
        "codes": {"sex": {"L": "male", "P": "female"},
                  "measure": {"Penerima": "recipients", "Pendaftar": "applicants"}},
        "rows": [{"pattern": "Kota .*", "constants": {"level": "city"}}],
        "marks": r"\*$",
        "fill_down": ["Tahun", "Provinsi"],
    }  # fmt: skip
    first, second = rows(text, dialect={"commentChar": "#", "headerRows": [2]}, figures=figures)
    assert first == {
        "region": "Kab. Banjar", "level": "regency", "within": "Kalsel", "measure": "recipients", "unit": "person",
        "value": "1.234", "period_start": "2020", "period_end": "2020", "sex": "male", "as_of": "2020-12-31",
        "locator": "line 3, column Jumlah*",
    }  # fmt: skip
    assert short([second], "region", "level", "within", "measure", "sex", "period_end", "value") == [
        ("Kota Banjarbaru", "city", "Kalsel", "applicants", "female", "2020", "567")
    ]


def test_a_file_with_the_columns_of_the_contract_needs_no_declaration() -> None:
    text = "value,region,level,measure,unit\n6.276,Cempaka,district,recipients,person\n,Aceh,province,quota,person\n"
    got = rows(text, figures=None)
    assert got[0] == {
        "region": "Cempaka", "level": "district", "measure": "recipients", "unit": "person", "value": "6.276"
    }  # fmt: skip
    assert len(got) == 2
    refused(text.replace("value", "nilai"), "'value' is missing", figures=None)
    refused(text.replace("6.276", "6,276"), "more cells", figures=None)


def workbook(change: Any = None) -> bytes:
    """A sheet as an office hands it out: a title, a header of merged cells, a total, footnotes below."""
    book = openpyxl.Workbook()
    book.active.title = "Sampul"
    sheet = book.create_sheet("Provinsi")
    lines = [
        ["Penerima Kartu Prakerja (orang)"], [],
        ["No", "Provinsi", "Gelombang 1", None, "Gelombang 2", None, "Jumlah"],
        [None, None, "Laki-laki", "Perempuan", "Laki-laki", "Perempuan", None],
        [1, "Aceh", 6276, 1234.0, "1.111", None, 8621],
        [2, "Bali*)", 100, 200, 300, 400, 1000],
        ["Jumlah", None, 6376, 1434, 1411, 400, 9621],
        ["*) Angka sementara 2020"], ["Sumber: Manajemen Pelaksana, 2021"],
    ]  # fmt: skip
    for line in lines:
        sheet.append(line)
    for cells in ("A3:A4", "B3:B4", "C3:D3", "E3:F3", "G3:G4", "A7:B7", "A8:G8", "A9:G9"):
        sheet.merge_cells(cells)
    if change:
        change(sheet)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


OF_WORKBOOK: dict[str, Any] = {
    "format": "xlsx",
    "dialect": {"sheetName": "Provinsi", "headerRows": [3, 4]},
    "figures": with_(
        values=[
            {"headings": r"Gelombang (?P<wave>\d+) Laki-laki", "constants": {"sex": "male"}},
            {"headings": r"Gelombang (?P<wave>\d+) Perempuan", "constants": {"sex": "female"}},
        ],
        rows=[TOTAL], marks=r"\*\)$", until=r"\*\).*",
    ),
}  # fmt: skip


def test_a_workbook_with_merged_headers_footnotes_and_a_total() -> None:
    got = rows(workbook(), **OF_WORKBOOK)
    assert short(got, "region", "wave_from", "sex", "value") == [
        ("Aceh", "1", "male", "6276"), ("Bali", "1", "male", "100"), ("Indonesia", "1", "male", "6376"),
        ("Aceh", "2", "male", "1.111"), ("Bali", "2", "male", "300"), ("Indonesia", "2", "male", "1411"),
        ("Aceh", "1", "female", "1234"), ("Bali", "1", "female", "200"), ("Indonesia", "1", "female", "1434"),
        ("Bali", "2", "female", "400"), ("Indonesia", "2", "female", "400"),
    ]  # fmt: skip
    assert got[0]["locator"] == "sheet Provinsi, row 5, column Gelombang 1 Laki-laki"


def test_the_example_of_the_readme_is_right() -> None:
    text = (ROOT / "raw" / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (resource,) = yaml.safe_load(example)["resources"]
    assert rows(workbook(lambda sheet: sheet.cell(5, 6, "-")), **resource) == rows(workbook(), **OF_WORKBOOK)
    section = text.partition("## A source on the web")[2].partition("\n## ")[0]
    keys = {key for each in (WebResource, Figures, WebDialect) for key in each.model_fields}
    assert {key for key in keys if key not in section} <= {"title", "description"}


def merged(cells: str) -> Any:
    return lambda sheet: sheet.merge_cells(cells)


@pytest.mark.parametrize(
    ("content", "resource", "said"),
    [
        (workbook(merged("C5:C6")), {}, "row 5: '6276' stands in merged cells"),
        (workbook(merged("C5:D5")), {}, "row 5: '6276' stands in merged cells"),
        (workbook(), {"dialect": {"sheetName": "Kabupaten"}}, "no sheet 'Kabupaten'"),
        (workbook(), {"dialect": {"sheetNumber": 3}}, "no sheet 3"),
        (workbook(), {"dialect": {"sheetNumber": 1}}, "no sheet Sampul, row 1"),
        (workbook()[:-200], {}, "cannot be read as a workbook"),
    ],
)
def test_a_workbook_that_cannot_be_told_is_refused(content: bytes, resource: dict[str, Any], said: str) -> None:
    refused(content, said, **{**OF_WORKBOOK, **resource})


def test_merged_cells_that_start_beside_the_figures_are_no_figures() -> None:
    figures = {**OF_WORKBOOK["figures"], "until": None}
    assert len(rows(workbook(), **{**OF_WORKBOOK, "figures": figures})) == 11
    assert len(rows(workbook(merged("F6:G6")), **OF_WORKBOOK)) == 11


@pytest.mark.parametrize(
    ("cell", "indonesian", "english"),
    [
        (6276.0, "6276", "6276"),
        (15.43, "15,43", "15.43"),
        (6.276, "06,276", "06.276"),
        (-6.276, "-06,276", "-06.276"),
        (0.276, "0,276", "0.276"),
        (1e-7, "0,0000001", "0.0000001"),
        (2**53, "9007199254740992", "9007199254740992"),
        ("6.276", "6.276", "6.276"),
        (True, "true", "true"),
    ],
)
def test_a_number_of_a_sheet_is_written_as_its_source_writes(cell: object, indonesian: str, english: str) -> None:
    def change(sheet: Any) -> None:
        sheet["C5"] = cell

    for language, expected in (("id", indonesian), ("en", english)):
        assert rows(workbook(change), language, **OF_WORKBOOK)[0]["value"] == expected


_NAMES = "office table text"
_NAMESPACES = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in _NAMES.split())


def ods(*lines: Sequence[object], attributes: str = "") -> bytes:
    """A sheet of OpenDocument, written by hand."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row{attributes}>{''.join(map(cell, line))}</table:table-row>" for line in lines)
    empty = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {_NAMESPACES}><office:body><office:spreadsheet>'
        f'<table:table table:name="Lembar1">{body}{empty}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{manifest}"><m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>',
        )
        archive.writestr("content.xml", content)
    return made.getvalue()


def test_an_opendocument_sheet() -> None:
    content = ods(
        ["Dalam ribu orang", "", ""], ["Provinsi", "Gelombang 1", "Gelombang 2"], ["Aceh", 251.1, 1.234],
        ["Jumlah", "251,1", 1000.0], ["Sumber: Dinas", "", ""],
    )  # fmt: skip
    figures = with_(constants={**WIDE["constants"], "unit_mult": 3}, rows=[TOTAL], until="Sumber.*")
    got = rows(content, format="ods", dialect={"headerRows": [2]}, figures=figures)
    assert short(got) == [
        ("Aceh", "1", "251,1"), ("Indonesia", "1", "251,1"), ("Aceh", "2", "01,234"), ("Indonesia", "2", "1000"),
    ]  # fmt: skip
    assert {row["unit_mult"] for row in got} == {"3"}
    assert got[0]["locator"] == "sheet Lembar1, row 3, column Gelombang 1"


def test_an_opendocument_sheet_that_repeats_its_cells_without_end_is_not_opened() -> None:
    content = ods(["x"] * 9, attributes=' table:number-rows-repeated="1000000"')
    refused(content, "row 1,000,000 and one in column 9", format="ods")


ITEMS = [{"prov": "Aceh", "Gelombang 1": 1234, "Gelombang 2": "2.345"}, {"prov": "Bali", "Gelombang 2": 12.50}]


@pytest.mark.parametrize(
    ("content", "dialect"),
    [
        (json.dumps(ITEMS), {}),
        (json.dumps({"data": ITEMS}), {"property": "data"}),
        (json.dumps({"hasil": [{"a/b": ITEMS}]}), {"property": "/hasil/0/a~1b"}),
        ('[["prov","Gelombang 1","Gelombang 2"],["Aceh",1234,"2.345"],["Bali",null,12.5]]', {}),
    ],
)
def test_json_of_objects_or_lists(content: str, dialect: dict[str, Any]) -> None:
    got = rows(content, format="json", dialect=dialect, figures=with_(columns={"region": "prov"}))
    assert short(got) == [("Aceh", "1", "1234"), ("Aceh", "2", "2.345"), ("Bali", "2", "12,5")]
    assert got[-1]["locator"].startswith("item ")


def test_json_numbers_keep_the_digits_that_stand_there() -> None:
    text = '[{"prov": "Aceh", "Gelombang 1": 12.50, "Gelombang 2": 1e999999999, "Gelombang 3": NaN, "Gelombang 4": {}}]'
    got = rows(text, format="json", figures=with_(columns={"region": "prov"}))
    assert [row["value"] for row in got] == ["12,50", "1e999999999", "NaN", "{}"]


@pytest.mark.parametrize(
    ("content", "dialect", "said"),
    [
        ('[{"a": 1', {}, "not readable as JSON"),
        ('{"data": 5}', {"property": "data"}, "no list of objects"),
        ('{"data": []}', {"property": "datum"}, "has no 'datum'"),
        ('[{"a": 1, "a": 2}]', {}, "a key twice: a, a"),
        ("[" * 100_000, {}, "not readable as JSON"),
        ('[{"a": 1}, [2]]', {}, "no list of objects"),
    ],
)
def test_json_that_holds_no_table_is_refused(content: str, dialect: dict[str, Any], said: str) -> None:
    refused(content, said, format="json", dialect=dialect)


PAGE = """<!DOCTYPE html><html><head><title>Data</title><script>var table = "<table>";</script></head><body>
<table><tr><td>Menu</td></tr></table>
<table id="x"><caption>Penerima per provinsi</caption><thead>
<tr><th rowspan="2">Provinsi</th><th rowspan="2">Kab/Kota</th><th colspan="2">Gelombang 1</th>
<th rowspan="2">Ket.</th></tr>
<tr><th>Pendaftar</th><th>Penerima<sup>a</sup></th></tr></thead><tbody>
<tr><td rowspan="2">Kalimantan<br>Selatan</td><td>Kab. Banjar</td><td>1.234<sup>2</sup></td>
<td><b>1</b>.000</td><td></td></tr>
<tr><td>Kota Banjarbaru</td><td>&nbsp;567</td><td>400</td><td>x</td></tr>
<tr><td colspan="2">Jumlah</td><td>1.801</td><td>1.400</td><td></td></tr></tbody>
<tfoot><tr><td colspan="5"><sup>2</sup> Angka sementara 2020</td></tr></tfoot></table></body></html>"""
OF_PAGE: dict[str, Any] = {
    "format": "html",
    "dialect": {"table": "Penerima per provinsi", "headerRows": [1, 2]},
    "figures": {
        "columns": {"region": "Kab/Kota", "within": "Provinsi"},
        "constants": {"level": "regency", "unit": "person"},
        "values": [
            {"headings": r"Gelombang (?P<wave>\d+) Pendaftar", "constants": {"measure": "applicants"}},
            {"headings": r"Gelombang (?P<wave>\d+) Penerima", "constants": {"measure": "recipients"}},
        ],
        "rows": [
            {"pattern": "Kota .*", "constants": {"level": "city"}},
            {"pattern": "Jumlah", "constants": {"region": "Kalimantan Selatan", "level": "province", "within": None}},
        ],
        "omit": "Angka sementara.*",
    },
}


def test_a_page_with_merged_cells_and_footnotes() -> None:
    got = rows(PAGE, **OF_PAGE)
    assert short(got, "region", "level", "within", "measure", "value") == [
        ("Kab. Banjar", "regency", "Kalimantan Selatan", "applicants", "1.234"),
        ("Kota Banjarbaru", "city", "Kalimantan Selatan", "applicants", "567"),
        ("Kalimantan Selatan", "province", "", "applicants", "1.801"),
        ("Kab. Banjar", "regency", "Kalimantan Selatan", "recipients", "1.000"),
        ("Kota Banjarbaru", "city", "Kalimantan Selatan", "recipients", "400"),
        ("Kalimantan Selatan", "province", "", "recipients", "1.400"),
    ]
    assert got[0]["locator"] == "table 2, row 3, column Gelombang 1 Pendaftar"
    assert rows(PAGE, **{**OF_PAGE, "dialect": {"table": 2, "headerRows": [1, 2]}}) == got


@pytest.mark.parametrize(
    ("old", "new", "dialect", "said"),
    [
        ("<td>400</td>", '<td rowspan="2">400</td>', {}, "'400' stands in merged cells"),
        ('omit="">', "", {"table": 3}, "has 2 tables"),
        ("", "", {"table": "n"}, "2 tables hold the text 'n'"),
        ("", "", {"table": "Tidak ada"}, "0 tables hold"),
        ("<td>x</td>", '<td colspan="999999999" rowspan="999999999">x</td>', {}, "cover more than"),
    ],
)
def test_a_page_that_cannot_be_told_is_refused(old: str, new: str, dialect: dict[str, Any], said: str) -> None:
    refused(PAGE.replace(old, new), said, **{**OF_PAGE, "dialect": {**OF_PAGE["dialect"], **dialect}})


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"url": "file:///etc/passwd"}, "`resources.0.url` is 'file:///etc/passwd', but must be a web address"),
        ({"url": "https://anna:rahasia@dinas.example/"}, "no user and no password"),
        ({"format": "pdf"}, "`resources.0.format`"),
        ({"path": "figures.csv"}, "`resources.0.path` is not known here"),
        ({"dialect": {"delimeter": ";"}}, "`resources.0.dialect.delimeter` is not known here"),
        ({"dialect": {"headerRows": [2, 1]}}, "from top to bottom"),
        ({"figures": with_(kolom={})}, "`resources.0.figures.kolom` is not known here"),
        ({"figures": with_(columns={"regoin": "Provinsi"})}, "did you mean 'region'?"),
        ({"figures": with_(columns={"region": "P", "level": "T"})}, "says twice what the column 'level' is"),
        ({"figures": with_(columns={})}, "does not say what the column 'region' is"),
        ({"figures": with_(values=[])}, "must say where the values are"),
        ({"figures": with_(values=[{"headings": r"(?P<gelombang>\d+)"}])}, "names the group 'gelombang'"),
        ({"figures": with_(values=[{"headings": "("}])}, "`resources.0.figures.values.0.headings`"),
        ({"name": "organisations"}, "only the resource of that name"),
        ({"name": "angka"}, "`resources.0.name`"),
        ({"min_rows": 0}, "`resources.0.min_rows`"),
        ({"since": "2026-11-25T00:00:00"}, "`resources.0.since`"),
    ],
)
def test_a_declaration_that_is_not_right_is_refused_by_file_and_key(
    tmp_path: Path, resource: dict[str, Any], said: str
) -> None:
    folder = described(tmp_path / "dinas", **{"figures": WIDE, **resource})
    with pytest.raises(CannotRun) as refusal:
        read_descriptor(folder)
    assert said in str(refusal.value)
    assert str(folder / "datapackage.yaml") in str(refusal.value)


def test_every_row_has_the_columns_of_the_contract() -> None:
    declared = WebResource.model_validate({"name": "figures", "url": ADDRESS, "format": "csv", "figures": WIDE})
    table = rows_of("it", b"Provinsi,Gelombang 1\nAceh,1\n", declared, "id")
    assert table.column_names == ["row", *FIGURE_COLUMNS]


def test_a_cell_keeps_its_number_when_others_are_filled() -> None:
    declared = WebResource.model_validate({"name": "figures", "url": ADDRESS, "format": "csv", "figures": WIDE})
    sparse = rows_of("it", b"Provinsi,Gelombang 1\nAceh,\nBali,5\n", declared, "id")
    full = rows_of("it", b"Provinsi,Gelombang 1,Gelombang 2\nAceh,4,6\nBali,5,7\n", declared, "id")
    assert sparse["row"].to_pylist() == [2]
    assert full.select(["row", "value"]).to_pydict() == {"row": [1, 2, 3, 4], "value": ["4", "5", "6", "7"]}
