"""`python -m flows` is `prakerja`."""

from flows.cli import app

app()
