"""Discreet: no error that leaves a run, and no line of the log, shows a secret of the settings."""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from flows.nouns import CannotRun, NotPublishable
from flows.pipeline import Step
from flows.read import Each
from flows.settings import Settings, hidden, secrets


def message_of(error: BaseException) -> str:
    """What an error says, with its kind where it is not one of ours."""
    if isinstance(error, CannotRun | NotPublishable):
        return str(error)
    return f"{type(error).__name__}: {error}".rstrip(": ")


@contextmanager
def discreet(settings: Settings) -> Iterator[None]:
    """Raise CannotRun, without the secret, in the place of an error that shows one in its text or in its causes'."""
    try:
        yield
    except Exception as error:
        whole = "".join(traceback.format_exception(error))
        if hidden(whole, settings) == whole:
            raise
        raise CannotRun(hidden(message_of(error), settings)) from None


def discreet_step(step: Step, settings: Settings) -> Step:
    """The step, whose functions raise discreetly: before whatever runs it can write the error to a log."""

    def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return step(_discreetly(function, settings), *args, **kwargs)

    return run


def discreet_each(each: Each, settings: Settings) -> Each:
    """The same of a function that is applied to every folder."""
    return lambda function, folders: each(_discreetly(function, settings), folders)


def _discreetly(function: Callable[..., Any], settings: Settings) -> Callable[..., Any]:
    """The function under its own name. Dask sends it to other processes, which a generator cannot be sent to."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with discreet(settings):
            return function(*args, **kwargs)

    return run


@contextmanager
def unlogged(settings: Settings, *loggers: str) -> Iterator[None]:
    """Keep from these loggers what shows a secret."""
    known = secrets(settings)

    def has_none(record: logging.LogRecord) -> bool:
        return not any(secret in record.getMessage() for secret in known)

    for name in loggers:
        logging.getLogger(name).addFilter(has_none)
    try:
        yield
    finally:
        for name in loggers:
            logging.getLogger(name).removeFilter(has_none)
