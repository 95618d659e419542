"""Bad days: whatever goes away, is full, is wrong or is killed, nothing is damaged and the next run is fine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.disk import held
from flows.nouns import CannotRun
from flows.operate.runs import runs
from flows.operate.status import Limits, status
from flows.settings import ROOT
from tests.schedule import Server, ended, environment, free_port, ran, started, until
from tests.sources import few_regions, write
from tests.test_cli import bytes_of
from tests.test_operate import DUE, NOW, TABLE, carried_out, chosen, transcribed
from tests.test_refresh import Handler, sends, serving
from tests.web import WIDE, described


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    few_regions(tmp_path).rename(write(tmp_path / "raw") / "regions")
    transcribed(tmp_path)
    with ended(tmp_path / "prefect"):
        yield tmp_path


def outcomes(place: Path) -> list[str]:
    return [run.outcome for run in runs(place / "state")]


def unpublished(place: Path) -> list[str]:
    """What lies in `published` besides releases and what announces them."""
    kept = {".lock", "latest", "releases.json", "prakerja.duckdb"}
    return sorted(each.name for each in (place / "published").iterdir() if not each.name[0].isdigit()
                  and each.name not in kept)  # fmt: skip


def test_two_runs_do_not_overlap(place: Path) -> None:
    folder = write(place / "state" / "runs")
    with held(folder / ".lock"), pytest.raises(CannotRun, match="Another run is at work"):
        carried_out(place)
    assert (outcomes(place), (place / "published").exists()) == ([], False)


def test_a_place_that_cannot_be_written_to_is_told(place: Path) -> None:
    (place / "state").write_text("no folder", "utf-8")
    with pytest.raises(CannotRun, match=r"cannot be recorded in .*Set PRAKERJA_STATE"):
        carried_out(place)
    assert not (place / "published").exists()


@pytest.mark.slow
def test_a_reader_that_holds_the_database_stops_nothing(place: Path) -> None:
    carried_out(place)
    with closing(duckdb.connect(str(place / "published" / "prakerja.duckdb"))) as writer:
        transcribed(place, "6")
        assert carried_out(place, now=NOW + timedelta(hours=1)).outcome.release is not None
        assert writer.sql("SELECT value FROM figures").fetchall() == [(5,)]
    again = carried_out(place, now=NOW + timedelta(hours=2)).outcome.release
    assert again is not None
    assert (again.version, outcomes(place)) == ("1.0.1", ["published", "published", "unchanged"])


@pytest.mark.slow
def test_a_run_after_one_that_published_and_could_not_say_so_changes_nothing(place: Path) -> None:
    carried_out(place)
    (path,) = (place / "state" / "runs").glob("*.json")
    path.unlink()
    before = bytes_of(place / "published")
    assert carried_out(place).outcome.release is not None
    assert (outcomes(place), bytes_of(place / "published")) == (["unchanged"], before)


@pytest.mark.slow
def test_a_clock_that_went_back_keeps_what_was_seen_and_is_told(place: Path) -> None:
    with serving() as web:
        web.answers, web.asked = [sends(TABLE)], []
        described(place / "raw" / "dinas", url=f"http://127.0.0.1:{web.server_port}/tabel", figures=WIDE)
        carried_out(place, fetch=True)
        web.answers = [sends(TABLE.replace("2.000", "2.500"))]
        (fetched,) = carried_out(place, now=NOW - timedelta(days=1), fetch=True).fetched
    assert (fetched.outcome, "Set the clock" in fetched.told) == ("refused", True)
    found = status(chosen(place), NOW - timedelta(days=1), Limits(), DUE)
    assert "24.0 hours ahead of the clock" in " ".join(found.attention)


#: Runs on a disk that takes no more than a hundred thousand bytes of a file.
FULL = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
sys.argv = ["prakerja", "run", "--direct"]
runpy.run_module("flows", run_name="__main__")
"""


@pytest.mark.slow
def test_a_full_disk_leaves_the_release_as_it_was(place: Path) -> None:
    env = environment(place)
    assert ran(env, "run", "--direct").returncode == 0
    before = bytes_of(place / "published")
    transcribed(place, "6")
    full = subprocess.run([sys.executable, "-c", FULL], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert full.returncode == 2, full.stderr
    assert "Traceback" not in full.stderr
    assert (bytes_of(place / "published"), unpublished(place)) == (before, [])
    assert ran(env, "run", "--direct").returncode == 0
    assert outcomes(place) == ["published", "failed", "published"]


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "outcome"), [(signal.SIGINT, "failed"), (signal.SIGKILL, "running")])
def test_a_run_that_is_ended_while_it_publishes(place: Path, sent: int, outcome: str) -> None:
    env = environment(place)
    assert ran(env, "run", "--direct").returncode == 0
    before = bytes_of(place / "published" / "1.0.0")
    transcribed(place, "6")
    # Where the tests run in the background, the run would be born to ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    running = started(place, env, "run", "--direct")
    until(lambda: list((place / "published").glob(".building-*")))
    os.kill(running.pid, sent)
    assert running.wait(60) != 0
    assert outcomes(place) == ["published", outcome]
    assert ran(env, "status").returncode == 1
    assert ran(env, "run", "--direct").returncode == 0
    assert (outcomes(place)[-1], unpublished(place)) == ("published", [])
    assert (bytes_of(place / "published" / "1.0.0"), ran(env, "status").returncode) == (before, 0)


@pytest.mark.slow
def test_a_server_that_is_not_there_is_told_and_recorded(place: Path) -> None:
    env = environment(place) | {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    absent = ran(env, "run")
    assert absent.returncode == 2, absent.stderr
    assert "Prefect's server does not answer" in " ".join(absent.stderr.split())
    unserved = ran(env, "serve")
    assert (unserved.returncode, "Prefect's server does not answer" in unserved.stderr) == (2, True), unserved.stderr
    assert (outcomes(place), (place / "published").exists()) == (["failed"], False)
    assert ran(env, "run", "--direct").returncode == 0
    assert outcomes(place) == ["failed", "published"]


@pytest.mark.slow
def test_a_server_that_goes_away_during_the_run_stops_nothing(place: Path) -> None:
    port = free_port()
    server = Server(f"http://127.0.0.1:{port}/api")
    # Prefect asks a server that is gone five times more, which takes a minute, each time that it has something to tell.
    env = environment(place) | {"PREFECT_API_URL": server.address, "PREFECT_CLIENT_MAX_RETRIES": "1"}
    command = [str(Path(sys.executable).parent / "prefect"), "server", "start", "--port", str(port)]
    with (place / "server.log").open("wb") as log, serving() as web:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        until(server.is_there)

        def goes(handler: Handler) -> None:
            process.kill()
            process.wait()
            handler.send(TABLE.encode())

        web.answers, web.asked = [goes], []
        described(place / "raw" / "dinas", url=f"http://127.0.0.1:{web.server_port}/tabel", figures=WIDE)
        found: Any = ran(env, "run", "--refresh")
    assert found.returncode == 0, found.stderr
    assert outcomes(place) == ["published"]
    assert (place / "published" / "latest" / "figures.parquet").is_file()
