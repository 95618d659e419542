"""Parts and wholes: what can never exceed what, and the sums that hold by definition."""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.measures import IDENTITIES, MEASURES, ancestors
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
    union,
)
from schemas.rules.facts import TIERS, of_one_source, same_cell

#: What is told of a part, and, under names with `other_` in front, of its whole.
_PART = ("source", "resource", "row", "region_code", "measure", "value", "value_as_printed", "lower", "upper")
_WHOLE = (*PLACE, "value", "value_as_printed", "lower", "upper")
_PAIR = (*_PART, *(f"other_{name}" for name in _WHOLE), "other_region", "other_measure", "relation")


def _placed(facts: Facts) -> ir.Table:
    """The observations that speak of a region."""
    return facts.share("placed", facts.observations.filter(facts.observations.region_code.notnull()))


def _pairs(facts: Facts) -> ir.Table:
    """Each figure with each that it cannot exceed, and the relation between them as a word."""
    return union([*_in_one_source(facts), *_in_other_sources(facts)])


def _in_one_source(facts: Facts) -> list[ir.Table]:
    """The pairs of one source, by their slices: of one region, or of a region two or more levels above (one level is
    the families' business)."""
    observations = _placed(facts)
    found = []
    if of_one_region := [*_of_measures(facts), *_of_groups(facts)]:
        part = observations.mutate(where=observations.region_code)
        found.append(_side_by_side(part, facts.share("slices_of_one_region", union(of_one_region)), observations))
    above = facts.share("far_above", facts.lineage.filter(facts.lineage.generation > 1))
    part = observations.join(above, "region_code").select(observations, where=above.ancestor_code)
    # Few regions lie above others: looked for among their figures alone, a whole is found much faster.
    wholes = observations.semi_join(above, observations.region_code == above.ancestor_code)
    found.append(_side_by_side(part, facts.share("slices_of_regions", _of_regions(facts)), wholes))
    return [each.select(*_PAIR) for each in found]


def _side_by_side(parts: ir.Table, pairs: ir.Table, wholes: ir.Table) -> ir.Table:
    """The figures of slices that belong together, with what `pairs` tells of their slices, and the whole's own columns
    with `other_` in front. It is looked for in the region that the part says by `where`.
    """
    wholes = wholes.semi_join(pairs, wholes.slice == pairs.other_slice).view()
    part = parts.join(pairs, "slice").select(parts, *(pairs[name] for name in pairs.columns if name != "slice"))
    others = {f"other_{name}": wholes[name] for name in _WHOLE if name != "source"}
    joined = part.join(wholes, [part.other_slice == wholes.slice, part.where == wholes.region_code])
    return joined.select(part, **others, other_source=part.source, other_region=wholes.region_as_printed)


def _related(slices: ir.Table, wholes: ir.Table, alike: Sequence[Any], relation: str) -> ir.Table:
    """Slices of one source that are alike and of no two days, with the relation between them."""
    return of_one_source(slices, wholes, alike).select(
        slices.slice, slices.source, slices.measure, other_slice=wholes.slice, other_measure=wholes.measure,
        relation=ibis.literal(relation),
    )  # fmt: skip


def _contained(facts: Facts, table: ir.Table) -> ir.Table | None:
    """The rows of measures that are part of another one that is there, with each such `container`."""
    chain = [(part, whole) for part in MEASURES for whole in ancestors(part) if {part, whole} <= facts.present]
    if not chain:
        return None
    chains = ibis.memtable({"part": [part for part, _ in chain], "container": [whole for _, whole in chain]})
    return table.join(chains, table.measure == chains.part).select(table, chains.container)


def _of_measures(facts: Facts) -> list[ir.Table]:
    """A measure within the measures that it is part of."""
    part = _contained(facts, facts.slices)
    if part is None:
        return []
    whole = facts.slices.view()
    return [_related(part, whole, [part.container == whole.measure, part.scope == whole.scope], "measure")]


def _of_regions(facts: Facts) -> ir.Table:
    """A region within a region above it."""
    part, whole = facts.slices.filter(facts.slices.adds_over_regions), facts.slices.view()
    return _related(part, whole, [part.measure == whole.measure, part.scope == whole.scope], "region")


def _of_groups(facts: Facts) -> list[ir.Table]:
    """Women, men or an age group within everybody."""
    if not {"sex", "age_group"} & facts.present:
        return []
    part = facts.slices.filter((facts.slices.group != "|") & (facts.slices.unit != "percent"))
    whole = facts.slices.filter(facts.slices.group == "|").view()
    time = same(part, whole, "wave_from", "wave_to", "period_end", "since")
    return [_related(part, whole, [part.measure == whole.measure, *time], "group")]


