"""Whether a release opens elsewhere: each Parquet file in other readers, each in an environment of its own.

`python -m benchmarks.readers FOLDER` makes the environments with uv, or with venv and pip, counts rows and compares a
checksum of all values as text, and prints which readers were run. Exit code 1 where one differs, or none could be made.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: Prints rows and checksum by file. Values become text in one way: empty is nothing, a number has no zeros at its end.
_CHECK = """
import decimal, hashlib, json, sys
from pathlib import Path

def text(value):
    if value is None or value != value:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value))
    if isinstance(value, (int, float, decimal.Decimal)):
        number = format(decimal.Decimal(str(value)), "f")
        return number.rstrip("0").rstrip(".") if "." in number else number
    return str(value)[:10] if hasattr(value, "isoformat") else str(value)

def checked(columns, rows):
    digest = hashlib.sha256("\\t".join(columns).encode())
    lines = sorted("\\t".join(map(text, row)) for row in rows)
    for line in lines:
        digest.update(line.encode() + b"\\n")
    return [len(lines), digest.hexdigest()]

print(json.dumps({path.name: checked(*read(path)) for path in sorted(Path(sys.argv[1]).glob("*.parquet"))}))
"""
_DUCKDB = """
import duckdb
def read(path):
    found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
    return [each[0] for each in found.description], found.fetchall()
"""
_PYARROW = """
import pyarrow.parquet as pq
def read(path):
    table = pq.read_table(path)
    return table.column_names, zip(*(column.to_pylist() for column in table.columns))
"""
_PANDAS = """
import pandas, pyarrow
def read(path):
    frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    return list(frame.columns), frame.astype(object).where(frame.notna(), None).itertuples(index=False)
"""
_POLARS = """
import polars
def read(path):
    frame = polars.read_parquet(path)
    return frame.columns, frame.iter_rows()
"""
#: Reader, the packages that it needs, and how it reads.
READERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("DuckDB 1.2", ("duckdb==1.2.2",), _DUCKDB),
    ("DuckDB 2.0", ("duckdb==2.0.0",), _DUCKDB),
    ("pyarrow", ("pyarrow==26.0.1",), _PYARROW),
    ("pandas", ("pandas==3.1.1", "pyarrow==26.0.1"), _PANDAS),
    ("Polars", ("polars==2.1.0",), _POLARS),
)


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """A new environment with these packages; returns its Python. Raises CalledProcessError where that fails."""
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if uv:
        commands = [[uv, "venv", "-q", str(folder)], [uv, "pip", "install", "-q", "--python", str(python), *packages]]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:", *packages],
        ]
    for command in commands:
        subprocess.run(command, check=True, capture_output=True, text=True)
    return python


def read_all(release: Path) -> dict[str, dict[str, list[object]]]:
    """Rows and checksum of each file by reader; one that could not be run is told and left out."""
    found = {}
    for name, packages, reader in READERS:
        with tempfile.TemporaryDirectory(prefix="reader-") as folder:
            try:
                python = environment(Path(folder) / "venv", packages)
                done = subprocess.run(
                    [str(python), "-c", reader + _CHECK, str(release)], check=True, capture_output=True, text=True
                )
            except subprocess.CalledProcessError as error:
                print(f"NOT RUN  {name} ({', '.join(packages)}): {(error.stderr.strip().splitlines() or ['?'])[-1]}")
                continue
        found[name] = json.loads(done.stdout)
        print(f"run      {name} ({', '.join(packages)}): {len(found[name])} files")
    return found


def main() -> None:
    """Compare what the readers say of the release that the command line names."""
    release = Path(sys.argv[1])
    if not list(release.glob("*.parquet")):
        sys.exit(f"{release} holds no Parquet file: name the folder of a release.")
    found = read_all(release)
    differing = [
        name for name in sorted(path.name for path in release.glob("*.parquet"))
        if len({json.dumps(files[name]) for files in found.values()}) != 1
    ]  # fmt: skip
    for name in differing:
        print(f"DIFFERS  {name}: " + ", ".join(f"{reader} {files[name]}" for reader, files in found.items()))
    print(f"{len(found)} of {len(READERS)} readers were run; {len(differing)} files differ.")
    if differing or len(found) < len(READERS):
        sys.exit(1)


if __name__ == "__main__":
    main()
