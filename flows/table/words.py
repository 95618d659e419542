"""The words by which headings and rows tell levels, totals, footers and numbers."""

import re

#: The words by which a heading or a cell names a level, and those that may stand beside them.
LEVEL_WORDS = {
    "nation": {"nasional", "nation", "negara", "country"},
    "province": {"provinsi", "propinsi", "prov", "province", "provinces"},
    "regency": {"kabupaten", "kab", "regency", "regencies"},
    "city": {"kota", "kotamadya", "city", "cities", "municipality", "municipalities"},
    "district": {"kecamatan", "kec", "distrik", "kapanewon", "kemantren", "district", "districts", "subdistrict"},
}
_REGION_WORDS = {"wilayah", "daerah", "region", "regions", "area", "lokasi"}
_BESIDE = {"nama", "name", "of", "the", "dan", "and", "atau", "or", "asal", "domisili", "administrasi"}
TOTAL = re.compile(
    r"(?:sub-? ?|grand )?(?:total|jumlah|jml)\b[ :]*(?:keseluruhan|seluruhnya|seluruh|semua|umum)?[ :]*", re.I
)
FOOTER = re.compile(
    r"(sumber|source|catatan|keterangan|ket|notes?)( data)?\s*[:.]|\*|(diolah|dicetak|rata-? ?rata|average|median)\b",
    re.I,
)
_NUMBER = re.compile(
    r"(rp\.? ?)?[-+]?\d[\d., ]*((ribu|rb|juta|jt|mil[iy]ar|triliun|thousand|million|billion|orang|jiwa|people|persons?"
    r"|persen|%)\.? ?)*",
    re.I,
)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case."""
    return re.findall(r"[a-z]+", text.lower())


def plain_heading(text: str) -> str:
    """A heading without its unit in parentheses, its underscores and its case."""
    return " ".join(re.sub(r"\([^)]*\)|[:*.]", " ", text.lower()).split())


def levels_named(heading: str) -> set[str] | None:
    """The levels that a heading names, none if it only says region; None if it says neither."""
    words = set(words_of(plain_heading(heading))) - _BESIDE
    levels = {level for level, said in LEVEL_WORDS.items() if words & said}
    known = set().union(_REGION_WORDS, *LEVEL_WORDS.values())
    return levels if words and words <= known else None


def is_number(text: str) -> bool:
    """Whether a cell holds a number as people print it: `6.276`, `17,4 juta`."""
    return _NUMBER.fullmatch(text) is not None


def is_total(label: str) -> bool:
    """Whether a label begins as that of a row of totals."""
    return TOTAL.match(label) is not None
