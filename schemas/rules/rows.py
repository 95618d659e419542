"""First that a figure is what it says: can its row be understood, and does it stand there once?"""

from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.measures import MEASURES
from schemas.rules.base import (
    OTHER,
    PLACE,
    Facts,
    Tested,
    comparisons,
    in_order,
    meet,
    open_sum,
    place,
    rule,
    same,
    terms,
    two_terms,
)
from schemas.rules.facts import ONE_CELL

_UNDERSTOOD = "A row that cannot be understood cannot be tested by any other rule."
#: Columns that say when; a row where one of them cannot be read has no period.
_WHEN = r"(period_start|period_end|as_of|wave_from|wave_to)"
_WHO = r"(sex|age_group)"
_HOW = r"(qualifier|precision|unit_mult)"
#: Nearest names shown for one that is not known.
_CANDIDATES = 3


def _by_row(figures: ir.Table, outcome: Any, **values: Any) -> Tested:
    """A comparison for each figure by itself."""
    told = comparisons(
        figures, comparison=place(figures), outcome=outcome, severity="error", printed_as=figures.value_as_printed,
        printed=figures.value, **values,
    )  # fmt: skip
    return Tested(told, lambda some: terms(some, some.comparison))


@rule(
    "Nilai tercetak dapat dibaca sebagai angka, beserta satuan pengali, ketelitian, dan kualifikasinya.",
    why=_UNDERSTOOD,
    messages={
        "empty": (
            "No value was transcribed.",
            "Tidak ada nilai yang disalin.",
        ),
        "unreadable": (
            "`{printed_as}` cannot be read as a number of {unit}. Correct the transcription, or keep it and note the issue.",
            "`{printed_as}` tidak dapat dibaca sebagai angka ({unit}). Betulkan salinan, atau catat sebagai masalah.",
        ),
        "hedge": (
            "The column {detail} holds something that the raw contract does not know.",
            "Kolom {detail} berisi sesuatu yang tidak dikenal kontrak data mentah.",
        ),
    },
)
def value_is_readable(facts: Facts) -> Tested:
    """The printed value can be read as a number, with its multiplier, precision and qualifier."""
    t = facts.figures
    hedge, power = (t.unreadable.re_search(columns).fill_null(False) for columns in (_HOW, "unit_mult"))
    # With a power of ten that is none, it is not the token that cannot be read.
    outcome = ibis.cases(
        (t.value_as_printed.isnull(), "empty"),
        (t.value.isnull() & ~power, "unreadable"),
        (hedge, "hedge"),
        else_=ibis.null(str),
    )
    return _by_row(t, outcome, detail=t.unreadable)


@rule(
    "Wilayah tercetak adalah tepat satu wilayah resmi.",
    why=_UNDERSTOOD,
    messages={
        "no_name": (
            "The row has a level but names no region.",
            "Baris ini menyebut tingkat tetapi tidak menyebut wilayah.",
        ),
        "no_level": (
            "The level `{detail}` is not one of nation, province, regency, city, district.",
            "Tingkat `{detail}` bukan nation, province, regency, city, atau district.",
        ),
        "unknown": (
            "No {level} is called `{detail}`{within_en}. Nearest: {names}.",
            "Tidak ada {level} bernama `{detail}`{within_id}. Terdekat: {names}.",
        ),
        "ambiguous": (
            "Several regions are called `{detail}`{within_en}: {names}. Give the parent in the column `within`.",
            "Beberapa wilayah bernama `{detail}`{within_id}: {names}. Isi kolom `within` dengan wilayah induknya.",
        ),
    },
)
def region_is_known(facts: Facts) -> Tested:
    """The printed region is exactly one official region."""
    t = facts.figures
    leveled = t.level.notnull()
    lost = leveled & t.region_code.isnull()
    candidates = _candidates(facts, t.filter(lost & t.region_as_printed.notnull()))
    joined = t.left_join(candidates, same(t, candidates, *PLACE)).select(t, candidates.names, candidates.exact)
    outcome = ibis.cases(
        (joined.unreadable.re_search(r"\blevel\b").fill_null(False), "no_level"),
        (joined.level.notnull() & joined.region_as_printed.isnull(), "no_name"),
        (joined.level.isnull() | joined.region_code.notnull(), ibis.null(str)),
        ((joined.exact > 1).fill_null(False), "ambiguous"),
        else_="unknown",
    )
    detail = (outcome == "no_level").ifelse(joined.level, joined.region_as_printed)
    return _by_row(joined, outcome, detail=detail)


