"""Check: the snapshot of an editor's own folders or table, with `raw/` as its context."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flows.nouns import CannotRun, Snapshot
from flows.read import KNOWN_ISSUES, REGIONS, name_of, read, snapshot
from flows.read.descriptor import DESCRIPTOR
from flows.settings import ROOT, Settings
from flows.table import is_table, lay_out

_OFFICIAL = ROOT / "raw" / REGIONS


@dataclass(frozen=True)
class Asked:
    """A snapshot, the sources that are asked about (None: all), and what was guessed on the way."""

    snapshot: Snapshot
    names: set[str] | None
    guesses: tuple[str, ...] = ()


@contextmanager
def snapshot_of(paths: Sequence[Path], settings: Settings, *, alone: bool) -> Iterator[Asked]:
    """Read these folders or tables, and the rest of `raw/` unless `alone`. A folder replaces the source of its name."""
    if not paths:
        yield Asked(read(settings.raw, _OFFICIAL), None)
        return
    with tempfile.TemporaryDirectory(prefix="prakerja-") as scratch:
        folders: list[Path] = []
        guesses: list[str] = []
        for number, path in enumerate(paths):
            if is_table(path):
                folders.append(Path(scratch) / str(number))
                guesses += lay_out(path, folders[-1])
            else:
                folders.append(_folder(path))
        names = {name_of(folder) for folder in folders}
        context = [] if alone else [each for each in _sources(settings.raw) if name_of(each) not in names]
        regions = settings.raw / REGIONS
        official = regions if (regions / DESCRIPTOR).is_file() else _OFFICIAL
        known = settings.raw / KNOWN_ISSUES
        taken = replace(snapshot([*folders, *context], official, known), is_alone=alone)
        yield Asked(taken, names, tuple(guesses))


def _folder(path: Path) -> Path:
    if not path.exists():
        raise CannotRun(f"There is no {path}.")
    if not path.is_dir():
        raise CannotRun(f"{path} is neither a source folder nor a CSV or XLSX table.")
    return path.resolve()


def _sources(raw: Path) -> list[Path]:
    if not raw.is_dir():
        return []
    return sorted(path for path in raw.iterdir() if path.name != REGIONS and (path / DESCRIPTOR).is_file())
