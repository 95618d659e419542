"""Killed at any moment, the old release or the new one is there, and the next run makes up for it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.nouns import Database, Verdict
from flows.publish import publish
from flows.settings import ROOT
from flows.store import store
from tests.small import verdict
from tests.test_publish import corrected, release, tree

#: What no run of ours has left, although it looks alike.
NOT_OURS = (".building", ".latest", ".releases.json-old", "notes.txt")
VERSIONS = {"first": "1.0.0", "same": "1.0.1", "second": "1.0.1"}

#: Publishes a database in a copy of each state, once to the end and then once for each point that it came to, where it
#: kills itself. A point is whatever Python opens for writing, flushes, makes, moves, links or removes in the folder.
KILLED = """
import json, os, shutil, signal, sys
from pathlib import Path
import duckdb, pyarrow.parquet
from flows.nouns import Database, Verdict
from flows.publish import publish

POINTS = {"open": 0, "flush": 0, "os.mkdir": 0, "os.remove": 0, "shutil.rmtree": 0, "os.rename": 1, "os.symlink": 1}
database, states, work = map(Path, sys.argv[1:4])
kinds = set(sys.argv[4].split(","))

def run(folder, number, notes):
    points, fsync = [], os.fsync
    def watch(event, args):
        if event not in POINTS or not str(args[POINTS[event]]).startswith(f"{folder}/"):
            return
        if event == "open" and not args[2] & (os.O_WRONLY | os.O_RDWR):
            return
        name = Path(args[POINTS[event]]).name.replace(str(os.getpid()), "N")
        points.append(f"{event.split('.')[-1]} {name}")
        if len(points) == number:
            os.kill(os.getpid(), signal.SIGKILL)
    def flush(descriptor):
        sys.audit("flush", os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)
    os.fsync = flush
    sys.addaudithook(watch)
    publish(Database(folder / ".prakerja.duckdb.new-1"), Verdict({}, 0, {}), folder)
    os.write(notes, json.dumps(points).encode())

def one(state, number):
    folder = work / f"{state.name}-{number}"
    shutil.copytree(state, folder, symlinks=True)
    shutil.copy(database, folder / ".prakerja.duckdb.new-1")
    (work / "next").write_text(folder.name)
    os.replace(work / "next", work / "now")
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        run(folder, number, writer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        notes = file.read()
    return os.WTERMSIG(os.waitpid(child, 0)[1]), notes

for state in sorted(states.iterdir()):
    points = json.loads(one(state, 0)[1])
    wanted = [number for number, point in enumerate(points, 1) if point.split()[0] in kinds]
    print(json.dumps([state.name, points, {number: one(state, number)[0] for number in wanted}]), flush=True)
"""

#: Asks again and again which release is the latest in the folder that is being worked on, once for each reading, and
#: checks the hash of every file of it; until its input ends.
READER = """
import hashlib, json, os, select, sys
from pathlib import Path

work, reads, wrong, had = Path(sys.argv[1]), 0, [], set()
while not select.select([sys.stdin], [], [], 0)[0]:
    folder = work / (work / "now").read_text() if (work / "now").exists() else work
    try:
        release = folder / os.readlink(folder / "latest")
        had.add(folder)
        sums = (release / "SHA256SUMS").read_text().splitlines()
        for line in sums:
            digest, name = line.split("  ")
            if hashlib.sha256((release / name).read_bytes()).hexdigest() != digest:
                wrong.append(f"torn: {release / name}")
        if len(sums) + 1 != len(os.listdir(release)):
            wrong.append(f"other files: {release}")
        reads += 1
    except FileNotFoundError as error:
        if folder in had:
            wrong.append(f"missing: {error}")
print(json.dumps([reads, wrong]))
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(verdict(corrected), tmp_path_factory.mktemp("database")).path


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing published; another release; the same release. And in each, files of somebody else."""
    folder = tmp_path_factory.mktemp("crash") / "states"
    (folder / "first").mkdir(parents=True)
    release(folder / "second")
    shutil.copytree(folder / "second", folder / "same", symlinks=True)
    assert release(folder / "same", corrected).version == "1.0.1"
    for state in folder.iterdir():
        for name in NOT_OURS:
            (state / name).write_text("kept")
    return folder


def run_killed(database: Path, states: Path, work: Path, kinds: str) -> tuple[list[Any], int]:
    """Every state with its points and how each run ended, and the number of readings that were made meanwhile."""
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    script = [sys.executable, "-c", KILLED, str(database), str(states), str(work), kinds]
    try:
        done = subprocess.run(script, check=True, capture_output=True, text=True, cwd=ROOT)
    finally:
        reads, wrong = json.loads(reader.communicate("\n")[0])
    assert wrong == []
    return [json.loads(line) for line in done.stdout.splitlines()], reads


@pytest.mark.parametrize(
    "kinds",
    ["rename,symlink", pytest.param("open,flush,mkdir,remove,rmtree,rename,symlink", marks=pytest.mark.slow)],
)
def test_killed_at_any_point_readers_have_a_whole_release_and_the_next_run_succeeds(
    database: Path, states: Path, tmp_path: Path, kinds: str
) -> None:
    outcome, reads = run_killed(database, states, tmp_path, kinds)
    assert reads > 0
    assert {name for name, _, _ in outcome} == set(VERSIONS)
    for name, points, ends in outcome:
        moves = [point for point in points if point.split()[0] in ("rename", "symlink")]
        public = [f"rename {VERSIONS[name]}", "rename releases.json", "symlink .latest-N", "rename latest"]
        assert moves == ([] if name == "same" else [*public, "rename prakerja.duckdb"])
        assert set(ends.values()) <= {signal.SIGKILL}
        assert len(ends) == sum(point.split()[0] in kinds.split(",") for point in points)
        whole = tree(tmp_path / f"{name}-0")
        for number in ends:
            folder = tmp_path / f"{name}-{number}"
            assert (folder / "latest").is_symlink() or name == "first"
            if (folder / "latest").is_symlink():
                there = tree(folder / os.readlink(folder / "latest"))
                assert there in (tree(tmp_path / f"{name}-0" / VERSIONS[name]), tree(states / "second" / "1.0.0"))
            new = shutil.copy(database, folder / ".prakerja.duckdb.new-1")
            assert publish(Database(Path(new)), Verdict({}, 0, {}), folder).version == VERSIONS[name], points[
                int(number) - 1
            ]
            assert tree(folder) == whole, points[int(number) - 1]
            shutil.rmtree(folder)
        assert set(NOT_OURS) <= whole.keys()


def test_the_points_cover_every_file_and_every_move(database: Path, states: Path, tmp_path: Path) -> None:
    outcome, _ = run_killed(database, states, tmp_path, "none")
    for name, points, ends in outcome:
        assert ends == {}
        if name != "same":
            files = {path.name for path in (tmp_path / f"{name}-0" / VERSIONS[name]).iterdir()}
            assert {f"flush {file}" for file in files} <= set(points)
        assert {"open .lock", "mkdir .building-N"} <= set(points)
