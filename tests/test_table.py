"""An editor's single table becomes a source of the raw contract; what cannot be told is refused."""

import csv
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import ibis
import openpyxl
import pytest
import yaml
from typer.testing import CliRunner

from flows.cli import app
from flows.ingest import ingest
from flows.nouns import CannotRun
from flows.read import snapshot
from flows.settings import ROOT
from flows.table import is_table, lay_out
from schemas.contract import FIGURE_COLUMNS

OFFICIAL = ROOT / "raw" / "regions"
#: The five districts of Banjarbaru as bakabar-2023-09-02-banjarbaru prints them; they sum to 23.111.
DISTRICTS = (
    ("Landasan Ulin", "6.276"), ("Cempaka", "4.652"), ("Liang Anggang", "4.215"), ("Banjarbaru Utara", "4.091"),
    ("Banjarbaru Selatan", "3.877"),
)  # fmt: skip


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def laid(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    """The figures that a table becomes, without their empty cells, and the guesses."""
    folder = path.parent / "laid"
    guesses = lay_out(path, folder, OFFICIAL)
    with (folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{name: text for name, text in row.items() if text} for row in reader]
    assert tuple(reader.fieldnames or ()) == FIGURE_COLUMNS
    return rows, guesses


def short(rows: Sequence[dict[str, str]], *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row.get(column, "") for column in columns) for row in rows]


def language(path: Path) -> str:
    return str(yaml.safe_load((path.parent / "laid" / "datapackage.yaml").read_text(encoding="utf-8"))["language"])


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", True), ("a.TSV", True), ("a.txt", True), ("a.XLSX", True), ("a.xls", True), ("a.ods", True),
     ("a", False), ("a.yaml", False), ("banjarbaru.csv.d", False)],
)  # fmt: skip
def test_a_table_is_told_by_its_ending(name: str, expected: bool) -> None:
    assert is_table(Path(name)) is expected


SHAPES = {
    "semicolons": "Kecamatan;Jumlah Penerima (orang)\n{rows}Total;23.111\nCatatan: 2020\N{EN DASH}2022\n",
    "commas": '"KECAMATAN","TOTAL PENERIMA"\n{rows}"Grand total","23.111"\n',
    "tabs and a title": "Penerima Prakerja\n\nNo\tNama Kecamatan\tPenerima\n{rows}\tJumlah\t23.111\n\nSumber: BPS\n",
    "total in the column of numbers": "No;Kecamatan;Penerima\n{rows}Jumlah seluruhnya;;23.111\n",
    "total by name": "Region;Value\n{rows}Kota Banjarbaru;23.111\n",
    "numbered names": "Kecamatan;Jumlah\n{rows}Jumlah Kota Banjarbaru;23.111\nCatatan: angka sementara\n",
    "columns numbered and a unit below": "No;Kecamatan;Penerima\n;;(orang)\n(1);(2);(3)\n{rows};Total;23.111\n",
    "no header": "{rows}Total;23.111\n",
}


@pytest.mark.parametrize(
    ("shape", "encoding"),
    [*((shape, "utf-8") for shape in SHAPES), *(("semicolons", each) for each in ("utf-8-sig", "cp1252", "utf-16"))],
)
def test_the_shapes_of_one_table_are_one_source(tmp_path: Path, shape: str, encoding: str) -> None:
    template = SHAPES[shape]
    delimiter = next(each for each in "\t;," if each in template)
    numbered = template.lstrip().startswith(("No", "Penerima"))
    rows = ""
    for number, (name, value) in enumerate(DISTRICTS, 1):
        called = f"{number}. Kec. {name}" if shape == "numbered names" else name
        rows += delimiter.join([*([str(number)] if numbered else []), called, value]) + "\n"
    figures, guesses = laid(written(tmp_path / "t.csv", template.format(rows=rows), encoding))
    assert [figure["value"] for figure in figures] == [*(value for _, value in DISTRICTS), "23.111"]
    assert {(figure["level"], figure["within"]) for figure in figures[:5]} == {("district", "Kota Banjarbaru")}
    assert {(figure["measure"], figure["unit"]) for figure in figures} == {("recipients", "person")}
    assert short(figures[5:], "region", "level", "within") == [("Kota Banjarbaru", "city", "Kalimantan Selatan")]
    first = template.split("{rows}")[0].count("\n") + 1
    assert [figure["locator"] for figure in figures] == [f"line {line}" for line in range(first, first + 6)]
    named = 6 if shape == "total by name" else 5
    told = f"5 of its {named} names are districts of Kota Banjarbaru, which has 5."
    assert any(guess.endswith(told) for guess in guesses)
    assert shape != "semicolons" or f"Line {first + 6} is left out: 'Catatan: 2020\N{EN DASH}2022'." in guesses
    assert any(f"Line {first + 5}, " in guess for guess in guesses)


