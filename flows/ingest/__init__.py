"""Ingest: type and code what was printed. Each figure keeps its token and knows its source, file and line."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from pyarrow.dataset import Dataset

from flows.engine import keep
from flows.ingest.places import lineage, region_keys, resolve
from flows.ingest.tokens import read_tokens
from flows.nouns import Ingested, Snapshot, Source
from schemas.declare import NUMBER, TOTAL
from schemas.derive import arrow_schema
from schemas.measures import UNITS, measures_table
from schemas.rules.base import in_order
from schemas.tables import LEVELS, QUALIFIERS, SEXES, TABLES

#: Ages as bands `18-25` or open ones `>55`, `<18`.
_AGES = r"^(\d{1,3}-\d{1,3}|[<>]=?\d{1,3})$"
#: With its type: some engines take the type of a choice from its first branch.
_NOUGHT = ibis.literal(0, NUMBER)


def ingest(snapshot: Snapshot, engine: Any) -> Ingested:
    """Read every token, date and place of the snapshot, on the engine (an Ibis backend).

    No row is left out: what cannot be read is null in its column, and `unreadable` lists the columns at fault.
    """
    beside = snapshot.spooled.path if snapshot.spooled and engine.name == "duckdb" else None
    printed = _printed(engine, snapshot.figures, beside)
    sources = keep(engine, "sources", _sources(snapshot, printed))
    measures = keep(engine, "measures", measures_table())
    regions = keep(engine, "regions", _regions(snapshot, engine))
    keys = keep(engine, "region_keys", region_keys(regions, engine.table("names")))
    above = keep(engine, "lineage", lineage(regions))

    def figures_read(printed: ir.Table, prefix: str, beside: Path | None = None) -> ir.Table:
        told = _told(printed, sources, measures)
        values = keep(engine, f"{prefix}values_read", _values(told))
        times = keep(engine, f"{prefix}times_read", _times(told))
        named = keep(engine, f"{prefix}places_printed", _places(printed))
        places = keep(engine, f"{prefix}places", resolve(named, keys, above))
        return keep(engine, f"{prefix}figures_read", _placed(_typed(told, values, times), places, regions), beside)

    figures = figures_read(printed, "", beside)
    earlier = figures.limit(0)
    if snapshot.earlier.num_rows:
        earlier = figures_read(keep(engine, "earlier_printed", snapshot.earlier), "earlier_")
    organisations = keep(engine, "organisations", snapshot.organisations)
    declared = [column.name for column in TABLES["organisations"].columns]
    return Ingested(
        figures=figures,
        earlier=earlier,
        sources=sources,
        regions=regions,
        measures=measures,
        organisations=organisations.select(declared),
        lineage=above,
        region_keys=keys,
        beside=beside,
    )


def _printed(engine: Any, figures: pa.Table | Dataset, beside: Path | None) -> ir.Table:
    """The figures as text: on the engine, or, where they are many, beside it, from where it reads what it needs."""
    if beside is not None and isinstance(figures, Dataset):
        return engine.read_parquet(figures.files, table_name="printed")
    return keep(engine, "printed", figures)


def _sources(snapshot: Snapshot, printed: ir.Table) -> pa.Table:
    counted = printed.group_by("source").agg(figures=printed.count()).to_pyarrow()
    counts = dict(zip(counted["source"].to_pylist(), counted["figures"].to_pylist(), strict=True))
    rows = [_source_row(source, counts.get(source.name, 0)) for source in snapshot.sources]
    return pa.Table.from_pylist(rows, schema=arrow_schema(TABLES["sources"]).remove_metadata())


def _source_row(source: Source, figures: int) -> dict[str, Any]:
    told = {name: getattr(source, name) for name in ("title", "publisher", "homepage", "published", "accessed")}
    told |= {name: getattr(source, name) for name in ("language", "description", "attributed_to", "licenses")}
    files = "; ".join(f"{file.path} {file.sha256}" for file in source.files)
    return {"source": source.name, **told, "files": files, "figures": figures}


def _regions(snapshot: Snapshot, engine: Any) -> ir.Table:
    """The regions table as declared, with the names used for each region and its BPS code beside the official ones."""
    names = keep(engine, "names", snapshot.names)
    codes = keep(engine, "bps_codes", snapshot.bps_codes)
    listed = keep(engine, "official", snapshot.regions)
    ordered = names.group_by("region_code").agg(other_names=in_order(names.name, "; ", names.name))
    joined = listed.left_join(codes, "region_code").drop("region_code_right")
    joined = joined.left_join(ordered, "region_code").drop("region_code_right")
    typed = {column.name: joined[column.name].cast(column.type) for column in TABLES["regions"].columns}
    return joined.select(**typed)


def _told(printed: ir.Table, sources: ir.Table, measures: ir.Table) -> ir.Table:
    """The printed rows with what their source and measure tell of how they are to be read."""
    languages = sources.select("source", "language", "published")
    signs = measures.select("measure", "can_be_negative")
    joined = printed.join(languages, "source").left_join(signs, "measure").drop("measure_right")
    return joined.mutate(can_be_negative=joined.can_be_negative.fill_null(False))


#: What a number is read from, and what a row's time and group are read from. Few of the many rows differ in these, so
#: that each spelling is read once.
_VALUE = ("value", "unit", "qualifier", "precision", "unit_mult", "language", "can_be_negative")
_TIME = ("period_start", "period_end", "wave_from", "wave_to", "as_of", "level", "sex", "age_group")


def _values(told: ir.Table) -> ir.Table:
    """Each spelling of a number, its columns as `printed_...`, with the number, its interval and what is unreadable."""
    t = told.select(*_VALUE).distinct()
    whole = [name for name, unit in UNITS.items() if unit.whole]
    prepared = t.mutate(
        **{f"printed_{name}": t[name] for name in _VALUE},
        token=t.value,
        unit=t.unit.fill_null(""),
        whole=t.unit.isin(whole).fill_null(False),
        about=(t.qualifier == "about").fill_null(False),
        unit_mult=_integer(t.unit_mult),
    )
    read = read_tokens(prepared.drop("value"))
    coarse = read.precision.try_cast(NUMBER)
    read = read.mutate(precision=ibis.coalesce((coarse > 0).ifelse(coarse, None), read.step))
    bounded = read.mutate(precision=read.value.notnull().ifelse(read.precision, None))
    return bounded.select(
        *(f"printed_{name}" for name in _VALUE), "value", "precision", "unit_mult", "whole",
        lower=_lower, upper=_upper, faults=_faults(_unreadable_value(bounded)),
    )  # fmt: skip


def _times(told: ir.Table) -> ir.Table:
    """Each spelling of a time and a group, its columns as `printed_...`, with dates, waves and what is unreadable."""
    t = told.select(*_TIME).distinct()
    printed = {f"printed_{name}": t[name] for name in _TIME}
    dated = t.mutate(
        **printed,
        period_start=_day(t.period_start, first=True),
        period_end=_day(ibis.coalesce(t.period_end, t.period_start), first=False),
        as_of=_day(t.as_of, first=False),
        wave_from=_integer(ibis.coalesce(t.wave_from, t.wave_to)),
        wave_to=_integer(ibis.coalesce(t.wave_to, t.wave_from)),
    )
    when, who = _unreadable_time(dated)
    return dated.select(
        *printed, "period_start", "period_end", "as_of", "wave_from", "wave_to", faults=_faults(when),
        more_faults=_faults(who),
    )  # fmt: skip


def _typed(told: ir.Table, values: ir.Table, times: ir.Table) -> ir.Table:
    """Each row with its number, interval, dates and waves; `unreadable` names the columns that could not be read."""
    value = [told[name].identical_to(values[f"printed_{name}"]) for name in _VALUE]
    time = [told[name].identical_to(times[f"printed_{name}"]) for name in _TIME]
    read = ("value", "precision", "unit_mult", "whole", "lower", "upper")
    dated = ("period_start", "period_end", "as_of", "wave_from", "wave_to")
    kept = [name for name in told.columns if name not in {*read, *dated, "region", "within", "can_be_negative"}]
    faults = times.faults + values.faults + times.more_faults
    return told.join(values, value).join(times, time).select(
        *(told[name] for name in kept), *(values[name] for name in read), *(times[name] for name in dated),
        region_as_printed=told.region, within_as_printed=told.within, value_as_printed=told.value,
        unreadable=faults.re_replace("; $", "").nullif(""),
    )  # fmt: skip


def _integer(text: Any) -> Any:
    """A small whole number: one of many digits is a slip, and would overflow what is reckoned with it."""
    return text.re_search(r"^-?\d{1,9}$").ifelse(text, None).try_cast("int64")


def _day(text: Any, *, first: bool) -> Any:
    """A day from `2020`, `2020-04` or `2020-04-11`: the first or the last that the text allows."""
    full = text.re_search(r"^[12]\d{3}-\d{2}-\d{2}$").ifelse(text, None).try_cast("date")
    month = text.re_search(r"^[12]\d{3}-\d{2}$").ifelse(text + "-01", None).try_cast("date")
    year = text.re_search(r"^[12]\d{3}$").ifelse(text, None)
    if first:
        return ibis.coalesce(full, month, (year + "-01-01").try_cast("date"))
    last = (month + ibis.interval(months=1) - ibis.interval(days=1)).cast("date")
    return ibis.coalesce(full, last, (year + "-12-31").try_cast("date"))


def _exact(t: ir.Table) -> Any:
    return t.whole & (t.precision <= 1) & ~t.qualifier.fill_null("").isin(["about", "at_least", "at_most"])


def _rounding(t: ir.Table) -> Any:
    """How far towards nought the true value may lie: rounded to the nearest, half a step."""
    return (t.precision.cast(TOTAL) * Decimal("0.5")).cast(NUMBER)


def _cutting(t: ir.Table) -> Any:
    """How far away from nought the true value may lie: cut off instead of rounded, just under a step."""
    return t.whole.ifelse(t.precision - 1, t.precision)


def _lower(t: ir.Table) -> Any:
    """The least true value; null where the page says "at most". "About" gives it a whole step."""
    printed = (t.value < 0).ifelse(_cutting(t), _rounding(t))
    below = ibis.cases(
        (_exact(t), _NOUGHT), (t.qualifier == "about", t.precision), (t.qualifier == "at_least", _NOUGHT), else_=printed
    )
    lower = (t.value.cast(TOTAL) - below).try_cast(NUMBER)
    lower = (~t.can_be_negative & (lower < 0)).ifelse(_NOUGHT, lower)
    return (t.qualifier.fill_null("") == "at_most").ifelse(None, lower).cast(NUMBER)


def _upper(t: ir.Table) -> Any:
    """The greatest true value; null where the page says "at least", or where it is beyond any number of ours."""
    printed = (t.value < 0).ifelse(_rounding(t), _cutting(t))
    above = ibis.cases(
        (_exact(t), _NOUGHT), (t.qualifier == "about", t.precision), (t.qualifier == "at_most", _NOUGHT), else_=printed
    )
    upper = (t.value.cast(TOTAL) + above).try_cast(NUMBER)
    return (t.qualifier.fill_null("") == "at_least").ifelse(None, upper).cast(NUMBER)


def _unreadable_value(t: ir.Table) -> dict[str, Any]:
    """Which columns of a number could not be read."""
    power, precision = t.printed_unit_mult, t.printed_precision
    return {
        "unit_mult": power.notnull() & (t.unit_mult.isnull() | (t.unit_mult.abs() > 12)),
        "precision": precision.notnull() & ~(precision.try_cast(NUMBER).fill_null(0) > 0),
        "qualifier": _not_in(t.qualifier, QUALIFIERS),
    }


def _unreadable_time(t: ir.Table) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which columns that say when, and which that say who, could not be read."""
    when = ("period_start", "period_end", "as_of", "wave_from", "wave_to")
    who = {
        "level": _not_in(t.level, LEVELS),
        "sex": _not_in(t.sex, SEXES),
        "age_group": t.age_group.notnull() & ~t.age_group.re_search(_AGES),
    }
    return {name: t[f"printed_{name}"].notnull() & t[name].isnull() for name in when}, who


