"""Our pipeline and its peers on one national cube, whole commands in turn, as a Markdown table.

    python -m benchmarks.side_by_side --size M --runs 5 [--only ours floor ...]

Peers live in environments of their own below `.bench/`, with the versions given here. A peer's time starts with its
process, as ours does: its imports count. Ratios are taken within one round and then their median.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.cube import SIZES, count
from flows.settings import ROOT

PEERS = ROOT / "benchmarks" / "peers"
REGIONS = ROOT / "raw" / "regions" / "regions.csv"
#: Seconds after which a run is given up; it counts as not finished.
PATIENCE = 1800
#: What is aimed at on the size L: at most so many times the floor, at least so many times faster than the fastest peer
#: that checks sums too, and less than so many megabytes.
OF_THE_FLOOR, OF_THE_FASTEST, MEGABYTES = 3.0, 4.0, 2000.0
CHECKING = ("dbt-duckdb", "Pandera on pandas", "Great Expectations")


@dataclass(frozen=True)
class Contender:
    """A command with what it does and does not do, and the packages it needs; without any it runs in ours."""

    name: str
    does: str
    script: str
    packages: tuple[str, ...] = ()


CONTENDERS = (
    Contender("ours", "all rules, evidence, DuckDB file, Parquet, CSV, metadata, hashes", ""),
    Contender("floor", "bare DuckDB COPY: sorted Parquet as text, no check", "floor.py"),
    Contender(
        "dbt-duckdb", "nearest checks as data tests, Parquet; counts failing rows", "build_with_dbt.py",
        ("dbt-core==1.12.0", "dbt-duckdb==1.11.1", "duckdb==1.5.5"),
    ),
    Contender(
        "Pandera on pandas", "nearest checks, Parquet; names failing rows", "pandera_validate.py",
        ("pandera[pandas]==0.35.0", "pandas==3.1.1", "pyarrow==26.0.0"),
    ),
    Contender(
        "Great Expectations", "nearest checks on pandas, Parquet; shows some failing values",
        "expectations_validate.py", ("great-expectations==1.24.1", "pyarrow==26.0.0"),
    ),
    Contender(
        "dlt", "loads into DuckDB as text, no check", "dlt_load.py",
        ("dlt[duckdb]==1.31.0", "duckdb==1.5.5", "pyarrow==26.0.0"),
    ),
    Contender(
        "frictionless", "cells and key only, no sums, no Parquet", "frictionless_validate.py",
        ("frictionless==5.21.0",),
    ),
)  # fmt: skip


@dataclass
class Measured:
    """What the runs of one contender took: seconds and peak memory of its largest process, in MB."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    trouble: str = ""


def interpreter(contender: Contender) -> str:
    """The Python of a contender's environment, which is made where it is missing or has other packages."""
    if not contender.packages:
        return sys.executable
    folder = ROOT / ".bench" / contender.script.removesuffix(".py")
    python, stamp = folder / "bin" / "python", folder / "packages.txt"
    wanted = "\n".join(contender.packages)
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--only-binary", ":all:", *contender.packages], check=True
        )
        stamp.write_text(wanted, "utf-8")
    return str(python)


def command(contender: Contender, raw: Path, out: Path) -> tuple[list[str], dict[str, str]]:
    """What is run, and the variables it is run with."""
    if contender.name != "ours":
        script = str(PEERS / contender.script)
        return [interpreter(contender), script, str(raw / "cube" / "figures.csv"), str(REGIONS), str(out)], {}
    places = {"RAW": raw, "PUBLISHED": out / "published", "STATE": out / "state"}
    variables = {f"PRAKERJA_{name}": str(value) for name, value in places.items()}
    return [sys.executable, "-m", "flows", "run", "--direct"], variables


