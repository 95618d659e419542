"""What a finding says to an editor: the rule's message, filled in, in both languages."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schemas.measures import MEASURES, UNITS
from schemas.rules import RULES

#: Digit grouping and decimal mark as people write them.
_MARKS = {"en": (",", "."), "id": (".", ",")}
_LEVELS = {
    "nation": ("nation", "negara"), "province": ("province", "provinsi"), "regency": ("regency", "kabupaten"),
    "city": ("city", "kota"), "district": ("district", "kecamatan"),
}  # fmt: skip


def number(value: Decimal | int | None, language: str) -> str:
    """A number as it is written in English (`23,111.5`) or Indonesian (`23.111,5`)."""
    if value is None:
        return ""
    thousands, decimal = _MARKS[language]
    plain = f"{Decimal(value):,f}"
    whole, _, fraction = plain.partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", thousands) + (decimal + fraction if fraction else "")


def message(rule: str, outcome: str, told: Mapping[str, Any]) -> tuple[str, str]:
    """The message of a finding in English and Indonesian.

    `told` has the columns of the comparison and `region`, the region's name; `count`, the number of other figures;
    `unit`, `level`, `within`, where they are known.
    """
    english, indonesian = RULES[rule].messages[outcome]
    return english.format(**_filled(told, "en")), indonesian.format(**_filled(told, "id"))


def _filled(told: Mapping[str, Any], language: str) -> dict[str, str]:
    printed, found = told["printed"], told["found"]
    difference = None if printed is None or found is None else found - printed
    english = language == "en"
    measure = MEASURES.get(told["measure"] or "")
    unit = UNITS.get(told.get("unit") or "")
    more = ("more", "lebih") if difference is not None and difference > 0 else ("less", "kurang")
    title = "" if measure is None else (measure.title_en if english else measure.title_id)
    within = told.get("within")
    return {
        "region": told["region"] or "",
        "printed_as": told["printed_as"] or number(printed, language),
        "printed": number(printed, language),
        "found": _with_bounds(found, told["found_lower"], told["found_upper"], language),
        "difference": number(None if difference is None else abs(difference), language),
        "rest": number(None if difference is None else -difference, language),
        "more_en": more[0],
        "more_id": more[1],
        "n": str(told["count"]),
        "names": told["names"] or "-",
        "detail": told["detail"] or "",
        "measure": told["measure"] or "",
        "measure_en": title.lower(),
        "measure_id": title.lower(),
        "unit": "" if unit is None else (unit.title_en if english else unit.title_id).lower(),
        "level": _LEVELS.get(told.get("level") or "", ("region", "wilayah"))[0 if english else 1],
        "within_en": f" in {within}" if within else "",
        "within_id": f" di {within}" if within else "",
    }


def _with_bounds(found: Decimal | None, lower: Decimal | None, upper: Decimal | None, language: str) -> str:
    text = number(found, language)
    if lower is None or upper is None or lower == upper:
        return text
    to = "to" if language == "en" else "sampai"
    return f"{text} ({number(lower, language)} {to} {number(upper, language)})"
