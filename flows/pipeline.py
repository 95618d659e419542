"""The pipeline as a table of contents: what follows what. `flows/flow.py` has the same steps under Prefect."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from flows.assure import assure
from flows.engine import answering, engine
from flows.ingest import ingest
from flows.judge import judge, question
from flows.localise import Localisation, localise
from flows.nouns import Judged, Release, Snapshot, Suspected, Validated
from flows.publish import publish
from flows.publish.rehearsal import Rehearsal, rehearse
from flows.read import Each, read
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
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True)
class Asked:
    """What is asked of a run: the day it counts as, the state of the web sources and the sources it reads, and whether
    it only rehearses the publication. Without more it reads all that there is, and publishes.
    """

    today: date
    as_of: date | None = None
    only: tuple[str, ...] = ()
    is_rehearsal: bool = False

    @property
    def moment(self) -> datetime | None:
        """The end of the day `as_of` in Jakarta."""
        return datetime.combine(self.as_of, time.max, JAKARTA) if self.as_of else None

    @property
    def is_regular(self) -> bool:
        """Whether it is what the schedule asks for."""
        return not (self.as_of or self.only or self.is_rehearsal)


def run(settings: Settings, asked: Asked, step: Step = directly, each: Each = map) -> Outcome:
    """Everything, from `raw` to a release. Nothing is stored or published where an error has not been looked at."""
    with answering(settings):
        return _run(settings, asked, step, each)


def _run(settings: Settings, asked: Asked, step: Step, each: Each) -> Outcome:
    snapshot = step(read, settings.raw, OFFICIAL, asked.moment, asked.only, each)
    judged = examine(snapshot, settings, asked.as_of or asked.today, step)
    if judged.open_errors:
        return Outcome(snapshot, judged, None)
    verdict = step(select, judged, snapshot.files)
    if asked.is_rehearsal:
        with tempfile.TemporaryDirectory(prefix="prakerja-") as scratch:
            database = step(store, verdict, Path(scratch))
            tried = step(rehearse, database, verdict, settings.published, settings.signing_key, settings.address)
        return Outcome(snapshot, judged, None, tried)
    database = step(store, verdict, settings.published)
    release = step(publish, database, verdict, settings.published, settings.signing_key, settings.address)
    return Outcome(snapshot, judged, release)


def examine(snapshot: Snapshot, settings: Settings, today: date, step: Step = directly) -> Judged:
    """What the rules say of a snapshot: from the printed figures to the findings."""
    with answering(settings):
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
