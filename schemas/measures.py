"""What is counted, read from measures.yaml: units, measures, and the sums that hold by definition."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from schemas.tables import TABLES

#: Over what the parts of a measure may add up to the whole.
DIMENSIONS = ("regions", "waves", "sex", "age")
#: The rules that test an identity; the first is the default.
IDENTITY_RULES = ("parts_sum_to_whole", "decreed_less_revoked_is_effective", "budget_parts_sum_to_budget")
#: What an entry of `measures` need not say. Nothing adds up and everything may fall until somebody has given a reason
#: why it does or may not: a wrong "adds" accuses a true figure, a missing one only leaves a sum untested.
DEFAULTS: Mapping[str, Any] = {
    "part_of": None, "adds": [], "can_fall": True, "negative": False, "fixed": False, "role": None,
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """Unit of measure; `whole` where a value is a whole number of it (people, rupiah), so that it has no decimals."""

    unit: str
    title_en: str
    title_id: str
    whole: bool


@dataclass(frozen=True)
class Measure:
    """One measure; the fields are the columns of the table `measures`, where they are described."""

    measure: str
    unit: str
    title_en: str
    title_id: str
    description_en: str
    description_id: str
    part_of: str | None
    adds_over_regions: bool
    adds_over_waves: bool
    adds_over_sex: bool
    adds_over_age: bool
    can_fall: bool
    can_be_negative: bool
    is_fixed: bool
    named_role: str | None
    why: str


@dataclass(frozen=True)
class Identity:
    """A sum that holds by definition for one region, period and group, and the rule that tests it.

    The parts equal the total where `exact`; else they stay within it, because there may be parts that nobody lists.
    """

    name: str
    rule: str
    total: str
    parts: tuple[str, ...]
    exact: bool
    why_en: str
    why_id: str


@dataclass(frozen=True)
class Catalogue:
    """All units, measures and identities, each by its name and in the order of the file."""

    units: dict[str, Unit]
    measures: dict[str, Measure]
    identities: tuple[Identity, ...]


def catalogue(document: Mapping[str, Any]) -> Catalogue:
    """Make a catalogue of the parsed YAML; raise ValueError, naming the entry, where it contradicts itself."""
    units = {name: _unit(name, entry) for name, entry in document["units"].items()}
    measures = {name: _measure(name, entry) for name, entry in document["measures"].items()}
    identities = tuple(_identity(entry) for entry in document["identities"])
    for measure in measures.values():
        _check_measure(measure, units, measures)
    for identity in identities:
        _check_identity(identity, measures)
    names = [identity.name for identity in identities]
    for name in names:
        _require(names.count(name) == 1, f"identity {name}", "stands twice")
    return Catalogue(units, measures, identities)


def _require(holds: bool, entry: str, problem: str) -> None:
    if not holds:
        raise ValueError(f"measures.yaml, {entry}: {problem}")


def _check_keys(entry: str, keys: Mapping[str, Any], required: set[str], optional: set[str]) -> None:
    missing, unknown = required - keys.keys(), keys.keys() - required - optional
    _require(not missing, entry, f"lacks {', '.join(sorted(missing))}")
    _require(not unknown, entry, f"has unknown keys: {', '.join(sorted(unknown))}")


def _check_words(entry: str, words: Any) -> None:
    wanted = isinstance(words, list) and len(words) == 2 and all(isinstance(word, str) and word for word in words)
    _require(wanted, entry, f"needs a title and a definition, not {words!r}")


def _unit(name: str, entry: Mapping[str, Any]) -> Unit:
    _check_keys(f"unit {name}", entry, {"en", "id", "whole"}, set())
    return Unit(name, entry["en"], entry["id"], entry["whole"])


def _measure(name: str, entry: Mapping[str, Any]) -> Measure:
    label = f"measure {name}"
    _check_keys(label, entry, {"unit", "en", "id", "why"}, set(DEFAULTS))
    _check_words(label, entry["en"])
    _check_words(label, entry["id"])
    said = {**DEFAULTS, **entry}
    strange = [dimension for dimension in said["adds"] if dimension not in DIMENSIONS]
    _require(not strange, label, f"adds over {strange}, which is none of {', '.join(DIMENSIONS)}")
    return Measure(
        measure=name,
        unit=said["unit"],
        title_en=said["en"][0],
        title_id=said["id"][0],
        description_en=said["en"][1],
        description_id=said["id"][1],
        part_of=said["part_of"],
        adds_over_regions="regions" in said["adds"],
        adds_over_waves="waves" in said["adds"],
        adds_over_sex="sex" in said["adds"],
        adds_over_age="age" in said["adds"],
        can_fall=said["can_fall"],
        can_be_negative=said["negative"],
        is_fixed=said["fixed"],
        named_role=said["role"],
        why=said["why"],
    )


def _identity(entry: Mapping[str, Any]) -> Identity:
    label = f"identity {entry.get('name', entry)}"
    _check_keys(label, entry, {"name", "total", "parts", "exact", "why_en", "why_id"}, {"rule"})
    rule = entry.get("rule", IDENTITY_RULES[0])
    _require(rule in IDENTITY_RULES, label, f"names the unknown rule {rule}")
    parts = tuple(entry["parts"])
    return Identity(entry["name"], rule, entry["total"], parts, entry["exact"], entry["why_en"], entry["why_id"])


def _check_measure(measure: Measure, units: Mapping[str, Unit], measures: Mapping[str, Measure]) -> None:
    label = f"measure {measure.measure}"
    _require(measure.unit in units, label, f"has the unknown unit {measure.unit}")
    seen, whole = [measure.measure], measure.part_of
    while whole is not None:
        _require(whole in measures, label, f"is part of the unknown measure {whole}")
        _require(whole not in seen, label, f"is part of itself: {' < '.join([*seen, whole])}")
        _require(measures[whole].unit == measure.unit, label, f"has another unit than {whole}, of which it is part")
        seen.append(whole)
        whole = measures[whole].part_of


def _check_identity(identity: Identity, measures: Mapping[str, Measure]) -> None:
    label = f"identity {identity.name}"
    members = (identity.total, *identity.parts)
    for member in members:
        _require(member in measures, label, f"names the unknown measure {member}")
        _require(members.count(member) == 1, label, f"names {member} twice")
    units = {measures[member].unit for member in members}
    _require(len(units) == 1, label, f"adds up different units: {', '.join(sorted(units))}")


_CATALOGUE = catalogue(yaml.safe_load(Path(__file__).with_name("measures.yaml").read_text(encoding="utf-8")))
UNITS = _CATALOGUE.units
MEASURES = _CATALOGUE.measures
IDENTITIES = _CATALOGUE.identities


def ancestors(measure: str) -> tuple[str, ...]:
    """The measures that it can never exceed, the nearest first; raise KeyError where there is no such measure."""
    whole = MEASURES[measure].part_of
    return () if whole is None else (whole, *ancestors(whole))


def measures_table() -> pa.Table:
    """All measures as the table `measures`: its columns, in its order, one row per measure."""
    schema = TABLES["measures"].ibis_schema.to_pyarrow()
    return pa.Table.from_pylist([asdict(measure) for measure in MEASURES.values()], schema=schema)