def measure(contender: Contender, raw: Path, scratch: Path, measured: Measured) -> None:
    """Run a contender once, in an empty folder."""
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    arguments, variables = command(contender, raw, out)
    with (scratch / "log").open("w") as log:
        started = time.monotonic()
        process = subprocess.Popen(
            arguments, env={**os.environ, **variables}, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        status, usage = _ended(process, started + PATIENCE)
        seconds = time.monotonic() - started
    if status:
        lines = (scratch / "log").read_text("utf-8", "replace").strip().splitlines()
        measured.trouble = f"did not finish in {PATIENCE} s" if status < 0 else f"failed: {(lines or ['?'])[-1][:80]}"
        return
    measured.seconds.append(seconds)
    measured.memory.append(usage / 1024)


def _ended(process: "subprocess.Popen[bytes]", until: float) -> tuple[int, int]:
    """Wait for a process; its exit code, -1 where it had to be stopped, and its peak memory in KB."""
    while True:
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            process.returncode = os.waitstatus_to_exitcode(status)
            return abs(process.returncode), usage.ru_maxrss
        if time.monotonic() > until:
            process.kill()
            os.wait4(process.pid, 0)
            process.returncode = -1
            return -1, 0
        time.sleep(0.05)


def times(seconds: Sequence[float], base: Sequence[float]) -> float:
    """How many times as long as another command one took: the median of the ratios, each taken within one round."""
    return statistics.median(one / other for one, other in zip(seconds, base, strict=False))


def rows(found: dict[str, Measured], contenders: Sequence[Contender]) -> list[str]:
    """The lines of the table."""
    floor = found.get("floor", Measured()).seconds
    lines = ["| | seconds | of the floor | peak MB | does |", "|---|---|---|---|---|"]
    for each in contenders:
        measured = found[each.name]
        if measured.trouble or not measured.seconds:
            lines.append(f"| {each.name} | {measured.trouble or 'not run'} | | | {each.does} |")
            continue
        ratio = f"{times(measured.seconds, floor):.1f}" if floor else ""
        seconds, memory = statistics.median(measured.seconds), statistics.median(measured.memory)
        lines.append(f"| {each.name} | {seconds:.1f} | {ratio} | {memory:,.0f} | {each.does} |")
    return lines


def aims(found: dict[str, Measured]) -> list[str]:
    """The aims beside what was measured, those whose contenders ran."""
    ours = found.get("ours", Measured())
    if not ours.seconds:
        return []
    lines = [_aim("peak memory in MB, under", MEGABYTES, max(ours.memory), reached=max(ours.memory) < MEGABYTES)]
    if floor := found.get("floor", Measured()).seconds:
        ratio = times(ours.seconds, floor)
        lines.append(_aim("times the floor, at most", OF_THE_FLOOR, ratio, reached=ratio <= OF_THE_FLOOR))
    if peers := [found[name].seconds for name in CHECKING if name in found and found[name].seconds]:
        fastest = min(peers, key=statistics.median)
        ratio = times(fastest, ours.seconds)
        told = "times faster than the fastest peer that checks sums, at least"
        lines.append(_aim(told, OF_THE_FASTEST, ratio, reached=ratio >= OF_THE_FASTEST))
    return lines


def _aim(what: str, aim: float, measured: float, *, reached: bool) -> str:
    return f"- {what} {aim:,.0f}: {measured:,.1f}, {'reached' if reached else 'missed'}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="M")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=[each.name for each in CONTENDERS])
    asked = parser.parse_args()
    chosen = [each for each in CONTENDERS if not asked.only or each.name in asked.only]
    for each in chosen:
        interpreter(each)
    with tempfile.TemporaryDirectory(prefix="prakerja-bench-") as name:
        scratch = Path(name)
        raw = scratch / "raw"
        # By another process: the peak of a command counts from what its parent has in memory when it starts.
        subprocess.run([sys.executable, "-m", "benchmarks.cube", raw / "cube", "--size", asked.size], check=True)
        figures = count(raw / "cube")
        found = {each.name: Measured() for each in chosen}
        for _ in range(asked.runs):
            for each in chosen:
                if not found[each.name].trouble:
                    measure(each, raw, scratch, found[each.name])
    print(
        f"{figures:,} figures, medians of {asked.runs} runs in turn, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, DuckDB {version('duckdb')}, {datetime.now(UTC).date()}\n"
    )
    print("\n".join([*rows(found, chosen), "", f"Aims (for L; this is {asked.size}):", *aims(found)]))
    if any(found[each].trouble for each in ("ours", "floor") if each in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
