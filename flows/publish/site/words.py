"""The words for codes that the pages show, in English and Indonesian."""

from collections.abc import Mapping

from markupsafe import Markup

from flows.publish.site.numbers import both
from schemas.measures import UNITS

WORDS: Mapping[str, tuple[str, str]] = {
    # levels
    "nation": ("nation", "negara"),
    "province": ("province", "provinsi"),
    "regency": ("regency", "kabupaten"),
    "city": ("city", "kota"),
    "district": ("district", "kecamatan"),
    # statuses of a figure
    "accepted": ("accepted", "diterima"),
    "flagged": ("flagged", "bermasalah"),
    "quarantined": ("not understood", "tidak dipahami"),
    # why a figure is the published one
    "only_figure": ("the only figure", "satu-satunya angka"),
    "most_supported": ("supported by the most sources", "didukung sumber terbanyak"),
    "most_precise": ("as well supported as others, and the most precise", "sama didukung, dan paling teliti"),
    # severities and states of a finding
    "error": ("error", "galat"),
    "warning": ("warning", "peringatan"),
    "new": ("new", "baru"),
    "known": ("known", "diketahui"),
    "expired": ("known, to be looked at again", "diketahui, perlu diperiksa lagi"),
    # how a source hedges a number
    "about": ("about", "sekitar"),
    "at_least": ("at least", "paling sedikit"),
    "at_most": ("at most", "paling banyak"),
    "counted": ("counted from names", "dihitung dari nama"),
    # groups of people
    "female": ("women", "perempuan"),
    "male": ("men", "laki-laki"),
    # kinds of misprint
    "one_digit": ("one digit", "satu angka"),
    "digits_swapped": ("two digits swapped", "dua angka tertukar"),
    "digit_lost": ("digit lost", "angka hilang"),
    "digit_doubled": ("digit doubled", "angka ganda"),
    "separator": ("separator", "tanda pemisah"),
    "unit_word": ("unit word", "kata satuan"),
    "row_doubled": ("row doubled", "baris ganda"),
    "row_missing": ("row missing", "baris hilang"),
    "values_exchanged": ("values exchanged", "nilai tertukar"),
    "other": ("no typing error fits", "bukan salah ketik"),
}


def because(code: str) -> Markup:
    """Why a figure is the published one."""
    return both(*map(": ".join, zip(("published", "diterbitkan"), WORDS[code], strict=True)))


def word(code: str | None) -> Markup:
    """The word for a code; a code without one stands for itself, and nothing for nothing."""
    if not code:
        return Markup("")
    unit = UNITS.get(code)
    return both(*((unit.title_en, unit.title_id) if unit else WORDS.get(code, (code, code))))
