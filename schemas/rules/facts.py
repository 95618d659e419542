"""What several rules share, made once: the figures that can be understood, the families of regions, their members.

Figures of one source that differ in nothing but the region make a slice, as in the W3C's RDF Data Cube Vocabulary
(https://www.w3.org/TR/vocab-data-cube/#slices). What they have in common is kept once for each slice: there are few,
however many figures there are, so that rules first find the slices that belong together, and only then the figures.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.declare import TOTAL
from schemas.rules.base import (
    PLACE,
    PROGRAMME_START,
    Facts,
    bounds_of,
    named,
    one_day,
    one_interval,
    open_sum,
    same,
    union,
)

#: Regencies and cities are members of one family: a province has both.
TIERS = {"nation": "nation", "province": "province", "regency": "regency", "city": "regency", "district": "district"}
#: Measures by which a text counts the regions that its list has.
COUNTS_OF_MEMBERS = {"provinces_covered": "province", "regencies_covered": "regency"}
#: What makes figures comparable within one source.
SCOPE = ("period_start", "period_end", "wave_from", "wave_to", "sex", "age_group")
#: What the figures of a slice have in common. Unit and days follow from the rest.
SLICE = ("source", "measure", *SCOPE, "as_of", "unit", "published", "day")
#: What each of them has of its own, and rules look at.
OBSERVATION = (
    "resource", "row", "region_as_printed", "level", "region_code", "parent_code", "value_as_printed", "value",
    "lower", "upper", "precision", "locator",
)  # fmt: skip
#: What makes rows of one source the same figure.
ONE_CELL = ("slice", "region", "level")
#: What makes rows of one source children of one list.
FAMILY = ("slice", "parent_code", "tier")
#: What the rows of a family have in common and rules look at.
SHARED = ("source", "measure", "scope", "as_of", "day", "wave_from", "wave_to", "end", "since", "group")


def facts(
    tables: Any,
    keep: Callable[[str, ir.Table], ir.Table],
    share: Callable[[str, ir.Table], ir.Table],
    *,
    quarantined: ir.Table,
) -> Facts:
    """Make the facts from the ingested tables; `keep` stores a table under a name, so that it is computed once, and
    `share` only names an expression.

    `quarantined` are the places (source, resource, row) of the figures that fail the row rules.
    """
    understood = tables.figures.anti_join(quarantined, list(PLACE))
    slices = keep("slices", _slices(understood, tables.measures))
    observations = keep("observations", _observations(understood, slices))
    cells = share("cells", observations.join(slices, "slice"))
    present = _present(slices, tables.earlier)
    repeated = keep("repeated", _repeated(observations, cells))
    members = share("members", _members(observations, slices, repeated))
    expected = keep("expected", _expected(tables.regions))
    families = keep("families", _families(members, slices, expected, tables.regions, _said(cells)))
    sums = keep("sums", _sums(families, slices, observations, cells, present))
    return replace(
        before_understanding(tables, share), slices=slices, observations=observations, cells=cells, repeated=repeated,
        members=members, families=families, sums=sums, present=present,
    )  # fmt: skip


def before_understanding(tables: Any, share: Callable[[str, ir.Table], ir.Table]) -> Facts:
    """The facts that row rules are given: the tables as read. There are no cells and no families yet."""
    none = tables.figures.limit(0)
    return Facts(
        figures=tables.figures, earlier=tables.earlier, sources=tables.sources, regions=tables.regions,
        measures=tables.measures, organisations=tables.organisations, lineage=tables.lineage,
        region_keys=tables.region_keys, slices=none, observations=none, cells=none, repeated=none, members=none,
        families=none, sums=none, share=share,
    )  # fmt: skip


def _present(slices: ir.Table, earlier: ir.Table) -> frozenset[str]:
    """What there is to test: the measures, the dimensions that some figure has, and earlier versions."""
    any_of = {"waves": slices.wave_from, "sex": slices.sex, "age_group": slices.age_group}
    found = slices.agg(
        measures=slices.measure.collect(distinct=True),
        several_sources=slices.source.nunique() > 1,
        earlier=earlier.count().as_scalar() > 0,
        **{name: column.count() > 0 for name, column in any_of.items()},
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    return frozenset(found.pop("measures") or ()) | {name for name, there in found.items() if there}


def _slices(figures: ir.Table, measures: ir.Table) -> ir.Table:
    """Each slice with its number, its scope as text, whether it counts from the start, and what its measure allows."""
    t = figures.select(*SLICE).distinct()
    t = t.join(measures.select("measure", "adds_over_regions", "adds_over_waves", "can_fall"), "measure")
    start = ibis.literal(PROGRAMME_START).cast("date")
    texts = [t[name].cast("string").fill_null("") for name in SCOPE]
    scope = texts[0]
    for text in texts[1:]:
        scope = scope + "|" + text
    from_start = ((t.wave_from == 1) | (t.wave_from.isnull() & (t.period_start <= start))).fill_null(False)
    told_on = ibis.coalesce(t.as_of, t.published)
    end = ibis.coalesce(ibis.least(t.period_end, told_on), t.period_end, told_on)
    # A period's end that is the end of a month may be the widest reading of a year: then the day is not known.
    exact_day = ((t.period_end + ibis.interval(days=1)).cast("date").day() != 1).fill_null(False)
    return t.mutate(
        slice=ibis.row_number().over(order_by=list(SLICE)),
        scope=scope,
        group=t.sex.fill_null("") + "|" + t.age_group.fill_null(""),
        from_start=from_start,
        end=end,
        end_is_known=told_on.notnull() | exact_day,
        since=from_start.ifelse("start", t.period_start.cast("string").fill_null("")),
    )


def _observations(figures: ir.Table, slices: ir.Table) -> ir.Table:
    """Figures that can be understood, each with the number of its slice and with its tier."""
    joined = figures.join(slices, same(figures, slices, *SLICE))
    tier = figures.level.substitute(TIERS, else_=None)
    return joined.select(slices.slice, *(figures[name] for name in OBSERVATION), tier=tier)


def _repeated(observations: ir.Table, cells: ir.Table) -> ir.Table:
    """The rows whose cell their source prints in another row too, with that cell's `region`: few, as a rule."""
    printed, t = (
        each.mutate(region=ibis.coalesce(each.region_code, each.region_as_printed, ""))
        for each in (observations, cells)
    )
    several = printed.group_by(list(ONE_CELL)).agg(copies=printed.count()).filter(lambda each: each.copies > 1)
    return t.semi_join(several, same(t, several, *ONE_CELL))