@pytest.mark.slow
def test_a_changed_digit_is_found_by_the_command(tmp_path: Path) -> None:
    changed = [(name, "4.752" if name == "Cempaka" else value) for name, value in DISTRICTS]
    text = "Kecamatan;Penerima\n" + "".join(f"{name};{value}\n" for name, value in changed) + "Total;23.111\n"
    path = written(tmp_path / "Tabel Banjarbaru (2).csv", text)
    result = CliRunner().invoke(app, ["check", "--alone", "--json", str(tmp_path / "told.json"), str(path)])
    assert result.exit_code == 1
    words = " ".join(result.output.split())
    assert 0 < words.find("districts of Kota Banjarbaru") < words.find("children_sum_to_parent")
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert [row["region_code"] for row in told["figures"]] == [
        "63.72.02", "63.72.03", "63.72.06", "63.72.04", "63.72.05", "63.72",
    ]  # fmt: skip
    finding, = told["findings"]  # fmt: skip
    assert (finding["rule"], finding["source"]) == ("children_sum_to_parent", "tabel-banjarbaru-2")
    assert (finding["severity"], finding["printed"], finding["found"]) == ("error", 23111, 23211)
    assert (2, 4652) in [(suspect["row"], suspect["suggestion"]) for suspect in finding["suspects"]]


def test_families_of_doubled_names_are_told_by_bare_names(tmp_path: Path) -> None:
    """Provinces of which a regency and a city share a name: each row gets the region that it was made from."""
    with (OFFICIAL / "regions.csv").open(encoding="utf-8", newline="") as file:
        official = [row for row in csv.DictReader(file) if row["level"] in ("province", "regency", "city")]
    expected = {}
    for province in (row["region_code"] for row in official if row["level"] == "province"):
        family = [row for row in official if row["parent_code"] == province]
        names = [re.sub(r"^(Kabupaten|Kota)( Administrasi)? ", "", row["name"]) for row in family]
        if len({*names}) == len(names):
            continue
        rows = "".join(f"{name}\t{100 + n}\n" for n, name in enumerate(names))
        path = written(tmp_path / f"p{province}.tsv", f"Nama\tJumlah\n{rows}Total\t999\n")
        lay_out(path, tmp_path / f"p{province}", OFFICIAL)
        expected[f"p{province}"] = [*(row["region_code"] for row in family), province]
    ingested = ingest(snapshot([tmp_path / name for name in expected], OFFICIAL), ibis.duckdb.connect())
    figures = ingested.figures.order_by(["source", "row"]).select("source", "region_code").to_pyarrow().to_pylist()
    assert len(expected) == 10
    assert [row["region_code"] for row in figures] == [code for name in sorted(expected) for code in expected[name]]


