"""How often the culprit is found: one error is put into figures that agree, and the project's own pipeline runs.

    python -m benchmarks.detection [--setting alone|context|both] [--sample N] [--seed N]

Every error is of one kind, made at random from the seed, in a figure as printed that stands in a comparison which
holds: a complete family, waves, an identity, a share beside its counts, two sources on one cell, a cumulative series.
Setting `alone` has one source and nothing to compare it with, `context` all of `raw/`. Errors that no comparison
brings together are put into one run, as they cannot bear on each other; that is all that makes it fast.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import chain
from multiprocessing import get_context
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.ground import CHAINS, NATION, Bounds, Ground, Statement, bounds_of, ground
from benchmarks.injections import KINDS, Injection, copy_of, injected, injection, probes
from benchmarks.measured import Measured, Outcome, report
from flows.engine import engine
from flows.ingest import ingest
from flows.judge import judge
from flows.nouns import Finding, Judged, Place, Snapshot, Suspected
from flows.pipeline import OFFICIAL, name_suspects
from flows.read import read
from flows.settings import ROOT, Settings
from flows.validate import validate

SETTINGS = ("alone", "context")
#: Draws of a figure for one error, before a kind is given up.
TRIES = 200
#: Errors in one run, at most.
TOGETHER = 60
#: Why an error cannot be told by arithmetic.
SAME = "read as the same figure"
WITHIN = "within the rounding of the figures it is compared with"
BELOW = "within what a series or a whole leaves open"
IN_ONE_SUM = "exchanged within one sum"
NO_LIST = "the row is in no list that must be complete"
ONE_VALUE = "the second row says the same and no list counts it"
REVOKED = "a fall that revocations may explain, which is a warning"


# -- The pipeline ---------------------------------------------------------------------------------------------------


def examined(snapshot: Snapshot, today: date) -> Judged:
    """The steps of the pipeline from the snapshot to the findings."""
    validated = validate(ingest(snapshot, engine(Settings(threads=1))))
    return judge(validated, name_suspects(validated), snapshot.known_issues, today, stale=False)


@cache
def _everything() -> Snapshot:
    return read(ROOT / "raw", OFFICIAL)


def ground_of(names: frozenset[str], today: date) -> Ground:
    """The ground of these sources (none named: of all)."""
    snapshot = _only(_everything(), names) if names else _everything()
    return ground(snapshot, examined(snapshot, today))


def _only(snapshot: Snapshot, names: frozenset[str]) -> Snapshot:
    """The snapshot of some of its sources, beside the official regions."""
    without = {each.name for each in snapshot.sources} - set(snapshot.figures["source"].unique().to_pylist())

    def rows(table: pa.Table) -> pa.Table:
        return table.filter(pc.is_in(table["source"], pa.array(sorted(names))))

    return replace(
        snapshot,
        sources=tuple(each for each in snapshot.sources if each.name in names | without),
        figures=rows(snapshot.figures),
        organisations=rows(snapshot.organisations),
    )


# -- Sources that nothing compares ----------------------------------------------------------------------------------


def apart(everything: Ground) -> list[frozenset[str]]:
    """Groups of sources that can stand in one run although each is alone in it.

    No two of a group print regions of one province, and one that prints the nation is a group of its own. Only sources
    with a chain of their own.
    """
    own = {_sources(each) for each in everything.statements if each.rule in CHAINS}
    groups: list[set[str]] = []
    for name in sorted(next(iter(names)) for names in own if len(names) == 1):
        provinces = everything.provinces[name]
        fitting = (group for group in groups if all(_unlike(provinces, everything.provinces[one]) for one in group))
        group = next(fitting, None)
        if group is None:
            groups.append({name})
        else:
            group.add(name)
    return [frozenset(group) for group in groups]


def _unlike(provinces: frozenset[str], others: frozenset[str]) -> bool:
    return provinces.isdisjoint(others) and NATION not in provinces | others


def _sources(statement: Statement) -> frozenset[str]:
    return frozenset(place[0] for place in statement.rests_on)


# -- Drawing --------------------------------------------------------------------------------------------------------


def draw(grounds: Sequence[Ground], sample: int, rng: Random) -> list[tuple[int, Injection]]:
    """Errors of each kind, as many as asked for where there is room: first the chain, then the comparison, the figure.

    Each comes with the number of its ground.
    """
    pools: dict[str, list[tuple[int, Statement]]] = defaultdict(list)
    for number, each in enumerate(grounds):
        for statement in each.statements:
            if statement.rule in CHAINS and _is_clean(statement, each):
                pools[CHAINS[statement.rule]].append((number, statement))
    found: dict[tuple[object, ...], tuple[int, Injection]] = {}
    for kind in KINDS:
        wanted = len(found) + sample
        for _ in range(TRIES * sample):
            if len(found) == wanted:
                break
            name = rng.choice(sorted(pools))
            number, statement = rng.choice(pools[name])
            places = sorted(statement.rests_on & grounds[number].sites.keys())
            site = grounds[number].sites[rng.choice(places)]
            made = injection(kind, name, site, grounds[number].sites, rng)
            if made is not None:
                found.setdefault((number, kind, made.place, tuple(made.tokens.items())), (number, made))
    return list(found.values())


def _is_clean(statement: Statement, base: Ground) -> bool:
    """Whether it can tell an error, and no figure in it is doubted to begin with."""
    tells = statement.is_exact or CHAINS[statement.rule] == "cumulative"
    return tells and statement.rests_on <= base.sites.keys()


def read_as(base: Ground, injections: Sequence[Injection]) -> list[dict[Place, Bounds | None]]:
    """The interval that each changed token is read as; None where it cannot be read."""
    asked = probes(base.snapshot, injections)
    figures = ingest(asked, engine(Settings(threads=1))).figures
    rows = figures.select("source", "resource", "row", "value", "lower", "upper").to_pyarrow().to_pylist()
    by_number = {row["row"]: bounds_of(row) if row["value"] is not None else None for row in rows}
    numbers = iter(range(len(by_number)))
    return [{place: by_number[next(numbers)] for place in each.tokens} for each in injections]


# -- What arithmetic can tell ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prospect:
    """An error with what arithmetic can tell of it, and the figures that it bears on."""

    injection: Injection
    reason: str
    explainers: int
    rules: int
    bears_on: frozenset[Place]


def prospects(base: Ground, errors: Sequence[Injection]) -> list[Prospect]:
    """What arithmetic can tell of each error."""
    return [prospect(base, *each) for each in zip(errors, read_as(base, errors), strict=True)]


def prospect(base: Ground, error: Injection, change: Mapping[Place, Bounds | None]) -> Prospect:
    """What arithmetic can tell of an error, by the second opinion of the ground."""
    own = frozenset({error.place, copy_of(error.place)})
    if error.removed or error.doubled:
        touching = base.touching[error.place]
        listed = any(each.rule == "family_is_complete" and _is_member(base, error.place) for each in touching)
        reason = "" if listed else NO_LIST if error.removed else ONE_VALUE
        return Prospect(error, reason, 1, 1, own.union(*(each.bears_on for each in touching)))
    readable = {place: bounds for place, bounds in change.items() if bounds is not None}
    if len(readable) < len(change):
        return Prospect(error, "", 1, 1, own)
    broken = base.broken_by(readable)
    bears_on = own.union(change, *(each.bears_on for each in broken))
    if broken:
        return Prospect(error, "", len(base.explainers(broken, readable)), len(broken), bears_on)
    return Prospect(error, _why_not(base, error, readable), 0, 0, bears_on)


def _is_member(base: Ground, place: Place) -> bool:
    """Whether a figure is one of the parts in a sum over regions."""
    sums = (each for each in base.touching[place] if each.rule == "children_sum_to_parent")
    return any(each.terms.get(place, 0) > 0 for each in sums)


def _why_not(base: Ground, error: Injection, change: Mapping[Place, Bounds]) -> str:
    if all(base.intervals[place] == bounds for place, bounds in change.items()):
        return SAME
    exact = [each for each in base.touching[error.place] if each.is_exact]
    if len(change) > 1 and any(change.keys() <= each.bears_on for each in exact):
        return IN_ONE_SUM
    return WITHIN if exact else BELOW


def batches(foreseen: Iterable[Prospect]) -> list[list[Prospect]]:
    """Errors that bear on no common figure, together; those that arithmetic cannot tell apart from those it can."""
    made: list[tuple[list[Prospect], set[Place]]] = []
    for each in foreseen:
        fitting = (one for one in made if _fits(each, *one))
        batch = next(fitting, None)
        if batch is None:
            made.append(([each], set(each.bears_on)))
        else:
            batch[0].append(each)
            batch[1].update(each.bears_on)
    return [batch for batch, _ in made]


def _fits(one: Prospect, batch: Sequence[Prospect], bears_on: set[Place]) -> bool:
    alike = bool(one.reason) == bool(batch[0].reason)
    return alike and len(batch) < TOGETHER and bears_on.isdisjoint(one.bears_on)


# -- What the pipeline tells ----------------------------------------------------------------------------------------


def outcomes(base: Ground, batch: Sequence[Prospect], today: date) -> list[Outcome]:
    """Run the pipeline on errors that do not bear on each other, and look at what it makes of each."""
    judged = examined(injected(base.snapshot, (each.injection for each in batch)), today)
    new = [each for each in judged.findings if each.is_open and (each.rule, each.relation) not in base.broken]
    falls = [each for each in judged.findings if each.outcome == "may_be_revoked"]
    fallen = {place for each in falls if (each.rule, each.relation) not in base.broken for place in each.evidence}
    return [_outcome(each, new, fallen) for each in batch]


def _outcome(each: Prospect, new: Sequence[Finding], fallen: set[Place]) -> Outcome:
    error = each.injection
    changed = {error.place, copy_of(error.place), *error.tokens}
    if error.removed:
        changed = set(each.bears_on)
    errors = [finding for finding in new if changed.intersection(finding.evidence)]
    told = next((finding for finding in errors if finding.suspects), errors[0] if errors else None)
    suspects = _suspects(told) if told else []
    reason = REVOKED if not errors and not each.reason and changed & fallen else each.reason
    places = [n for n, one in enumerate(suspects, 1) if _names(one, error)]
    first = [(one.source, one.resource, one.row) for one in suspects if one.rank == suspects[0].rank]
    return Outcome(
        injection=error, reason=reason, explainers=each.explainers, rules=each.rules,
        detected=bool(errors),
        suspect=min(places, default=0), alone=places[:1] == [1] and len(set(first)) == 1,
        value=any(_names(one, error) and _is_true(one, error) for one in suspects),
    )  # fmt: skip


def _suspects(finding: Finding) -> Sequence[Suspected]:
    """The suspects of a finding; the figure that it is filed under where it has none."""
    filed = Suspected(1, 1, finding.source, finding.resource, finding.row, finding.printed, None, "other", "", "")
    return finding.suspects or (filed,)


def _names(suspect: Suspected, error: Injection) -> bool:
    """Whether a suspect is the figure that was changed, or the row that was left out or doubled."""
    if error.removed:
        return suspect.kind == "row_missing" and suspect.source == error.place[0]
    place = (suspect.source, suspect.resource, suspect.row)
    if error.doubled:
        return suspect.kind == "row_doubled" and place in (error.place, copy_of(error.place))
    return place in error.tokens


def _is_true(suspect: Suspected, error: Injection) -> bool:
    return error.doubled or suspect.suggestion == error.true


# -- The whole ------------------------------------------------------------------------------------------------------

#: Runs one function over lists of arguments, as `map` does: in this process, or in several.
Spread = Callable[..., Iterable[Any]]


def measure(setting: str, sample: int, seed: int, today: date, spread: Spread = map) -> Measured:
    """Draw errors for a setting, run them, and collect what became of them."""
    groups = [frozenset[str]()] if setting == "context" else apart(ground_of(frozenset(), today))
    grounds: list[Ground] = list(spread(ground_of, groups, [today] * len(groups)))
    drawn = draw(grounds, sample, Random(f"{setting} {seed}"))
    by_ground = [[error for number, error in drawn if number == n] for n in range(len(grounds))]
    asked = [(base, errors) for base, errors in zip(grounds, by_ground, strict=True) if errors]
    foreseen = spread(prospects, *zip(*asked, strict=True))
    tasks = [(base, batch) for (base, _), each in zip(asked, foreseen, strict=True) for batch in batches(each)]
    found = spread(outcomes, *zip(*tasks, strict=True), [today] * len(tasks))
    return Measured(
        setting, seed, len({place[0] for each in grounds for place in each.sites}), tuple(chain.from_iterable(found)),
        tuple(alarm for each in grounds for alarm in each.false_alarms), len(tasks),
    )  # fmt: skip


def main() -> int:
    """Measure as the command line asks and print the tables. Returns 1 where the untouched figures raise errors."""
    asked = argparse.ArgumentParser(description="How often the culprit is found.")
    asked.add_argument("--setting", choices=(*SETTINGS, "both"), default="both")
    asked.add_argument("--sample", type=int, default=20, help="errors of each kind")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    today = datetime.now(tz=UTC).date()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        chosen = SETTINGS if given.setting == "both" else (given.setting,)
        measured = [measure(setting, given.sample, given.seed, today, pool.map) for setting in chosen]
    print(report(measured, today))
    return int(any(each.false_alarms for each in measured))


if __name__ == "__main__":
    sys.exit(main())
