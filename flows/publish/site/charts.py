"""Charts: what a release shows at a glance, each with the table that it draws."""

import duckdb

from flows.publish.site.drawing import CSS, DARK, LIGHT, Chart
from flows.publish.site.partners import partners
from flows.publish.site.series import waves, years
from flows.publish.site.tiles import tiles

__all__ = ["CSS", "DARK", "LIGHT", "Chart", "charts"]


def charts(connection: duckdb.DuckDBPyConnection) -> dict[str, Chart]:
    """The charts of a release by their stable names, in the order in which they are shown.

    One that would have nothing to show is left out. The same tables give the same bytes.
    """
    drawn = (make(connection) for make in (tiles, years, waves, partners))
    return {chart.name: chart for chart in drawn if chart}
