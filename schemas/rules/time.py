"""Waves and time: the programme's waves add up, and what has been counted once is not lost later."""

from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.rules.base import (
    OTHER,
    PLACE,
    Facts,
    Tested,
    all_of,
    bounds_of,
    comparisons,
    in_order,
    meet,
    named,
    not_above,
    one_interval,
    open_sum,
    place,
    rule,
    same,
    terms,
    two_terms,
)

_SERIES = ("region_code", "measure", "group")
#: `recipients` does not say whether revoked people are still counted: 478,619 of 5,987,674 decreed in 2020 were
#: (okezone-2021-02-23-national-2020), 8 %. A fall within this share may be a revocation.
_REVOKED_SHARE = 0.10
#: Earlier figures that a figure is held against.
_WITNESSES = 3


@rule(
    "Gelombang-gelombang berjumlah sama dengan angka kumulatifnya.",
    why="Nobody can be a recipient in two waves, and an application belongs to one wave.",
    needs=["waves"],
    messages={
        "sum_differs": (
            "{region}: {printed_as} for waves {detail}, but its waves ({names}) sum to {found}, {difference} {more_en}.",
            "{region}: {printed_as} untuk gelombang {detail}, tetapi gelombangnya ({names}) berjumlah {found}, {more_id}"
            " {difference}.",
        ),
        "step_differs": (
            "{region}: {printed_as} for waves {detail}, but {names} give {found}, {difference} {more_en}.",
            "{region}: {printed_as} untuk gelombang {detail}, tetapi {names} memberi {found}, {more_id} {difference}.",
        ),
    },
)
def waves_sum_to_cumulative(facts: Facts) -> Tested:
    """The waves of a range add up to the figure for the whole range, in one source and across sources."""
    adding = facts.cells.filter(facts.cells.adds_over_waves & facts.cells.region_code.notnull())
    waved = adding.filter(adding.wave_from.notnull())
    waved = facts.share("waved", waved)
    return all_of(facts, "waves_sum_to_cumulative", [_partitions(facts, waved), _steps(waved)])


