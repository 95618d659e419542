"""Agreement: what several sources say of one cell, and whether a figure is of the size of what else is known."""

import ibis
import ibis.expr.types as ir

from schemas.rules.base import (
    OTHER,
    Facts,
    Tested,
    all_of,
    comparisons,
    meet,
    named,
    place,
    quotient,
    rule,
    same,
    terms,
    two_terms,
)

#: The scheme of the programme changed with 2023 (Permenko 17/2022: normal scheme, Rp 4.2 million instead of 3.55).
_SECOND_SCHEME = "2023-01-01"
#: A lost or spurious `ribu` is a factor of 1000. From its first wave to 2024 the programme grew by a factor of 112
#: (168,111 to 18.9 million), so that growth alone stays below this.
_FAR = 300
#: A region's share of the nation changes little; a factor of 10 is a digit too many or too few.
_ODD = 8
_ENOUGH = 3


@rule(
    "Dua sumber tentang sel yang sama cocok dalam selang ketelitiannya.",
    why="They speak of one number, so that at most one of two that differ is right.",
    needs=["several_sources"],
    messages={
        "differs": (
            "{region}: {printed_as} {measure_en} here, but {detail} in {names}, for the same time.",
            "{region}: {printed_as} {measure_id} di sini, tetapi {detail} di {names}, untuk waktu yang sama.",
        )
    },
)
def sources_agree(facts: Facts) -> Tested:
    """Two sources on the same cell agree within their intervals."""
    t = _celled(facts)
    t = t.group_by("cell").mutate(sources=t.source.nunique())
    shared = t.filter(t.sources > 1)
    own = shared.rename(**{f"own_{name}": name for name in ("source", "resource", "row", "lower", "upper")})
    other = shared.select("cell", "source", "lower", "upper")
    met = own.join(other, [own.cell == other.cell, own.own_source != other.source]).select(
        own.own_source, own.own_resource, own.own_row, other.source,
        agrees=meet(own.own_lower, own.own_upper, other.lower, other.upper),
    )  # fmt: skip
    support = met.filter(met.agrees).group_by(["own_source", "own_resource", "own_row"]).agg(
        support=lambda x: x.source.nunique()
    )  # fmt: skip
    backed = shared.left_join(
        support,
        [shared.source == support.own_source, shared.resource == support.own_resource, shared.row == support.own_row],
    ).select(shared, support=ibis.coalesce(support.support, 0))
    # The figure that most sources support stands for the cell; of equals the more precise, then the first by name.
    best = backed.group_by("cell").mutate(
        n=ibis.row_number().over(
            order_by=[backed.support.desc(), backed.precision, backed.source, backed.resource, backed.row]
        )
    )
    agreed = best.filter(best.n == 0).select(
        "cell",
        *(best[name].name(f"other_{name}") for name in (
            "source", "resource", "row", "lower", "upper", "value", "value_as_printed")),
    )  # fmt: skip
    pairs = backed.join(agreed, "cell")
    pairs = pairs.filter(pairs.source != pairs.other_source)
    agrees = meet(pairs.lower, pairs.upper, pairs.other_lower, pairs.other_upper)
    told = comparisons(
        pairs, keep=OTHER, comparison=place(pairs), outcome=agrees.ifelse(ibis.null(str), "differs"), severity="error",
        printed_as=pairs.value_as_printed, printed=pairs.value, found=pairs.other_value,
        found_lower=pairs.other_lower, found_upper=pairs.other_upper, bound_lower=0, bound_upper=0,
        names=pairs.other_source, detail=pairs.other_value_as_printed,
    )  # fmt: skip
    return all_of(facts, "sources_agree", [Tested(told, two_terms), _witnesses(facts)])


def _witnesses(facts: Facts) -> Tested:
    """Recipients that one source calls decreed or effective and another just recipients, of the same number.

    That they differ would mean nothing; that they are equal clears both.
    """
    t = _celled(facts)
    general = t.filter(t.measure == "recipients").select(
        "region_code",
        "group",
        "when",
        *(t[name].name(f"other_{name}") for name in ("source", "resource", "row", "value")),
    )
    special = t.filter(t.measure.isin(["recipients_decreed", "recipients_effective"]))
    pairs = special.join(
        general,
        [
            *(special[name] == general[name] for name in ("region_code", "group", "when")),
            special.value == general.other_value, special.source != general.other_source,
        ],
    ).select(special, *(general[name] for name in general.columns if name.startswith("other_")))  # fmt: skip
    told = comparisons(
        pairs,
        keep=OTHER,
        comparison=named("witness", place(pairs), pairs.other_source, pairs.other_resource, pairs.other_row),
        severity="error",
        printed=pairs.value,
        found=pairs.other_value,
        bound_lower=0,
        bound_upper=0,
        is_companion=True,
    )
    return Tested(told, two_terms)


