"""Commands that run the pipeline."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.cli.base import JsonFile, app, today, told
from flows.nouns import NotPublishable
from flows.settings import Settings, settings


@app.command()
def run(
    direct: Annotated[
        bool, typer.Option("--direct", help="Without Prefect, whose server takes seconds to start.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Read, ingest, validate, store and publish. Publishes nothing while an error has not been looked at."""
    from flows import report

    with told():
        chosen = settings()
        console = Console(stderr=json_file == "-")
        started = time.monotonic()
        outcome = _directly(chosen, console) if direct else _with_prefect(console)
        report.tell(console, outcome.judged, outcome.release, time.monotonic() - started)
        if json_file:
            report.write_json(json_file, report.as_json(outcome.judged))
        if outcome.judged.open_errors:
            raise typer.Exit(1)


def _directly(chosen: Settings, console: Console) -> Any:
    """The steps as plain functions."""
    from flows import pipeline

    return pipeline.run(chosen, today(), _telling(console)(pipeline.directly))


def _with_prefect(console: Console) -> Any:
    """The steps as tasks of the Prefect flow, whose log is left to warnings where a person looks on."""
    if console.is_terminal:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    from flows import flow

    try:
        return flow.run(_telling(console))
    except NotPublishable as error:
        return error.outcome


def _telling(console: Console) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Show each step: a spinner while it runs where a person looks on, and a line with its seconds."""

    def wrap(step: Callable[..., Any]) -> Callable[..., Any]:
        def told(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            name = function.__name__.replace("_", " ")
            started = time.monotonic()
            with console.status(name) if console.is_terminal else nullcontext():
                result = step(function, *args, **kwargs)
            console.print(f"{name}: {time.monotonic() - started:.1f} s", style="dim")
            return result

        return told

    return wrap


@app.command()
def refresh(
    only: Annotated[str | None, typer.Option(metavar="SOURCE", help="Only the source of this name.")] = None,
) -> None:
    """Fetch the sources that live on the web, and keep what has changed. 1: a file was refused, the others are kept."""
    from flows.refresh import Web
    from flows.refresh import refresh as fetch

    with told():
        world = Web(sleep=time.sleep, chance=random.random, clock=time.monotonic)
        results = fetch(settings().raw, datetime.now(UTC), world, only)
        console = Console(soft_wrap=True, markup=False, highlight=False)
        for each in results:
            colour = "red" if each.outcome == "refused" else None
            console.print(f"{each.source}, {each.resource}: {each.outcome}. {each.told}", style=colour)
        counts = Counter(each.outcome for each in results)
        console.print(f"{counts['new']} new, {counts['unchanged']} unchanged, {counts['refused']} refused")
        if counts["refused"]:
            raise typer.Exit(1)


@app.command()
def serve() -> None:
    """Keep running: the daily schedule, as a Prefect deployment."""
    from flows import flow

    with told():
        flow.serve()