def _members(observations: ir.Table, slices: ir.Table, repeated: ir.Table) -> ir.Table:
    """One row per region of a family, from the rows that print it; `copies` is how often one list has the same row."""
    adding = slices.filter(slices.adds_over_regions)
    listed = _listed(observations).semi_join(adding, "slice")
    once = listed.anti_join(repeated, ["slice", "resource", "row"])
    twice = _listed(repeated).semi_join(adding, "slice")
    columns = ["copies", *FAMILY, "region_code", "row", "resource", "value", "region_as_printed", "lower", "upper"]
    one = once.mutate(copies=ibis.literal(1, "int64")).select(columns)
    return one.union(_brought_together(twice).select(columns))


def _listed(rows: ir.Table) -> ir.Table:
    """The rows that stand in a family, if their measure adds up."""
    return rows.filter(rows.region_code.notnull() & rows.parent_code.notnull())


def _brought_together(rows: ir.Table) -> ir.Table:
    """One row per region from rows that repeat it.

    Rows meet in their common interval, or span it where they differ. A figure that the text repeats outside of the
    list (its locator is of another form) is no copy.
    """
    rows = rows.mutate(form=rows.locator.fill_null("").re_replace("[0-9]+", "#"))
    copied = rows.group_by([*FAMILY, "region_code", "form", "value"]).agg(
        copies=rows.count(),
        row=rows.row.min(),
        resource=rows.resource.min(),
        region_as_printed=rows.region_as_printed.min(),
        lower=rows.lower.max(),
        upper=rows.upper.min(),
    )
    one = copied.group_by([*FAMILY, "region_code"]).agg(
        copies=copied.copies.max(),
        row=copied.row.min(),
        resource=copied.resource.min(),
        value=copied.value.min(),
        region_as_printed=copied.region_as_printed.min(),
        **bounds_of(copied),
    )
    return one_interval(one)