def _celled(facts: Facts) -> ir.Table:
    """Figures with the name of their cell across sources; percentages are of groups that have no column."""
    fixed = facts.measures.select("measure", "is_fixed")
    t = facts.cells.filter(facts.cells.region_code.notnull() & ~facts.cells.unit.isin(["percent", "rank"]))
    t = t.join(fixed, "measure")
    scheme = (ibis.coalesce(t.end, t.day) < ibis.literal(_SECOND_SCHEME).cast("date")).ifelse("first", "second")
    waves = t.wave_from.cast("string") + "-" + t.wave_to.cast("string") + "@" + t.as_of.cast("string").fill_null("")
    time = (t.since != "").ifelse(t.since + "/" + t.end.cast("string"), None)
    when = ibis.cases((t.is_fixed, "scheme " + scheme), (t.wave_from.notnull(), waves), else_=time)
    where = t.is_fixed.ifelse("", t.region_code)
    return t.mutate(when=when, cell=named(where, t.measure, t.group) + "|" + when).filter(lambda x: x.cell.notnull())


@rule(
    "Angka masuk akal dibandingkan dengan yang diketahui tentang wilayah itu dan induknya.",
    why="A lost or spurious unit word makes a figure a thousand times too small or too large.",
    needs=["several_sources"],
    messages={
        "far": (
            "{region}: {printed_as} {measure_en} is out of all proportion: {names} other figures lie around {found}.",
            "{region}: {printed_as} {measure_id} jauh dari wajar: {names} angka lain berkisar {found}.",
        ),
        "odd": (
            "{region}: {printed_as} {measure_en} is far from its usual share of the nation, which would give {found}.",
            "{region}: {printed_as} {measure_id} jauh dari pangsa nasionalnya yang biasa, yaitu sekitar {found}.",
        ),
    },
)
def value_is_plausible(facts: Facts) -> Tested:
    """A figure is of the size of what else is known of its region and of the nation."""
    return all_of(facts, "value_is_plausible", [_against_series(facts), _against_share(facts)])


def _against_series(facts: Facts) -> Tested:
    """Against the median of the other figures for the same region and measure, of whatever day."""
    fixed = facts.measures.select("measure", "is_fixed")
    t = facts.cells.filter(
        facts.cells.region_code.notnull() & (facts.cells.value > 0) & facts.cells.unit.isin(["person", "IDR"])
    ).join(fixed, "measure")
    alike = t.is_fixed.ifelse("fixed", t.from_start.ifelse("start", None))
    t = t.mutate(series=named(t.is_fixed.ifelse("", t.region_code), t.measure, t.group) + "|" + alike)
    t = t.filter(t.series.notnull()).mutate(size=t.value.cast("float64").ln())
    stats = t.group_by("series").agg(typical=t.size.median(), figures=t.count(), sources=t.source.nunique())
    joined = t.join(stats, "series")
    joined = joined.filter((joined.figures > _ENOUGH) & (joined.sources >= _ENOUGH))
    far = (joined.size - joined.typical).abs() >= ibis.literal(float(_FAR)).ln()
    found = joined.typical.exp().round().cast("int64")
    told = comparisons(
        joined, comparison=named("series", place(joined)), outcome=far.ifelse("far", ibis.null(str)),
        severity="error", printed_as=joined.value_as_printed, printed=joined.value, found=found,
        bound_lower=(joined.typical.exp() / _FAR).floor() + 1, bound_upper=(joined.typical.exp() * _FAR).ceil() - 1,
        names=(joined.figures - 1).cast("string"),
    )  # fmt: skip
    return Tested(told, lambda some: terms(some, some.comparison, 1))


def _against_share(facts: Facts) -> Tested:
    """Against what the region's usual share of the nation gives for its day, from the nation's latest figure by then."""
    t = facts.cells.filter(
        facts.cells.from_start
        & (facts.cells.value > 0)
        & (facts.cells.unit == "person")
        & facts.cells.end.notnull()
        & facts.cells.region_code.notnull()
    )
    nation = t.filter(t.region_code == "00").select("measure", "group", nation_end="end", nation="value")
    parts = t.filter(t.region_code != "00")
    by_then = (
        parts.join(
            nation,
            [parts.measure == nation.measure, parts.group == nation.group, nation.nation_end <= parts.end],
        )
        .group_by(["source", "resource", "row"])
        .agg(nation=lambda x: x.nation.max())
    )
    shared = parts.join(by_then, same(parts, by_then, "source", "resource", "row")).select(parts, by_then.nation)
    shared = shared.mutate(size=quotient(shared.value, shared.nation).ln())
    usual = shared.group_by(["region_code", "measure", "group"]).agg(
        typical=shared.size.median(), sources=shared.source.nunique()
    )
    joined = shared.join(usual, ["region_code", "measure", "group"])
    joined = joined.filter(joined.sources >= _ENOUGH)
    ratio = (joined.size - joined.typical).abs()
    # Farther away it is the business of the other half of the rule.
    limit, far = ibis.literal(float(_ODD)).ln(), ibis.literal(float(_FAR)).ln()
    told = comparisons(
        joined,
        comparison=named("share", place(joined)),
        outcome=((ratio >= limit) & (ratio < far)).ifelse("odd", ibis.null(str)),
        severity="warning",
        printed_as=joined.value_as_printed,
        printed=joined.value,
        found=(joined.typical.exp() * joined.nation.cast("float64")).round().cast("int64"),
    )
    return Tested(told, lambda some: terms(some, some.comparison))
