"""A Spark Connect server as the engine: where nobody answers, it is told at once."""

import socket

import pytest

from flows.engine import engine
from flows.nouns import CannotRun
from flows.settings import Settings


def test_nobody_there_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"sc://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotRun, match=rf"The engine {address} does not answer"):
            engine(Settings(engine=address))
