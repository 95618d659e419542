"""A plain Python oracle: every rule again, in loops over plain rows, from the rules' sentences alone.

It takes the figures as ingested, with their tokens read, and shares nothing with `schemas/rules`; the measures are the
declared ones. Each rule gives all comparisons that it makes, those that hold included.
"""

from collections.abc import Callable, Iterator
from typing import Any

from flows.nouns import Ingested
from tests.oracle import agreement, alteration, families, parts, rows, series, shares
from tests.oracle.base import Row, Told, World, dated

ORACLE: dict[str, Callable[[World], Iterator[Told]]] = {
    rule.__name__: rule
    for rule in (
        rows.value_is_readable,
        rows.region_is_known,
        rows.measure_is_known,
        rows.period_is_ordered,
        rows.figure_appears_once,
        families.children_sum_to_parent,
        families.children_do_not_exceed_parent,
        families.family_is_complete,
        families.stated_total_is_supported,
        parts.part_does_not_exceed_whole,
        parts.parts_sum_to_whole,
        shares.shares_sum_to_hundred,
        shares.share_matches_count,
        series.waves_sum_to_cumulative,
        parts.decreed_less_revoked_is_effective,
        parts.budget_parts_sum_to_budget,
        series.cumulative_never_falls,
        agreement.sources_agree,
        agreement.value_is_plausible,
        parts.programme_counts_match_named_partners,
        alteration.source_was_altered,
    )
}

__all__ = ["ORACLE", "Told", "World", "world"]


def world(ingested: Ingested) -> World:
    """The ingested tables as plain rows."""
    figures, earlier, regions, organisations = (
        _rows(table) for table in (ingested.figures, ingested.earlier, ingested.regions, ingested.organisations)
    )
    known = {str(region["region_code"]): region for region in regions}
    bare = World(figures, earlier, known, organisations, ())
    cells = [dated(figure) for figure in figures if rows.is_understood(figure, bare)]
    return World(figures, earlier, known, organisations, cells)


def _rows(table: Any) -> list[Row]:
    found: list[Row] = table.to_pyarrow().to_pylist()
    return found
