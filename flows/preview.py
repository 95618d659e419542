"""Preview: the catalogue page of the latest release, served to this machine alone."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from flows.nouns import CannotRun

_LATEST = "latest"
_PAGE = "index.html"


class _Handler(SimpleHTTPRequestHandler):
    """Serves files without a line for each in the terminal."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the reader looks at the browser."""


def server(published: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of the release that `published/latest` names now; 0 is any free port.

    Raises `CannotRun` where there is no release with a page, or the port cannot be had.
    """
    release = (published / _LATEST).resolve()
    if not (release / _PAGE).is_file():
        raise CannotRun(f"There is no {published / _LATEST / _PAGE}. `prakerja run` makes it.")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, directory=str(release)))
    except (OSError, OverflowError) as error:
        raise CannotRun(f"Port {port} cannot be had ({error}): choose another, or 0 for any free one.") from error
