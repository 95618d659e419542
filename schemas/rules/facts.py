"""What several rules share, made once: the figures that can be understood, the families of regions, their members."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.declare import TOTAL
from schemas.rules.base import PLACE, PROGRAMME_START, Facts, bounds_of, named, one_interval, open_sum, union

#: Regencies and cities are members of one family: a province has both.
TIERS = {"nation": "nation", "province": "province", "regency": "regency", "city": "regency", "district": "district"}
#: The columns of a figure that rules look at.
CELL = (
    "source", "resource", "row", "region_as_printed", "level", "region_code", "parent_code", "measure", "unit",
    "value_as_printed", "value", "lower", "upper", "precision", "period_end", "wave_from", "wave_to", "sex",
    "age_group", "as_of", "locator", "day", "adds_over_regions", "adds_over_waves", "can_fall",
)  # fmt: skip
#: Measures by which a text counts the regions that its list has.
COUNTS_OF_MEMBERS = {"provinces_covered": "province", "regencies_covered": "regency"}
#: What makes figures comparable within one source.
SCOPE = ("period_start", "period_end", "wave_from", "wave_to", "sex", "age_group")
#: What makes rows of one source the same figure.
ONE_CELL = ("source", "region", "level", "measure", "scope", "as_of")
#: What makes rows of one source children of one list.
FAMILY = ("source", "parent_code", "tier", "measure", "scope", "as_of")
#: What follows from the scope, so that the rows of a family have it in common, as columns.
SHARED = ("wave_from", "wave_to", "end", "since", "group")


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
    cells = keep("cells", _cells(tables.figures, tables.measures, quarantined))
    present = _present(cells, tables.earlier)
    repeated = keep("repeated", _repeated(cells))
    members = share("members", _members(cells, repeated))
    expected = keep("expected", _expected(tables.regions))
    families = keep("families", _families(members, expected, tables.regions, _said(cells)))
    sums = keep("sums", _sums(families, cells, present))
    given = before_understanding(tables, share)
    return replace(
        given, cells=cells, repeated=repeated, members=members, families=families, sums=sums, present=present
    )


def before_understanding(tables: Any, share: Callable[[str, ir.Table], ir.Table]) -> Facts:
    """The facts that row rules are given: the tables as read. There are no cells and no families yet."""
    none = tables.figures.limit(0)
    return Facts(
        figures=tables.figures, earlier=tables.earlier, sources=tables.sources, regions=tables.regions,
        measures=tables.measures, organisations=tables.organisations, lineage=tables.lineage,
        region_keys=tables.region_keys, cells=none, repeated=none, members=none, families=none, sums=none, share=share,
    )  # fmt: skip


def _present(cells: ir.Table, earlier: ir.Table) -> frozenset[str]:
    """What there is to test: the measures, the dimensions that some figure has, and earlier versions."""
    any_of = {"waves": cells.wave_from, "sex": cells.sex, "age_group": cells.age_group}
    found = cells.agg(
        measures=cells.measure.collect(distinct=True),
        several_sources=cells.source.nunique() > 1,
        earlier=earlier.count().as_scalar() > 0,
        **{name: column.count() > 0 for name, column in any_of.items()},
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    return frozenset(found.pop("measures") or ()) | {name for name, there in found.items() if there}


def _cells(figures: ir.Table, measures: ir.Table, quarantined: ir.Table) -> ir.Table:
    """Figures that can be understood, with their tier, their scope as text, and whether they count from the start."""
    t = figures.anti_join(quarantined, list(PLACE))
    told = measures.select("measure", "adds_over_regions", "adds_over_waves", "can_fall")
    t = t.join(told, "measure")
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
    tier = t.level.substitute(TIERS, else_=None)
    return t.select(
        *CELL,
        tier=tier,
        scope=scope,
        group=t.sex.fill_null("") + "|" + t.age_group.fill_null(""),
        from_start=from_start,
        end=end,
        end_is_known=told_on.notnull() | exact_day,
        since=from_start.ifelse("start", t.period_start.cast("string").fill_null("")),
    )


def _repeated(cells: ir.Table) -> ir.Table:
    """The rows whose cell their source prints in another row too, with that cell's `region`: few, as a rule."""
    t = cells.mutate(region=ibis.coalesce(cells.region_code, cells.region_as_printed, ""))
    printed = t.group_by(list(ONE_CELL)).agg(copies=t.count())
    several = printed.filter(printed.copies > 1)
    return t.semi_join(several, [t[name].identical_to(several[name]) for name in ONE_CELL])


