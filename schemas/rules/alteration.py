"""Alteration: what a source on the web printed before, against what it prints now in the same place."""

from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.rules.base import PLACE, Facts, Tested, comparisons, in_order, named, place, rule, same, terms, union

#: What makes two figures of one source the same cell; `version` is the earlier one that is looked at.
_CELL = (
    "version", "source", "resource", "region", "level", "measure", "unit", "period_start", "period_end", "wave_from",
    "wave_to", "sex", "age_group", "as_of",
)  # fmt: skip


@rule(
    "Sumber di web masih mencetak setiap angka seperti pada versi-versi terdahulu.",
    severity="warning",
    why="Whoever used the earlier figure is not told that the source has changed it.",
    needs=["earlier"],
    messages={
        "altered": (
            "{region}: {printed_as} {measure_en} is printed here now; an earlier version printed {detail}.",
            "{region}: sekarang tercetak {printed_as} {measure_id}; versi terdahulu mencetak {detail}.",
        ),
        "removed": (
            "{detail} {measure_en} was printed in an earlier version and no longer is: {names}.",
            "{detail} {measure_id} tercetak pada versi terdahulu dan kini tidak lagi: {names}.",
        ),
    },
)
def source_was_altered(facts: Facts) -> Tested:
    """A source on the web still prints every figure as its earlier versions did."""
    earlier = facts.earlier.mutate(version=facts.earlier.file_sha256)
    versions = earlier.select("source", "resource", "version").distinct()
    now = _numbered(facts.figures.join(versions, ["source", "resource"]), "value_key")
    before = _numbered(earlier, "value_key")
    # What is left of each cell once equal values are set off against each other is paired in the order of its rows.
    stayed = [*same(now, before, *_CELL, "value_key"), now.nth == before.nth]
    gone = [*same(before, now, *_CELL, "value_key"), before.nth == now.nth]
    new = facts.share("now_only", _numbered(now.anti_join(before, stayed)))
    old = facts.share("before_only", _numbered(before.anti_join(now, gone)))
    altered = facts.share("altered", _altered(new, old))
    lost = old.anti_join(new, [*same(old, new, *_CELL), old.nth == new.nth])
    kept = facts.figures.semi_join(now.semi_join(before, stayed), PLACE).anti_join(altered, PLACE)
    tests = [_told(kept, None), _told(altered, "altered"), _told(_removed(lost, facts.figures), "removed")]
    told = union(tests)
    return Tested(told, lambda some: terms(some, some.comparison))


def _numbered(t: ir.Table, *more: str) -> ir.Table:
    """Figures with their cell, their value as a key, and how many like them stand above them in the cell."""
    region = ibis.coalesce(t.region_code, t.region_as_printed, "")
    key = ibis.coalesce(t.value.cast("string"), t.value_as_printed, "")
    t = t.mutate(region=region, value_key=key)
    return t.group_by([*_CELL, *more]).mutate(nth=ibis.row_number().over(order_by=t.row))


def _latest(t: ir.Table, *names: str) -> ir.Table:
    """Of rows that are alike in these columns, the one of the latest version: versions are numbered through."""
    ranked = t.group_by(list(names)).mutate(rank=ibis.row_number().over(order_by=t.earlier_row.desc()))
    return ranked.filter(ranked.rank == 0)


def _altered(new: ir.Table, old: ir.Table) -> ir.Table:
    """Figures of now, each with the last other value that its cell had."""
    pairs = new.join(old, [*same(new, old, *_CELL), new.nth == old.nth]).select(
        new, found=old.value, detail=old.value_as_printed, earlier_row=old.row
    )
    return _latest(pairs, *PLACE)


def _removed(lost: ir.Table, figures: ir.Table) -> ir.Table:
    """Figures that are gone, those of one value together, filed under the first figure that the source has now."""
    lost = _latest(lost.mutate(earlier_row=lost.row), *_CELL[1:], "nth")
    where = lost.region_as_printed.fill_null("-") + lost.locator.isnull().ifelse("", " (" + lost.locator + ")")
    told = lost.mutate(where=where, unread=lost.value.isnull().ifelse(lost.value_as_printed, None))
    gone = told.group_by(["source", "resource", "measure", "value", "unread"]).agg(
        region_code=(told.region_code.nunique() == 1).ifelse(told.region_code.min(), None),
        detail=told.value_as_printed.min(),
        names=in_order(told.where, "; ", told.row),
    )
    first = figures.group_by(["source", "resource"]).agg(row=figures.row.min())
    return gone.join(first, ["source", "resource"]).mutate(found=gone.value)


def _told(t: ir.Table, outcome: str | None) -> ir.Table:
    given: dict[str, Any] = {"printed_as": None, "printed": None}
    if outcome != "removed":
        given = {"printed_as": t.value_as_printed, "printed": t.value}
    name = named(outcome or "kept", place(t), t.measure, t.detail if "detail" in t.columns else "")
    return comparisons(t, comparison=name, outcome=outcome, severity="warning", **given)
