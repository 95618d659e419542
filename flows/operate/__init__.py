"""Operate: what surrounds a run that nobody watches: fetching first, and a record of what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flows import pipeline
from flows.nouns import CannotRun
from flows.operate.discreet import discreet, discreet_each, discreet_step
from flows.operate.published import Difference, check_place, compared, findings_of
from flows.operate.runs import Entry, recording
from flows.pipeline import Asked, Outcome, Step
from flows.read import Each
from flows.refresh import Refreshed, Web, refresh
from flows.settings import Settings


@dataclass(frozen=True)
class World:
    """The outside world as a run needs it: its moment, the web, and a name for the record."""

    clock: Callable[[], datetime]
    web: Web
    name: str = "direct"


@dataclass(frozen=True)
class Done:
    """A run: its outcome, the findings new and gone against the release before it, and what was fetched."""

    outcome: Outcome
    difference: Difference
    fetched: tuple[Refreshed, ...] = ()


@dataclass(frozen=True)
class Looking:
    """How folders are looked at, one by one or at the same time: those that are fetched, those that are read."""

    fetch: Each = map
    read: Each = map


def operate(settings: Settings, asked: Asked, world: World, step: Step, each: Looking, *, fetch: bool = False) -> Done:
    """Fetch where `fetch` says so, run the pipeline, and record what came of it.

    A source that is refused stops nothing. A rehearsal, a replay and a run of some sources are not recorded, since
    they say nothing about the release. Raises CannotRun where another run is at work.
    """
    check_place(settings, asked)
    step = discreet_step(step, settings)
    each = Looking(discreet_each(each.fetch, settings), discreet_each(each.read, settings))
    if not asked.is_regular:
        return _done(settings, asked, world, step, each, fetch=fetch)
    with recording(settings.state, world.clock, world.name) as entry, discreet(settings):
        done = _done(settings, asked, world, step, each, fetch=fetch)
        _tell(entry, done)
    return done


def _done(settings: Settings, asked: Asked, world: World, step: Step, each: Looking, *, fetch: bool) -> Done:
    if fetch and asked.as_of:
        raise CannotRun("A replay of a day reads what was seen by then: there is nothing to fetch for it.")
    fetched = step(refresh, settings.raw, world.clock(), world.web, None, each.fetch) if fetch else ()
    before = findings_of(settings.published)
    outcome = pipeline.run(settings, asked, step, each.read)
    return Done(outcome, compared(before, outcome.judged.findings), fetched)


def _tell(entry: Entry, done: Done) -> None:
    """Put into the record what the run came to."""
    judged, release = done.outcome.judged, done.outcome.release
    refused = tuple(
        f"{each.source}, {each.resource}: {each.told}" for each in done.fetched if each.outcome == "refused"
    )
    entry.update(
        findings=len(judged.findings),
        open_errors=judged.open_errors,
        new=done.difference.new,
        gone=done.difference.gone,
        new_count=done.difference.new_count,
        gone_count=done.difference.gone_count,
        refused=refused,
    )
    if release is None:
        told = f"{judged.open_errors} errors have not been looked at; nothing was published"
        entry.update(outcome="not publishable", message=told)
    else:
        entry.update(outcome="published" if release.is_new else "unchanged", release=release.version)
