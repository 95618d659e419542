"""The command line. Exit codes: 0 done, 1 errors found or not publishable, 2 cannot run."""

import csv
import os
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.nouns import CannotRun, NotPublishable
from flows.settings import Settings, settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Prakerja Open Data: which printed figure is wrong?",
)

Language = Annotated[str, typer.Option("--lang", help="Language of the findings: en or id.")]
JsonFile = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the result for programs; - for the terminal.")
]


@contextmanager
def _told() -> Any:
    """What cannot be run is told in one sentence, with exit code 2."""
    try:
        yield
    except CannotRun as error:
        Console(stderr=True).print(str(error), style="red", soft_wrap=True, markup=False, highlight=False)
        raise typer.Exit(2) from None


def _today() -> date:
    from flows.pipeline import JAKARTA

    return datetime.now(JAKARTA).date()


@app.command()
def run(
    direct: Annotated[
        bool, typer.Option("--direct", help="Without Prefect, whose server takes seconds to start.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Read, ingest, validate, store and publish. Publishes nothing while an error has not been looked at."""
    from flows import report

    with _told():
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

    return pipeline.run(chosen, _today(), _telling(console)(pipeline.directly))


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

    with _told(), snapshot_of(folders or [], settings(), alone=alone) as asked:
        console = Console(stderr=json_file == "-")
        for guess in asked.guesses:
            console.print(guess, style="dim", highlight=False)
        judged = pipeline.examine(asked.snapshot, settings(), _today())
        findings = report.about(judged.findings, asked.names)
        result = report.as_json(judged, asked.names)
        if json_file:
            report.write_json(json_file, result)
        if json_file != "-":
            report.show(console, judged, findings, _language(lang), known=known)
            told = result["summary"]
            console.print(
                f"{told['sources']} sources, {told['figures']} figures: {told['accepted']} accepted, {told['flagged']} "
                f"flagged, {told['quarantined']} quarantined; {told['errors']} errors ({told['new_errors']} not looked "
                f"at yet), {told['warnings']} warnings"
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

    with _told():
        language = _language(lang)
        chosen = settings()
        judged = pipeline.examine(read(chosen.raw, pipeline.OFFICIAL), chosen, _today())
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

    with _told():
        chosen = settings()
        judged = pipeline.examine(read(chosen.raw, pipeline.OFFICIAL), chosen, _today())
        line = append(chosen.raw, judged.findings, finding, reason, until, _today())
        Console(soft_wrap=True).print(f"{chosen.raw / 'known_issues.csv'}: {line}", markup=False, highlight=False)


@app.command()
def query(sql: Annotated[str, typer.Argument(help="One query in DuckDB's SQL.")]) -> None:
    """One query on the published DuckDB file, read-only."""
    import duckdb

    with _told():
        path = settings().published / "prakerja.duckdb"
        if not path.is_file():
            raise CannotRun(f"There is no {path}. `prakerja run` makes it.")
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                result: Any = connection.sql(sql)
                if result is None:
                    return
                if sys.stdout.isatty():
                    result.show(max_width=os.get_terminal_size().columns)
                    return
                writer = csv.writer(sys.stdout, lineterminator="\n")
                writer.writerow(result.columns)
                writer.writerows(result.fetchall())
        except duckdb.Error as error:
            raise CannotRun(f"{error}") from error


@app.command("new-source")
def new_source(
    slug: Annotated[str, typer.Argument(help="Name of the folder: lower-case letters, digits, dashes.")],
) -> None:
    """Lay out the folder of a new source in raw/."""
    from flows.new_source import new_source as lay_out

    with _told():
        print(lay_out(slug, settings().raw, _today()))


@app.command()
def serve() -> None:
    """Keep running: the daily schedule, as a Prefect deployment."""
    from flows import flow

    with _told():
        flow.serve()


@app.command()
def verify(
    release: Annotated[
        str | None, typer.Argument(help="A release, or a folder of releases: folder, web address, version, `latest`.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Public key that must have signed it, as a PEM file.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget what was verified there before.")] = False,
) -> None:
    """Every hash, size and signature, the chain of releases, the data package, the row counts. 1: not intact."""
    from flows.fetch import found
    from flows.publish.signature import read_public_key
    from flows.verify import verify as examine
    from flows.verify.memory import recall, remember

    with _told():
        chosen = settings()
        console = Console(soft_wrap=True, markup=False, highlight=False)
        with found(release or str(chosen.published), chosen.published) as place:
            remembered = {} if forget else recall(chosen.state, place.place)
            report = examine(place.path, remembered, read_public_key(key) if key else None)
        for problem in report.problems:
            console.print(f"{problem.file}: {problem.what}", style="red")
        for note in report.notes:
            console.print(note, style="dim")
        if report.problems:
            raise typer.Exit(1)
        remember(chosen.state, place.place, report.seen, afresh=forget)
        console.print(f"Intact: {', '.join(report.seen)}")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A release: folder, web address, or version below published/.")],
    new: Annotated[str, typer.Argument(help="The release to compare it with.")],
    json_file: JsonFile = None,
) -> None:
    """Tables, columns and rows added, removed and changed between two releases."""
    from flows import report
    from flows.diff import diff as compare
    from flows.fetch import found
    from flows.publish.documents import changes_text

    with _told():
        published = settings().published
        with found(old, published) as before, found(new, published) as after:
            changes = compare(before.path, after.path)
        if json_file:
            report.write_json(json_file, changes.as_dict())
        if json_file != "-":
            print(changes_text(changes), end="")


@app.command()
def keygen(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; the public one goes to FILE.pub.")],
) -> None:
    """Make a key pair that signs releases (Ed25519). Never overwrites."""
    from flows.publish.signature import write_pair

    with _told():
        name = write_pair(file)
        print(f"{file} is the private key: keep it secret, and set PRAKERJA_SIGNING_KEY to its path.")
        print(f"{file}.pub is the public key {name}: tell people this name, in another place than the releases.")
