"""What the page of findings shows: each finding with the figures that it rests on and the likeliest misprints."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from flows.publish.site.evidence import Place, rows

#: Findings that are shown, errors first; figures and suspects of one finding.
MOST, FAMILY, SUSPECTS = 300, 45, 5

_FINDINGS = """
SELECT d.*, r.sentence_en, r.sentence_id, s.title, s.publisher, s.homepage, s.published, g.name AS region, m.unit
FROM findings AS d
JOIN rules AS r USING (rule)
JOIN sources AS s USING (source)
LEFT JOIN regions AS g USING (region_code)
LEFT JOIN measures AS m USING (measure)
ORDER BY d.severity, d.rule, d.source, d.resource, d."row", d.finding
LIMIT $most
"""
#: The figure that the finding is filed under comes first.
_FAMILIES = """
SELECT e.finding, e.source, e.resource, e."row", coalesce(g.name, f.region_as_printed) AS region, f.region_code,
    f.measure, f.unit, f.value_as_printed, f.value, f.lower, f.upper, f.locator, f.status, f.wave_from, f.wave_to,
    f.period_start, f.period_end, f.sex, f.age_group,
    (e.source, e.resource, e."row") = (d.source, d.resource, d."row") AS is_own,
    count(*) OVER (PARTITION BY e.finding) AS total
FROM finding_figures AS e
JOIN findings AS d USING (finding)
JOIN figures AS f ON (f.source, f.resource, f."row") = (e.source, e.resource, e."row")
LEFT JOIN regions AS g ON g.region_code = f.region_code
WHERE list_contains($findings, e.finding)
QUALIFY row_number() OVER (PARTITION BY e.finding ORDER BY is_own DESC, e.source, e.resource, e."row") <= $most
ORDER BY e.finding, is_own DESC, e.source, e.resource, e."row"
"""
_ALIKE = ("measure", "period_start", "period_end", "wave_from", "wave_to", "sex", "age_group")
_SUSPECTS = """
SELECT s.*, count(*) OVER (PARTITION BY finding) AS total,
    count(*) FILTER (rank = 1) OVER (PARTITION BY finding) AS likeliest
FROM suspects AS s
WHERE list_contains($findings, finding)
QUALIFY row_number() OVER (PARTITION BY finding ORDER BY place) <= $most
ORDER BY finding, place
"""


@dataclass(frozen=True)
class Finding:
    """A finding: the columns of its row and of its rule and source, its family and its suspects."""

    row: Mapping[str, Any]
    family: list[dict[str, Any]]
    suspects: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """Its stable name, which is its address on the page."""
        return str(self.row["finding"])

    @property
    def several_sources(self) -> bool:
        """Whether its figures come from more than one source."""
        return len({each["source"] for each in self.family}) > 1

    @property
    def is_alike(self) -> bool:
        """Whether its figures are of one measure, period, range of waves and group."""
        return len({tuple(each[name] for name in _ALIKE) for each in self.family}) == 1

    def suspected(self, figure: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first explanation that finds fault with a figure, if it is among the likeliest."""
        place = _place(figure)
        return next((each for each in self.suspects if each["rank"] == 1 and _place(each) == place), None)


def wrong(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """The findings that are shown: all of them, unless there are very many."""
    found = rows(connection, _FINDINGS, most=MOST)
    names = [each["finding"] for each in found]
    families, suspects = (
        _by_finding(rows(connection, query, findings=names, most=most))
        for query, most in ((_FAMILIES, FAMILY), (_SUSPECTS, SUSPECTS))
    )
    return [Finding(each, families[each["finding"]], suspects[each["finding"]]) for each in found]


def _by_finding(found: list[dict[str, Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    grouped = defaultdict(list)
    for each in found:
        grouped[each["finding"]].append(each)
    return grouped


def _place(row: Mapping[str, Any]) -> Place:
    return row["source"], row["resource"], row["row"]