def _expected(regions: ir.Table) -> ir.Table:
    """Who belongs to each family: `parent_code`, `tier`, `region_code`, `from_day`, `to_day`, `is_new`.

    A region that moved belongs to its former parent up to the day before, and to the new one from that day.
    """
    told = regions.select(
        "region_code", "parent_code", "level", "name", "established", "moved_on", "former_parent_code"
    )
    told = told.mutate(tier=told.level.substitute(TIERS, else_=None))
    columns = ("region_code", "parent_code", "tier", "name", "from_day", "to_day", "is_new")
    now = told.mutate(
        from_day=ibis.coalesce(told.moved_on, told.established),
        to_day=ibis.null("date"),
        is_new=told.established.notnull(),
    )
    before = told.filter(told.former_parent_code.notnull()).mutate(
        parent_code=told.former_parent_code, from_day=ibis.null("date"), to_day=told.moved_on,
        is_new=ibis.literal(False),
    )  # fmt: skip
    return now.select(*columns).union(before.select(*columns))


def _said(cells: ir.Table) -> ir.Table:
    """The text's own count of members with figures: `source`, `parent_code`, `tier`, `said`."""
    counts = cells.filter(cells.measure.isin(list(COUNTS_OF_MEMBERS)) & cells.region_code.notnull())
    tiered = counts.mutate(tier=counts.measure.substitute(COUNTS_OF_MEMBERS, else_=None))
    return tiered.group_by(["source", "tier", tiered.region_code.name("parent_code")]).agg(
        said=(tiered.value.min() == tiered.value.max()).ifelse(tiered.value.max(), None).cast("int64")
    )


def _families(members: ir.Table, slices: ir.Table, expected: ir.Table, regions: ir.Table, said: ir.Table) -> ir.Table:
    """One row per list of children: how many are there and how many should be, and what they sum to.

    `sum_*` counts each region once, `printed_sum_*` every row as printed. Of provinces there are as many as on the
    family's day, unless the list names none of the new ones: statistics kept the 34 for years after the law.
    """
    t = members.group_by(list(FAMILY)).agg(
        listed=members.count(),
        rows=members.copies.sum(),
        sum_value=members.value.sum().cast(TOTAL),
        sum_lower=open_sum(members.lower),
        sum_upper=open_sum(members.upper),
        printed_sum_lower=open_sum(members.lower * members.copies),
        printed_sum_upper=open_sum(members.upper * members.copies),
        first_row=members.row.min(),
        first_resource=members.resource.min(),
    )
    new = expected.filter(expected.is_new).select("region_code").distinct()
    names_new = members.semi_join(new, "region_code").select(*FAMILY).distinct()
    counted = t.left_join(names_new, list(FAMILY)).select(t, names_new=names_new.slice.notnull())
    counted = counted.join(slices, "slice").select(counted, *(slices[name] for name in SHARED))
    # Few families differ in what their members are due by.
    by = ("parent_code", "tier", "day", "names_new")
    kinds = counted.select(*by).distinct()
    due = kinds.join(expected, ["parent_code", "tier"])
    due = due.filter(_belongs(due)).group_by(list(by)).agg(due=lambda x: x.count())
    joined = counted.join(due, same(counted, due, *by)).select(counted, due.due)
    codes = regions.select("region_code", parent_name="name")
    named = joined.join(codes, joined.parent_code == codes.region_code).select(joined, codes.parent_name)
    keys = ("source", "parent_code", "tier")
    named = named.left_join(said, [named[key] == said[key] for key in keys]).select(named, said.said)
    return named.mutate(
        complete=(named.listed == named.due) | (named.listed == named.said).fill_null(False),
        family=named.source + "|" + named.parent_code + "|" + named.tier + "|" + named.measure + "|" + named.scope
        + "|" + named.as_of.cast("string").fill_null(""),
    )  # fmt: skip


