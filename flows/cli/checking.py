"""Commands that test the rules on sources, and what a maintainer does about a finding."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.cli.base import JsonFile, Language, app, today, told
from flows.nouns import CannotRun
from flows.settings import settings


@app.command()
def check(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Source folders, or one CSV or XLSX table; default: raw/.")
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Without raw/ as context.")] = False,
    json_file: JsonFile = None,
    known: Annotated[bool, typer.Option("--known", help="Show known issues as well.")] = False,
    lang: Language = "en",
) -> None:
    """Test the rules on source folders, writing nothing. `raw/` is the context."""
    from flows import pipeline, report
    from flows.check import snapshot_of

    with told(), snapshot_of(folders or [], settings(), alone=alone) as asked:
        console = Console(stderr=json_file == "-")
        for guess in asked.guesses:
            console.print(guess, style="dim", highlight=False)
        judged = pipeline.examine(asked.snapshot, settings(), today())
        findings = report.about(judged.findings, asked.names)
        result = report.as_json(judged, asked.names)
        if json_file:
            report.write_json(json_file, result)
        if json_file != "-":
            report.show(console, judged, findings, _language(lang), known=known)
            n = result["summary"]
            console.print(
                f"{n['sources']} sources, {n['figures']} figures: {n['accepted']} accepted, {n['flagged']} "
                f"flagged, {n['quarantined']} quarantined; {n['errors']} errors ({n['new_errors']} not looked "
                f"at yet), {n['warnings']} warnings"
            )
        if result["summary"]["new_errors"]:
            raise typer.Exit(1)


def _language(lang: str) -> str:
    if lang not in ("en", "id"):
        raise CannotRun(f"--lang is en or id, not {lang!r}.")
    return lang


@app.command()
def findings(
    known: Annotated[
        bool, typer.Option("--known/--new", help="Known issues too, or only what is new or expired.")
    ] = True,
    lang: Language = "en",
) -> None:
    """List new and known findings of raw/, one line each."""
    from flows import pipeline
    from flows.read import read

    with told():
        language = _language(lang)
        chosen = settings()
        judged = pipeline.examine(read(chosen.raw, pipeline.OFFICIAL), chosen, today())
        console = Console(soft_wrap=True)
        for each in judged.findings:
            if known or each.state != "known":
                until = f" until {each.known_until}" if each.known_until else ""
                text = each.message_en if language == "en" else each.message_id
                head = f"{each.finding}  {each.severity:7}  {each.state}{until}  {each.rule}"
                console.print(f"{head}  {each.source} row {each.row}: {text}", markup=False, highlight=False)
                if each.reason:
                    console.print(f"    {each.reason}", style="dim", markup=False, highlight=False)


@app.command()
def acknowledge(
    finding: Annotated[str, typer.Argument(help="Its name, as `prakerja findings` gives it.")],
    reason: Annotated[str, typer.Option(help="Why it is let through: what you looked at.")],
    until: Annotated[str, typer.Option(help="The last day on which that holds, as 2027-06-30.")],
) -> None:
    """Take note of a finding: appends a line to raw/known_issues.csv."""
    from flows import pipeline
    from flows.acknowledge import append
    from flows.read import read

    with told():
        chosen = settings()
        judged = pipeline.examine(read(chosen.raw, pipeline.OFFICIAL), chosen, today())
        line = append(chosen.raw, judged.findings, finding, reason, until, today())
        Console(soft_wrap=True).print(f"{chosen.raw / 'known_issues.csv'}: {line}", markup=False, highlight=False)


@app.command("new-source")
def new_source(
    slug: Annotated[str, typer.Argument(help="Name of the folder: lower-case letters, digits, dashes.")],
) -> None:
    """Lay out the folder of a new source in raw/."""
    from flows.new_source import new_source as lay_out

    with told():
        print(lay_out(slug, settings().raw, today()))