def _members(cells: ir.Table, repeated: ir.Table) -> ir.Table:
    """One row per region of a family, from the rows that print it; `copies` is how often one list has the same row."""
    once = _listed(cells).anti_join(repeated, list(PLACE))
    kept = (*FAMILY, "region_code", "row", "resource", "value", "region_as_printed", "day", *SHARED, "lower", "upper")
    columns = ["copies", *kept]
    return (
        once.mutate(copies=ibis.literal(1, "int64"))
        .select(columns)
        .union(_brought_together(_listed(repeated)).select(columns))
    )


def _listed(cells: ir.Table) -> ir.Table:
    """The rows that stand in a family."""
    return cells.filter(cells.region_code.notnull() & cells.parent_code.notnull() & cells.adds_over_regions)


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
        day=rows.day.max(),
        **{name: rows[name].min() for name in SHARED},
    )
    one = copied.group_by([*FAMILY, "region_code"]).agg(
        copies=copied.copies.max(),
        row=copied.row.min(),
        resource=copied.resource.min(),
        value=copied.value.min(),
        region_as_printed=copied.region_as_printed.min(),
        **bounds_of(copied),
        day=copied.day.max(),
        **{name: copied[name].min() for name in SHARED},
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


def _families(members: ir.Table, expected: ir.Table, regions: ir.Table, said: ir.Table) -> ir.Table:
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
        day=members.day.max(),
        **{name: members[name].arbitrary() for name in SHARED},
    )
    new = expected.filter(expected.is_new).select("region_code").distinct()
    names_new = members.semi_join(new, "region_code").select(*FAMILY).distinct()
    counted = t.left_join(names_new, [t[name].identical_to(names_new[name]) for name in FAMILY]).select(
        t, names_new=names_new.source.notnull()
    )
    due = counted.join(expected, ["parent_code", "tier"])
    due = due.filter(_belongs(due)).group_by(list(FAMILY)).agg(due=lambda x: x.count())
    joined = counted.join(due, [counted[name].identical_to(due[name]) for name in FAMILY]).select(counted, due.due)
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


def _sums(families: ir.Table, cells: ir.Table, present: frozenset[str]) -> ir.Table:
    """Each family with each figure for its parent: of its own source, and, where it is complete or lacks one member,
    of others for the same period or waves."""
    parents = cells.select(
        *(cells[name].name(f"parent_{name}") for name in PLACE), "region_code", "measure", "scope", "as_of",
        "wave_from", "wave_to", "end", "since", "group", parent_value="value", parent_lower="lower",
        parent_upper="upper", parent_as="value_as_printed",
    )  # fmt: skip
    own = families.join(
        parents,
        [
            families.source == parents.parent_source, families.parent_code == parents.region_code,
            families.measure == parents.measure, families.scope == parents.scope,
            families.as_of.isnull() | parents.as_of.isnull() | (families.as_of == parents.as_of),
        ],
    )  # fmt: skip
    columns = [*families.columns, *(name for name in parents.columns if name.startswith("parent_"))]
    joined = [own.select(*columns, is_own=ibis.literal(True))]
    if "several_sources" in present:
        full = families.filter(families.complete | one_short(families))
        alike = [full.parent_code == parents.region_code, full.measure == parents.measure,
                 full.group == parents.group, full.source != parents.parent_source]  # fmt: skip
        elsewhere = [full.join(parents, [*alike, *speaks]) for speaks in same_cell(full, parents)]
        joined += [other.select(*columns, is_own=ibis.literal(False)) for other in elsewhere]
    t = union(joined)
    return t.mutate(comparison=named(t.family, t.parent_source, t.parent_resource, t.parent_row))


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


def same_cell(left: Any, right: Any) -> tuple[list[Any], list[Any]]:
    """When two figures speak of the same waves, or of the same time where no waves are given: two joins' predicates.

    A figure speaks until the end of its period or until the day it was told, whichever is first. The two joins have no
    pair in common. In one join, with an `or`, the engine would have nothing to look the other figure up by.
    """
    one_day = left.as_of.isnull() | right.as_of.isnull() | (left.as_of == right.as_of)
    waves = [left.wave_from == right.wave_from, left.wave_to == right.wave_to, one_day]
    time = [left.since == right.since, left.end == right.end, left.since != "",
            left.wave_from.isnull() & right.wave_from.isnull()]  # fmt: skip
    return waves, time
