"""The pipeline as a table of contents: what follows what. `flows/flow.py` has the same steps under Prefect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import ibis

from flows.assure import assure
from flows.ingest import ingest
from flows.judge import judge, question
from flows.keep import remove_with, temporary
from flows.localise import Localisation, localise
from flows.nouns import CannotRun, Judged, Release, Snapshot, Suspected, Validated
from flows.publish import publish
from flows.read import read
from flows.select import select
from flows.settings import ROOT, Settings
from flows.store import store
from flows.validate import validate

P = ParamSpec("P")
R = TypeVar("R")
#: Runs one step: `Step(function, arguments...)`. Prefect puts its own in.
Step = Callable[..., Any]

#: The programme's days are Jakarta's.
JAKARTA = ZoneInfo("Asia/Jakarta")
#: The regions that the project carries, for a `raw` folder without its own.
OFFICIAL = ROOT / "raw" / "regions"


def directly(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a step as the plain function that it is."""
    return step(*args, **kwargs)


@dataclass(frozen=True)
class Outcome:
    """What a run came to: the findings, and the release where the verdict allowed one."""

    snapshot: Snapshot
    judged: Judged
    release: Release | None


def run(settings: Settings, today: date, step: Step = directly) -> Outcome:
    """Everything, from `raw` to a release. Nothing is stored or published where an error has not been looked at."""
    snapshot = step(read, settings.raw, OFFICIAL)
    judged = examine(snapshot, settings, today, step)
    if judged.open_errors:
        return Outcome(snapshot, judged, None)
    verdict = step(select, judged, snapshot.files)
    database = step(store, verdict, settings.published)
    release = step(publish, database, verdict, settings.published, settings.signing_key, settings.address)
    return Outcome(snapshot, judged, release)


def examine(snapshot: Snapshot, settings: Settings, today: date, step: Step = directly) -> Judged:
    """What the rules say of a snapshot: from the printed figures to the findings."""
    ingested = step(ingest, snapshot, engine(settings))
    validated = step(validate, ingested)
    suspects = step(name_suspects, validated)
    judged = step(judge, validated, suspects, snapshot.known_issues, today, stale=not snapshot.is_alone)
    assured: Judged = step(assure, judged)
    return assured


def name_suspects(validated: Validated) -> dict[str, list[Suspected]]:
    """The likeliest misprints behind each broken relation, by its id."""
    cells, relations = question(validated)
    return {name: _suspected(found) for name, found in localise(cells, relations).items()}


def _suspected(found: Localisation) -> list[Suspected]:
    return [
        Suspected(
            place, one.rank, one.source, one.key[1] if one.key else "figures", one.key[2] if one.key else None,
            one.value, one.suggestion, one.kind, one.reason_en, one.reason_id,
        )
        for place, one in enumerate(found.suspects, 1)
    ]  # fmt: skip


def engine(settings: Settings) -> Any:
    """Connect to what computes. Raises CannotRun where it cannot be reached."""
    # One query for each rule and many small ones after it: merging nested selections costs more time than it saves.
    ibis.options.sql.fuse_selects = False
    if settings.engine != "duckdb":
        raise CannotRun(f"The engine {settings.engine} is not supported yet; leave PRAKERJA_ENGINE out for DuckDB.")
    # What does not fit into the limit goes to the disk.
    spill = temporary()
    limits: Mapping[str, Any] = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(spill),
    }
    connection = ibis.duckdb.connect(**{name: value for name, value in limits.items() if value is not None})
    remove_with(connection, spill)
    return connection
