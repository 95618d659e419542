"""Parts and wholes: what can never exceed what, and the sums that hold by definition."""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.measures import IDENTITIES, MEASURES, ancestors
from schemas.rules.base import (
    OTHER,
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
from schemas.rules.facts import TIERS, same_cell

_PLACED = ("source", "resource", "row", "lower", "upper", "value", "value_as_printed")


def _other(t: ir.Table) -> ir.Table:
    """The whole of a part, with its columns under names of their own."""
    shared = ["region_code", "measure", "scope", "as_of", "wave_from", "wave_to", "since", "period_end", "group", "end"]
    shared += ["from_start", "end_is_known", "region_as_printed", "level", "can_fall", "unit"]
    renamed = {f"other_{name}": t[name] for name in _PLACED}
    return t.select(*shared, **renamed)


def _pairs(facts: Facts) -> ir.Table:
    """Each figure with each that it cannot exceed, and the relation between them as a word."""
    cells = facts.share("placed", facts.cells.filter(facts.cells.region_code.notnull()))
    columns = [*cells.columns]
    return union(
        [
            *_of_measures(facts, cells, columns),
            *_of_regions(facts, cells, columns),
            *_of_groups(facts, cells, columns),
        ]
    )


def _selected(joined: ir.Table, part: ir.Table, whole: ir.Table, columns: Sequence[str], relation: str) -> ir.Table:
    wholes = {name: whole[name] for name in whole.columns if name.startswith("other_")}
    return joined.select(
        *(part[name] for name in columns), **wholes, other_region=whole.region_as_printed, other_measure=whole.measure,
        relation=ibis.literal(relation),
    )  # fmt: skip


def _of_measures(facts: Facts, cells: ir.Table, columns: Sequence[str]) -> list[ir.Table]:
    """A measure within the measures that it is part of: beside it in one source, or in any source later on."""
    chain = [(part, whole) for part in MEASURES for whole in ancestors(part) if {part, whole} <= facts.present]
    if not chain:
        return []
    chains = ibis.memtable({"part": [part for part, _ in chain], "container": [whole for _, whole in chain]})
    part = cells.join(chains, cells.measure == chains.part).select(cells, chains.container)
    whole = _other(cells)
    beside = part.join(
        whole,
        [
            part.container == whole.measure, part.source == whole.other_source,
            part.scope == whole.scope, *same(part, whole, "region_code"),
            part.as_of.isnull() | whole.as_of.isnull() | (part.as_of == whole.as_of),
        ],
    )  # fmt: skip
    alike = [part.container == whole.measure, part.region_code == whole.region_code, part.group == whole.group]
    joins = [beside, *_in_other_sources(facts, part, whole, alike)]
    return [_selected(join, part, whole, columns, "measure") for join in joins]


def _in_other_sources(facts: Facts, part: ir.Table, whole: ir.Table, alike: Sequence[Any]) -> list[ir.Table]:
    """Joins of parts with wholes of other sources: for the same cell; and later on, where the whole counts from the
    start to no earlier a day than the part, and cannot have fallen since."""
    if "several_sources" not in facts.present:
        return []
    waves, time = same_cell(part, whole)
    is_same = ibis.or_(ibis.and_(*waves), ibis.and_(*time)).fill_null(False)
    grown = [part.from_start, whole.from_start, ~whole.can_fall, whole.end_is_known, part.end <= whole.end, ~is_same]
    return [part.join(whole, [*alike, part.source != whole.other_source, *when]) for when in (waves, time, grown)]


def _of_regions(facts: Facts, cells: ir.Table, columns: Sequence[str]) -> list[ir.Table]:
    """A region within every region above it: two levels up in one source (one level is the families' business), and
    in any other source for the same cell, or later on where both count from the start and the measure cannot fall."""
    adding = cells.filter(cells.adds_over_regions)
    above = facts.lineage
    part = adding.join(above, "region_code").select(adding, above.ancestor_code, above.generation)
    # Few regions lie above others: looked for among their figures alone, a whole is found much faster.
    whole = _other(adding.semi_join(above, adding.region_code == above.ancestor_code))
    alike = [part.ancestor_code == whole.region_code, part.measure == whole.measure, part.group == whole.group]
    one_day = part.as_of.isnull() | whole.as_of.isnull() | (part.as_of == whole.as_of)
    here = [part.source == whole.other_source, part.scope == whole.scope, part.generation > 1, one_day]
    joins = [part.join(whole, [*alike, *here]), *_in_other_sources(facts, part, whole, alike)]
    return [_selected(join, part, whole, columns, "region") for join in joins]


def _of_groups(facts: Facts, cells: ir.Table, columns: Sequence[str]) -> list[ir.Table]:
    """Women, men or an age group within everybody."""
    if not {"sex", "age_group"} & facts.present:
        return []
    part = cells.filter((cells.group != "|") & (cells.unit != "percent"))
    whole = _other(cells.filter(cells.group == "|"))
    joined = part.join(
        whole,
        [
            part.source == whole.other_source, part.region_code == whole.region_code, part.measure == whole.measure,
            *same(part, whole, "wave_from", "wave_to", "period_end", "since"),
            part.as_of.isnull() | whole.as_of.isnull() | (part.as_of == whole.as_of),
        ],
    )  # fmt: skip
    return [_selected(joined, part, whole, columns, "group")]


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


#: How parts are grouped: what makes one total of an identity, and one part of it.
_TOTAL = ("identity", "other_source", "other_resource", "other_row")
_PART = ("measure", "group", "wave_from", "wave_to")


def _identities(facts: Facts, rule_name: str) -> Tested:
    """The parts of each identity that the rule tests against its total, in one source for one region and period."""
    chosen = [each for each in IDENTITIES if each.rule == rule_name]
    rows = [(each.name, each.total, part, len(each.parts), each.exact) for each in chosen for part in each.parts]
    columns = ("identity", "total", "part", "due", "exact")
    listed = ibis.memtable(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
    cells = facts.share("placed", facts.cells.filter(facts.cells.region_code.notnull()))
    parts = cells.join(listed, cells.measure == listed.part).select(cells, *(listed[name] for name in columns))
    total = _other(cells)
    joined = parts.join(
        total,
        [
            parts.source == total.other_source, parts.total == total.measure,
            parts.region_code == total.region_code, parts.scope == total.scope,
            parts.as_of.isnull() | total.as_of.isnull() | (parts.as_of == total.as_of),
        ],
    )  # fmt: skip
    return _summed(facts, rule_name, _side_by_side(joined, parts, total, total.measure))


def _side_by_side(joined: ir.Table, parts: ir.Table, total: ir.Table, measure: Any) -> ir.Table:
    """The parts with their total in the `other_` columns."""
    kept = ("source", "resource", "row", "region_code", *_PART, "value", "lower", "upper", "identity", "due", "exact")
    wholes = {name: total[name] for name in total.columns if name.startswith("other_")}
    return joined.select(*(parts[name] for name in kept), **wholes, total_measure=measure)


def _summed(facts: Facts, name: str, joined: ir.Table) -> Tested:
    """Compare the parts with their total: equal where all `due` parts are there and the sum is `exact`, else within."""
    keyed = facts.share(f"{name}_parts", joined)
    told = ("total_measure", "due", "exact", "region_code", "other_value", "other_lower", "other_upper",
            "other_value_as_printed")  # fmt: skip
    # A part that is printed twice counts once.
    once = keyed.group_by([*_TOTAL, *_PART]).agg(
        value=keyed.value.min(), **bounds_of(keyed), **{column: keyed[column].arbitrary() for column in told}
    )
    once = one_interval(once)
    label = (once.identity == "sex").ifelse(once.group.re_replace(r"\|$", ""), once.measure)
    once = once.mutate(label=label)
    t = once.group_by(list(_TOTAL)).agg(
        found=once.value.sum(), found_lower=open_sum(once.lower), found_upper=open_sum(once.upper), parts=once.count(),
        names=in_order(once.label, " + ", once.label), **{column: once[column].arbitrary() for column in told},
    )  # fmt: skip
    whole = t.exact & (t.parts == t.due)
    fits = meet(t.found_lower, t.found_upper, t.other_lower, t.other_upper)
    outcome = ibis.cases(
        (whole & ~fits, "sum_differs"), (~not_above(t.found_lower, t.other_upper), "exceeds"), else_=ibis.null(str)
    )
    compared = comparisons(
        t, keep=_TOTAL, comparison=named(*(t[name] for name in _TOTAL)), source=t.other_source,
        resource=t.other_resource, row=t.other_row, measure=t.total_measure, outcome=outcome, severity="error",
        printed=t.other_value, printed_as=t.other_value_as_printed, bound_lower=whole.ifelse(0, None), bound_upper=0,
    )  # fmt: skip

    def of(some: ir.Table) -> ir.Table:
        totals = some.select("comparison", *_TOTAL)
        asked = keyed.join(totals, list(_TOTAL)).select(keyed, totals.comparison)
        order = ibis.row_number().over(
            group_by=[asked[kind] for kind in ("comparison", *_PART)], order_by=[asked.resource, asked.row]
        )
        marked = asked.mutate(coefficient=(order == 0).ifelse(1, 0))
        return terms(some, some.comparison, -1).union(terms(marked, marked.comparison, marked.coefficient))

    return Tested(compared, of)


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
    cells = facts.cells.filter(facts.cells.region_code.notnull()).semi_join(adding, "measure")
    cells = facts.share("counted_by_sex", cells)
    parts = cells.filter(cells.sex.notnull()).mutate(identity=ibis.literal("sex"), due=2, exact=True)
    total = _other(cells.filter(cells.sex.isnull()))
    joined = parts.join(
        total,
        [
            parts.source == total.other_source, parts.region_code == total.region_code,
            parts.measure == total.measure, ("|" + parts.age_group.fill_null("")) == total.group,
            *same(parts, total, "wave_from", "wave_to", "since", "end"),
            parts.as_of.isnull() | total.as_of.isnull() | (parts.as_of == total.as_of),
        ],
    )  # fmt: skip
    return _summed(facts, "sexes", _side_by_side(joined, parts, total, total.measure))


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