def test_regencies_and_cities_of_one_name_are_told_apart(tmp_path: Path) -> None:
    text = (
        'Kab/Kota,Pendaftar,Penerima,Persentase\nBogor,"1.234",234,12\nKab. Bandung,5.000,100,3\nBogor,4,5,6\n'
        "Bandung,1,2,3\nBanjar,5,6,7\nCirebon (Kota),7,8,9\nJawa Barat,6.251,355,6\n"
    )
    figures, guesses = laid(written(tmp_path / "t.csv", text))
    assert short(figures[::2], "region", "level", "within", "value") == [
        ("Bogor", "regency", "Jawa Barat", "1.234"), ("Kab. Bandung", "regency", "Jawa Barat", "5.000"),
        ("Bogor", "city", "Jawa Barat", "4"), ("Bandung", "city", "Jawa Barat", "1"),
        ("Banjar", "city", "Jawa Barat", "5"), ("Kota Cirebon", "city", "Jawa Barat", "7"),
        ("Jawa Barat", "province", "", "6.251"),
    ]  # fmt: skip
    assert [figure["measure"] for figure in figures[:2]] == ["applicants", "recipients"]
    assert figures[0]["locator"] == figures[1]["locator"] == "line 2"
    assert "Not used: 'Persentase'." in guesses
    assert any(guess.startswith("Line 4: both") and "taken for Kota Bogor" in guess for guess in guesses)
    assert any("Line 8, 'Jawa Barat', is taken for the province" in guess for guess in guesses)


def test_sections_tell_regencies_from_cities_and_their_subtotals_are_left_out(tmp_path: Path) -> None:
    text = "Kabupaten/Kota;Kuota\nKabupaten;\nSukabumi;10\nKota;\nBekasi;5\nDepok;6\nJumlah Kota;11\nJumlah;21\n"
    figures, guesses = laid(written(tmp_path / "t.csv", text))
    assert short(figures, "region", "level", "value", "measure") == [
        ("Sukabumi", "regency", "10", "quota"), ("Bekasi", "city", "5", "quota"), ("Depok", "city", "6", "quota"),
        ("Jawa Barat", "province", "21", "quota"),
    ]  # fmt: skip
    assert "Line 7, 'Jumlah Kota', sums what is no region; left out." in guesses


def test_a_column_of_parents_gives_each_family_its_total(tmp_path: Path) -> None:
    text = (
        "Provinsi;Kabupaten/Kota;Kuota\nKalsel;Banjar;10\n;Tapin;20\n;Jumlah;30\nKaltim;Paser;10\n;Berau;5\n"
        ";Jumlah;15\nTotal;;45\n"
    )
    figures, _ = laid(written(tmp_path / "t.csv", text))
    assert short(figures, "region", "level", "within", "value") == [
        ("Banjar", "regency", "Kalimantan Selatan", "10"), ("Tapin", "regency", "Kalimantan Selatan", "20"),
        ("Kalimantan Selatan", "province", "", "30"), ("Paser", "regency", "Kalimantan Timur", "10"),
        ("Berau", "regency", "Kalimantan Timur", "5"), ("Kalimantan Timur", "province", "", "15"),
        ("Indonesia", "nation", "", "45"),
    ]  # fmt: skip


def test_a_list_of_several_levels_takes_each_parent_from_above(tmp_path: Path) -> None:
    text = "Wilayah,Nilai\nKabupaten Banjar,10\nAluh-Aluh,1\nGambut,9\nKota Banjarbaru,9\nCempaka,4\nLandasan Ulin,5\n"
    figures, _ = laid(written(tmp_path / "t.csv", text))
    assert short(figures, "level", "within") == [
        ("regency", "Kalimantan Selatan"), ("district", "Kabupaten Banjar"), ("district", "Kabupaten Banjar"),
        ("city", "Kalimantan Selatan"), ("district", "Kota Banjarbaru"), ("district", "Kota Banjarbaru"),
    ]  # fmt: skip


def test_a_province_named_like_its_city_is_told_by_the_city(tmp_path: Path) -> None:
    text = "Wilayah,Jumlah\nJambi,10\nKota Jambi,6\nBatanghari,4\nGorontalo,5\nKab. Gorontalo,3\nKota Gorontalo,2\n"
    figures, _ = laid(written(tmp_path / "t.csv", text))
    assert [figure["level"] for figure in figures] == ["province", "city", "regency", "province", "regency", "city"]
    figures, _ = laid(written(tmp_path / "t.csv", "Kab/Kota,Jumlah\nBogor,10\nKab. Bogor,6\nDepok,4\n"))
    assert [figure["level"] for figure in figures] == ["city", "regency", "city"]