def _candidates(facts: Facts, lost: ir.Table) -> ir.Table:
    """For each row whose region is not known: the names of the regions that come nearest, and how many match exactly."""
    from_text = lost.region_as_printed.lower().re_replace(r"[^a-z0-9]", "")
    bare = from_text.re_replace(r"^(kabupaten|kab|kota|kecamatan|provinsi)", "")
    asked = lost.select(*PLACE, "level", bare=bare, within=lost.within_as_printed.lower().re_replace(r"[^a-z0-9]", ""))
    keys = facts.region_keys.distinct()
    near = asked.cross_join(keys.rename(candidate_level="level"))
    distance = near.bare.levenshtein(near.key)
    near = near.filter((distance <= 2) & (distance * 3 <= near.bare.length())).mutate(
        order=distance * 2 + (near.level != near.candidate_level).cast("int64"),
        exact=((distance == 0) & (near.level == near.candidate_level)).cast("int64"),
    )
    best = near.group_by([*PLACE, "region_code"]).agg(order=near.order.min(), exact=near.exact.max())
    named_regions = best.join(facts.regions.select("region_code", "name"), "region_code")
    ranked = named_regions.group_by(list(PLACE)).mutate(
        n=ibis.row_number().over(order_by=[named_regions.order, named_regions.region_code])
    )
    shown = ranked.filter((ranked.n < _CANDIDATES) | (ranked.exact == 1))
    label = shown.name + " (" + shown.region_code + ")"
    return (
        shown.mutate(label=label)
        .group_by(list(PLACE))
        .agg(names=lambda x: in_order(x.label, ", ", x.order, x.region_code), exact=lambda x: x.exact.sum())
    )


@rule(
    "Ukuran ada dalam daftar ukuran, dengan satuannya, dan kelompok orangnya dapat dibaca.",
    why=_UNDERSTOOD,
    messages={
        "unknown": (
            "The measure `{measure}` is not in the list of measures (schemas/measures.yaml).",
            "Ukuran `{measure}` tidak ada dalam daftar ukuran (schemas/measures.yaml).",
        ),
        "unit": (
            "`{measure}` is counted in {names}, but the row says `{detail}`.",
            "`{measure}` dihitung dalam {names}, tetapi baris menyebut `{detail}`.",
        ),
        "group": (
            "The column {detail} holds something that the raw contract does not know.",
            "Kolom {detail} berisi sesuatu yang tidak dikenal kontrak data mentah.",
        ),
    },
)
def measure_is_known(facts: Facts) -> Tested:
    """The measure is in the list of measures, in its unit, and the group of people can be read."""
    units = facts.measures.select("measure", names="unit")
    t = facts.figures.left_join(units, "measure").drop("measure_right")
    outcome = ibis.cases(
        (t.names.isnull(), "unknown"),
        (t.unit.isnull() | (t.unit != t.names), "unit"),
        (t.unreadable.re_search(_WHO).fill_null(False), "group"),
        else_=ibis.null(str),
    )
    return _by_row(t, outcome, names=t.names, detail=(outcome == "unit").ifelse(t.unit.fill_null(""), t.unreadable))


