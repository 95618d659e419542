"""What all commands share: the application, its options, its clock, and how an error is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console

from flows.nouns import CannotRun

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
def told() -> Iterator[None]:
    """What cannot be run is told in one sentence, with exit code 2."""
    try:
        yield
    except CannotRun as error:
        Console(stderr=True).print(str(error), style="red", soft_wrap=True, markup=False, highlight=False)
        raise typer.Exit(2) from None


def today() -> date:
    """The day in Jakarta."""
    from flows.pipeline import JAKARTA

    return datetime.now(JAKARTA).date()
