"""Ingest: type and code what was printed. Each figure keeps its token and knows its source, file and line."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

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
    sources = keep(engine, "sources", _sources(snapshot))
    measures = keep(engine, "measures", measures_table())
    regions = keep(engine, "regions", _regions(snapshot, engine))
    keys = keep(engine, "region_keys", region_keys(regions, engine.table("names")))
    above = keep(engine, "lineage", lineage(regions))

    def figures_read(text: pa.Table, prefix: str) -> ir.Table:
        printed = keep(engine, f"{prefix}printed", text)
        typed = keep(engine, f"{prefix}typed", _typed(printed, sources, measures))
        places = keep(engine, f"{prefix}places", resolve(_places(typed), keys, above))
        return keep(engine, f"{prefix}figures_read", _placed(typed, places, regions))

    figures = figures_read(snapshot.figures, "")
    earlier = figures_read(snapshot.earlier, "earlier_") if snapshot.earlier.num_rows else figures.limit(0)
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
    )


def _sources(snapshot: Snapshot) -> pa.Table:
    counts = {each["values"]: each["counts"] for each in snapshot.figures["source"].value_counts().to_pylist()}
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


def _typed(printed: ir.Table, sources: ir.Table, measures: ir.Table) -> ir.Table:
    """Tokens, intervals, dates and waves, row by row."""
    languages = sources.select("source", "language", _published="published")
    signs = measures.select("measure", "can_be_negative")
    joined = printed.join(languages, "source").left_join(signs, "measure").drop("measure_right")
    whole = [name for name, unit in UNITS.items() if unit.whole]
    prepared = joined.mutate(
        token=joined.value,
        whole=joined.unit.isin(whole).fill_null(False),
        can_be_negative=joined.can_be_negative.fill_null(False),
        about=(joined.qualifier == "about").fill_null(False),
        _unit_mult=joined.unit_mult,
        unit_mult=_integer(joined.unit_mult),
    )
    read = read_tokens(prepared.mutate(unit=prepared.unit.fill_null("")).drop("value"))
    read = read.mutate(unit=read.unit.nullif(""))
    coarse = read.precision.try_cast(NUMBER)
    read = read.mutate(_precision=read.precision, precision=ibis.coalesce((coarse > 0).ifelse(coarse, None), read.step))
    dated = read.mutate(
        **{f"_{name}": read[name] for name in ("period_start", "period_end", "as_of", "wave_from", "wave_to")},
        period_start=_day(read.period_start, first=True),
        period_end=_day(ibis.coalesce(read.period_end, read.period_start), first=False),
        as_of=_day(read.as_of, first=False),
        wave_from=_integer(ibis.coalesce(read.wave_from, read.wave_to)),
        wave_to=_integer(ibis.coalesce(read.wave_to, read.wave_from)),
    )
    bounded = dated.mutate(precision=dated.value.notnull().ifelse(dated.precision, None))
    return bounded.mutate(lower=_lower, upper=_upper, unreadable=_unreadable(bounded)).rename(
        region_as_printed="region", within_as_printed="within", value_as_printed="token"
    )


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


def _unreadable(t: ir.Table) -> Any:
    """Names of the columns whose text could not be read, separated by `; `; null where all could."""
    given = {name: t[f"_{name}"] for name in ("period_start", "period_end", "as_of", "wave_from", "wave_to")}
    faults = {name: text.notnull() & t[name].isnull() for name, text in given.items()}
    faults["unit_mult"] = t._unit_mult.notnull() & (t.unit_mult.isnull() | (t.unit_mult.abs() > 12))
    faults["precision"] = t._precision.notnull() & ~(t._precision.try_cast(NUMBER).fill_null(0) > 0)
    faults["qualifier"] = _not_in(t.qualifier, QUALIFIERS)
    faults["level"] = _not_in(t.level, LEVELS)
    faults["sex"] = _not_in(t.sex, SEXES)
    faults["age_group"] = t.age_group.notnull() & ~t.age_group.re_search(_AGES)
    marks = [fault.fill_null(False).ifelse(f"{name}; ", "") for name, fault in faults.items()]
    return sum(marks[1:], marks[0]).re_replace("; $", "").nullif("")


def _not_in(text: Any, known: Iterable[str]) -> Any:
    return text.notnull() & ~text.isin(list(known))


def _places(typed: ir.Table) -> ir.Table:
    named = typed.filter(typed.region_as_printed.notnull() & typed.level.notnull())
    return named.select("source", "level", "region_as_printed", "within_as_printed").distinct()


def _placed(typed: ir.Table, places: ir.Table, regions: ir.Table) -> ir.Table:
    """Each figure with its region, the region's parent at the time, and the last day that it can speak of."""
    same = [
        typed[name].identical_to(places[name]) for name in ("source", "level", "region_as_printed", "within_as_printed")
    ]
    coded = typed.left_join(places, same).select(typed, region_code=places.region_code)
    parents = regions.select("region_code", "parent_code", "moved_on", "former_parent_code")
    coded = coded.left_join(parents, "region_code").drop("region_code_right")
    coded = coded.rename(published="_published")
    day = ibis.coalesce(coded.period_end, coded.as_of, coded.published)
    moved = coded.moved_on.notnull() & (day < coded.moved_on)
    coded = coded.mutate(
        parent_code=moved.fill_null(False).ifelse(coded.former_parent_code, coded.parent_code), day=day
    )
    declared = [column.name for column in TABLES["figures"].columns if column.name != "status"]
    return coded.select(*declared, "whole", "unreadable", "language", "published", "day")
