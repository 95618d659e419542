"""Reading a printed token as a number: an Ibis expression, so that it runs where the rows are.

The source's language decides, then the unit: whole things are counted in whole numbers, so that in `190,796 person`
the comma separates thousands even on an Indonesian page. What cannot be read comes out as null, never guessed.
"""

from typing import Any

import ibis
import ibis.expr.types as ir

from flows.ingest.text import tidy
from schemas.declare import NUMBER

#: Unit words, by the power of ten. `juga` is how cnn-2020-09-15-funnel misspells `juta`.
_POWERS = {
    3: ("ribu", "rb", "thousand"),
    6: ("juta", "jt", "juga", "million", "mn"),
    9: ("miliar", "milyar", "milliar", "billion", "bn"),
    12: ("triliun", "trilyun", "trilliun", "trillion"),
}
#: Money alone is abbreviated to one letter: `Rp 459 M` is miliar, `Rp 13 T` triliun.
_MONEY_POWERS: dict[int, tuple[str, ...]] = {9: ("m",), 12: ("t",)}
#: One letter stands for each power while they are counted.
_SYMBOLS = {3: "r", 6: "j", 9: "b", 12: "q"}

_NOUNS = (
    "orang|jiwa|peserta|penerima|pendaftar|pelamar|kuota|kabupaten/kota|kabupaten|kota|provinsi|lembaga|pelatihan|kursus|"
    "mitra|perusahaan|people|persons|person|recipients|participants|users|user"
)
_INDONESIAN_UNITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_ENGLISH_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ENGLISH_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
#: Nobody, in words.
_NOBODY = (
    r"^(belum|tidak|tak) ada( (satu ?pun|seorang ?pun|sama sekali))?$|^belum (mendaftar|terdaftar)$|^nihil$|^none$"
)
#: Endings that say "some": `7 ribuan`, `700an`, `12.000 sekian`.
_SOME = r"(\d|ribu|juta|miliar|milyar|triliun) ?-?an$|(\d|ribu|juta|miliar|milyar|triliun) sekian$"
_FIRST = r"^(pertama|terbanyak|tertinggi|terbesar|first|highest)$"


def _number_words() -> dict[str, str]:
    """Number words below one hundred in both languages, with their digits. `seribu` and `sejuta` carry a unit word."""
    words = dict(zip(_INDONESIAN_UNITS, map(str, range(10)), strict=True))
    words |= {"kosong": "0", "sepuluh": "10", "sebelas": "11", "seratus": "100", "se": "1"}
    words |= {f"{unit} belas": str(10 + n) for n, unit in enumerate(_INDONESIAN_UNITS) if n > 1}
    for tens, name in enumerate(_INDONESIAN_UNITS):
        if tens > 1:
            words[f"{name} puluh"] = str(10 * tens)
            words |= {f"{name} puluh {unit}": str(10 * tens + n) for n, unit in enumerate(_INDONESIAN_UNITS) if n}
    words |= {name: str(n) for n, name in enumerate(_ENGLISH_SMALL)}
    for tens, name in enumerate(_ENGLISH_TENS, 2):
        words[name] = str(10 * tens)
        words |= {f"{name} {unit}": str(10 * tens + n) for n, unit in enumerate(_ENGLISH_SMALL[:10]) if n}
    return words


NUMBER_WORDS = _number_words()


def read_tokens(table: ir.Table) -> ir.Table:
    """Add `value` and `step` (size of the last printed digit, or of the last that is not 0 where it is approximate).

    The table has the text columns `token`, `unit` and `language`, the booleans `whole` (the unit is of whole things),
    `can_be_negative` and `about` (the page says so), and the integer `unit_mult` (null where the page implies no power
    of ten).
    """
    return (
        table.mutate(_clean=_cleaned)
        .mutate(_some=lambda t: t._clean.re_search(_SOME), _clean=lambda t: t._clean.re_replace(_SOME, r"\1\2"))
        .mutate(_number=lambda t: _part(t, 1), _units=lambda t: _part(t, 2))
        .mutate(_power=_power, _digits=_digits)
        .mutate(_mantissa=_mantissa)
        .mutate(_decimals=_decimals, _plain=lambda t: t._mantissa.re_replace(r"[^0-9]", ""))
        .mutate(_exponent=lambda t: t._power + ibis.coalesce(t.unit_mult, 0) - t._decimals)
        .mutate(value=_value)
        .mutate(step=_step)
        .drop("_clean", "_some", "_number", "_units", "_power", "_digits")
        .drop("_mantissa", "_decimals", "_plain", "_exponent")
    )