def _partitions(facts: Facts, waved: ir.Table) -> Tested:
    """In one source: a range against the finest ranges within it, where they cover each of its waves once."""
    by = ["source", *_SERIES]
    every = waved.select(*by, "wave_from", "wave_to")
    # A single wave has none within it.
    ranges = facts.share("wave_ranges", every.filter(every.wave_to > every.wave_from).distinct())
    inner = every.rename(inner_from="wave_from", inner_to="wave_to").semi_join(ranges, by).distinct()
    nested = ranges.join(
        inner,
        [
            *(ranges[name] == inner[name] for name in by), inner.inner_from >= ranges.wave_from,
            inner.inner_to <= ranges.wave_to, inner.inner_to - inner.inner_from < ranges.wave_to - ranges.wave_from,
        ],
    ).select(ranges, inner.inner_from, inner.inner_to)  # fmt: skip
    nested = facts.share("waves_nested", nested)
    divided = nested.select(*by, "wave_from", "wave_to").distinct()
    leaves = nested.anti_join(
        divided,
        [*(nested[name] == divided[name] for name in by), nested.inner_from == divided.wave_from,
         nested.inner_to == divided.wave_to],
    )  # fmt: skip
    leaves = facts.share("wave_leaves", leaves)
    asked = leaves.select(*by, wave_from="inner_from", wave_to="inner_to").distinct()
    inside = waved.semi_join(asked, [*by, "wave_from", "wave_to"])
    printed = inside.group_by([*by, "wave_from", "wave_to"]).agg(leaf_value=inside.value.min(), **bounds_of(inside))
    values = one_interval(printed).rename(leaf_lower="lower", leaf_upper="upper")
    valued = leaves.join(
        values,
        [*(leaves[name] == values[name] for name in by), leaves.inner_from == values.wave_from,
         leaves.inner_to == values.wave_to],
    ).select(leaves, values.leaf_lower, values.leaf_upper, values.leaf_value)  # fmt: skip
    keys = [*by, "wave_from", "wave_to"]
    label = valued.inner_from.cast("string") + "-" + valued.inner_to.cast("string")
    before = valued.inner_to.lag().over(group_by=keys, order_by=valued.inner_from)
    follows = valued.inner_from == ibis.coalesce(before + 1, valued.wave_from)
    summed = valued.mutate(label=label, follows=follows).group_by(keys).agg(
        found=valued.leaf_value.sum(), gapless=lambda t: t.follows.all(), last=valued.inner_to.max(),
        found_lower=open_sum(valued.leaf_lower), found_upper=open_sum(valued.leaf_upper),
        names=lambda t: in_order(t.label, ", ", t.inner_from),
    )  # fmt: skip
    # Ranges that do not nest end in the order in which they begin: each wave is there once if each follows the last.
    whole = summed.filter(summed.gapless & (summed.last == summed.wave_to)).drop("gapless", "last")
    joined = waved.join(whole, keys)
    t = joined.mutate(comparison=named("sum", place(joined)))
    outcome = meet(t.lower, t.upper, t.found_lower, t.found_upper).ifelse(ibis.null(str), "sum_differs")
    told = comparisons(
        t,
        keep=("group", "wave_from", "wave_to"),
        outcome=outcome,
        severity="error",
        printed_as=t.value_as_printed,
        printed=t.value,
        bound_lower=0,
        bound_upper=0,
        detail=t.wave_from.cast("string") + "-" + t.wave_to.cast("string"),
    )

    def of(some: ir.Table) -> ir.Table:
        asked = some.select("comparison", *by, outer_from="wave_from", outer_to="wave_to")
        inside = asked.join(
            leaves, [*(asked[name] == leaves[name] for name in by), asked.outer_from == leaves.wave_from,
                     asked.outer_to == leaves.wave_to],
        ).select(asked, leaves.inner_from, leaves.inner_to)  # fmt: skip
        parts = waved.join(
            inside, [*(waved[name] == inside[name] for name in by), waved.wave_from == inside.inner_from,
                     waved.wave_to == inside.inner_to],
        ).select(waved, inside.comparison)  # fmt: skip
        order = ibis.row_number().over(
            group_by=[parts.comparison, parts.wave_from], order_by=[parts.resource, parts.row]
        )
        marked = parts.mutate(coefficient=(order == 0).ifelse(1, 0))
        return terms(some, some.comparison, -1).union(terms(marked, marked.comparison, marked.coefficient))

    return Tested(told, of)


def _steps(waved: ir.Table) -> Tested:
    """Across sources: a cumulative figure against an earlier one and the range of waves between the two."""
    columns = {name: name for name in ("source", "resource", "row", "lower", "upper", "value", "wave_from", "wave_to")}
    first = waved.select(*_SERIES, **{f"first_{name}": waved[name] for name in columns})
    step = waved.select(*_SERIES, **{f"step_{name}": waved[name] for name in columns})
    total = waved.filter(waved.wave_from == 1)
    joined = total.join(
        first, [*(total[name] == first[name] for name in _SERIES), first.first_wave_from == 1,
                first.first_wave_to < total.wave_to],
    ).select(total, *(first[name] for name in first.columns if name.startswith("first_")))  # fmt: skip
    t = joined.join(
        step, [*(joined[name] == step[name] for name in _SERIES), step.step_wave_from == joined.first_wave_to + 1,
               step.step_wave_to == joined.wave_to],
    ).select(joined, *(step[name] for name in step.columns if name.startswith("step_")))  # fmt: skip
    one_source = (t.source == t.first_source) & (t.source == t.step_source)
    t = t.filter(~one_source)
    lower, upper = t.first_lower + t.step_lower, t.first_upper + t.step_upper
    outcome = meet(t.lower, t.upper, lower, upper).ifelse(ibis.null(str), "step_differs")
    waves = [t[f"{of}_wave_from"].cast("string") + "-" + t[f"{of}_wave_to"].cast("string") for of in ("first", "step")]
    told = comparisons(
        t,
        keep=[f"{of}_{name}" for of in ("first", "step") for name in PLACE],
        comparison=named("step", place(t), t.first_source, t.first_row, t.step_source, t.step_row),
        outcome=outcome,
        severity="error",
        printed_as=t.value_as_printed,
        printed=t.value,
        found=t.first_value + t.step_value,
        found_lower=lower,
        found_upper=upper,
        bound_lower=0,
        bound_upper=0,
        detail=t.wave_from.cast("string") + "-" + t.wave_to.cast("string"),
        names=waves[0] + " (" + t.first_source + ") + " + waves[1] + " (" + t.step_source + ")",
    )

    def of(some: ir.Table) -> ir.Table:
        parts = [
            some.select("comparison", **{name: some[f"{of}_{name}"] for name in ("source", "resource", "row")})
            for of in ("first", "step")
        ]
        return ibis.union(terms(some, some.comparison, -1), *(terms(part, part.comparison, 1) for part in parts))

    return Tested(told, of)


