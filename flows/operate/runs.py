"""Runs: a record of every regular run in the state folder, so that one that failed is known until one has succeeded."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from flows.disk import held, replace, sweep
from flows.nouns import CannotRun
from flows.operate.discreet import message_of

_FOLDER = "runs"
_LOCK = ".lock"
#: Findings of a kind that a record lists, at most.
LISTED = 100


class Noted(BaseModel):
    """A finding as a record lists it."""

    model_config = ConfigDict(frozen=True)

    finding: str
    rule: str
    severity: str
    source: str
    row: int
    message: str


class Run(BaseModel):
    """A regular run. It is `running` until it has ended; one that says so when none is at work was killed.

    `new` and `gone` are the first of the findings against the release before the run, counted in full; `refused` are
    the sources that could not be fetched.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    started: AwareDatetime
    ended: AwareDatetime | None = None
    outcome: Literal["running", "published", "unchanged", "not publishable", "failed"] = "running"
    message: str = ""
    release: str | None = None
    findings: int = 0
    open_errors: int = 0
    new: tuple[Noted, ...] = ()
    gone: tuple[Noted, ...] = ()
    new_count: int = 0
    gone_count: int = 0
    refused: tuple[str, ...] = ()

    @property
    def is_success(self) -> bool:
        """Whether it ended with the release as it should be."""
        return self.outcome in ("published", "unchanged")


class Entry:
    """The record of the run that is at work: written at its start and at its end."""

    def __init__(self, path: Path, run: Run) -> None:
        self.path, self.run = path, run
        _write(path, run)

    def update(self, **told: Any) -> None:
        """Set fields of the record; it is written when the run ends."""
        self.run = self.run.model_copy(update=told)

    def close(self, ended: datetime, **told: Any) -> None:
        """Write how the run ended."""
        self.update(ended=ended, **told)
        _write(self.path, self.run)


@contextmanager
def recording(state: Path, clock: Callable[[], datetime], name: str) -> Iterator[Entry]:
    """Record a run from its start to its end, whatever it is. Raises CannotRun where another one is at work."""
    folder = state / _FOLDER
    started = clock()
    lock = ExitStack()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_ours = lock.enter_context(held(folder / _LOCK))
    except OSError as error:
        raise CannotRun(f"The run cannot be recorded in {folder}: {error.strerror}. Set PRAKERJA_STATE.") from error
    with lock:
        if not is_ours:
            raise CannotRun(f"Another run is at work{_since(state)}. Run again when it has ended.")
        entry = _begun(folder, Run(name=name, started=started))
        try:
            yield entry
        except BaseException as error:
            with suppress(OSError):
                entry.close(clock(), outcome="failed", message=message_of(error))
            raise
        try:
            entry.close(clock())
        except OSError as error:
            raise CannotRun(f"The run ended, but cannot be recorded in {folder}: {error.strerror}.") from error


def runs(state: Path) -> list[Run]:
    """All runs that are recorded, the oldest first. Raises CannotRun where a record is damaged."""
    found = []
    for path in sorted((state / _FOLDER).glob("*.json")):
        try:
            found.append(Run.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            raise CannotRun(f"{path} cannot be read as the record of a run. Remove it.") from error
    return sorted(found, key=lambda run: run.started)


def unclosed(found: Sequence[Run], *, at_work: bool) -> list[Run]:
    """The runs that failed since the last success; the newest is not one of them while it is `at_work`."""
    failed: list[Run] = []
    for run in found:
        failed = [] if run.is_success else [*failed, run]
    return failed[:-1] if at_work and failed and failed[-1].outcome == "running" else failed


def is_at_work(state: Path) -> bool:
    """Whether a run is at work now."""
    path = state / _FOLDER / _LOCK
    if not path.is_file():
        return False
    with held(path) as is_free:
        return not is_free


def note_failure(state: Path, clock: Callable[[], datetime], name: str, message: str) -> None:
    """Record a run that failed before it could begin."""
    with recording(state, clock, name) as entry:
        entry.update(outcome="failed", message=message)


def _since(state: Path) -> str:
    found = runs(state)
    if not found or found[-1].outcome != "running":
        return ""
    return f" since {found[-1].started:%Y-%m-%d %H:%M} ({found[-1].name})"


def _begun(folder: Path, run: Run) -> Entry:
    path = folder / f"{run.started:%Y-%m-%dT%H%M%S}-{os.getpid()}.json"
    try:
        sweep(folder)
        return Entry(path, run)
    except OSError as error:
        raise CannotRun(f"The run cannot be recorded in {folder}: {error.strerror}. Set PRAKERJA_STATE.") from error


def _write(path: Path, run: Run) -> None:
    replace(path, f"{run.model_dump_json(indent=2)}\n".encode())
