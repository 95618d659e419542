"""Alteration: what a source on the web printed before, against what it prints now in the same place."""

from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.rules.base import Facts, Tested, comparisons, named, place, rule, same, terms, union

#: What makes two figures of one source the same cell in two versions of it.
_CELL = (
    "source", "resource", "region", "level", "measure", "unit", "period_start", "period_end", "wave_from", "wave_to",
    "sex", "age_group", "as_of",
)  # fmt: skip


@rule(
    "Sumber di web masih mencetak setiap angka seperti sebelumnya.",
    severity="warning",
    why="Whoever used the earlier figure is not told that the source has changed it.",
    needs=["earlier"],
    messages={
        "altered": (
            "{region}: {printed_as} {measure_en} is printed here now; the version before printed {detail}.",
            "{region}: sekarang tercetak {printed_as} {measure_id}; versi sebelumnya mencetak {detail}.",
        ),
        "removed": (
            "{detail} {measure_en} was printed in the version before and no longer is: {names}.",
            "{detail} {measure_id} tercetak pada versi sebelumnya dan kini tidak lagi: {names}.",
        ),
    },
)
def source_was_altered(facts: Facts) -> Tested:
    """A source on the web still prints every figure as it did before."""
    now, before = (_numbered(t, "value_key") for t in (facts.figures, facts.earlier))
    now = now.semi_join(facts.earlier, ["source", "resource"])
    kept = [*same(now, before, *_CELL, "value_key"), now.nth == before.nth]
    # What is left of each cell once equal values are set off against each other is paired in the order of its rows.
    new = facts.share("now_only", _numbered(now.anti_join(before, kept)))
    old = facts.share(
        "before_only",
        _numbered(before.anti_join(now, [*same(before, now, *_CELL, "value_key"), before.nth == now.nth])),
    )
    tests = [
        _told(now.semi_join(before, kept), None),
        _told(_altered(new, old), "altered"),
        _told(_removed(old.anti_join(new, [*same(old, new, *_CELL), old.nth == new.nth]), facts.figures), "removed"),
    ]
    told = union(tests)
    return Tested(told, lambda some: terms(some, some.comparison))


def _numbered(t: ir.Table, *more: str) -> ir.Table:
    """Figures with their cell, their value as a key, and how many like them stand above them in the cell."""
    region = ibis.coalesce(t.region_code, t.region_as_printed, "")
    key = ibis.coalesce(t.value.cast("string"), t.value_as_printed, "")
    t = t.mutate(region=region, value_key=key)
    return t.group_by([*_CELL, *more]).mutate(nth=ibis.row_number().over(order_by=t.row))


def _altered(new: ir.Table, old: ir.Table) -> ir.Table:
    return new.join(old, [*same(new, old, *_CELL), new.nth == old.nth]).select(
        new, found=old.value, detail=old.value_as_printed
    )


def _removed(lost: ir.Table, figures: ir.Table) -> ir.Table:
    """Figures that are gone, those of one value together, filed under the first figure that the source has now."""
    where = lost.region_as_printed.fill_null("-") + lost.locator.isnull().ifelse("", " (" + lost.locator + ")")
    told = lost.mutate(where=where, unread=lost.value.isnull().ifelse(lost.value_as_printed, None))
    gone = told.group_by(["source", "resource", "measure", "value", "unread"]).agg(
        region_code=(told.region_code.nunique() == 1).ifelse(told.region_code.min(), None),
        detail=told.value_as_printed.min(),
        names=told.where.group_concat("; ", order_by=told.row),
    )
    first = figures.group_by(["source", "resource"]).agg(row=figures.row.min())
    return gone.join(first, ["source", "resource"]).mutate(found=gone.value)


def _told(t: ir.Table, outcome: str | None) -> ir.Table:
    given: dict[str, Any] = {"printed_as": None, "printed": None}
    if outcome != "removed":
        given = {"printed_as": t.value_as_printed, "printed": t.value}
    name = named(outcome or "kept", place(t), t.measure, t.detail if "detail" in t.columns else "")
    return comparisons(t, comparison=name, outcome=outcome, severity="warning", **given)
