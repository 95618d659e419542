"""Commands on what is published."""

import csv
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.cli.base import JsonFile, app, told
from flows.nouns import CannotRun
from flows.settings import settings


@app.command()
def query(sql: Annotated[str, typer.Argument(help="One query in DuckDB's SQL.")]) -> None:
    """One query on the published DuckDB file, read-only."""
    import duckdb

    with told():
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


@app.command()
def rebuild() -> None:
    """The DuckDB file again, from the release folders alone."""
    from flows.rebuild import rebuild as remake

    with told():
        published = settings().published
        versions = remake(published)
        print(f"{published / 'prakerja.duckdb'} holds {', '.join(versions)}.")


@app.command()
def publish(
    to: Annotated[str, typer.Option("--to", metavar="s3://BUCKET/PREFIX", help="An S3-compatible store.")],
) -> None:
    """Upload the releases that a store lacks, each file read back, the pointer last. `run` makes releases."""
    from flows.fetch import found
    from flows.upload import upload
    from flows.verify.memory import recall

    with told():
        chosen = settings()
        with found(str(chosen.published), chosen.published) as place:
            done = upload(place.path, to, recall(chosen.state, place.place))
        print(f"Uploaded: {', '.join(done.versions) or 'nothing was missing'}. The newest there is {done.latest}.")


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

    with told():
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

    with told():
        published = settings().published
        with found(old, published) as before, found(new, published) as after:
            changes = compare(before.path, after.path)
        if json_file:
            report.write_json(json_file, changes.as_dict())
        if json_file != "-":
            print(changes_text(changes), end="")


@app.command()
def preview(
    port: Annotated[int, typer.Option(help="Port on this machine; 0 is any free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
) -> None:
    """Serve the catalogue page of the latest release on this machine and open it in the browser, until Ctrl-C."""
    import webbrowser

    from flows.preview import server

    with told(), server(settings().published, port) as serving:
        address = f"http://127.0.0.1:{serving.server_port}/"
        print(address, flush=True)
        if not no_open:
            webbrowser.open(address)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            return


@app.command()
def keygen(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; the public one goes to FILE.pub.")],
) -> None:
    """Make a key pair that signs releases (Ed25519). Never overwrites."""
    from flows.publish.signature import write_pair

    with told():
        name = write_pair(file)
        print(f"{file} is the private key: keep it secret, and set PRAKERJA_SIGNING_KEY to its path.")
        print(f"{file}.pub is the public key {name}: tell people this name, in another place than the releases.")