def _cleaned(table: ir.Table) -> ir.StringValue:
    """Lower case, single spaces, without nouns and the currency, percent sign or words of rank; nobody is 0."""
    token: Any = tidy(table.token.lower()).re_replace(r"^[\x{2013}\x{2212}]", "-").re_replace(r" ?[.,]$", "")
    token = token.re_replace(rf" ?({_NOUNS})$", "")
    money = token.re_replace(r" ?rupiah$", "").re_replace(r"^(rp|idr)\.? ?", "").re_replace(r" ?(,-|,00-)$", "")
    percent = token.re_replace(r" ?(%|persen(nya)?|percent|per cent|pct)$", "")
    rank = token.re_replace(r"^(?:(?:peringkat|urutan|nomor|posisi|ranking|no\.?) |# ?)", "").re_replace(
        r"^ke ?-? ?", ""
    )
    rank = rank.re_replace(_FIRST, "satu").re_replace(r"^(\d+)(st|nd|rd|th)$", r"\1")
    unit = table.unit
    token = ibis.cases((unit == "IDR", money), (unit == "percent", percent), (unit == "rank", rank), else_=token)
    return token.re_search(_NOBODY).ifelse("0", token)


def _words(powers: dict[int, tuple[str, ...]]) -> str:
    return "|".join(word for words in powers.values() for word in words)


def _part(t: ir.Table, group: int) -> Any:
    """The number, or its words, in group 1 and the unit words that follow it in group 2."""
    units = _words(_POWERS)
    numeral = rf"^([-+]? ?\d[\d., ]*?) ?((?:(?:{units})\b\.? ?)*)$"
    money = rf"^([-+]? ?\d[\d., ]*?) ?((?:(?:{units}|{_words(_MONEY_POWERS)})\b\.? ?)*)$"
    words = rf"^([a-z][a-z -]*?) ?((?:(?:{units})\b ?)*)$"
    return ibis.cases(
        (t._clean.re_search(r"^[-+]? ?\d") & (t.unit == "IDR"), t._clean.re_extract(money, group)),
        (t._clean.re_search(r"^[-+]? ?\d"), t._clean.re_extract(numeral, group)),
        else_=t._clean.re_extract(words, group),
    ).strip()


def _power(t: ir.Table) -> Any:
    """The power of ten of the unit words; a word printed twice counts twice, as printed."""
    symbols: Any = t._units.replace(".", "")
    for power, words in _POWERS.items():
        symbols = symbols.re_replace(rf"\b({'|'.join(words)})\b", _SYMBOLS[power].upper())
    for power, words in _MONEY_POWERS.items():
        symbols = symbols.re_replace(rf"\b({'|'.join(words)})\b", _SYMBOLS[power].upper())
    counted = [
        (symbols.length() - symbols.replace(symbol.upper(), "").length()) * power for power, symbol in _SYMBOLS.items()
    ]
    return sum(counted[1:], counted[0])


def _digits(t: ir.Table) -> Any:
    """Number words as digits; a numeral without its stray spaces, or null where the spaces could part two numbers."""
    numeral: Any = t._number.re_replace(r"^\+ ?", "").re_replace(r"^- ", "-")
    closed: Any = numeral.replace(" ", "")
    beside_separators = numeral.re_replace(r" ?([.,]) ?", r"\1")
    readable = (
        ~beside_separators.contains(" ")
        | numeral.re_search(r"^-?\d{1,3}( \d{3})+$")
        | closed.re_search(r"^-?\d{1,3}((\.\d{3})+|(,\d{3})+)$")
    )
    words = t._number.replace("-", " ").substitute(NUMBER_WORDS, else_=None)
    return ibis.cases((numeral.re_search(r"^-?\d") & readable, closed), (~numeral.re_search(r"\d"), words), else_=None)


