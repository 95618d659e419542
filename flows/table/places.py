"""The region of each row, going down the table; what was guessed on the way is kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.table.cells import Grid, as_sentence
from flows.table.names import GRADES, Frame, Names, Region, bare_key, cleaned, key_of
from flows.table.words import LEVEL_WORDS, TOTAL, words_of


@dataclass
class Placer:
    """Goes down the rows and gives each its region; remembers what stood above, and tells what it guessed."""

    grid: Grid
    names: Names
    frame: Frame
    explicit: Mapping[str, set[str]]
    totals: int
    section: str | None
    told: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    groups: list[str] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)
    summed: set[str] = field(default_factory=set)
    above: str | None = None

    def row(self, line: int, name: str, within: str, level: str) -> dict[str, str]:
        """Region, level and parent of a row that names its region."""
        options = self._options(name, within)
        wanted = level if level in LEVEL_WORDS else self.section
        options = [region for region in options if region.level == wanted] or options
        # Beside `Kota Jambi`, or where nothing else is called so, `Jambi` is the province.
        taken = all(self.explicit.get(region.code, set()) - {key_of(name)} for region in options)
        region = (self._elsewhere(line, name) if taken else None) or self._one(line, name, options)
        if region is None:
            self.told.append(f"{as_sentence(self.grid.at(line))}: {name!r} is not the name of one region here.")
            return self._unknown(name, within, wanted)
        if region.code in self.placed and self.totals == 0:
            region = self._parent_called(line, name) or region
        self._remember(region)
        return self._written(name, region)

    def _options(self, name: str, within: str) -> list[Region]:
        """The regions that a name can mean: in the parent printed beside it, named above it, or found for the table."""
        options = self.names.called(name, [self.frame.grade])
        printed = {parent.code for parent in self.names.called(within, range(self.frame.grade))} if within else set()
        for parents in (printed, {self.above}, {self.frame.parent}):
            if inside := [region for region in options if parents & {*region.parents}]:
                return inside
        return options if self.frame.parent is None and not printed else []

    def _parent_called(self, line: int, name: str) -> Region | None:
        """The parent of all, where its name stands a second time after a child of the same name."""
        named = [region for region in self.names.called(name) if region.code == self.frame.parent]
        if named:
            self.told.append(f"{as_sentence(self.grid.at(line))}: the second {name!r} is taken for {named[0].name}.")
        return named[0] if named else None

    def _one(self, line: int, name: str, options: list[Region]) -> Region | None:
        """The region of a name; where a regency and a city share it, the regency first and the city second."""
        if len(options) < 2:
            return options[0] if options else None
        if len({region.level for region in options}) < len(options):
            return None
        self.seen[key_of(name)] += 1
        left = [region for region in options if region.code not in self.explicit] or options
        region = left[min(self.seen[key_of(name)], len(left)) - 1]
        parent = self.names.regions[region.parents[0]].name
        self.told.append(
            f"{as_sentence(self.grid.at(line))}: both a regency and a city of {parent} are called {name!r}; "
            f"it is taken for {region.name}."
        )
        return region

    def _elsewhere(self, line: int, name: str) -> Region | None:
        """A region of another level that the name can mean: one that holds the others, or the only one so called."""
        found = self.names.called(name, range(3))
        upper = [region for region in found if region.code in self.names.lineage(self.frame.parent)]
        others = [region for region in found if self.names.grade(region) != self.frame.grade]
        region = upper[0] if upper else others[0] if len(others) == 1 else None
        if region:
            self.told.append(
                f"{as_sentence(self.grid.at(line))}, {name!r}, is taken for the {region.level} of that name."
            )
        return region

    def _remember(self, region: Region) -> None:
        self.placed.add(region.code)
        if self.names.grade(region) != self.frame.grade:
            self.above = region.code
        elif (parent := self._parent(region)) and parent not in self.groups:
            self.groups.append(parent)

    def _parent(self, region: Region) -> str | None:
        """The parent of a region: the one found for the table, even where that was before it moved, else today's."""
        return self.frame.parent if self.frame.parent in region.parents else next(iter(region.parents), None)

    def _unknown(self, name: str, within: str, wanted: str | None) -> dict[str, str]:
        levels = GRADES[self.frame.grade]
        city = "city" in levels and bare_key(name, "city") != key_of(name)
        region = self.names.regions.get(self.frame.parent or "")
        parent = region.name if region and self.frame.grade > 1 else ""
        level = wanted if wanted and wanted in levels else "city" if city else levels[0]
        return {"region": name, "level": level, "within": within or parent}

    def _written(self, name: str, region: Region) -> dict[str, str]:
        """As the contract has it, with the parent wherever a name could be of several."""
        parent = self._parent(region)
        within = self.names.regions[parent].name if parent and self.names.grade(region) > 1 else ""
        return {"region": name, "level": region.level, "within": within}

    def is_heading(self, name: str) -> bool:
        """Whether a text without a value heads the regencies or the cities below it, as in the tables of BPS."""
        return (
            self.frame.grade == 2
            and bool(words_of(name))
            and {*words_of(name)} <= LEVEL_WORDS["regency"] | LEVEL_WORDS["city"]
        )

    def heading(self, name: str) -> None:
        """Remember a line without values that says what the lines below it are or belong to."""
        if self.is_heading(name):
            self.section = "regency" if {*words_of(name)} & LEVEL_WORDS["regency"] else "city"
        found = self.names.called(name, range(self.frame.grade)) if name else []
        if len(found) == 1:
            self.above = found[0].code

    def total(self, label: str, within: str) -> dict[str, str] | None:
        """The region that a row of totals speaks of; None where that is no region, as for all cities of a province."""
        rest = cleaned(TOTAL.sub("", label, count=1))
        chain = [code for group in (self.frame.parent, *self.groups) for code in self.names.lineage(group)]
        found = [region.code for region in self.names.called(rest, range(self.frame.grade))] if rest else []
        named = [code for code in found if code in chain] or (found if len(found) == 1 else [])
        if not named and self.frame.grade == 2 and {*words_of(rest)} & (LEVEL_WORDS["regency"] | LEVEL_WORDS["city"]):
            return None
        printed = [region.code for region in self.names.called(within, range(self.frame.grade))] if within else []
        whole = self.frame.parent if {*self.groups} <= {self.frame.parent} else None
        code = next(iter((*named, *printed)), None) or whole or self._group()
        if code is None:
            return None
        self.summed.add(code)
        region = self.names.regions[code]
        return self._written(region.name, region) | {"note": f"printed as {label!r}"}

    def _group(self) -> str | None:
        """Of several families, the one just above the row if each has a total of its own, else what holds them all."""
        if not self.groups:
            return None
        last = self.groups[-1]
        if len(self.groups) > 1 and self.totals >= len(self.groups) and last not in self.summed:
            return last
        shared = set.intersection(*({*self.names.lineage(group)} for group in self.groups))
        return next((code for code in self.names.lineage(last) if code in shared), None)
