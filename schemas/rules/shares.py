"""Shares: percentages that are printed together add up, and agree with the counts that they are printed beside."""

from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.declare import TOTAL
from schemas.rules.base import (
    PLACE,
    Facts,
    Tested,
    all_of,
    comparisons,
    in_order,
    meet,
    named,
    open_sum,
    place,
    quotient,
    rule,
    terms,
)
from schemas.rules.facts import TIERS

#: The counts that a share may be a share of.
_COUNTS = {
    "recipients_share": ("recipients", "recipients_effective", "recipients_decreed"),
    "applicants_share": ("applicants", "applicants_unique"),
    "recipients_share_of_quota": ("recipients", "recipients_effective", "recipients_decreed"),
}
#: What it is a share of, where that is another measure.
_OF = {"recipients_share_of_quota": "quota"}
#: Percentages of all recipients or applicants, which divide them. Others, such as the money paid out of each budget,
#: have a whole of their own in each row.
_SHARES = ("recipients_share", "applicants_share")
#: Shares of all members of a province sum to hundred where they are shares of it, and to its own share of the nation
#: (the largest had less than a quarter) where they are shares of the nation, which is no division.
_OF_THE_PARENT = 50
_TIME = ("wave_from", "wave_to", "end", "since")
_BY = ("source", "region_code", "measure", "wave_from", "wave_to", "since", "end", "as_of")


@rule(
    "Persentase suatu pembagian lengkap berjumlah seratus.",
    why="Everybody is in exactly one part of a complete division.",
    needs=_SHARES,
    messages={
        "sex": (
            "{region}: the shares of women and men ({names}) sum to {found}, not to 100 percent.",
            "{region}: pangsa perempuan dan laki-laki ({names}) berjumlah {found}, bukan 100 persen.",
        ),
        "age": (
            "{region}: the shares of the age groups ({names}) sum to {found}, not to 100 percent.",
            "{region}: pangsa kelompok umur ({names}) berjumlah {found}, bukan 100 persen.",
        ),
        "regions": (
            "{region}: the shares of all its regions sum to {found}, not to 100 percent.",
            "{region}: pangsa semua wilayahnya berjumlah {found}, bukan 100 persen.",
        ),
    },
)
def shares_sum_to_hundred(facts: Facts) -> Tested:
    """The percentages of a complete division sum to one hundred."""
    shares = facts.cells.filter(facts.cells.measure.isin(_SHARES))
    sexes = shares.filter(shares.sex.notnull() & shares.age_group.isnull() & shares.region_code.notnull())
    ages = shares.filter(shares.age_group.notnull() & shares.sex.isnull() & shares.region_code.notnull())
    return all_of(
        facts,
        "shares_sum_to_hundred",
        [
            _division(facts, sexes, "sex", _both_sexes),
            _division(facts, ages, "age", _all_ages),
            _regions(facts, shares),
        ],
    )


def _both_sexes(parts: ir.Table) -> ir.Table:
    return parts.group_by("division").having(lambda t: t.sex.nunique() == 2).agg(n=lambda t: t.count())


def _all_ages(parts: ir.Table) -> ir.Table:
    """Divisions whose bands leave no gap between the youngest and an open top. Bands may share their end points."""
    edges = parts.mutate(
        start=parts.age_group.re_extract(r"(\d+)", 1).cast("int64"),
        stop=parts.age_group.re_extract(r"-(\d+)$", 1).try_cast("int64"),
        open_top=parts.age_group.startswith(">"),
    )
    before = edges.group_by("division").mutate(previous=edges.stop.lag().over(order_by=edges.start))
    step = before.start - before.previous
    gapless = before.previous.isnull() | ((step >= 0) & (step <= 1))
    marked = before.mutate(gapless=gapless)
    return marked.group_by("division").having(
        lambda t: t.gapless.all() & t.open_top.any() & (t.count() >= 3) & (t.count() == t.start.nunique())
    ).agg(n=lambda t: t.count())  # fmt: skip


