"""One error put into figures as printed: the kinds of misprint, each made at random from a seeded generator."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pyarrow as pa

from flows.nouns import Place, Snapshot
from schemas.misprints import UNIT_WORDS, Token, take_apart, write

#: A unit word that a typist would add to a count.
_SPURIOUS = {"id": "ribu", "en": "thousand"}
#: Unit words by the power of ten that a page implies for a whole list.
_IMPLIED = {"id": {3: "ribu", 6: "juta", 9: "miliar"}, "en": {3: "thousand", 6: "million", 9: "billion"}}


@dataclass(frozen=True)
class Site:
    """A printed figure that an error may be put into, as printed and as read; `neighbour` is the place of the
    next figure of its measure in print."""

    place: Place
    token: str
    language: str
    value: Decimal
    precision: Decimal
    unit_mult: int
    neighbour: Place | None = None

    @property
    def taken_apart(self) -> Token:
        """Its digits, separators and unit word."""
        return take_apart(self.token, self.language, Fraction(self.value), Fraction(self.precision))


@dataclass(frozen=True)
class Injection:
    """One error of a kind: the tokens that are printed instead, or a row that is left out or printed twice.

    `true` is the value that the figure at `place` has without the error; `chain` says what the figure was drawn from.
    """

    kind: str
    chain: str
    place: Place
    true: Decimal
    tokens: Mapping[Place, str]
    removed: bool = False
    doubled: bool = False


def _other_digit(token: Token, rng: Random) -> str | None:
    i = rng.randrange(len(token.digits))
    digit = rng.choice([each for each in "0123456789" if each != token.digits[i] and not (i == 0 and each == "0")])
    return write(token, token.digits[:i] + digit + token.digits[i + 1 :], token.decimals)


def _swapped(token: Token, rng: Random) -> str | None:
    digits = token.digits
    unequal = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1] and not (i == 0 and digits[1] == "0")]
    if not unequal:
        return None
    i = rng.choice(unequal)
    return write(token, digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :], token.decimals)


def _lost(token: Token, rng: Random) -> str | None:
    if len(token.digits) < 2:
        return None
    i = rng.choice([i for i in range(len(token.digits)) if i or token.digits[1] != "0"])
    return write(token, token.digits[:i] + token.digits[i + 1 :], token.decimals - _behind(token, i))


def _repeated(token: Token, rng: Random) -> str | None:
    i = rng.randrange(len(token.digits))
    return write(token, token.digits[: i + 1] + token.digits[i:], token.decimals + _behind(token, i))


def _behind(token: Token, i: int) -> int:
    """Whether this digit stands behind the decimal mark."""
    return int(i >= len(token.digits) - token.decimals)


def _separators(token: Token, _: Random) -> str | None:
    start = len(token.before)
    number = token.text[start : len(token.text) - len(token.after)]
    exchanged = number.translate(str.maketrans(".,", ",."))
    return token.before + exchanged + token.after if exchanged != number else None


def _without_unit(token: Token, _: Random) -> str | None:
    return write(token, token.digits, token.decimals, "") if token.word else None


def _with_unit(token: Token, _: Random) -> str | None:
    return None if token.word else write(token, token.digits, token.decimals, _SPURIOUS[token.language])


#: The errors within one token, by kind.
_TYPED: Mapping[str, Callable[[Token, Random], str | None]] = {
    "one digit": _other_digit,
    "two digits swapped": _swapped,
    "digit lost": _lost,
    "digit doubled": _repeated,
    "separators exchanged": _separators,
    "unit word lost": _without_unit,
    "unit word spurious": _with_unit,
}
#: All kinds of error.
KINDS = (*_TYPED, "unit word doubled", "row doubled", "row missing", "values exchanged")


def injection(kind: str, chain: str, site: Site, sites: Mapping[Place, Site], rng: Random) -> Injection | None:
    """Make an error of a kind in a figure, or None where the figure has no room for one."""
    made = Injection(kind, chain, site.place, site.value, {})
    if kind in ("row doubled", "row missing"):
        return replace(made, doubled=kind == "row doubled", removed=kind == "row missing")
    if kind == "values exchanged":
        other = sites.get(site.neighbour) if site.neighbour else None
        if other is None or other.token == site.token:
            return None
        return replace(made, tokens={site.place: other.token, other.place: site.token})
    token = site.taken_apart
    if not token.digits:
        return None
    text = _doubled_unit(token, site) if kind == "unit word doubled" else _TYPED[kind](token, rng)
    return replace(made, tokens={site.place: text}) if text is not None and text != site.token else None


def _doubled_unit(token: Token, site: Site) -> str | None:
    """The unit word twice, or once more where the page implies it already."""
    implied = _IMPLIED[token.language].get(site.unit_mult)
    if token.word:
        return site.token.replace(token.word, f"{token.word} {token.word}", 1)
    return write(token, token.digits, token.decimals, implied) if implied in UNIT_WORDS[token.language] else None


def injected(snapshot: Snapshot, injections: Iterable[Injection]) -> Snapshot:
    """The snapshot with these errors in print. Rows keep their numbers; a doubled one stands again after the last."""
    tokens: dict[Place, str] = {}
    removed: set[Place] = set()
    doubled: set[Place] = set()
    for each in injections:
        tokens |= each.tokens
        removed |= {each.place} if each.removed else set()
        doubled |= {each.place} if each.doubled else set()
    rows = snapshot.figures.to_pylist()
    changed = [row | {"value": tokens.get(_place(row), row["value"])} for row in rows if _place(row) not in removed]
    changed += [row | {"row": copy_of(_place(row))[2]} for row in rows if _place(row) in doubled]
    return replace(snapshot, figures=pa.Table.from_pylist(changed, schema=snapshot.figures.schema))


def _place(row: Mapping[str, Any]) -> Place:
    return row["source"], row["resource"], row["row"]


def copy_of(place: Place) -> Place:
    """Where a doubled row stands for the second time: far behind the last row of its table."""
    return place[0], place[1], place[2] + 1_000_000


def probes(snapshot: Snapshot, injections: Sequence[Injection]) -> Snapshot:
    """Every changed token as a row of its own, numbered in order, so that one reading tells all of their values."""
    rows = {_place(row): row for row in snapshot.figures.to_pylist()}
    texts = [(place, text) for each in injections for place, text in each.tokens.items()]
    asked = [rows[place] | {"row": number, "value": text} for number, (place, text) in enumerate(texts)]
    return replace(snapshot, figures=pa.Table.from_pylist(asked, schema=snapshot.figures.schema))
