"""Metadata of Satu Data Indonesia (Perpres 39/2019), in Indonesian: Standar Data, MS-Var and MS-Ind as CSV.

The fields of Standar Data are those of Peraturan BPS 4/2020, of MS-Var and MS-Ind those of Peraturan BPS 5/2020.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb

from schemas.declare import Column, TableDeclaration
from schemas.derive import table_schema
from schemas.measures import IDENTITIES, MEASURES, UNITS
from schemas.tables import TABLES

_STANDARD = ("kode", "konsep", "definisi", "klasifikasi", "ukuran", "satuan")
_VARIABLE = (
    "tabel", "nama", "alias", "konsep", "definisi", "referensi_pemilihan", "referensi_waktu", "tipe_data",
    "klasifikasi_isian", "aturan_validasi", "kalimat_pertanyaan", "dapat_diakses_umum",
)  # fmt: skip
_INDICATOR = (
    "kode", "nama", "konsep", "definisi", "interpretasi", "rumus", "ukuran", "satuan", "klasifikasi",
    "indikator_komposit", "variabel_pembangun", "level_estimasi", "dapat_diakses_umum",
)  # fmt: skip
_TYPES = {
    "string": "teks", "integer": "bilangan bulat", "number": "bilangan desimal", "date": "tanggal",
    "boolean": "ya/tidak",
}  # fmt: skip
_LEVELS = {
    "nation": "nasional", "province": "provinsi", "regency": "kabupaten", "city": "kota", "district": "kecamatan",
}  # fmt: skip
#: The size that a unit stands for; what is not named here is a count.
_SIZES = {"percent": "persentase", "rank": "peringkat", "IDR": "nilai uang"}
_REGIONS = "Kepmendagri 300.2.2-2138/2025"
_NO_QUESTION = "tidak ada: data disalin dari terbitan"
_AS_PRINTED = "angka seperti tercetak di sumber"
_YES, _NO = "ya", "tidak"


def satu_data(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The three files by name."""
    used = _classifications(connection)
    variables = (_variable(table, column) for table in TABLES.values() for column in table.columns)
    return {
        "standar_data.csv": _text(_STANDARD, _standards(used)),
        "ms_var.csv": _text(_VARIABLE, variables),
        "ms_ind.csv": _text(_INDICATOR, _indicators(used)),
    }


def _classifications(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[list[str], list[str]]]:
    """By what each measure is broken down in the figures: levels of regions, and other dimensions, in Indonesian."""
    query = """
        SELECT measure, list(DISTINCT r.level), bool_or(f.wave_from IS NOT NULL), bool_or(f.sex IS NOT NULL),
            bool_or(f.age_group IS NOT NULL), bool_or(f.period_start IS NOT NULL)
        FROM figures AS f LEFT JOIN regions AS r USING (region_code) WHERE measure IS NOT NULL GROUP BY measure
    """
    names = ("gelombang", "jenis kelamin", "kelompok umur", "periode")
    return {
        measure: (
            [word for level, word in _LEVELS.items() if level in levels],
            [name for name, is_used in zip(names, used, strict=True) if is_used],
        )
        for measure, levels, *used in connection.sql(query).fetchall()
    }


def _classified(used: Mapping[str, tuple[list[str], list[str]]], measure: str) -> str:
    levels, others = used.get(measure, ([], []))
    return "; ".join([f"wilayah ({', '.join(levels)})"] * bool(levels) + others)


def _standards(used: Mapping[str, tuple[list[str], list[str]]]) -> Iterator[Sequence[str]]:
    for name, measure in MEASURES.items():
        yield (
            name, measure.title_id, measure.description_id, _classified(used, name), _size(measure.unit),
            UNITS[measure.unit].title_id,
        )  # fmt: skip


def _size(unit: str) -> str:
    return _SIZES.get(unit, "jumlah")


def _indicators(used: Mapping[str, tuple[list[str], list[str]]]) -> Iterator[Sequence[str]]:
    for name, measure in MEASURES.items():
        sums = [each for each in IDENTITIES if each.total == name and each.exact]
        yield (
            name, measure.title_id, measure.title_id, measure.description_id, _interpretation(name),
            "; ".join([_AS_PRINTED, *(f"= {' + '.join(each.parts)}" for each in sums)]),
            _size(measure.unit), UNITS[measure.unit].title_id, _classified(used, name), _yes(bool(sums)),
            "; ".join(part for each in sums for part in each.parts), ", ".join(used.get(name, ([], []))[0]), _YES,
        )  # fmt: skip


def _interpretation(name: str) -> str:
    """What may be done with the measure, from what is declared of it."""
    measure = MEASURES[name]
    dimensions = {
        "wilayah": measure.adds_over_regions, "gelombang": measure.adds_over_waves,
        "jenis kelamin": measure.adds_over_sex, "kelompok umur": measure.adds_over_age,
    }  # fmt: skip
    adds = [dimension for dimension, is_so in dimensions.items() if is_so]
    said = [f"dapat dijumlahkan antar {', '.join(adds)}" if adds else "tidak dapat dijumlahkan"]
    if measure.part_of:
        said.append(f"tidak melebihi {MEASURES[measure.part_of].title_id}")
    said.append("angka kumulatifnya dapat turun" if measure.can_fall else "angka kumulatifnya tidak dapat turun")
    return "; ".join(said)


def _variable(table: TableDeclaration, column: Column) -> Sequence[str]:
    field = next(field for field in table_schema(table)["fields"] if field["name"] == column.name)
    return (
        table.name, column.words.title_id, column.name, table.words.title_id, column.words.description_id,
        _REGIONS if "regions" in (column.references or (table.name,)) else "",
        "saat angka tercetak" if table.name in ("figures", "recipients", "partners") else "saat rilis",
        _TYPES[field["type"]], ", ".join(column.isin or ()), "; ".join(_rules(table, column)), _NO_QUESTION, _YES,
    )  # fmt: skip


def _rules(table: TableDeclaration, column: Column) -> Iterator[str]:
    """The checks of a column, which Pandera, DuckDB and Table Schema are made of too."""
    if not column.nullable:
        yield "wajib terisi"
    if column.name in table.key:
        yield f"unik bersama {', '.join(table.key)}" if len(table.key) > 1 else "unik"
    if column.isin:
        yield f"salah satu dari {', '.join(column.isin)}"
    if column.ge is not None:
        yield f"paling kecil {column.ge}"
    if column.references:
        yield "terdapat dalam {}.{}".format(*column.references)


def _yes(is_so: bool) -> str:
    return _YES if is_so else _NO


def _text(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()
