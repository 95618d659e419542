"""Status: whether the scheduled runs do what they should, for a person and for a monitor."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from flows.nouns import CannotRun
from flows.operate.published import created
from flows.operate.runs import Run, is_at_work, runs, unclosed
from flows.pipeline import JAKARTA
from flows.publish.listing import newest
from flows.read import KNOWN_ISSUES, read_known_issues, source_folders
from flows.read.declaration import WebResource
from flows.read.descriptor import read_descriptor
from flows.read.versions import read_log
from flows.settings import Settings


@dataclass(frozen=True)
class Note:
    """A known issue that ends soon, or has ended."""

    rule: str
    source: str
    row: str
    until: date


@dataclass(frozen=True)
class Status:
    """What is known of the runs. `attention` is what a person must look at; empty where all is well.

    `data_up_to` is the latest day on which a source of the release was printed or read.
    """

    now: datetime
    last_run: Run | None
    last_success: Run | None
    unclosed: tuple[Run, ...]
    at_work: bool
    release: str | None
    released: datetime | None
    data_up_to: date | None
    next_run: datetime
    next_run_from: str
    notes: tuple[Note, ...]
    attention: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told: dict[str, Any] = TypeAdapter(Status).dump_python(self, mode="json")
        return told


@dataclass(frozen=True)
class Limits:
    """From when on a person is needed: hours without a success, days before a known issue ends."""

    max_age: float = 48.0
    days: int = 30


def status(settings: Settings, now: datetime, limits: Limits, next_run: tuple[datetime, str]) -> Status:
    """Look at the records of the runs, the newest release and the known issues. Raises CannotRun where it cannot."""
    found = runs(settings.state)
    at_work = is_at_work(settings.state)
    ended = found[:-1] if at_work else found
    failed = tuple(unclosed(found, at_work=at_work))
    successes = [run for run in ended if run.is_success]
    version = newest(settings.published)
    publishing = [run for run in successes if run.outcome == "published" and run.release == version]
    notes = tuple(_notes(settings, now.astimezone(JAKARTA).date() + timedelta(days=limits.days)))
    last_success = successes[-1] if successes else None
    return Status(
        now=now,
        last_run=ended[-1] if ended else None,
        last_success=last_success,
        unclosed=failed,
        at_work=at_work,
        release=version,
        released=publishing[-1].ended if publishing else None,
        data_up_to=created(settings.published / version) if version else None,
        next_run=next_run[0],
        next_run_from=next_run[1],
        notes=notes,
        attention=(
            *_about_runs(failed, last_success, now, limits),
            *(f"{run_refused} was refused" for run_refused in _refused(ended)),
            *(f"{each} has never been fetched: `prakerja refresh` does." for each in _never_fetched(settings.raw)),
            *_about_notes(notes, now.astimezone(JAKARTA).date()),
        ),
    )


def told(run: Run) -> str:
    """One line on a run."""
    outcome = "was killed" if run.outcome == "running" else run.outcome
    release = f", release {run.release}" if run.release else ""
    message = f": {run.message}" if run.message else ""
    return f"{_minute(run.started)} ({run.name}) {outcome}{release}{message}"


def _about_runs(failed: tuple[Run, ...], success: Run | None, now: datetime, limits: Limits) -> Iterator[str]:
    if failed:
        yield f"{len(failed)} failed since the last success; the last: {told(failed[-1])}"
    if success is None:
        yield "No run has succeeded yet. `prakerja run` is one."
        return
    hours = (now - (success.ended or success.started)) / timedelta(hours=1)
    if hours > limits.max_age:
        yield f"No run has succeeded for {hours:.0f} hours; {limits.max_age:g} are allowed."
    if hours < 0:
        yield f"The last success is {-hours:.1f} hours ahead of the clock: one of the two is wrong."


def _refused(ended: list[Run]) -> list[str]:
    return [each.split(":")[0] for each in ended[-1].refused] if ended else []


def _never_fetched(raw: Path) -> Iterator[str]:
    """The resources on the web that have no version yet; a folder that cannot be read is for the run to tell."""
    for folder in source_folders(raw) if raw.is_dir() else ():
        with suppress(CannotRun):
            log = read_log(folder)
            for resource in read_descriptor(folder)[0].resources:
                if isinstance(resource, WebResource) and not log.of(resource):
                    yield f"{folder.name}, {resource.name}"


def _notes(settings: Settings, by: date) -> Iterator[Note]:
    """The known issues that end by a day."""
    rows, _ = read_known_issues(settings.raw / KNOWN_ISSUES)
    for number, row in enumerate(rows.to_pylist(), 1):
        try:
            until = date.fromisoformat(row["until"] or "")
        except ValueError as error:
            raise CannotRun(f"{settings.raw / KNOWN_ISSUES}, row {number}: `until` is no day.") from error
        if until <= by:
            yield Note(row["rule"], row["source"], row["row"], until)


def _about_notes(notes: tuple[Note, ...], today: date) -> Iterator[str]:
    expired = sum(note.until < today for note in notes)
    if expired:
        yield f"{expired} known issues have expired: look at them again, or no release is made."
    if len(notes) > expired:
        first = min(note.until for note in notes if note.until >= today)
        yield f"{len(notes) - expired} known issues expire soon, the first on {first}."


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(JAKARTA):%Y-%m-%d %H:%M}"
