"""Numbers, days and periods as a reader of each language writes them, as HTML with both."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from schemas.rules.words import number as written

LANGUAGES = ("en", "id")
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
}
#: How a number is written with its unit, in English and Indonesian; others stand alone.
_UNITS = {"percent": "{}%", "IDR": "Rp {}"}
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def both(english: Any, indonesian: Any) -> Markup:
    """A text in both languages, of which the style sheet shows one; once where they are the same.

    There are many thousands of them, hence the shortest element that may bear a language.
    """
    if english == indonesian:
        return Markup("{}").format(english)
    return Markup('<i lang=en>{}</i><i lang=id>{}</i>').format(english, indonesian)


def number(value: Decimal | int | None, unit: str | None = None) -> Markup:
    """A number with its unit where that is money or percent: `6,276` and `6.276`."""
    if value is None:
        return Markup("")
    form = _UNITS.get(unit or "", "{}")
    return both(*(form.format(written(value, language)) for language in LANGUAGES))


def interval(lower: Decimal | int | None, upper: Decimal | int | None, unit: str | None = None) -> Markup:
    """The interval of a figure; empty for an exact one and for one that was not understood."""
    if lower == upper:
        return Markup("")
    if lower is None:
        return both("at most ", "paling banyak ") + number(upper, unit)
    if upper is None:
        return both("at least ", "paling sedikit ") + number(lower, unit)
    return number(lower, unit) + Markup("–") + number(upper, unit)


def day(on: date | None) -> Markup:
    """A day: `2 Aug 2023` and `2 Agu 2023`."""
    return Markup("") if on is None else both(*_days(on))


def period(start: date | None, end: date | None) -> Markup:
    """A period, whole years as such: `2020–2022`, `1 Apr 2020 – 17 Oct 2023`, `to 17 Oct 2023`."""
    if start and end and (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return Markup(start.year if start.year == end.year else f"{start.year}–{end.year}")
    if start and end:
        return day(start) if start == end else both(*map(" – ".join, zip(_days(start), _days(end), strict=True)))
    if start:
        return both(*map(" ".join, zip(("from", "sejak"), _days(start), strict=True)))
    if end:
        return both(*map(" ".join, zip(("to", "sampai"), _days(end), strict=True)))
    return Markup("")


def waves(first: int | None, last: int | None) -> Markup:
    """Waves of the programme: `wave 48`, `waves 1–62`."""
    if first is None or last is None:
        return Markup("")
    if first == last:
        return both(f"wave {first}", f"gelombang {first}")
    return both(f"waves {first}–{last}", f"gelombang {first}–{last}")


def size(count: int) -> Markup:
    """The size of a file: `54 kB`, `1.2 MB`."""
    for unit, name in _SIZES:
        if count >= unit:
            places = Decimal("0.1") if count < 10 * unit else Decimal(1)
            return number((Decimal(count) / unit).quantize(places)) + Markup(f" {name}")
    return Markup(f"{count} B")


def joined(parts: Iterable[Markup], by: str = ", ") -> Markup:
    """The parts that are not empty, one after the other."""
    return Markup(by).join(part for part in parts if part)


def _days(on: date) -> tuple[str, str]:
    english, indonesian = (f"{on.day} {_MONTHS[language][on.month - 1]} {on.year}" for language in LANGUAGES)
    return english, indonesian
