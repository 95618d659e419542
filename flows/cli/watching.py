"""Commands for whoever looks after the scheduled runs."""

import os
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.cli.base import JsonFile, app, told
from flows.nouns import CannotRun
from flows.settings import settings


@app.command()
def status(
    max_age: Annotated[float, typer.Option(metavar="HOURS", min=0, help="Longest time without a success.")] = 48.0,
    days: Annotated[int, typer.Option(min=0, help="Known issues that end within these days are told.")] = 30,
    notify: Annotated[bool, typer.Option("--notify", help="Tell the webhook and the e-mail where it is 1.")] = False,
    json_file: JsonFile = None,
) -> None:
    """Last run, last success, release, next run, what a person must look at. 1: something; 2: cannot read."""
    from flows import report
    from flows.operate.notify import notify_of_attention
    from flows.operate.schedule import next_run
    from flows.operate.status import Limits
    from flows.operate.status import status as look

    with told():
        chosen, now = settings(), datetime.now(UTC)
        found = look(chosen, now, Limits(max_age, days), next_run(now))
        if json_file:
            report.write_json(json_file, found.as_json())
        if json_file != "-":
            _show(found)
        if found.attention:
            for each in notify_of_attention(chosen, found.attention) if notify else ():
                Console(stderr=True).print(f"Nobody was told: {each}", style="red", soft_wrap=True, markup=False)
            raise typer.Exit(1)


@app.command()
def alarm(
    hours: Annotated[float, typer.Option("--after", metavar="HOURS", min=0.003, help="Without a success.")] = 48.0,
) -> None:
    """Have Prefect's server tell the webhook when no scheduled run has succeeded for so long, whatever has died."""
    with told():
        if not os.environ.get("PREFECT_API_URL"):
            raise CannotRun("An alarm needs a server that keeps running: set PREFECT_API_URL to its address.")
        from flows import flow

        flow.alarm(hours)
        Console(soft_wrap=True).print(f"Prefect's server tells the webhook after {hours:g} hours without a success.")


def _show(found: Any) -> None:
    from flows.operate.status import told as line

    console = Console(soft_wrap=True, markup=False, highlight=False)
    told = {
        "last run": line(found.last_run) if found.last_run else "none",
        "last success": line(found.last_success) if found.last_success else "none",
        "at work": "a run is" if found.at_work else "",
        "release": _release(found),
        "next run": f"{found.next_run:%Y-%m-%d %H:%M %Z}, by {found.next_run_from}",
        "findings": _findings(found.last_run),
    }
    for name, text in told.items():
        if text:
            console.print(f"{name:13} {text}")
    for run in found.unclosed:
        console.print(f"{'not closed':13} {line(run)}", style="red")
    for note in found.notes:
        console.print(f"{'known issue':13} until {note.until}: {note.rule}, {note.source}, row {note.row}")
    for each in found.attention:
        console.print(f"{'attention':13} {each}", style="bold red")


def _release(found: Any) -> str:
    if found.release is None:
        return "none"
    since = f", {(found.now - found.released).days} days old" if found.released else ""
    up_to = f"; sources up to {found.data_up_to}" if found.data_up_to else ""
    return f"{found.release}{since}{up_to}"


def _findings(run: Any) -> str:
    return f"{run.findings}, {run.new_count} new, {run.gone_count} gone, {run.open_errors} open errors" if run else ""
