"""How figures are misprinted: from a printed token back to the figures that one typing error would turn into it.

The kinds of error are those of deductive correction (Scholtus, "Algorithms for correcting sign errors and rounding
errors", Statistics Netherlands, and R's `deductive`), with the ones that newspapers add: separators and unit words.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

#: A number, or plus or minus infinity (the only floats used) for an open bound.
Number = Fraction | float

#: Unit words by language and the power of ten that each stands for.
UNIT_WORDS = {
    "id": {"ribu": 3, "rb": 3, "juta": 6, "jt": 6, "miliar": 9, "milyar": 9, "m": 9, "triliun": 12, "t": 12},
    "en": {"thousand": 3, "k": 3, "million": 6, "billion": 9, "bn": 9, "trillion": 12},
}
#: The unit word that we would write for a power of ten.
_USUAL = {"id": {3: "ribu", 6: "juta", 9: "miliar"}, "en": {3: "thousand", 6: "million", 9: "billion"}}
#: Abbreviations that mean a unit only as capitals (`Rp 459 M`).
_CAPITALS = {"m", "t"}

#: Tiers of evidence, the strongest first: how seldom an error of that kind fits by chance.
#: A unit word or a row is one possibility a figure; a swap or a lost digit one a position; a changed digit nine.
UNIQUE, TYPED, DIGIT, WEAK, NOTHING, ABSURD = range(6)
#: So many fitting errors of one tier in one figure say nothing any more.
FITS = 3
#: A window this many times the size of a figure's last digit lets some digit fit by chance.
STEPS = 5


@dataclass(frozen=True)
class Token:
    """A printed token taken apart: text before and after, the digits, and how they are written.

    `step` is the size of the last printed digit in the figure's unit. `digits` is empty where the token holds no
    number written in digits that gives the value as read (number words, for one).
    """

    text: str
    language: str
    before: str
    digits: str
    after: str
    decimals: int
    group: str
    mark: str
    grouped: bool
    well_grouped: bool
    word: str
    step: Fraction


@dataclass(frozen=True)
class Misprint:
    """One way in which the token came about: the true value, as it would be printed, and the error in words."""

    kind: str
    tier: int
    value: Fraction
    shown: str
    reason_en: str
    reason_id: str


@dataclass(frozen=True)
class Window:
    """What the true value may be: from `lower` to `upper`, both included.

    `below` and `above` say how far the true value may lie from the figure as printed; `whole` marks counts of whole
    things. All in the unit of the figure.
    """

    lower: Number
    upper: Number
    below: Number = Fraction(0)
    above: Number = Fraction(0)
    whole: bool = True

    def grid(self, step: Fraction, own: bool) -> tuple[Number, Number]:
        """Least and greatest printed figure, on a grid of `step`, whose true value may lie in the window."""
        if own:
            below, above = self.below, self.above
        elif self.whole and step <= 1:
            below, above = Fraction(0), Fraction(0)
        else:
            below, above = step / 2, step
        return self.lower - above, self.upper + below

    def takes(self, value: Fraction, step: Fraction, own: bool) -> bool:
        """Whether a figure printed as `value` on a grid of `step` fits."""
        low, high = self.grid(step, own)
        return low <= value <= high and not (self.whole and value.denominator > 1)

    def near(self, value: Fraction) -> bool:
        """Whether a value lies within a power of ten of the bound of a window that is open to one side.

        In a window without bounds, or above zero, nothing does.
        """
        if self.upper == math.inf:
            return self.lower > 0 and value <= 10 * self.lower
        return self.lower > 0 or value * 10 >= self.upper

    @property
    def loose(self) -> bool:
        """Whether the window is so wide that an error which fits says little."""
        width = self.upper - self.lower
        size = self.upper if self.upper > 0 else -self.lower
        return not math.isfinite(width) or width * 10 > size + 1


def take_apart(text: str, language: str, value: Fraction, precision: Fraction) -> Token:
    """Take a printed token apart, so that it agrees with `value`, the figure as read.

    `language` is `id` or `en`; `precision` is the size of the last printed digit, used where the value is zero.
    """
    group, mark = (".", ",") if language == "id" else (",", ".")
    match = re.search(r"\d(?:[\d.,\s]*\d)?", text)
    if match is None:
        return Token(text, language, "", "", "", 0, group, mark, True, True, "", precision)
    number = re.sub(r"\s", "", match.group())
    digits = re.sub(r"\D", "", number)
    step = _power_of_ten(value / int(digits)) if int(digits) else precision
    word = _unit_word(text[match.end() :], language)
    decimals, group, mark = _separators(number, language, step or precision, word)
    whole = number.split(mark)[0] if decimals else number
    parts = whole.split(group)
    return Token(
        text, language, text[: match.start()], digits if step else "", text[match.end() :], decimals, group, mark,
        grouped=len(parts) > 1 or len(whole) < 4,
        well_grouped=all(len(part) == 3 for part in parts[1:]) and (len(parts) == 1 or len(parts[0]) <= 3),
        word=word, step=step or precision,
    )  # fmt: skip


def _power_of_ten(ratio: Fraction) -> Fraction | None:
    """The ratio if it is a power of ten, else None."""
    digits = str(max(ratio.numerator, ratio.denominator))
    one_sided = min(ratio.numerator, ratio.denominator) == 1
    return ratio if one_sided and digits[0] == "1" and not digits[1:].strip("0") else None


def _unit_word(after: str, language: str) -> str:
    """The first unit word in the text after the number, as printed, or an empty text."""
    for word in re.findall(r"[A-Za-z]+", after):
        if word.lower() in UNIT_WORDS[language] and (word.lower() not in _CAPITALS or word.isupper()):
            return str(word)
    return ""


def _separators(number: str, language: str, step: Fraction, word: str) -> tuple[int, str, str]:
    """Number of decimals, thousands separator and decimal mark of a number that was read with this step."""
    group, mark = (".", ",") if language == "id" else (",", ".")
    used = re.findall(r"[.,]", number)
    if not used:
        return 0, group, mark
    last = used[-1]
    other = "," if last == "." else "."
    tail = len(number) - number.rindex(last) - 1
    power = Fraction(10) ** (UNIT_WORDS[language][word.lower()] if word else 0)
    if len(set(used)) == 2 or (len(used) == 1 and step == power / 10**tail):
        return tail, other, last
    if len(used) > 1 or step == power:
        return 0, last, other
    return (tail, other, last) if last == mark else (0, last, other)


def write(token: Token, digits: str, decimals: int, word: str | None = None) -> str:
    """Write other digits in the manner of the token. `word` replaces its unit word; an empty one drops it."""
    digits = digits.rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    if token.grouped:
        whole = f"{int(whole):,}".replace(",", token.group)
    after = token.after
    if word is not None and token.word:
        after = re.sub(r"\s*" + token.word, f" {word}" if word else "", after, count=1)
    elif word:
        after = f" {word}{after}"
    return token.before + whole + (token.mark + fraction if decimals else "") + after


def plain(value: Fraction, language: str) -> str:
    """A number in the convention of the language: `36.106` or `36,106`, with up to three decimals."""
    text = f"{float(value):,.3f}".rstrip("0").rstrip(".") if value.denominator > 1 else f"{value.numerator:,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def misprints(token: Token, window: Window) -> list[Misprint]:
    """All single typing errors that turn a figure in the window into this token, the likeliest tier first.

    Where more than `FITS` errors of one tier fit, they are left out: they would fit anything.
    """
    if not token.digits:
        return []
    units, separators = list(_unit_errors(token, window)), list(_separator_errors(token, window))
    best: dict[Fraction, Misprint] = {}
    for found in (*(units + separators if token.word else separators + units), *_digit_errors(token, window)):
        if found.value not in best or found.tier < best[found.value].tier:
            best[found.value] = found
    fitting = list(best.values())
    if window.loose:
        fitting = [_weaken(found) for found in fitting if window.near(found.value)]
    tiers = [found.tier for found in fitting]
    kept = (found for found in fitting if tiers.count(found.tier) <= FITS)
    return sorted(kept, key=lambda found: (found.tier, found.kind, found.value))


def _weaken(found: Misprint) -> Misprint:
    return replace(found, tier=TYPED if found.tier == UNIQUE else WEAK)


#: Kind of error, tier, in English, in Indonesian.
_Words = tuple[str, int, str, str]
_ONE_DIGIT: _Words = ("one_digit", DIGIT, "one digit", "satu angka")
_SWAPPED: _Words = ("digits_swapped", TYPED, "two digits swapped", "dua angka tertukar")
_APART: _Words = ("digits_swapped", WEAK, "two digits swapped that stand apart", "dua angka berjauhan tertukar")
_LOST: _Words = ("digit_lost", TYPED, "a digit was lost", "satu angka hilang")
_DOUBLED: _Words = ("digit_doubled", TYPED, "a digit was doubled", "satu angka tercetak dua kali")
_ADDED: _Words = ("digit_doubled", WEAK, "a digit too many", "kelebihan satu angka")
_EXCHANGED: _Words = (
    "separator", UNIQUE, "thousands and decimal separator exchanged", "pemisah ribuan dan tanda desimal tertukar",
)  # fmt: skip
_MOVED: _Words = ("separator", WEAK, "the decimal mark is in the wrong place", "tanda desimal salah tempat")


def _misprint(words: _Words, token: Token, value: Fraction, shown: str) -> Misprint:
    kind, tier, english, indonesian = words
    return Misprint(
        kind, tier, value, shown, f"{english}: {token.text} would be {shown}",
        f"{indonesian}: {token.text} seharusnya {shown}",
    )  # fmt: skip


def _digit_errors(token: Token, window: Window) -> Iterator[Misprint]:
    """Errors in the digits. A digit lost or added behind the decimal mark changes the size of the last digit."""
    steps = {decimals: token.step * Fraction(10) ** (token.decimals - decimals) for decimals in _near(token.decimals)}
    fitting = {decimals: _integers(window.grid(step, step == token.step), step) for decimals, step in steps.items()}
    for words, digits, decimals in _other_digits(token.digits, token.decimals):
        if int(digits) not in fitting[decimals] or (digits[0] == "0" and len(digits) > decimals + 1):
            continue
        step = steps[decimals]
        if window.takes(int(digits) * step, step, step == token.step):
            found = _misprint(words, token, int(digits) * step, write(token, digits, decimals))
            yield _weaken(found) if window.upper - window.lower > STEPS * step else found


def _near(decimals: int) -> range:
    return range(max(0, decimals - 1), decimals + 2)


def _integers(grid: tuple[Number, Number], step: Fraction) -> range:
    """The integers that, times `step`, lie within the grid; beyond any printed number where it is open."""
    low, high = (bound / step for bound in grid)
    least = math.ceil(low) if math.isfinite(low) else -(10**30)
    return range(least, (math.floor(high) if math.isfinite(high) else 10**30) + 1)


def _other_digits(digits: str, decimals: int) -> Iterator[tuple[_Words, str, int]]:
    """The digits that one error would turn into these, with the number of them behind the decimal mark."""
    size = len(digits)
    for i, digit in enumerate(digits):
        for other in "0123456789".replace(digit, ""):
            yield _ONE_DIGIT, digits[:i] + other + digits[i + 1 :], decimals
        for j in range(i + 1, size):
            if digits[j] != digit:
                swapped = digits[:i] + digits[j] + digits[i + 1 : j] + digit + digits[j + 1 :]
                yield (_SWAPPED if j == i + 1 else _APART), swapped, decimals
    yield from _longer_digits(digits, decimals)
    yield from _shorter_digits(digits, decimals)


def _longer_digits(digits: str, decimals: int) -> Iterator[tuple[_Words, str, int]]:
    """The digits with one more. None is added at the end of decimals: the figure as printed is the same, rounded."""
    size = len(digits)
    for i in range(size + (not decimals)):
        behind = int(bool(decimals) and i >= size - decimals)
        for other in "0123456789":
            yield _LOST, digits[:i] + other + digits[i:], decimals + behind


def _shorter_digits(digits: str, decimals: int) -> Iterator[tuple[_Words, str, int]]:
    """The digits with one fewer. Of decimals only repeated ones go: else the figure is the same, rounded."""
    size = len(digits)
    for i in range(size if size > 1 else 0):
        repeated = digits[i] in (digits[i - 1 : i], digits[i + 1 : i + 2])
        behind = int(i >= size - decimals)
        if repeated or not behind:
            yield (_DOUBLED if repeated else _ADDED), digits[:i] + digits[i + 1 :], decimals - behind


def _separator_errors(token: Token, window: Window) -> Iterator[Misprint]:
    """The thousands separator read as decimal mark, or the other way; else a decimal mark that has moved."""
    size = len(token.digits)
    as_mark = 3 if not token.decimals and token.grouped and 4 <= size <= 6 else 0
    for decimals in range(size):
        step = token.step * Fraction(10) ** (token.decimals - decimals)
        exchanged = decimals == as_mark if not token.decimals else (decimals == 0 and token.decimals == 3)
        if decimals == token.decimals or (window.whole and not token.word and not exchanged):
            continue
        if window.takes(int(token.digits) * step, step, own=False):
            shown = write(token, token.digits, decimals)
            yield _misprint(_EXCHANGED if exchanged else _MOVED, token, int(token.digits) * step, shown)


def _unit_errors(token: Token, window: Window) -> Iterator[Misprint]:
    """A unit word lost (by a count), spurious, or in place of another."""
    usual = _USUAL[token.language] if token.word or window.whole else {}
    power = UNIT_WORDS[token.language][token.word.lower()] if token.word else 0
    implied = 0 if token.word or token.step <= 1 else 3
    if not int(token.digits):
        return  # nothing stays nothing in any unit
    for meant in (0, *usual):
        step = token.step * Fraction(10) ** (meant - power)
        if meant != power and window.takes(int(token.digits) * step, step, own=False):
            english, indonesian = _unit_reason(token.word, usual.get(meant, ""))
            shown = write(token, token.digits, token.decimals, usual.get(meant, ""))
            yield _misprint(("unit_word", UNIQUE, english, indonesian), token, int(token.digits) * step, shown)
    step = token.step / 10**implied
    if implied and window.takes(int(token.digits) * step, step, own=False):
        words = ("unit_word", UNIQUE, "the unit of the list does not apply", "satuan daftar tidak berlaku di sini")
        yield _misprint(words, token, int(token.digits) * step, write(token, token.digits, token.decimals))


def _unit_reason(word: str, meant: str) -> tuple[str, str]:
    if not word:
        return f"the unit word `{meant}` is missing", f"kata satuan `{meant}` hilang"
    if not meant:
        return f"the unit word `{word}` should not be there", f"kata satuan `{word}` seharusnya tidak ada"
    return f"the unit word `{word}` should be `{meant}`", f"kata satuan `{word}` seharusnya `{meant}`"
