"""The same raw files and the same code give the same bytes, wherever and whenever."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.publish.layout import ENVELOPE, KEY, PROVENANCE, SUMS, VERSION, order
from flows.settings import ROOT

#: What names the code, or the key that signs: another commit has another code, and no test has the key.
OF_THE_CODE = {PROVENANCE, ENVELOPE, SUMS, KEY, "README.md"}
RUN = """
import sys
from datetime import date
from flows import pipeline
from flows.settings import settings
outcome = pipeline.run(settings(), pipeline.Asked(date.fromisoformat(sys.argv[1])))
print(outcome.release.version)
"""
#: Two machines: everything differs that may.
MACHINES: dict[str, tuple[str, dict[str, str]]] = {
    "first": (
        "2026-11-25",
        {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONHASHSEED": "1", "PRAKERJA_THREADS": "1"},
    ),
    "second": (
        "2027-02-28",
        {"TZ": "Asia/Jakarta", "LC_ALL": "C.UTF-8", "LANG": "id_ID.UTF-8", "PYTHONHASHSEED": "2",
         "PRAKERJA_THREADS": "3", "PYTHONUTF8": "0"},
    ),
}  # fmt: skip


def releases(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("[0-9]*") if VERSION.fullmatch(path.name)), key=_order)


def _order(path: Path) -> tuple[int, ...]:
    return order(path.name)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The release of our own raw/ as each machine makes it, after the same releases as the one in the repository."""
    return {name: _made_on(tmp_path_factory.mktemp(name), *machine) for name, machine in MACHINES.items()}


def _made_on(folder: Path, day: str, settings: dict[str, str]) -> Path:
    raw, published = folder / f"raw of {day}", folder / "published"
    shutil.copytree(ROOT / "raw", raw, copy_function=shutil.copyfile)
    published.mkdir()
    for path in releases(ROOT / "published")[:-1]:
        shutil.copytree(path, published / path.name)
    places = {"PRAKERJA_RAW": str(raw), "PRAKERJA_PUBLISHED": str(published)}
    environment = os.environ | settings | places
    done = subprocess.run(
        [sys.executable, "-c", RUN, day], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return published / done.stdout.split()[-1]


@pytest.mark.slow
def test_another_day_folder_time_zone_locale_hash_seed_and_threads_give_the_same_release(made: dict[str, Path]) -> None:
    first, second = contents(made["first"]), contents(made["second"])
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert len(first["figures.csv"].splitlines()) > 700


@pytest.mark.slow
def test_the_release_in_the_repository_is_what_its_raw_files_give(made: dict[str, Path]) -> None:
    kept = releases(ROOT / "published")
    if not kept:
        pytest.skip("nothing is published here yet")
    there, again = contents(kept[-1]), contents(made["first"])
    assert (kept[-1].name, there.keys() - OF_THE_CODE) == (made["first"].name, again.keys() - OF_THE_CODE)
    assert [name for name in there.keys() - OF_THE_CODE if there[name] != again[name]] == []