@rule(
    "Angka kumulatif tidak pernah turun.",
    why="What is counted from the start and cannot be undone only grows; only decrees may be revoked.",
    messages={
        "falls": (
            "{region}: {printed_as} is less than the {detail} that {names} gave for an earlier day.",
            "{region}: {printed_as} lebih kecil daripada {detail} yang disebut {names} untuk hari sebelumnya.",
        ),
        "may_be_revoked": (
            "{region}: {printed_as} is less than the {detail} that {names} gave for an earlier day; revocations may"
            " explain it.",
            "{region}: {printed_as} lebih kecil daripada {detail} yang disebut {names} untuk hari sebelumnya; mungkin"
            " karena pencabutan.",
        ),
    },
)
def cumulative_never_falls(facts: Facts) -> Tested:
    """A cumulative count never falls, per region and across sources."""
    from_start = facts.cells.from_start & facts.cells.region_code.notnull() & facts.cells.end.notnull()
    counted = facts.cells.unit.isin(["person", "IDR", "regency_or_city"])
    t = facts.cells.filter(from_start & counted & ((~facts.cells.can_fall) | (facts.cells.measure == "recipients")))
    t = facts.share("cumulative", t.mutate(day_number=t.end.epoch_seconds() // 86400))
    later = t.filter(t.end_is_known)
    earlier = t.select(*_SERIES, "day_number", *(t[name].name(f"other_{name}") for name in (
        "source", "resource", "row", "lower", "upper", "value", "value_as_printed", "wave_to")))  # fmt: skip
    pairs = later.join(
        earlier,
        [*same(later, earlier, *_SERIES), _after(later, earlier)],
    ).select(later, *(earlier[name] for name in earlier.columns if name.startswith("other_")))  # fmt: skip
    ranked = pairs.group_by(["source", "resource", "row"]).mutate(
        n=ibis.row_number().over(
            order_by=[pairs.other_lower.desc(), pairs.other_source, pairs.other_resource, pairs.other_row]
        )
    )
    # The greatest earlier figures: one to be told, the others to tell whether it is right itself.
    top = ranked.filter(ranked.n < _WITNESSES)
    within = (top.measure == "recipients") & (
        top.upper.cast("float64") >= top.other_lower.cast("float64") * (1 - _REVOKED_SHARE)
    )
    outcome = ibis.cases(
        (not_above(top.other_lower, top.upper), ibis.null(str)), (within, "may_be_revoked"), else_="falls"
    )
    told = comparisons(
        top,
        keep=OTHER,
        is_companion=top.n > 0,
        comparison=named(place(top), top.other_source, top.other_resource, top.other_row),
        outcome=outcome,
        severity=(outcome == "falls").ifelse("error", "warning"),
        printed_as=top.value_as_printed,
        printed=top.value,
        found=top.other_value,
        found_lower=top.other_lower,
        found_upper=top.other_upper,
        bound_lower=(outcome == "may_be_revoked").ifelse(None, 0),
        names=top.other_source,
        detail=top.other_value_as_printed,
    )
    return Tested(told, two_terms)


def _after(later: ir.Table, earlier: ir.Table) -> Any:
    """Later by the last wave where both say it, else by the day."""
    by_wave = later.wave_to > earlier.other_wave_to
    by_day = later.day_number > earlier.day_number
    both = later.wave_to.notnull() & earlier.other_wave_to.notnull()
    return both.ifelse(by_wave & (later.day_number >= earlier.day_number), by_day)