def _division(facts: Facts, shares: ir.Table, kind: str, complete: Any) -> Tested:
    """Parts of one division in one source, against one hundred."""
    parts = shares.mutate(division=named(kind, *(shares[name] for name in _BY)))
    parts = facts.share(f"shares_by_{kind}", parts)
    whole = parts.semi_join(complete(parts), "division")
    t = whole.group_by("division").agg(
        source=whole.source.min(), resource=whole.resource.min(), row=whole.row.min(),
        region_code=whole.region_code.min(), measure=whole.measure.min(), found=whole.value.sum().cast(TOTAL),
        found_lower=open_sum(whole.lower), found_upper=open_sum(whole.upper),
        names=in_order(whole.value_as_printed, " + ", whole.row),
    )  # fmt: skip
    hundred = ibis.literal(100).cast(TOTAL)
    fits = meet(t.found_lower, t.found_upper, hundred, hundred)
    told = comparisons(
        t, comparison=t.division, outcome=fits.ifelse(ibis.null(str), kind), severity="error", printed=hundred,
        bound_lower=100, bound_upper=100,
    )  # fmt: skip

    def of(some: ir.Table) -> ir.Table:
        named_parts = some.select(division="comparison")
        asked = parts.semi_join(named_parts, "division").mutate(comparison=lambda t: t.division)
        return terms(asked, asked.comparison, 1)

    return Tested(told, of)


def _regions(facts: Facts, shares: ir.Table) -> Tested:
    """Shares of all members of one region, each listed once, against one hundred."""
    tiered = shares.filter(shares.region_code.notnull() & shares.parent_code.notnull())
    by = ["source", "parent_code", "tier", "measure", "scope", "as_of"]
    parts = tiered.mutate(division=named("regions", *(tiered[name] for name in by)))
    parts = facts.share("shares_by_region", parts)
    t = parts.group_by("division").agg(
        source=parts.source.min(), resource=parts.resource.min(), row=parts.row.min(),
        region_code=parts.parent_code.min(), tier=parts.tier.min(), measure=parts.measure.min(),
        listed=parts.region_code.nunique(), rows=parts.count(), found=parts.value.sum().cast(TOTAL),
        found_lower=open_sum(parts.lower), found_upper=open_sum(parts.upper), day=parts.day.max(),
    )  # fmt: skip
    members = facts.regions.mutate(tier=facts.regions.level.substitute(TIERS, else_=None))
    due = members.group_by(["parent_code", "tier"]).agg(due=members.count(), old=members.established.isnull().sum())
    t = t.join(due, [t.region_code == due.parent_code, t.tier == due.tier]).select(t, due.due, due.old)
    complete = (t.listed == t.rows) & ((t.listed == t.due) | (t.listed == t.old))
    t = t.filter(complete & ((t.region_code == "00") | (t.found > _OF_THE_PARENT)))
    hundred = ibis.literal(100).cast(TOTAL)
    fits = meet(t.found_lower, t.found_upper, hundred, hundred)
    told = comparisons(
        t, comparison=t.division, outcome=fits.ifelse(ibis.null(str), "regions"), severity="error", printed=hundred,
        bound_lower=100, bound_upper=100,
    )  # fmt: skip

    def of(some: ir.Table) -> ir.Table:
        named_parts = some.select(division="comparison")
        asked = parts.semi_join(named_parts, "division").mutate(comparison=lambda t: t.division)
        return terms(asked, asked.comparison, 1)

    return Tested(told, of)


