"""Any Spark Connect server gives what DuckDB gives: the same findings of every rule, the same release."""

import importlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.cluster import MODES, release, served
from flows.engine import engine, keep
from flows.nouns import CannotRun
from flows.settings import Settings
from tests import cases

#: The test files whose cases are run on every engine.
RULES = ("agreement", "alteration", "families", "parts", "rows", "shares", "time")


@pytest.fixture(scope="module", params=list(MODES.values()), ids=list(MODES))
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), request.param) as address:
        yield address


@pytest.mark.slow
def test_every_case_of_every_rule_has_the_same_findings(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RULES:
        importlib.import_module(f"tests.test_rules_{name}")
    expected = cases.everything().judged
    monkeypatch.setenv("PRAKERJA_ENGINE", server)
    found = cases.examined(cases.every_case()).judged
    assert found.findings == expected.findings
    assert len(found.findings) > 100
    assert found.validated.tested == expected.validated.tested
    assert found.validated.failed == expected.validated.failed
    assert [rule for rule, failed in found.validated.failed.items() if not failed] == []


@pytest.mark.slow
def test_the_real_sources_give_the_same_bytes(server: str, tmp_path: Path) -> None:
    here = release(cases.RAW, tmp_path / "duckdb", "duckdb")
    there = release(cases.RAW, tmp_path / "spark", server)
    assert here[1] == there[1]


@pytest.mark.slow
def test_a_table_larger_than_a_message_arrives_whole(server: str) -> None:
    there = engine(Settings(engine=server))
    numbers = pa.table({"n": range(2_000_000), "text": ["0123456789abcdef" * 2] * 2_000_000})
    kept = keep(there, "large", numbers)
    assert kept.agg(rows=kept.count(), sum=kept.n.sum()).to_pyarrow().to_pylist() == [
        {"rows": 2_000_000, "sum": 1_999_999_000_000}
    ]


@pytest.mark.slow
def test_two_runs_on_one_server_do_not_meet(server: str) -> None:
    one, other = (engine(Settings(engine=server)) for _ in range(2))
    kept = [keep(each, "figures", pa.table({"n": [n]})) for n, each in enumerate((one, other))]
    assert [table.to_pyarrow()["n"].to_pylist() for table in kept] == [[0], [1]]


def test_nobody_there_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"sc://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotRun, match=rf"The engine {address} does not answer"):
            engine(Settings(engine=address))


@pytest.mark.slow
def test_a_server_that_dies_in_the_middle_ends_the_run(tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.mkdir()
    published = tmp_path / "published"
    places = {"RAW": cases.RAW, "PUBLISHED": published, "STATE": tmp_path / "state"}
    variables = {f"PRAKERJA_{name}": str(value) for name, value in places.items()}
    with served(server, MODES["Sail, one process"]) as address:
        run = subprocess.Popen(
            [sys.executable, "-m", "flows", "run", "--direct"],
            env={**os.environ, **variables, "PRAKERJA_ENGINE": address}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while run.poll() is None and not list(server.rglob("*figures_read*")):
            time.sleep(0.1)
    _, told = run.communicate(timeout=180)
    assert run.returncode == 2, told
    assert f"The engine {address} failed in the middle" in told
    assert "Traceback" not in told
    assert not published.exists()
