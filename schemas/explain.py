"""How one mistake explains a broken relation: a misprint, a row given twice or left out, two values exchanged."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from schemas.misprints import ABSURD, NOTHING, TYPED, UNIQUE, WEAK, Number, Window, misprints, plain, take_apart
from schemas.relations import INFINITY, Cell, Key, Line, System, common, less, rounded_inward, times
from schemas.repair import Repair

#: Missing members larger than this many times the largest that is there are an unlikely explanation.
LARGEST = 3


@dataclass(frozen=True)
class Explanation:
    """One way in which a figure came to be wrong, and the broken relations that hold without the mistake.

    `key` is None for a row that is missing. `mistakes` made and `figures` changed count the whole explanation, of
    which this figure may be a part. `instead` are the values, or None for no row, that then stand in the list.
    """

    key: Key | None
    repairs: frozenset[str]
    kind: str
    tier: int
    suggestion: Fraction | None
    reason_en: str
    reason_id: str
    mistakes: int = 1
    figures: int = 1
    instead: Mapping[Key, Fraction | None] = field(default_factory=dict)


def all_alone(system: System) -> dict[Key, list[Explanation]]:
    """The cells that, changed alone, repair every relation which they touch, with the ways they may be wrong."""
    found = {}
    for key in sorted({key for number in system.broken for key in system.lines[number].weights}):
        bounds = system.alone(key)
        if bounds is not None:
            cell = system.cells[key]
            window = Window(*bounds, _less(cell.value, cell.lower), _less(cell.upper, cell.value), cell.whole)
            found[key] = _misprinted(cell, window, system.repaired([key]))
    return found


def _less(value: object, other: object) -> Number:
    """The distance of two bounds; infinite if one is open."""
    return INFINITY if value is None or other is None else Fraction(str(value)) - Fraction(str(other))


def _misprinted(cell: Cell, window: Window | None, repairs: frozenset[str]) -> list[Explanation]:
    """The typing errors that explain a cell whose true value lies in the window, else what the value could be."""
    token = take_apart(cell.token, cell.language, Fraction(cell.value), Fraction(cell.precision))
    found = misprints(token, window) if window else []
    return [
        Explanation(
            cell.key, repairs, one.kind, one.tier, one.value, one.reason_en, one.reason_id,
            instead={cell.key: one.value},
        )
        for one in found
    ] or [_no_misprint(cell, window, repairs)]  # fmt: skip


def _no_misprint(cell: Cell, window: Window | None, repairs: frozenset[str]) -> Explanation:
    """No typing error fits: the value that would do, if it is a single one, else its range in words."""
    value = _single(cell, window) if window else None
    if value is not None:
        instead = {cell.key: value}
        text = plain(value, cell.language)
        english, indonesian = f"{text} would make everything agree", f"{text} membuat semuanya cocok"
    else:
        instead = {}
        english, indonesian = _range(window, cell.language)
    return Explanation(
        cell.key, repairs, "other", NOTHING, value, f"no typing error fits; {english}",
        f"tidak ada salah ketik yang cocok; {indonesian}", instead=instead,
    )  # fmt: skip


def _single(cell: Cell, window: Window) -> Fraction | None:
    """The figure as it would be printed, if only one fits the window."""
    step = Fraction(cell.precision)
    if window.lower == window.upper:
        return round(Fraction(window.lower) / step) * step
    low, high = window.grid(step, own=True)
    if high - low >= 2 * step:
        return None
    first = -(-Fraction(low) // step) * step
    return first if first <= high < first + step else None


def _range(window: Window | None, language: str) -> tuple[str, str]:
    if window is None or (window.lower == -INFINITY and window.upper == INFINITY):
        return "many values would make everything agree", "banyak nilai yang membuat semuanya cocok"
    low = plain(Fraction(window.lower), language) if window.lower != -INFINITY else ""
    high = plain(Fraction(window.upper), language) if window.upper != INFINITY else ""
    if low and high:
        return f"{low} to {high} would make everything agree", f"{low} sampai {high} membuat semuanya cocok"
    english, indonesian = (
        (f"at least {low}", f"sedikitnya {low}") if low else (f"at most {high}", f"paling banyak {high}")
    )
    return f"{english} would make everything agree", f"{indonesian} membuat semuanya cocok"


def together(system: System, repair: Repair) -> Iterator[Explanation]:
    """The cells of a set that repairs only as a whole: as likely as its least likely member."""
    windows = {key: _window(system.cells[key], *bounds) for key, bounds in repair.changes.items()}
    members = {key: _misprinted(system.cells[key], window, repair.repairs) for key, window in windows.items()}
    tier = max(found[0].tier for found in members.values())
    for key, found in members.items():
        names = ", ".join(system.cells[other].name for other in sorted(members) if other != key)
        english, indonesian = (f"; together with {names}", f"; bersama dengan {names}") if names else ("", "")
        for one in found:
            yield Explanation(
                key, one.repairs, one.kind, max(one.tier, tier), one.suggestion,
                one.reason_en + english, one.reason_id + indonesian,
                len(members), len(members), one.instead,
            )  # fmt: skip


def _window(cell: Cell, least: Number, most: Number) -> Window | None:
    """The true values of a cell that may change by these amounts, its own printed interval included in them."""
    value = Fraction(cell.value)
    below, above = _less(cell.value, cell.lower), _less(cell.upper, cell.value)
    if INFINITY in (below, above) or most - least < below + above:
        below, above = Fraction(0), Fraction(0)
    inward = rounded_inward((value + least + above, value + most - below), cell.whole)
    return Window(*inward, below, above, cell.whole) if inward else None


def doubled(system: System) -> Iterator[Explanation]:
    """Rows that repeat a member of their list, where all agrees without them, or the sum only fits with them."""
    for line in system.lines:
        rows = [key for key in line.relation.doubled if key in line.weights]
        if line.relation.holds or not rows:
            continue
        sets = [[row] for row in rows if system.agrees({row: None})] or [rows]
        if not line.broken:
            english, indonesian = "the sum only fits with it", "jumlahnya hanya cocok dengan baris ini"
            yield from _dropped(rows, frozenset({line.relation.id}), english, indonesian)
            continue
        for dropped in sets:
            if system.agrees(dict.fromkeys(dropped)):
                english, indonesian = "without it everything agrees", "tanpa baris ini semuanya cocok"
                yield from _dropped(dropped, system.repaired(dropped), english, indonesian)


def _dropped(rows: list[Key], repairs: frozenset[str], english: str, indonesian: str) -> Iterator[Explanation]:
    for row in rows:
        yield Explanation(
            row, repairs, "row_doubled", UNIQUE, None, f"the row stands twice; {english}",
            f"baris ini tercetak dua kali; {indonesian}", len(rows), len(rows), dict.fromkeys(rows),
        )  # fmt: skip


def missing(system: System) -> Iterator[Explanation]:
    """Members that a list lacks, where they could hold what the list falls short of its sum."""
    for number, line in enumerate(system.lines):
        if line.relation.holds or not line.relation.missing or not line.weights:
            continue
        without = line.relation.doubled if not line.broken else ()
        sign, members = line.list
        present = [system.cells[key] for key in members if key not in without]
        remainder = common(times(sign, less(line.bounds, system.others(number, without))), (0, INFINITY))
        inward = rounded_inward(remainder, all(cell.whole for cell in present))
        if inward is not None and inward[1] > 0:
            yield _missing(line, present, inward, _nominal(system, line, sign, without, inward))


def _nominal(
    system: System, line: Line, sign: Fraction, without: tuple[Key, ...], remainder: tuple[Number, Number]
) -> Fraction | None:
    """What the figures as printed leave for the missing members; None where the rule gives no exact sum."""
    if line.bounds[0] != line.bounds[1]:
        return None
    values = (w * Fraction(system.cells[key].value) for key, w in line.weights.items() if key not in without)
    value = (Fraction(line.bounds[0]) - sum(values)) * sign
    return value if remainder[0] <= value <= remainder[1] else None


def _missing(line: Line, present: list[Cell], remainder: tuple[Number, Number], value: Fraction | None) -> Explanation:
    names = ", ".join(line.relation.missing)
    language = min(present, key=lambda cell: cell.key).language
    text = plain(value if value is not None else Fraction(remainder[0]), language)
    english, indonesian = f"{names}: the row is missing; {text} is left", f"{names}: baris hilang; sisanya {text}"
    least, most = line.relation.expected
    largest = max(Fraction(cell.value) for cell in present)
    tier = UNIQUE
    if most is not None and remainder[0] > Fraction(most):
        tier = ABSURD
        english += f", far too many: at most {plain(Fraction(most), language)} is to be expected"
        indonesian += f", terlalu banyak: perkiraan paling banyak {plain(Fraction(most), language)}"
    elif least is not None and remainder[1] < Fraction(least):
        tier = ABSURD
        english += f", far too few: at least {plain(Fraction(least), language)} is to be expected"
        indonesian += f", terlalu sedikit: perkiraan sedikitnya {plain(Fraction(least), language)}"
    elif most is None and remainder[0] > LARGEST * len(line.relation.missing) * largest:
        tier = WEAK
        english += f", many: the largest of the others has {plain(largest, language)}"
        indonesian += f", banyak: yang terbesar dari yang lain {plain(largest, language)}"
    return Explanation(None, frozenset({line.relation.id}), "row_missing", tier, value, english, indonesian)


def exchanged(system: System) -> Iterator[Explanation]:
    """Neighbours in print whose values, exchanged, make everything agree."""
    names = {line.relation.id: line for line in system.lines}
    for one, other in _neighbours(system):
        repairs = system.repaired([one.key, other.key])
        then = {one.key: other.interval, other.key: one.interval}
        if repairs and one.value != other.value and system.agrees(then):
            sums = all(names[name].bounds[0] == names[name].bounds[1] for name in repairs)
            for cell, neighbour in ((one, other), (other, one)):
                yield _exchanged(cell, neighbour, repairs, TYPED if sums else WEAK)


def _exchanged(cell: Cell, neighbour: Cell, repairs: frozenset[str], tier: int) -> Explanation:
    value, instead = (
        Fraction(neighbour.value),
        {cell.key: Fraction(neighbour.value), neighbour.key: Fraction(cell.value)},
    )
    return Explanation(
        cell.key, repairs, "values_exchanged", tier, value,
        f"exchanged with its neighbour {neighbour.name}: {cell.token} would be {neighbour.token}",
        f"tertukar dengan tetangganya {neighbour.name}: {cell.token} seharusnya {neighbour.token}", 1, 2, instead,
    )  # fmt: skip


def _neighbours(system: System) -> Iterator[tuple[Cell, Cell]]:
    """Cells that follow each other in print or in a relation's list, or stand beside each other for the same thing."""
    lists: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
    for key in system.touching:
        cell = system.cells[key]
        lists["print", *key[:2]].append(cell)
        lists["name", *key[:2], cell.name].append(cell)
        for part in range(len(cell.order) if len(cell.order) > 1 else 0):
            rest = (*cell.order[:part], *cell.order[part + 1 :])
            lists["line", *key[:2], str(part), str(rest)].append(cell)
    for line in system.lines:
        for key in line.list[1]:
            lists["list", *key[:2], line.relation.id].append(system.cells[key])
    pairs: dict[tuple[Key, Key], tuple[Cell, Cell]] = {}
    for cells in lists.values():
        cells.sort(key=lambda cell: (cell.order, cell.key))
        for one, other in pairwise(cells):
            pairs.setdefault((min(one.key, other.key), max(one.key, other.key)), (one, other))
    for names in sorted(pairs):
        yield pairs[names]
