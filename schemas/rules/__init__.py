"""The rules, in the order of the report: first that a figure is what it says, then that the figures agree.

A new rule is a function with the decorator `rule` in the file of its subject, and a place in RULES.
"""

from collections.abc import Mapping

import pandera.ibis as pa

from schemas.rules import agreement, alteration, families, parts, rows, shares, time
from schemas.rules.base import Facts, Rule, Tested

#: By these a row is understood: a figure that fails one of them is quarantined.
UNDERSTANDING: tuple[Rule, ...] = rows.UNDERSTANDING
#: All rules.
RULES: dict[str, Rule] = {
    each.name: each
    for each in (
        *UNDERSTANDING,
        rows.figure_appears_once,
        families.children_sum_to_parent,
        families.children_do_not_exceed_parent,
        families.family_is_complete,
        families.stated_total_is_supported,
        parts.part_does_not_exceed_whole,
        parts.parts_sum_to_whole,
        shares.shares_sum_to_hundred,
        shares.share_matches_count,
        time.waves_sum_to_cumulative,
        parts.decreed_less_revoked_is_effective,
        parts.budget_parts_sum_to_budget,
        time.cumulative_never_falls,
        agreement.sources_agree,
        agreement.value_is_plausible,
        parts.programme_counts_match_named_partners,
        alteration.source_was_altered,
    )
}

__all__ = ["RULES", "UNDERSTANDING", "Facts", "Rule", "Tested", "figures_schema"]


def figures_schema(schema: pa.DataFrameSchema, failed: Mapping[str, int]) -> pa.DataFrameSchema:
    """The declared schema of a table with every rule as a check: a scalar, whether no row offends it.

    `failed` has the number of offending rows of each rule. Validated lazily, it alone says whether a table is good.
    """
    checks = [
        pa.Check(lambda _, name=name: failed[name] == 0, name=name, error=RULES[name].sentence_en) for name in failed
    ]
    return pa.DataFrameSchema(schema.columns, checks=checks, unique=schema.unique, strict=True, ordered=True)
