"""Sources on the web for tests: a folder with versions of a file, as a refresh leaves them."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from schemas.contract import VERSION_COLUMNS
from tests.cases import Case

ADDRESS = "https://dinas.example/penerima"
#: A wide table's declaration: provinces down, waves across.
WIDE: dict[str, Any] = {
    "columns": {"region": "Provinsi"},
    "constants": {"level": "province", "measure": "recipients", "unit": "person"},
    "values": [{"headings": r"Gelombang (?P<wave>\d+)"}],
}


def described(folder: Path, **resource: object) -> Path:
    """A source folder with one resource on the web."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"name": "figures", "url": ADDRESS, "format": "csv", **resource}
    descriptor = {"name": folder.name, "language": "id", "resources": [told]}
    (folder / "datapackage.yaml").write_text(yaml.safe_dump(descriptor, allow_unicode=True), "utf-8")
    return folder


def with_versions(folder: Path, *versions: bytes, suffix: str = "csv", days: Sequence[int] = ()) -> Path:
    """The folder with these versions, seen a day apart from 1 November 2026 on."""
    (folder / "versions").mkdir(parents=True)
    with (folder / "versions" / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, VERSION_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for day, content in zip(days or range(1, len(versions) + 1), versions, strict=True):
            name = hashlib.sha256(content).hexdigest()
            (folder / "versions" / f"{name}.{suffix}").write_bytes(content)
            line = {"seen": f"2026-11-{day:02}T00:00:00Z", "resource": "figures", "sha256": name}
            writer.writerow({**line, "bytes": len(content), "url": ADDRESS})
    return folder


@dataclass(frozen=True)
class Web(Case):
    """A source on the web, with its versions from the oldest on."""

    versions: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write the folder and return its path."""
        path = described(folder / self.name, figures=WIDE)
        return with_versions(path, *(version.encode() for version in self.versions))