def test_a_parent_named_like_its_child_is_the_second_one_without_a_total(tmp_path: Path) -> None:
    rows = "Kecamatan,Jumlah\nKaranganyar,10\nColomadu,20\nJaten,5\nKaranganyar,35\n"
    figures, guesses = laid(written(tmp_path / "t.csv", rows))
    assert [figure["level"] for figure in figures] == ["district", "district", "district", "regency"]
    assert "Line 5: the second 'Karanganyar' is taken for Kabupaten Karanganyar." in guesses
    figures, _ = laid(written(tmp_path / "t.csv", rows + "Total,70\n"))
    assert [figure["level"] for figure in figures] == ["district"] * 4 + ["regency"]


def test_headings_say_sex_year_wave_and_unit(tmp_path: Path) -> None:
    text = "Provinsi;Penerima;;\n;L;P;Jumlah\nAceh;1;2;3\nBali;4;5;9\nIndonesia;5;7;12\n"
    figures, _ = laid(written(tmp_path / "t.csv", text))
    assert short(figures[:3], "region", "sex", "value", "locator") == [
        ("Aceh", "male", "1", "line 3"), ("Aceh", "female", "2", "line 3"), ("Aceh", "", "3", "line 3"),
    ]  # fmt: skip
    assert short(figures[6:], "level", "sex") == [("nation", "male"), ("nation", "female"), ("nation", "")]
    figures, _ = laid(written(tmp_path / "t.csv", "Provinsi,2020,2021\nAceh,1,2\nBali,3,4\n"))
    assert short(figures, "period_start", "period_end", "value")[:2] == [("2020", "2020", "1"), ("2021", "2021", "2")]
    text = 'Wilayah,Penerima (ribu orang)\nKalsel,"139,3"\nKalteng,86 ribu\n'
    figures, _ = laid(written(tmp_path / "t.csv", text))
    assert short(figures, "value", "unit_mult") == [("139,3", "3"), ("86 ribu", "")]


def test_columns_beside_the_value_are_passed_on(tmp_path: Path) -> None:
    text = (
        "Wilayah\tGelombang\tTahun\tJenis Kelamin\tas_of\tNilai\n"
        "Kota Banjarbaru\t12\t2021\tL\t2021-03-01\t1.200\nKota Banjarbaru\t12-14\t2021\tP\t\t900\n"
    )
    figures, guesses = laid(written(tmp_path / "t.tsv", text))
    columns = ("wave_from", "wave_to", "period_start", "sex", "as_of", "value")
    assert short(figures, *columns) == [
        ("12", "12", "2021", "male", "2021-03-01", "1.200"), ("12", "14", "2021", "female", "", "900"),
    ]  # fmt: skip
    assert "Column 'Nilai' holds values: recipients (nothing says what it counts)." in guesses


COUNTED = {
    "Penerima Efektif": "recipients_effective", "Penerima SK": "recipients_decreed", "Sisa kuota": "quota_remaining",
    "JUMLAH PENDAFTAR": "applicants", "Kuota penerima": "quota", "recipients_trained": "recipients_trained",
    "Calon peserta": "candidates", "Total": "recipients", "Penerima yang dicabut": "revoked",
}  # fmt: skip


@pytest.mark.parametrize(("heading", "measure"), COUNTED.items())
def test_the_heading_says_what_is_counted(tmp_path: Path, heading: str, measure: str) -> None:
    figures, _ = laid(written(tmp_path / "t.csv", f"Provinsi,{heading}\nAceh,10\nBali,20\n"))
    assert [figure["measure"] for figure in figures] == [measure] * 2