@rule(
    "Persentase cocok dengan jumlah yang tercetak bersamanya.",
    why="A share is the quotient of two counts; where both are printed, it can be checked.",
    needs=_COUNTS,
    messages={
        "differs": (
            "{region}: {printed_as} is printed, but {detail} give {found} percent.",
            "{region}: tercetak {printed_as}, tetapi {detail} memberi {found} persen.",
        )
    },
)
def share_matches_count(facts: Facts) -> Tested:
    """A share agrees with the counts that it is printed beside."""
    # Of a region, the whole is its parent or the nation, whichever fits; of a sex or an age group, the region itself.
    kept = [*PLACE, "region_code", "measure", "group", *_TIME, "as_of", "lower", "upper", "value", "value_as_printed"]
    of = [(share, count, _OF.get(share, count)) for share, counts in _COUNTS.items() for count in counts]
    asked = ibis.memtable(dict(zip(("share", "count", "base"), map(list, zip(*of, strict=True)), strict=True)))
    cells = facts.cells.filter(facts.cells.region_code.notnull())
    shares = cells.join(asked, cells.measure == asked.share).select(cells, asked["count"].name("part"), asked.base)
    parts = cells.select(*(cells[name].name(f"part_{name}") for name in kept))
    wholes = cells.filter(cells.value > 0).select(*(cells[name].name(f"whole_{name}") for name in kept))
    with_part = shares.join(
        parts,
        [
            shares.source == parts.part_source, shares.region_code == parts.part_region_code,
            shares.part == parts.part_measure, shares.group == parts.part_group,
            *(shares[name].identical_to(parts[f"part_{name}"]) for name in (*_TIME, "as_of")),
        ],
    ).select(shares, *(parts[name] for name in parts.columns))  # fmt: skip
    grouped, of_other = with_part.group != "|", with_part.part != with_part.base
    own = with_part.region_code == wholes.whole_region_code
    above = (wholes.whole_region_code == "00") | (wholes.whole_region_code == with_part.parent_code)
    pairs = with_part.join(
        wholes,
        [
            with_part.source == wholes.whole_source, with_part.base == wholes.whole_measure,
            *(with_part[name].identical_to(wholes[f"whole_{name}"]) for name in _TIME),
            wholes.whole_group == of_other.ifelse(with_part.group, "|"),
            ibis.ifelse(grouped | of_other, own, above & ~own),
        ],
    ).select(with_part, *(wholes[name] for name in wholes.columns))  # fmt: skip
    low = quotient(pairs.part_lower, pairs.whole_upper) * 100
    high = quotient(pairs.part_upper, pairs.whole_lower) * 100
    # Binary fractions: a hair more than the quotients of the bounds.
    low, high = low - 1e-9, high + 1e-9
    fits = meet(pairs.lower.cast("float64"), pairs.upper.cast("float64"), low, high)
    judged = pairs.mutate(fits=fits, quotient=(quotient(pairs.part_value, pairs.whole_value) * 100).round(3))
    ranked = judged.group_by(["source", "resource", "row", "part_resource", "part_row"]).mutate(
        n=ibis.row_number().over(order_by=[judged.fits.desc(), judged.whole_region_code.desc(), judged.whole_row])
    )
    t = ranked.filter(ranked.n == 0)
    # For the search: the part less the share of the printed whole, give or take what the whole's interval allows.
    least, most = ((t[f"whole_{end}"] - t.whole_value) * t.upper / 100 for end in ("lower", "upper"))
    told = comparisons(
        t, keep=[*(f"{which}_{name}" for which in ("part", "whole") for name in PLACE), "whole_value"],
        bound_lower=least.floor(), bound_upper=most.ceil(),
        comparison=named(t.part, place(t), t.part_resource, t.part_row),
        outcome=t.fits.ifelse(ibis.null(str), "differs"), severity="error", printed_as=t.value_as_printed,
        printed=t.value, found=t.quotient, detail=t.part_value_as_printed + " / " + t.whole_value_as_printed,
    )  # fmt: skip

    return Tested(told, _share_terms)


def _share_terms(some: ir.Table) -> ir.Table:
    """The part with 1, the share with minus a hundredth of the whole; the whole itself is evidence."""
    part, whole = (
        some.select("comparison", **{name: some[f"{which}_{name}"] for name in PLACE}) for which in ("part", "whole")
    )
    share = terms(some, some.comparison, -some.whole_value / 100)
    return ibis.union(share, terms(part, part.comparison, 1), terms(whole, whole.comparison))