def _faults(unreadable: dict[str, Any]) -> Any:
    """The names of the columns that could not be read, each with `; ` behind it."""
    marks = [fault.fill_null(False).ifelse(f"{name}; ", "") for name, fault in unreadable.items()]
    return sum(marks[1:], marks[0])


def _not_in(text: Any, known: Iterable[str]) -> Any:
    return text.notnull() & ~text.isin(list(known))


def _places(printed: ir.Table) -> ir.Table:
    named = printed.filter(printed.region.notnull() & printed.level.notnull())
    return named.select("source", "level", region_as_printed="region", within_as_printed="within").distinct()


def _placed(typed: ir.Table, places: ir.Table, regions: ir.Table) -> ir.Table:
    """Each figure with its region, the region's parent at the time, and the last day that it can speak of."""
    same = [
        typed[name].identical_to(places[name]) for name in ("source", "level", "region_as_printed", "within_as_printed")
    ]
    coded = typed.left_join(places, same).select(typed, region_code=places.region_code)
    parents = regions.select("region_code", "parent_code", "moved_on", "former_parent_code")
    coded = coded.left_join(parents, "region_code").drop("region_code_right")
    day = ibis.coalesce(coded.period_end, coded.as_of, coded.published)
    moved = coded.moved_on.notnull() & (day < coded.moved_on)
    coded = coded.mutate(
        parent_code=moved.fill_null(False).ifelse(coded.former_parent_code, coded.parent_code), day=day
    )
    declared = [column.name for column in TABLES["figures"].columns if column.name != "status"]
    return coded.select(*declared, "whole", "unreadable", "language", "published", "day")