@rule(
    "Periode dan gelombang dapat dibaca dan tidak berakhir sebelum dimulai.",
    why=_UNDERSTOOD,
    messages={
        "unreadable": (
            "The column {detail} cannot be read. Dates are written 2020, 2020-04 or 2020-04-11, waves as whole numbers.",
            "Kolom {detail} tidak dapat dibaca. Tanggal ditulis 2020, 2020-04, atau 2020-04-11; gelombang bilangan bulat.",
        ),
        "period": (
            "The period ends on {names} before it starts on {detail}.",
            "Periode berakhir pada {names} sebelum dimulai pada {detail}.",
        ),
        "waves": (
            "The waves run from {detail} to {names}; the first wave is 1.",
            "Gelombang dari {detail} sampai {names}; gelombang pertama adalah 1.",
        ),
    },
)
def period_is_ordered(facts: Facts) -> Tested:
    """The period and the waves can be read and do not end before they start."""
    t = facts.figures
    period = (t.period_end < t.period_start).fill_null(False)
    waves = ((t.wave_to < t.wave_from) | (t.wave_from < 1)).fill_null(False)
    outcome = ibis.cases(
        (t.unreadable.re_search(_WHEN).fill_null(False), "unreadable"),
        (period, "period"),
        (waves, "waves"),
        else_=ibis.null(str),
    )
    texts = {name: t[name].cast("string") for name in ("period_start", "period_end", "wave_from", "wave_to")}
    detail = ibis.cases(
        (outcome == "unreadable", t.unreadable), (outcome == "period", texts["period_start"]), else_=texts["wave_from"]
    )
    return _by_row(t, outcome, detail=detail, names=(outcome == "period").ifelse(texts["period_end"], texts["wave_to"]))


#: The rules by which a row is understood: a figure that fails one of them is quarantined.
UNDERSTANDING = (value_is_readable, region_is_known, measure_is_known, period_is_ordered)

#: Measures of which a page prints several that the contract has no column for: shares of this and that group.
_SEVERAL = [name for name, measure in MEASURES.items() if measure.unit == "percent"]


@rule(
    "Tidak ada dua baris dalam satu sumber yang mengisi sel yang sama.",
    why="Two different values for one cell cannot both be right; the same value twice may be a row copied twice.",
    messages={
        "same_value": (
            "{region}: {printed_as} stands here and also in row {names}. One of them may stand for another region.",
            "{region}: {printed_as} tercetak di sini dan juga di baris {names}. Salah satunya mungkin untuk wilayah lain.",
        ),
        "different_value": (
            "{region}: {printed_as} stands here, but row {names} prints {detail} for the same cell.",
            "{region}: tercetak {printed_as}, tetapi baris {names} mencetak {detail} untuk sel yang sama.",
        ),
    },
)
def figure_appears_once(facts: Facts) -> Tested:
    """No two rows of a source give the same cell."""
    t = facts.repeated
    several = t.group_by(list(ONE_CELL)).mutate(
        order=ibis.row_number().over(order_by=[t.resource, t.row]),
        largest=t.value.max(),
        sum_lower=open_sum(t.lower),
        sum_upper=open_sum(t.upper),
    )
    # A page may print a total and its parts in one cell: the contract has no column for the part.
    total = several.filter(several.value == several.largest)
    covers = meet(total.lower, total.upper, total.sum_lower - total.lower, total.sum_upper - total.upper)
    totals = total.filter(covers).select(*ONE_CELL).distinct()
    later, earlier = several, several.view()
    pairs = later.join(earlier, [*same(later, earlier, *ONE_CELL), earlier.order < later.order]).select(
        later,
        other_source=earlier.source,
        other_resource=earlier.resource,
        other_row=earlier.row,
        other=earlier.value,
        other_as=earlier.value_as_printed,
        other_order=earlier.order,
        agree=meet(later.lower, later.upper, earlier.lower, earlier.upper),
    )
    pairs = pairs.left_join(totals, same(pairs, totals, *ONE_CELL)).select(pairs, has_total=totals.slice.notnull())
    outcome = ibis.cases(
        (pairs.value == pairs.other, "same_value"),
        (pairs.agree | pairs.has_total | pairs.measure.isin(_SEVERAL), ibis.null(str)),
        else_="different_value",
    )
    # Each row once: against the first that it is at odds with, or the first at all.
    ranked = pairs.mutate(outcome=outcome).group_by(["source", "resource", "row"]).mutate(
        n=ibis.row_number().over(order_by=[outcome.isnull(), outcome, pairs.other_order])
    )  # fmt: skip
    one = ranked.filter(ranked.n == 0)
    bound = (one.outcome == "different_value").ifelse(0, None)
    told = comparisons(
        one, keep=OTHER, comparison=place(one), severity=(one.outcome == "different_value").ifelse("error", "warning"),
        printed_as=one.value_as_printed, printed=one.value, found=one.other, names=one.other_row.cast("string"),
        detail=one.other_as, bound_lower=bound, bound_upper=bound,
    )  # fmt: skip
    return Tested(told, two_terms)