def one_short(t: ir.Table) -> Any:
    """Whether a list lacks a single member of more than two."""
    return ~t.complete & (t.listed == t.due - 1) & (t.due > 2)


def _sums(
    families: ir.Table, slices: ir.Table, observations: ir.Table, cells: ir.Table, present: frozenset[str]
) -> ir.Table:
    """Each family with each figure for its parent: of its own source, and, where it is complete or lacks one member,
    of others for the same period or waves."""
    told = {"parent_resource": "resource", "parent_row": "row", "parent_value": "value", "parent_lower": "lower",
            "parent_upper": "upper", "parent_as": "value_as_printed"}  # fmt: skip
    columns = [*families.columns, "parent_source", *told]
    alike = _of_one_scope(slices)
    figures = observations.select("region_code", parent_slice="slice", **told)
    own = families.join(alike, "slice").select(families, alike.parent_slice, parent_source=families.source)
    own = own.join(figures, [own.parent_slice == figures.parent_slice, own.parent_code == figures.region_code])
    joined = [own.select(*columns, is_own=ibis.literal(True))]
    if "several_sources" in present:
        parents = cells.select(
            "region_code", "measure", "as_of", "wave_from", "wave_to", "end", "since", "group", parent_source="source",
            **told,
        )  # fmt: skip
        full = families.filter(families.complete | one_short(families))
        alike = [full.parent_code == parents.region_code, full.measure == parents.measure,
                 full.group == parents.group, full.source != parents.parent_source]  # fmt: skip
        elsewhere = [full.join(parents, [*alike, *speaks]) for speaks in same_cell(full, parents)]
        joined += [other.select(*columns, is_own=ibis.literal(False)) for other in elsewhere]
    t = union(joined)
    return t.mutate(comparison=named(t.family, t.parent_source, t.parent_resource, t.parent_row))


def _of_one_scope(slices: ir.Table) -> ir.Table:
    """Slices of one source, measure and scope, of which none says another day: `slice` and `parent_slice`."""
    parents = slices.view()
    alike = [slices.measure == parents.measure, slices.scope == parents.scope]
    return of_one_source(slices, parents, alike).select(slices.slice, parent_slice=parents.slice)


def _belongs(t: ir.Table) -> Any:
    """Whether an expected region belongs to the family on its day; an undated family is of today."""
    from_day = t.from_day.isnull() | t.day.isnull() | (t.day >= t.from_day)
    to_day = t.to_day.isnull() | (t.day < t.to_day).fill_null(False)
    return from_day & to_day & (~t.is_new | t.names_new)


def expected_members(facts: Facts, families: ir.Table) -> ir.Table:
    """The regions that belong to each of these families: `family`, `region_code`, `name`."""
    expected = _expected(facts.regions)
    due = families.join(expected, ["parent_code", "tier"])
    return due.filter(_belongs(due)).select("family", "region_code", "name")


def of_one_source(left: ir.Table, right: ir.Table, alike: Sequence[Any]) -> Any:
    """Join slices of one source that are alike and of which none says another day."""
    return left.join(right, [left.source == right.source, one_day(left, right), *alike])


def same_cell(left: Any, right: Any) -> tuple[list[Any], list[Any]]:
    """When two figures speak of the same waves, or of the same time where no waves are given: two joins' predicates.

    A figure speaks until the end of its period or until the day it was told, whichever is first. The two joins have no
    pair in common. In one join, with an `or`, the engine would have nothing to look the other figure up by.
    """
    waves = [left.wave_from == right.wave_from, left.wave_to == right.wave_to, one_day(left, right)]
    time = [left.since == right.since, left.end == right.end, left.since != "",
            left.wave_from.isnull() & right.wave_from.isnull()]  # fmt: skip
    return waves, time
