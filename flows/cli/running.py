"""Commands that run the pipeline."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.cli.base import JsonFile, app, today, told
from flows.nouns import NotPublishable
from flows.settings import Settings, settings

Step = Callable[..., Any]


@app.command()
def run(
    direct: Annotated[
        bool, typer.Option("--direct", help="Without Prefect, whose server takes seconds to start.")
    ] = False,
    fetch: Annotated[bool, typer.Option("--refresh", help="Fetch the sources on the web first.")] = False,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="With what had been seen by that day.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="SOURCE", help="Only this source; repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Publish nothing; show what would change.")] = False,
    json_file: JsonFile = None,
) -> None:
    """Read, ingest, validate, store and publish. Publishes nothing while an error has not been looked at."""
    from flows import report

    with told():
        asked = {
            "fetch": fetch, "as_of": as_of.date() if as_of else None, "only": list(only or ()), "dry_run": dry_run,
        }  # fmt: skip
        console = Console(stderr=json_file == "-")
        started = time.monotonic()
        done = _directly(settings(), console, asked) if direct else _with_prefect(settings(), console, asked)
        _tell_fetched(console, done.fetched)
        outcome = done.outcome
        report.tell(console, outcome.judged, outcome.release, time.monotonic() - started)
        if outcome.rehearsal:
            _tell_rehearsal(console, outcome.rehearsal)
        if json_file:
            report.write_json(json_file, report.as_json(outcome.judged))
        if outcome.judged.open_errors:
            raise typer.Exit(1)


def _directly(chosen: Settings, console: Console, asked: dict[str, Any]) -> Any:
    """The steps as plain functions."""
    from flows import pipeline
    from flows.operate import Looking, World, operate

    wanted = pipeline.Asked(today(), asked["as_of"], tuple(asked["only"]), asked["dry_run"])
    world = World(lambda: datetime.now(UTC), _web())
    step = _telling(console)(_logged(console)(pipeline.directly))
    return operate(chosen, wanted, world, step, Looking(), fetch=asked["fetch"])


def _with_prefect(chosen: Settings, console: Console, asked: dict[str, Any]) -> Any:
    """The steps as tasks of the Prefect flow, whose log is left to warnings where a person looks on."""
    if console.is_terminal:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    from flows import flow
    from flows.operate.runs import note_failure

    def shown(step: Step) -> Step:
        return _telling(console)(_logged(console)(step)) if console.is_terminal else step

    try:
        return flow.run(shown, **asked)
    except NotPublishable as error:
        return error.outcome
    except flow.NoServer as error:
        if not (asked["as_of"] or asked["only"] or asked["dry_run"]):
            note_failure(chosen.state, lambda: datetime.now(UTC), "prefect", str(error))
        raise


def _logged(console: Console) -> Callable[[Step], Step]:
    """A line for each step that has ended."""
    from flows.operate.steps import logged

    def tell(line: str) -> None:
        console.print(line, style="dim", soft_wrap=True, markup=False, highlight=False)

    return lambda step: logged(step, tell)


def _telling(console: Console) -> Callable[[Step], Step]:
    """A spinner while a step runs, where a person looks on."""

    def wrap(step: Step) -> Step:
        def told(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            with console.status(function.__name__.replace("_", " ")) if console.is_terminal else nullcontext():
                return step(function, *args, **kwargs)

        return told

    return wrap


def _tell_fetched(console: Console, fetched: Iterable[Any]) -> None:
    for each in fetched:
        colour = "red" if each.outcome == "refused" else None
        told = f"{each.source}, {each.resource}: {each.outcome}. {each.told}"
        console.print(told, style=colour, soft_wrap=True, markup=False, highlight=False)


def _tell_rehearsal(console: Console, tried: Any) -> None:
    """What would change."""
    if tried.version is None:
        console.print(f"Nothing would be published: nothing has changed since {tried.previous}.", style="bold")
        return
    console.print(f"Release {tried.version} would be published.", style="bold")
    console.print(tried.changes, soft_wrap=True, markup=False, highlight=False)


def _web() -> Any:
    from flows.refresh import Web

    return Web(sleep=time.sleep, chance=random.random, clock=time.monotonic)


@app.command()
def refresh(
    only: Annotated[str | None, typer.Option(metavar="SOURCE", help="Only the source of this name.")] = None,
) -> None:
    """Fetch the sources that live on the web, and keep what has changed. 1: a file was refused, the others are kept."""
    from flows.refresh import refresh as fetch

    with told():
        results = fetch(settings().raw, datetime.now(UTC), _web(), only)
        console = Console(soft_wrap=True, markup=False, highlight=False)
        _tell_fetched(console, results)
        counts = Counter(each.outcome for each in results)
        console.print(f"{counts['new']} new, {counts['unchanged']} unchanged, {counts['refused']} refused")
        if counts["refused"]:
            raise typer.Exit(1)


@app.command()
def serve() -> None:
    """Keep running: refresh and run every day, verify every week, as Prefect deployments."""
    from flows import flow

    with told():
        flow.start()
