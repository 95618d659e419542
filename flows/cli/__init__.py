"""The command line. Exit codes: 0 done, 1 errors found or not publishable, 2 cannot run.

Each module holds the commands of one kind of work; a command imports what it needs when it is called, to start fast.
"""

from flows.cli import checking, releases, running, watching
from flows.cli.base import app

__all__ = ["app", "checking", "releases", "running", "watching"]
