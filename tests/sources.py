"""Source folders to read in tests: small ones that are written to a scratch folder, and a few official regions."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ibis

from flows.ingest import ingest
from flows.nouns import Ingested, Snapshot
from flows.read import snapshot
from schemas.contract import FIGURE_COLUMNS

ROOT = Path(__file__).parents[1]
#: All official regions.
OFFICIAL = ROOT / "raw" / "regions"
DATA = Path(__file__).parent / "data"

_FEW_REGIONS = """region_code,parent_code,level,name,established,moved_on,former_parent_code
00,,nation,Indonesia,,,
32,00,province,Jawa Barat,,,
32.79,32,city,Kota Banjar,,,
63,00,province,Kalimantan Selatan,,,
63.03,63,regency,Kabupaten Banjar,,,
63.72,63,city,Kota Banjarbaru,,,
63.72.02,63.72,district,Landasan Ulin,,,
91,00,province,Papua,,,
94,00,province,Papua Tengah,2022-07-25,,
94.04,94,regency,Kabupaten Mimika,,2022-07-25,91
"""


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files by their stem: `figures` is figures.csv, `datapackage` is datapackage.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, content in files.items():
        path = folder / f"{stem}.{'yaml' if stem == 'datapackage' else 'csv'}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def table(rows: Iterable[Mapping[str, str]]) -> str:
    """Rows as figures.csv; what a row does not say is a city's exact count of recipients."""
    usual = {"region": "Banjarbaru", "level": "city", "measure": "recipients", "unit": "person", "value": "5"}
    written = io.StringIO()
    lines = csv.DictWriter(written, FIGURE_COLUMNS, lineterminator="\n")
    lines.writeheader()
    lines.writerows({**usual, **row} for row in rows)
    return written.getvalue()


def few_regions(root: Path) -> Path:
    """A folder of ten official regions, so that reading them takes no time."""
    return write(
        root / "official",
        datapackage="name: regions\nresources:\n"
        + "".join(f"- {{name: {name}, path: {name}.csv}}\n" for name in ("regions", "names", "bps_codes")),
        regions=_FEW_REGIONS,
        names="region_code,name,kind\n63,Kalsel,abbreviation\n",
        bps_codes="region_code,bps_code\n63,63\n",
    )


def read_rows(
    root: Path, *rows: Mapping[str, str], official: Path | None = None, descriptor: str = "name: koran"
) -> Snapshot:
    """The snapshot of one source with these rows."""
    folder = write(root / "koran", datapackage=descriptor, figures=table(rows))
    return snapshot([folder], official or few_regions(root))


def ingested(read: Snapshot) -> Ingested:
    """Ingested on an engine of its own."""
    return ingest(read, ibis.duckdb.connect())


def figures(read: Snapshot) -> list[dict[str, Any]]:
    """The figures as read, in the order of source and row."""
    ordered = ingested(read).figures.order_by(["source", "resource", "row"])
    rows: list[dict[str, Any]] = ordered.to_pyarrow().to_pylist()
    return rows