def _in_other_sources(facts: Facts) -> list[ir.Table]:
    """The pairs across sources: for the same cell; and later on, where the whole counts from the start to no earlier a
    day than the part, and cannot have fallen since."""
    if "several_sources" not in facts.present:
        return []
    cells = facts.share("placed_cells", facts.cells.filter(facts.cells.region_code.notnull()))
    found = []
    if (part := _contained(facts, cells)) is not None:
        whole = cells.view()
        alike = [part.container == whole.measure, part.region_code == whole.region_code]
        found += _elsewhere(part, whole, alike, "measure")
    adding = cells.filter(cells.adds_over_regions)
    above = facts.lineage
    part = adding.join(above, "region_code").select(adding, above.ancestor_code)
    whole = adding.semi_join(above, adding.region_code == above.ancestor_code).view()
    alike = [part.ancestor_code == whole.region_code, part.measure == whole.measure]
    return [*found, *_elsewhere(part, whole, alike, "region")]


def _elsewhere(part: ir.Table, whole: ir.Table, alike: Sequence[Any], relation: str) -> list[ir.Table]:
    waves, time = same_cell(part, whole)
    is_same = ibis.or_(ibis.and_(*waves), ibis.and_(*time)).fill_null(False)
    grown = [part.from_start, whole.from_start, ~whole.can_fall, whole.end_is_known, part.end <= whole.end, ~is_same]
    apart = [*alike, part.group == whole.group, part.source != whole.source]
    wholes = {f"other_{name}": whole[name] for name in _WHOLE}
    return [
        part.join(whole, [*apart, *when]).select(
            *(part[name] for name in _PART), **wholes, other_region=whole.region_as_printed,
            other_measure=whole.measure, relation=ibis.literal(relation),
        )
        for when in (waves, time, grown)
    ]  # fmt: skip


@rule(
    "Bagian tidak melampaui keseluruhannya: efektif dalam SK, SK dalam pendaftar, kabupaten dalam provinsi.",
    why="What is counted in the part is counted in the whole as well.",
    messages={
        "measure": (
            "{region}: {printed_as} {measure_en} are more than the {detail} in {names}, of which they are part.",
            "{region}: {printed_as} {measure_id} melebihi {detail} di {names}, padahal bagian darinya.",
        ),
        "region": (
            "{region}: {printed_as} is more than the {detail} of the region that it lies in, in {names}.",
            "{region}: {printed_as} melebihi {detail} untuk wilayah yang mencakupnya, di {names}.",
        ),
        "official": (
            "{region}: {printed_as} {measure_en}, but officially there are {found}.",
            "{region}: {printed_as} {measure_id}, padahal secara resmi ada {found}.",
        ),
        "group": (
            "{region}: {printed_as} for one group is more than the {detail} for everybody, in {names}.",
            "{region}: {printed_as} untuk satu kelompok melebihi {detail} untuk semua, di {names}.",
        ),
    },
)
def part_does_not_exceed_whole(facts: Facts) -> Tested:
    """A part does not exceed its whole: effective within decreed within applicants, a regency within its province."""
    return all_of(facts, "part_does_not_exceed_whole", [_within_each_other(facts), _within_official(facts)])


def _within_each_other(facts: Facts) -> Tested:
    t = _pairs(facts)
    outcome = not_above(t.lower, t.other_upper).ifelse(ibis.null(str), t.relation)
    told = comparisons(
        t,
        keep=OTHER,
        comparison=named(t.relation, place(t), t.other_source, t.other_resource, t.other_row),
        outcome=outcome,
        severity="error",
        printed_as=t.value_as_printed,
        printed=t.value,
        found=t.other_value,
        found_lower=t.other_lower,
        found_upper=t.other_upper,
        bound_upper=0,
        detail=t.other_value_as_printed,
        names=t.other_source + " (" + t.other_region + ", " + t.other_measure + ")",
    )
    return Tested(told, two_terms)


def _within_official(facts: Facts) -> Tested:
    """Counts of regions against the official list: there cannot be more than there are."""
    tiers = {"regencies_total": "regency", "regencies_covered": "regency", "regencies_priority": "regency",
             "provinces_covered": "province"}  # fmt: skip
    inside = facts.lineage.join(facts.regions, "region_code")
    tiered = inside.mutate(tier=inside.level.substitute(TIERS, else_=None))
    listed = tiered.group_by(["ancestor_code", "tier"]).agg(official=tiered.region_code.nunique())
    counts = facts.cells.filter(facts.cells.measure.isin(list(tiers)))
    counts = counts.mutate(counted=counts.measure.substitute(tiers, else_=None))
    t = counts.join(listed, [counts.region_code == listed.ancestor_code, counts.counted == listed.tier]).select(
        counts, listed.official
    )
    told = comparisons(
        t, comparison=named("official", place(t)), outcome=not_above(t.lower, t.official).ifelse(ibis.null(str), "official"),
        severity="error", printed_as=t.value_as_printed, printed=t.value, found=t.official, found_upper=t.official,
        bound_upper=t.official,
    )  # fmt: skip
    return Tested(told, lambda some: terms(some, some.comparison, 1))