def _counted(t: ir.Table) -> Any:
    """Whether whole things are printed one by one, not in thousands or millions."""
    return t.whole & (t._power == 0) & (ibis.coalesce(t.unit_mult, 0) == 0)


def _mantissa(t: ir.Table) -> Any:
    """Digits with at most one point, which is the decimal one; null where the separators make no sense."""
    digits: Any = t._digits
    points, commas = digits.re_search(r"^-?[1-9]\d{0,2}(\.\d{3})+$"), digits.re_search(r"^-?[1-9]\d{0,2}(,\d{3})+$")
    indonesian = t.language != "en"
    counted = _counted(t)
    # 10.00 people on an Indonesian page have lost a digit; they are not 10.
    two = ibis.ifelse(indonesian, digits.re_search(r"^\d{1,3}\.\d\d$"), digits.re_search(r"^\d{1,3},\d\d$"))
    one = digits.re_search(r"^-?\d+[.,]\d+$") & ~(counted & two)
    by_language = ibis.ifelse(indonesian, points, commas)
    several = digits.re_search(r"[.,]\d+[.,]")
    # A percentage has no thousands; elsewhere two separators of one kind cannot be decimal.
    likely = ibis.cases((counted, points | commas), (t.unit == "percent", ibis.literal(False)), else_=by_language)
    thousands = likely | (several & (points | commas))
    return ibis.cases(
        (digits.re_search(r"^-?\d+$"), digits),
        (thousands, digits.re_replace(r"[.,]", "")),
        (one, digits.replace(",", ".")),
        (digits.re_search(r"^-?\d{1,3}(\.\d{3})+,\d+$"), digits.replace(".", "").replace(",", ".")),
        (digits.re_search(r"^-?\d{1,3}(,\d{3})+\.\d+$"), digits.replace(",", "")),
        else_=None,
    )


def _decimals(t: ir.Table) -> Any:
    return t._mantissa.contains(".").ifelse(t._mantissa.length() - t._mantissa.find(".") - 1, 0)


def _scaled(digits: Any, exponent: Any) -> Any:
    """Digits times ten to the exponent, exactly: by moving the point in the text. Null outside of the number type."""
    zeros = ibis.literal("0" * 18)
    moved = digits + zeros.substr(0, ibis.greatest(ibis.least(exponent, 15), 0))
    padded = zeros.substr(0, ibis.greatest(-exponent + 1 - digits.length(), 0)) + digits
    point = padded.length() + exponent
    fraction = padded.substr(0, point) + "." + padded.substr(point)
    text = (exponent >= 0).ifelse(moved, fraction)
    return ((exponent >= -NUMBER.scale) & (exponent <= 15) & (text.length() <= 16)).ifelse(text, None).try_cast(NUMBER)


def _value(t: ir.Table) -> Any:
    """The number, null where a count of whole things would not be whole, or below zero where nothing can be."""
    size = _scaled(t._plain, t._exponent)
    negative = t._mantissa.startswith("-")
    value = negative.ifelse(-size, size).cast(NUMBER)
    fits = (~t.whole | (value == value.floor())) & (t.can_be_negative | ~negative)
    return fits.ifelse(value, None)


def _step(t: ir.Table) -> Any:
    """Size of the last printed digit, at least 1 for whole things; of the last that is not 0 where it is approximate.

    A count in full digits that is `about` so much says nothing by its noughts: "about 5.000" is about five thousand.
    """
    step = _scaled(ibis.literal("1"), t._exponent)
    step = t.whole.ifelse(ibis.greatest(step, ibis.literal(1).cast(NUMBER)), step)
    noughts = t._plain.length() - t._plain.re_replace(r"0+$", "").length()
    coarse = _scaled(ibis.literal("1"), t._exponent + noughts)
    approximate = (t._some | (t.about & _counted(t))) & (t.value != 0)
    return t.value.notnull().ifelse(approximate.ifelse(coarse, step), None).cast(NUMBER)
