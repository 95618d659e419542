"""The official regions by every name used for them, and the level and parent that explain most of a list."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Levels that share a table, from the nation down, and what they are called.
GRADES = (("nation",), ("province",), ("regency", "city"), ("district",))
#: Level words in front of a name, behind it, and "in all of", as the pipeline reads them when it looks up a region.
_PREFIXES = {
    "nation": re.compile(r"^$"),
    "province": re.compile(r"^(pemerintah provinsi|pemprov|provinsi|propinsi|prov)\b\.? ?"),
    "regency": re.compile(r"^(kabupaten administrasi|kabupaten adm|pemkab|kabupaten|kab)\b\.? ?"),
    "city": re.compile(r"^(kota administrasi|kota adm|pemkot|kotamadya|kodya|kota)\b\.? ?"),
    "district": re.compile(r"^(kecamatan|kec|distrik|kapanewon|kemantren)\b\.? ?"),
}
_AROUND = re.compile(r" (province|regency|city|district)$|^(se-|seluruh )")
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class Region:
    """An official region; its parents are today's and the one before it moved."""

    code: str
    parents: tuple[str, ...]
    level: str
    name: str


@dataclass(frozen=True)
class Frame:
    """The level and parent that explain most of the `listed` names; `rivals` are parents that explain them as well."""

    grade: int
    parent: str | None
    explained: int
    listed: int
    rivals: tuple[str, ...] = ()


def key_of(name: str) -> str:
    """A name without case, spaces and punctuation."""
    return _NOT_IN_KEYS.sub("", name.lower())


def bare_key(name: str, level: str) -> str:
    """The key of a name without the words that only say its level."""
    return key_of(_PREFIXES[level].sub("", _AROUND.sub("", name.lower().strip())))


def cleaned(cell: str) -> str:
    """A region's name as the pipeline can look it up: without its number and footnote mark, its level in front."""
    name = re.sub(
        r"^(\(?\d{1,3}[.)]\s+|[a-z][.)]\s+(?=kab|kota|kec|prov))|[\s*:]+\)?$", "", " ".join(cell.split()), flags=re.I
    )
    behind = re.fullmatch(r"(.+?)(?:,\s*|\s*\(\s*)(kota|kab|kabupaten)\.?\)?", name, re.I)
    return f"{behind[2]} {behind[1]}" if behind else name


class Names:
    """The official regions by every name used for them."""

    def __init__(self, folder: Path) -> None:
        listed = _read(folder / "regions.csv")
        self.regions = {
            row["region_code"]: Region(
                row["region_code"],
                tuple(filter(None, (row["parent_code"], row["former_parent_code"]))),
                row["level"],
                row["name"],
            )
            for row in listed
        }
        self._codes: dict[tuple[str, str], set[str]] = {}
        self._called: dict[str, list[str]] = {}
        self.children = Counter(
            (self.grade(region), parent) for region in self.regions.values() for parent in region.parents
        )
        for row in (*listed, *_read(folder / "names.csv")):
            region = self.regions[row["region_code"]]
            for each in {key_of(row["name"]), bare_key(row["name"], region.level)}:
                self._codes.setdefault((region.level, each), set()).add(region.code)
            self._called.setdefault(region.code, []).append(row["name"].lower())

    @staticmethod
    def grade(region: Region) -> int:
        """The place of a region's level in `GRADES`."""
        return next(n for n, levels in enumerate(GRADES) if region.level in levels)

    def called(self, name: str, grades: Iterable[int] = range(len(GRADES))) -> list[Region]:
        """The regions of these grades that are called so, in the order of their codes."""
        levels = [level for grade in grades for level in GRADES[grade]]
        codes = {code for level in levels for each in {key_of(name), bare_key(name, level)}
                 for code in self._codes.get((level, each), ())}  # fmt: skip
        return [self.regions[code] for code in sorted(codes)]

    def lineage(self, code: str | None) -> list[str]:
        """A region and everything above it today, the nearest first."""
        found = []
        while code:
            found.append(code)
            code = next(iter(self.regions[code].parents), None)
        return found

    def frame(self, listed: Sequence[str], said: set[str], title: str) -> Frame | None:
        """The level and parent that explain most of the names; the levels that a heading says come first."""
        explained: Counter[int] = Counter()
        within: Counter[tuple[int, str]] = Counter()
        today: Counter[tuple[int, str]] = Counter()
        spoken = dict.fromkeys(range(len(GRADES)), title.lower())
        for name in listed:
            for grade in range(len(GRADES)):
                found = self.called(name, [grade])
                explained[grade] += bool(found)
                spoken[grade] += "" if found else f" {name.lower()}"
                within.update({(grade, parent) for region in found for parent in region.parents})
                today.update({(grade, region.parents[0]) for region in found if region.parents})
        hinted = {n for n, levels in enumerate(GRADES) if said & set(levels) and explained[n] * 2 >= len(listed)}
        grades = hinted or {n for n, count in explained.items() if count}
        if not grades:
            return None

        def worth(pair: tuple[int, str]) -> tuple[Any, ...]:
            whole = within[pair] == self.children[pair]
            return within[pair], -pair[0], self._spoken_of(pair[1], spoken[pair[0]]), whole, today[pair]

        single = [pair for pair in within if pair[0] in grades and within[pair] * 2 >= len(listed)]
        if not single:
            grade = max(grades, key=lambda n: (explained[n], -n))
            return Frame(grade, None, explained[grade], len(listed))
        best = max(sorted(single), key=worth)
        rivals = tuple(sorted(pair[1] for pair in single if pair[0] == best[0] and worth(pair) == worth(best)))
        alone = len(rivals) == 1
        if not alone:
            return Frame(best[0], None, explained[best[0]], len(listed), rivals)
        return Frame(best[0], best[1], within[best], len(listed))

    def _spoken_of(self, code: str, text: str) -> int:
        """Whether a text has the full name of a region (2), or its name without the level (1)."""
        region = self.regions[code]
        bare = [_PREFIXES[region.level].sub("", name) for name in self._called[code]]
        return 2 if _has(text, region.name.lower()) else int(any(_has(text, name) for name in bare))


def _has(text: str, words: str) -> bool:
    return re.search(rf"\b{re.escape(words)}\b", text) is not None


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