def test_a_title_says_what_is_counted_where_no_heading_does(tmp_path: Path) -> None:
    text = "Kuota Kartu Prakerja 2020\nProvinsi,Jumlah\nAceh,10\nBali,20\n"
    figures, _ = laid(written(tmp_path / "t.csv", text))
    assert [figure["measure"] for figure in figures] == ["quota", "quota"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [(("122,054", "104,727"), "en"), (("17.4 million", "2.5 million"), "en"), (("6.276", "4.652"), "id"),
     (("17,4 juta", "2,5 juta"), "id"), (("12", "15"), "id")],
)  # fmt: skip
def test_the_numbers_say_how_they_are_written(tmp_path: Path, values: tuple[str, str], expected: str) -> None:
    path = written(tmp_path / "t.csv", f'Province;Recipients\nAceh;"{values[0]}"\nBali;{values[1]}\n')
    figures, guesses = laid(path)
    assert [figure["value"] for figure in figures] == list(values)
    assert language(path) == expected
    assert any(("English" if expected == "en" else "Indonesian") in guess for guess in guesses)


def test_a_workbook_gives_plain_numbers_and_rows_as_the_editor_sees_them(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], ["Penerima Kartu Prakerja"], [], ["", "No", "Kecamatan", "Penerima", "Tanggal"]]
    printed = {"Cempaka": 4652, "Liang Anggang": 4215.0, "Landasan Ulin": 6.276, "Banjarbaru Utara": "4.091"}
    rows += [["", n, name, value, date(2023, 9, 2)] for n, (name, value) in enumerate(printed.items(), 1)]
    path = workbook(tmp_path / "t.xlsx", {"Sampul": [["Laporan"]], "Data": [*rows, ["", "Jumlah", "", 19234]]})
    figures, guesses = laid(path)
    assert short(figures, "value", "locator") == [
        ("4652", "sheet Data, row 5"), ("4215", "sheet Data, row 6"), ("6.276", "sheet Data, row 7"),
        ("4.091", "sheet Data, row 8"), ("19234", "sheet Data, row 9"),
    ]  # fmt: skip
    assert figures[0]["as_of"] == "2023-09-02"
    assert guesses[0] == "The table is on sheet Data, the first that has one; not read: Sampul."
    assert any("6.276 in row 7" in guess for guess in guesses)


