"""Select: the best supported count of recipients for each region and period, and the counts of partners by date."""

from typing import Any

import ibis
import ibis.expr.types as ir

from flows.engine import keep
from flows.nouns import Judged, Verdict
from schemas.tables import TABLES

#: Counts of recipients that a reader looks up, without sex and age.
RECIPIENTS = ("recipients", "recipients_decreed", "recipients_effective")
_CELL = ("region_code", "measure", "period", "waves")
_PLACE = ("source", "resource", "row")


def select(judged: Judged, files: dict[str, str]) -> Verdict:
    """Add the tables `recipients` and `partners` to the judged ones. `files` are the raw files by their sha256."""
    figures = judged.tables["figures"]
    engine = figures.get_backend()
    chosen = {"recipients": _recipients(figures), "partners": _partners(figures, judged.tables["sources"])}
    beside = judged.validated.ingested.beside
    made = {name: keep(engine, name, table, beside) for name, table in chosen.items()}
    tables = {name: {**judged.tables, **made}[name] for name in TABLES}
    return Verdict(tables=tables, new_errors=judged.open_errors, files=files)


def _recipients(figures: ir.Table) -> ir.Table:
    """Of the figures for one cell, the one that most sources support; of equals one that is accepted, then the most
    precise, then the first by source and row."""
    t = figures.filter(
        figures.measure.isin(RECIPIENTS) & figures.region_code.notnull() & figures.sex.isnull()
        & figures.age_group.isnull() & (figures.status != "quarantined")
    )  # fmt: skip
    dates = [ibis.coalesce(t[name].cast("string"), "..") for name in ("period_start", "period_end")]
    waves = t.wave_from.cast("string") + "-" + t.wave_to.cast("string")
    t = t.mutate(period=dates[0] + "/" + dates[1], waves=ibis.coalesce(waves, "all"))
    other = t.select(*_CELL, other_source="source", other_lower="lower", other_upper="upper")
    pairs = t.join(other, list(_CELL)).select(
        *(t[name] for name in _PLACE),
        other.other_source,
        agrees=_meet(t.lower, t.upper, other.other_lower, other.other_upper),
    )
    by_source = pairs.group_by([*_PLACE, "other_source"]).agg(agrees=pairs.agrees.any())
    support = by_source.group_by(list(_PLACE)).agg(
        supporting_sources=by_source.agrees.sum().cast("int64"), other_sources=(~by_source.agrees).sum().cast("int64")
    )
    backed = t.join(support, list(_PLACE))
    order: list[Any] = [
        backed.supporting_sources.desc(), (backed.status == "accepted").desc(), backed.precision,
        *(backed[name] for name in _PLACE),
    ]  # fmt: skip
    cell = [backed[name] for name in _CELL]
    ranked = backed.mutate(
        place=ibis.row_number().over(group_by=cell, order_by=order),
        printed=backed.row.count().over(group_by=cell),
        least=backed.supporting_sources.min().over(group_by=cell),
    )
    best = ranked.filter(ranked.place == 0)
    because = ibis.cases(
        (best.printed == 1, "only_figure"), (best.supporting_sources > best.least, "most_supported"),
        else_="most_precise",
    )  # fmt: skip
    said = best.mutate(recipients=best.value, chosen_because=because)
    return said.select(**{column.name: said[column.name].cast(column.type) for column in TABLES["recipients"].columns})


def _meet(lower: Any, upper: Any, other_lower: Any, other_upper: Any) -> Any:
    return (lower <= other_upper).fill_null(True) & (other_lower <= upper).fill_null(True)


def _partners(figures: ir.Table, sources: ir.Table) -> ir.Table:
    """The nation's counts of partners, each with the day that it speaks of."""
    days = sources.select("source", told=ibis.coalesce(sources.published, sources.accessed))
    t = figures.filter(
        figures.measure.startswith("partners_") & (figures.region_code == "00") & (figures.status != "quarantined")
    ).join(days, "source")
    t = t.mutate(date=ibis.coalesce(t.as_of, t.period_end, t.told), organisations=t.value).filter(
        lambda x: x.date.notnull()
    )
    return t.select(**{column.name: t[column.name].cast(column.type) for column in TABLES["partners"].columns})
