"""A small verdict to write: the seed article's city, its districts, province and nation, with one finding."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from flows.nouns import Verdict
from schemas.derive import arrow_schema
from schemas.tables import TABLES

Row = dict[str, Any]
Rows = dict[str, list[Row]]
SEED = "bakabar-2023-09-02-banjarbaru"
OTHER = "antara-kalsel-2023-09-banjarbaru"

_REGIONS = [
    ("63.72.02", "63.72", "district", "Landasan Ulin"),
    ("63.72.03", "63.72", "district", "Cempaka"),
    ("63.72.04", "63.72", "district", "Banjarbaru Utara"),
    ("63.72.05", "63.72", "district", "Banjarbaru Selatan"),
    ("63.72.06", "63.72", "district", "Liang Anggang"),
    ("63.72", "63", "city", "Kota Banjarbaru"),
    ("63", "00", "province", "Kalimantan Selatan"),
    ("00", None, "nation", "Indonesia"),
]
_EFFECTIVE = [
    (1, "63", "412.154", 412154), (2, "63.72", "23.111", 23111), (3, "63.72.02", "6.276", 6276),
    (4, "63.72.03", "4.652", 4652), (5, "63.72.06", "4.215", 4215), (6, "63.72.04", "4.091", 4091),
    (7, "63.72.05", "3.877", 3877),
]  # fmt: skip


def rows() -> Rows:
    """The rows of every table, as plain values; change what a test is about."""
    figures = [_figure(*cells, "recipients_effective") for cells in _EFFECTIVE]
    nation = _figure(15, "00", "17,4 Juta", 17_400_000, "recipients")
    nation |= {"lower": Decimal(17_350_000), "upper": Decimal(17_500_000), "precision": Decimal(100_000)}
    partners = _figure(8, "00", "180", 180, "partners_training_institutions") | {"unit": "organisation"}
    unread = _figure(1, "63.72", "banyak", None, "recipients_effective")
    unread |= {"source": OTHER, "status": "quarantined", "locator": None}
    return {
        "sources": [_source(SEED, 9), _source(OTHER, 1) | {"homepage": "https://kalsel.antaranews.com/berita/1"}],
        "regions": [_region(*cells) for cells in _REGIONS],
        "measures": [
            _measure("recipients_effective", "recipients"), _measure("recipients", "applicants"),
            _measure("applicants", None), _measure("partners_training_institutions", None) | {"unit": "organisation"},
        ],
        "figures": [*figures, partners, nation, unread],
        "recipients": [_recipients(figure) for figure in [*figures, nation]],
        "partners": [
            {"measure": "partners_training_institutions", "date": date(2023, 9, 2), "organisations": 180,
             "qualifier": None, "status": "accepted", "source": SEED, "resource": "figures", "row": 8},
        ],
        "organisations": [
            {"source": SEED, "row": 1, "name": "CSIS", "role": "evaluator", "kind": None, "locator": "p9"},
            {"source": SEED, "row": 2, "name": 'Lembaga "Ä", Tbk', "role": "", "kind": None, "locator": None},
        ],
        "rules": [
            {"rule": "value_is_readable", "sentence_en": "Every value can be read.",
             "sentence_id": "Setiap nilai terbaca.", "severity": "error", "why": "No number, no use.", "tested": 10,
             "findings": 1},
        ],
        "findings": [_finding()],
        "finding_figures": [{"finding": "f1", "source": OTHER, "resource": "figures", "row": 1}],
        "suspects": [
            {"finding": "f1", "place": 1, "rank": 1, "source": OTHER, "resource": "figures", "row": 1, "value": None,
             "suggestion": Decimal("23111"), "kind": "other", "reason_en": "It is a word | not a number.",
             "reason_id": "Itu kata."},
        ],
    }  # fmt: skip


def verdict(change: Callable[[Rows], object] = lambda _: None, new_errors: int = 0) -> Verdict:
    """A verdict over an Ibis backend of its own, after `change` has had its way with the rows."""
    content = rows()
    change(content)
    backend = ibis.duckdb.connect()
    tables = {}
    for name, declared in TABLES.items():
        nullable = pa.schema([pa.field(field.name, field.type) for field in arrow_schema(declared)])
        tables[name] = backend.create_table(name, pa.Table.from_pylist(content[name], schema=nullable))
    return Verdict(tables, new_errors, {"figures.csv": "0" * 64})


def _source(name: str, figures: int) -> Row:
    return {
        "source": name, "title": "Temu alumni Prakerja", "publisher": "bakabar.com", "homepage": None,
        "published": None, "accessed": date(2026, 11, 24), "language": "id", "description": None,
        "attributed_to": None, "licenses": None, "files": "figures.csv 00", "figures": figures,
    }  # fmt: skip


def _region(code: str, parent: str | None, level: str, name: str) -> Row:
    return {
        "region_code": code, "parent_code": parent, "level": level, "name": name, "bps_code": None,
        "established": None, "moved_on": None, "former_parent_code": None, "other_names": None,
    }  # fmt: skip


def _measure(measure: str, part_of: str | None) -> Row:
    return {
        "measure": measure, "unit": "person", "title_en": measure, "title_id": measure, "description_en": "d",
        "description_id": "d", "part_of": part_of, "adds_over_regions": True, "adds_over_waves": True,
        "adds_over_sex": True, "adds_over_age": True, "can_fall": False, "is_fixed": False, "can_be_negative": False,
        "named_role": None, "why": "w",
    }  # fmt: skip


def _figure(row: int, code: str, token: str, value: int | None, measure: str) -> Row:
    number = None if value is None else Decimal(value)
    parent = {region: parent for region, parent, _, _ in _REGIONS}[code]
    return {
        "source": SEED, "resource": "figures", "row": row, "file_sha256": "0" * 64, "region_as_printed": code,
        "level": None, "within_as_printed": None, "region_code": code, "parent_code": parent, "measure": measure,
        "unit": "person", "value_as_printed": token, "value": number, "lower": number, "upper": number,
        "precision": None if value is None else Decimal(1), "unit_mult": None, "qualifier": None,
        "period_start": date(2020, 1, 1), "period_end": date(2022, 12, 31), "wave_from": None, "wave_to": None,
        "sex": None, "age_group": None, "as_of": None, "locator": "p6", "note": None, "status": "accepted",
    }  # fmt: skip


def _recipients(figure: Row) -> Row:
    same = {name: figure[name] for name in ("region_code", "measure", "period_start", "period_end", "status", "source",
                                            "resource", "row", "wave_from", "wave_to")}  # fmt: skip
    return same | {
        "period": "2020-01-01/2022-12-31", "waves": "all", "recipients": int(figure["value"]),
        "lower": int(figure["lower"]), "upper": int(figure["upper"]), "supporting_sources": 1, "other_sources": 0,
        "chosen_because": "only_figure",
    }  # fmt: skip


def _finding() -> Row:
    return {
        "finding": "f1", "rule": "value_is_readable", "outcome": "unreadable", "severity": "error", "state": "known",
        "source": OTHER, "resource": "figures", "row": 1, "region_code": "63.72", "measure": "recipients_effective",
        "printed_as": "banyak", "printed": None, "found": None, "difference": None, "message_en": "Not a number.",
        "message_id": "Bukan angka.", "reason": "The source says so.",
        "known_since": date(2026, 11, 25), "known_until": date(2027, 12, 31),
    }  # fmt: skip
