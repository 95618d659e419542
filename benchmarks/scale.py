"""What the national cube costs: seconds and memory of each step, beside the floor, by size.

The floor is what DuckDB takes to read the same file, sort it and write it as Parquet, without a check. Each is run in a
process of its own. Settings are those of the pipeline: `PRAKERJA_MEMORY_LIMIT`, `PRAKERJA_THREADS`.

    python -m benchmarks.scale M L --errors 20
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.cube import SIZES, count, write_cube
from flows import pipeline
from flows.settings import ROOT, Settings

_FLOOR = """
COPY (SELECT * FROM read_csv('{figures}') ORDER BY region, level, within, wave_from, sex, age_group) TO '{target}'
"""
_MEGABYTE = 2**20


@dataclass(frozen=True)
class Cost:
    """What one step took: seconds by the wall, seconds of all processors, and the most memory that was resident."""

    step: str
    seconds: float
    processor: float
    peak: int


@contextmanager
def _measured(step: str, costs: list[Cost]) -> Iterator[None]:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted anew from here on
    started, processor = time.perf_counter(), time.process_time()
    yield
    costs.append(Cost(step, time.perf_counter() - started, time.process_time() - processor, _peak()))


def _peak() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024


def floor(figures: Path, target: Path) -> list[Cost]:
    """Read, sort and write with DuckDB alone, within the same limits."""
    settings, costs = Settings(), list[Cost]()
    given = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    config: Any = {name: value for name, value in given.items() if value is not None}
    config["temp_directory"] = f"{target}.tmp"
    with _measured("floor", costs), duckdb.connect(config=config) as connection:
        connection.execute(_FLOOR.format(figures=figures, target=target))
    return costs


def steps(raw: Path, scratch: Path) -> list[Cost]:
    """Run the pipeline on one folder of sources; where there are errors it ends before it stores."""
    costs: list[Cost] = []

    def step(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with _measured(function.__name__, costs):
            return function(*args, **kwargs)

    settings = Settings(raw=raw, published=scratch / "published", state=scratch / "state")
    outcome = pipeline.run(settings, pipeline.Asked(date(2026, 1, 1)), step)
    _tell(raw / "cube" / "errors.csv", outcome)
    return costs


def _tell(errors: Path, outcome: pipeline.Outcome) -> None:
    """Tell which of the cube's errors are first suspects of a finding, and how many other rows are."""
    if errors.is_file():
        wrong = {row for (row,) in duckdb.sql(f"SELECT row FROM read_csv('{errors}')").fetchall()}
        named = {one.row for each in outcome.judged.findings for one in each.suspects if one.rank == 1}
        told = f"{len(wrong & named)} of {len(wrong)} errors are named first, and {len(named - wrong)} rows without one"
        print(told, file=sys.stderr)


def _in_a_process(what: str, size: str, folder: Path) -> list[Cost]:
    """Costs of one part as a process of its own tells them."""
    command = [sys.executable, "-m", "benchmarks.scale", size, "--folder", str(folder), "--only", what]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return [Cost(**each) for each in json.loads(told.stdout)]


def _table(size: str, figures: int, costs: list[Cost]) -> str:
    floor_seconds = costs[0].seconds
    whole = Cost("the whole", sum(each.seconds for each in costs[1:]), sum(each.processor for each in costs[1:]),
                 max(each.peak for each in costs[1:]))  # fmt: skip
    lines = [f"**{size}**: {figures:,} figures", "", "| step | seconds | processor | peak, MB | of the floor |"]
    lines.append("|---|---|---|---|---|")
    for each in (*costs, whole):
        ratio = each.seconds / floor_seconds
        peak = each.peak / _MEGABYTE
        lines.append(f"| {each.step} | {each.seconds:.1f} | {each.processor:.1f} | {peak:,.0f} | {ratio:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure the sizes that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="+", choices=SIZES)
    parser.add_argument("--errors", type=int, default=0, help="districts with one digit changed")
    parser.add_argument("--folder", type=Path, help="where the cubes are kept from one time to the next")
    parser.add_argument("--only", choices=("floor", "steps"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prakerja-scale-") as scratch:
        folder = asked.folder or Path(scratch)
        if asked.only:
            (size,) = asked.sizes
            _only(asked.only, folder, Path(scratch))
            return
        for size in asked.sizes:
            raw = folder / (f"{size}-{asked.errors}" if asked.errors else size)
            if not (raw / "cube").is_dir():
                write_cube(raw / "cube", size, errors=asked.errors)
            costs = [*_in_a_process("floor", size, raw), *_in_a_process("steps", size, raw)]
            print(_table(size, count(raw / "cube"), costs), end="\n\n", flush=True)


def _only(what: str, raw: Path, scratch: Path) -> None:
    costs = floor(raw / "cube" / "figures.csv", scratch / "floor.parquet") if what == "floor" else steps(raw, scratch)
    print(json.dumps([vars(each) for each in costs]))


if __name__ == "__main__":
    main()