def test_a_hidden_sheet_is_not_taken(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        {"Lama": [["Provinsi", "Kuota"], ["Aceh", 1]], "Baru": [["Provinsi", "Kuota"], ["Aceh", 2]]},
    )
    book = openpyxl.load_workbook(path)
    book["Lama"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    figures, _ = laid(path)
    assert short(figures, "value", "locator") == [("2", "sheet Baru, row 2")]


def open_document(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """A workbook with one sheet; what Python reads as a number is one."""

    def cell(text: str) -> str:
        is_number = text.replace(".", "").isdigit()
        kind = f'"float" office:value="{text}"' if is_number else '"string"'
        return f"<table:table-cell office:value-type={kind}><text:p>{text}</text:p></table:table-cell>"

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="Data">{body}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_an_open_document_sheet_is_read(tmp_path: Path) -> None:
    rows = [("Provinsi", "Kuota"), ("Aceh", "6276"), ("Bali", "1.5")]
    figures, _ = laid(open_document(tmp_path / "t.ods", rows))
    assert short(figures, "region", "value", "locator") == [
        ("Aceh", "6276", "sheet Data, row 2"), ("Bali", "1.5", "sheet Data, row 3"),
    ]  # fmt: skip


def test_the_contract_is_passed_through_as_it_is(tmp_path: Path) -> None:
    text = 'value;region;level;unit;measure;note;mine\n"17,4 juta";Kalsel;province;person;quota;"a; b";x\n'
    figures, guesses = laid(written(tmp_path / "t.csv", text))
    assert figures == [
        {
            "region": "Kalsel",
            "level": "province",
            "measure": "quota",
            "unit": "person",
            "value": "17,4 juta",
            "note": "a; b",
        }
    ]
    assert "Not used: 'mine'." in guesses


def test_what_nobody_can_place_stays_for_the_rules_to_find(tmp_path: Path) -> None:
    text = "Kecamatan,Jumlah\nCempaka,-\nLiang Angang,20\nLandasan Ulin,\nBanjarbaru Utara,3\n,7\n"
    figures, guesses = laid(written(tmp_path / "t.csv", text))
    assert short(figures, "region", "level", "within", "value") == [
        ("Cempaka", "district", "Kota Banjarbaru", "-"), ("Liang Angang", "district", "Kota Banjarbaru", "20"),
        ("Landasan Ulin", "district", "Kota Banjarbaru", ""), ("Banjarbaru Utara", "district", "Kota Banjarbaru", "3"),
    ]  # fmt: skip
    assert "Line 3: 'Liang Angang' is not the name of one region here." in guesses
    assert "Line 6 has a value but names no region; it is left out." in guesses


def test_a_name_of_several_parents_is_left_open(tmp_path: Path) -> None:
    figures, guesses = laid(written(tmp_path / "t.csv", "Kecamatan,Jumlah\nBanjar,20\n"))
    assert short(figures, "region", "level", "within") == [("Banjar", "district", "")]
    assert any("Kota Banjar" in guess and "alike" in guess for guess in guesses)
    figures, _ = laid(written(tmp_path / "t.csv", "Kabupaten Buleleng\nKecamatan,Jumlah\nBanjar,20\n"))
    assert short(figures, "region", "level", "within") == [("Banjar", "district", "Kabupaten Buleleng")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("Kecamatan,Kepala\nCempaka,Budi\n", "no column holds numbers; the headings are 'Kecamatan', 'Kepala'"),
        ("Nama,Jumlah\nFoo,1\nBar,2\n", "no column names regions; the headings are 'Nama', 'Jumlah'"),
        (
            "Wilayah,Jumlah\nFoo,1\nBar,2\n",
            r"'Wilayah': most of its names \('Foo', 'Bar', ...\) are no official region",
        ),
        ("Kecamatan,Persentase\nCempaka,10\n", "only 'Persentase'"),
        ("Kelurahan,Kecamatan,Jumlah\nGuntung,Cempaka,1\n", "'Kelurahan' names villages"),
        ("Kecamatan,Penerima\nCempaka,4,652\n", "line 2 has 3 cells where the header has 2"),
        ("region,level,measure,unit,value\n", "no row below the header"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path / "t.csv", text)
    with pytest.raises(CannotRun, match=told) as refused:
        lay_out(path, tmp_path / "laid", OFFICIAL)
    assert str(refused.value).startswith("t.csv")
    assert not (tmp_path / "laid").exists()


def test_files_that_are_not_what_they_are_called_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"There is no file .*gone\.csv"):
        lay_out(tmp_path / "gone.csv", tmp_path / "laid", OFFICIAL)
    with pytest.raises(CannotRun, match=r"t\.xlsx cannot be read as a spreadsheet"):
        lay_out(written(tmp_path / "t.xlsx", "Kecamatan,Jumlah\n"), tmp_path / "laid", OFFICIAL)
    (tmp_path / "b.csv").write_bytes(b"Kecamatan,Jumlah\nCempaka\x81,3\n")
    with pytest.raises(CannotRun, match="no text in UTF-8"):
        lay_out(tmp_path / "b.csv", tmp_path / "laid", OFFICIAL)
    with pytest.raises(CannotRun, match=r"t\.xlsx, sheet Data: no column names regions"):
        lay_out(workbook(tmp_path / "t.xlsx", {"Data": [["Apa", "Nilai"], ["x", 1]]}), tmp_path / "laid", OFFICIAL)


@pytest.mark.parametrize(
    ("stem", "name"),
    [("Data Banjarbaru (v2)", "data-banjarbaru-v2"), ("regions", "regions-table"), ("\u8868", "table")],
)
def test_the_source_is_named_after_the_file(tmp_path: Path, stem: str, name: str) -> None:
    path = written(tmp_path / f"{stem}.csv", "Provinsi,Kuota\nAceh,1\n")
    laid(path)
    source = snapshot([tmp_path / "laid"], OFFICIAL).sources[0]
    assert (source.name, source.title, source.language) == (name, f"{stem}.csv", "id")
