"""Numbers, days and periods as a reader of each language writes them, as HTML with both."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from schemas.rules.words import number as written

LANGUAGES = ("en", "id")
#: How a number is written with its unit, in English and Indonesian; others stand alone.
_UNITS = {"percent": "{}%", "IDR": "Rp {}"}
_TO = "\N{EN DASH}"
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def both(english: Any, indonesian: Any) -> Markup:
    """A text in both languages, of which the style sheet shows one; once where they are the same.

    There are many thousands of them, hence the shortest element that may bear a language.
    """
    if english == indonesian:
        return Markup("{}").format(english)
    return Markup("<i lang=en>{}</i><i lang=id>{}</i>").format(english, indonesian)


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
    return number(lower, unit) + _TO + number(upper, unit)


def period(start: date | None, end: date | None) -> Markup:
    """A period of ISO days, which both languages read alike; whole years without their days."""
    if start and end and (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return both(*[str(start.year) if start.year == end.year else f"{start.year}{_TO}{end.year}"] * 2)
    if start and end:
        return both(*[str(start) if start == end else f"{start} {_TO} {end}"] * 2)
    if start:
        return both(f"from {start}", f"sejak {start}")
    return both(f"to {end}", f"sampai {end}") if end else Markup("")


def waves(first: int | None, last: int | None) -> Markup:
    """Waves of the programme, both ends included."""
    if first is None or last is None:
        return Markup("")
    if first == last:
        return both(f"wave {first}", f"gelombang {first}")
    return both(f"waves {first}{_TO}{last}", f"gelombang {first}{_TO}{last}")


def size(count: int) -> Markup:
    """The size of a file: `54 kB`, `1.2 MB`."""
    for unit, name in _SIZES:
        if count >= unit:
            places = Decimal("0.1") if count < 10 * unit else Decimal(1)
            return number((Decimal(count) / unit).quantize(places)) + f" {name}"
    return number(count) + " B"


def joined(parts: Iterable[Markup]) -> Markup:
    """The parts that are not empty, one after the other."""
    return Markup(", ").join(part for part in parts if part)