_PARTS = (
    "{region}: {printed_as} {measure_en}, but {names} sum to {found}, {difference} {more_en}.",
    "{region}: {printed_as} {measure_id}, tetapi {names} berjumlah {found}, {more_id} {difference}.",
)
_EXCEED = (
    "{region}: {printed_as} {measure_en}, but {names} alone sum to {found}, {difference} more.",
    "{region}: {printed_as} {measure_id}, tetapi {names} saja berjumlah {found}, lebih {difference}.",
)
_DEFINED = "The parts make the whole by definition."


def _totals(rule_name: str) -> list[str]:
    """The totals of the identities that a rule tests."""
    return [each.total for each in IDENTITIES if each.rule == rule_name]


#: What makes one total of an identity, and one part of it.
_TOTAL = ("identity", "other_slice", "other_resource", "other_row")
_KIND = ("measure", "group", "wave_from", "wave_to")


def _identities(facts: Facts, rule_name: str) -> Tested:
    """The parts of each identity that the rule tests against its total, in one source for one region and period."""
    chosen = [each for each in IDENTITIES if each.rule == rule_name]
    rows = [(each.name, each.total, part, len(each.parts), each.exact) for each in chosen for part in each.parts]
    columns = ("identity", "total", "part", "due", "exact")
    listed = ibis.memtable(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
    slices = facts.slices
    parts = slices.join(listed, slices.measure == listed.part).select(slices, *(listed[name] for name in columns))
    parts = parts.mutate(label=parts.measure)
    total = slices.view()
    return _summed(facts, rule_name, parts, total, [parts.total == total.measure, parts.scope == total.scope])


def _summed(facts: Facts, name: str, parts: ir.Table, totals: ir.Table, alike: Sequence[Any]) -> Tested:
    """Compare the parts with their total: equal where all `due` parts are there and the sum is `exact`, else within.

    `parts` are slices with `identity`, `due`, `exact` and `label`, `totals` the slices among which their total is.
    """
    pairs = of_one_source(parts, totals, alike).select(
        *(parts[each] for each in ("slice", "source", "identity", "due", "exact", "label", *_KIND)),
        other_slice=totals.slice, total_measure=totals.measure,
    )  # fmt: skip
    # Of two days, or of none and one: a part that is printed twice.
    several = pairs.group_by(["identity", "other_slice", *_KIND]).mutate(is_several=lambda t: t.count() > 1)
    pairs = facts.share(f"{name}_slices", several)
    observations = _placed(facts)
    placed = observations.mutate(where=observations.region_code)
    keyed = facts.share(f"{name}_parts", _side_by_side(placed, pairs, observations))
    told = ("source", "total_measure", "due", "exact", *(f"other_{each}" for each in _WHOLE[3:]))
    columns = [*_TOTAL, "region_code", *told, "label", "value", "lower", "upper"]
    copied = keyed.semi_join(facts.repeated, ["slice", "resource", "row"])
    single = keyed.filter(~keyed.is_several).anti_join(facts.repeated, ["slice", "resource", "row"])
    # A part that is printed twice counts once.
    twice = keyed.filter(keyed.is_several).union(copied.filter(~copied.is_several))
    once = twice.group_by([*_TOTAL, "region_code", *_KIND]).agg(
        value=twice.value.min(), **bounds_of(twice), **{each: twice[each].arbitrary() for each in (*told, "label")}
    )
    once = single.select(columns).union(one_interval(once).select(columns))
    t = once.group_by([*_TOTAL, "region_code"]).agg(
        found=once.value.sum(), found_lower=open_sum(once.lower), found_upper=open_sum(once.upper), parts=once.count(),
        **{each: once[each].arbitrary() for each in told},
    )  # fmt: skip
    whole = t.exact & (t.parts == t.due)
    fits = meet(t.found_lower, t.found_upper, t.other_lower, t.other_upper)
    outcome = ibis.cases(
        (whole & ~fits, "sum_differs"), (~not_above(t.found_lower, t.other_upper), "exceeds"), else_=ibis.null(str)
    )
    place_of_total = (t.source, t.other_resource, t.other_row)
    compared = comparisons(
        t, keep=_TOTAL, comparison=named(t.identity, *place_of_total), resource=t.other_resource, row=t.other_row,
        measure=t.total_measure, outcome=outcome, severity="error", printed=t.other_value,
        printed_as=t.other_value_as_printed, bound_lower=whole.ifelse(0, None), bound_upper=0,
    )  # fmt: skip

    def of(some: ir.Table) -> ir.Table:
        asked = _asked(some)
        order = ibis.row_number().over(
            group_by=[asked[kind] for kind in ("comparison", *_KIND)], order_by=[asked.resource, asked.row]
        )
        marked = asked.mutate(coefficient=(order == 0).ifelse(1, 0))
        return terms(some, some.comparison, -1).union(terms(marked, marked.comparison, marked.coefficient))

    def words(some: ir.Table) -> ir.Table:
        each = _asked(some).select("comparison", "label").distinct()
        labels = each.group_by("comparison").agg(names=in_order(each.label, " + ", each.label))
        return some.drop("names").join(labels, "comparison")

    def _asked(some: ir.Table) -> ir.Table:
        totals = some.select("comparison", *_TOTAL)
        return keyed.join(totals, list(_TOTAL)).select(keyed, totals.comparison)

    return Tested(compared, of, words)


@rule(
    "Bagian-bagian suatu ukuran berjumlah sama dengan keseluruhannya, menurut definisi, jenis kelamin, dan umur.",
    why=_DEFINED,
    needs=[*_totals("parts_sum_to_whole"), "sex"],
    messages={"sum_differs": _PARTS, "exceeds": _EXCEED},
)
def parts_sum_to_whole(facts: Facts) -> Tested:
    """The parts of a measure add up to the whole, by definition, by sex and by age."""
    return all_of(facts, "parts_sum_to_whole", [_identities(facts, "parts_sum_to_whole"), _sexes(facts)])


def _sexes(facts: Facts) -> Tested:
    """Women and men of one cell against everybody, where the measure counts each person once."""
    adding = facts.measures.filter(facts.measures.adds_over_sex).select("measure")
    slices = facts.slices.semi_join(adding, "measure")
    parts = slices.filter(slices.sex.notnull()).mutate(
        identity=ibis.literal("sex"), due=2, exact=True, label=lambda t: t.group.re_replace(r"\|$", "")
    )
    total = slices.filter(slices.sex.isnull()).view()
    ages = ("|" + parts.age_group.fill_null("")) == total.group
    time = same(parts, total, "wave_from", "wave_to", "since", "end")
    return _summed(facts, "sexes", parts, total, [parts.measure == total.measure, ages, *time])


@rule(
    "Penerima menurut SK dikurangi yang dicabut sama dengan penerima efektif.",
    why=_DEFINED,
    needs=_totals("decreed_less_revoked_is_effective"),
    messages={"sum_differs": _PARTS, "exceeds": _EXCEED},
)
def decreed_less_revoked_is_effective(facts: Facts) -> Tested:
    """Recipients by decree less the revoked are the effective recipients."""
    return _identities(facts, "decreed_less_revoked_is_effective")


@rule(
    "Pos-pos anggaran berjumlah sama dengan anggaran.",
    why=_DEFINED,
    needs=_totals("budget_parts_sum_to_budget"),
    messages={"sum_differs": _PARTS, "exceeds": _EXCEED},
)
def budget_parts_sum_to_budget(facts: Facts) -> Tested:
    """The posts of the budget add up to the budget."""
    return _identities(facts, "budget_parts_sum_to_budget")


@rule(
    "Jumlah mitra yang disebut sama dengan banyaknya mitra yang disebut namanya.",
    why="Whoever counts and names partners in one text names as many as he counts.",
    needs=[name for name, measure in MEASURES.items() if measure.named_role],
    messages={
        "differs": (
            "{region}: {printed_as} {measure_en} are counted, but {found} are named: {names}.",
            "{region}: disebut {printed_as} {measure_id}, tetapi {found} disebut namanya: {names}.",
        )
    },
)
def programme_counts_match_named_partners(facts: Facts) -> Tested:
    """A stated count of partners equals the number of partners named."""
    roles = facts.measures.filter(facts.measures.named_role.notnull()).select("measure", role="named_role")
    listed = facts.organisations.filter(facts.organisations.role.notnull())
    counted = listed.group_by(["source", "role"]).agg(
        found=listed.name.nunique(), names=in_order(listed.name, ", ", listed.row)
    )
    t = facts.cells.join(roles, "measure").join(counted, ["source", "role"])
    outcome = meet(t.lower, t.upper, t.found, t.found).ifelse(ibis.null(str), "differs")
    told = comparisons(
        t, comparison=place(t), outcome=outcome, severity="error", printed_as=t.value_as_printed, printed=t.value,
        found_lower=t.found, found_upper=t.found, bound_lower=t.found, bound_upper=t.found,
    )  # fmt: skip
    return Tested(told, lambda some: terms(some, some.comparison, 1))
