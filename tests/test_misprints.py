"""The typing errors: each kind is found again from what it makes of a true figure, and said in words."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.misprints import DIGIT, TYPED, UNIQUE, WEAK, Misprint, Token, Window, misprints, plain, take_apart
from schemas.tables import MISPRINTS
from tests.families import dots


def token(text: str, value: str, precision: str = "1", language: str = "id") -> Token:
    return take_apart(text, language, Fraction(value), Fraction(precision))


def exactly(value: str | int, *, whole: bool = True) -> Window:
    return Window(Fraction(value), Fraction(value), whole=whole)


def about(value: int, below: str, above: str) -> Window:
    return Window(Fraction(value), Fraction(value), Fraction(below), Fraction(above))


def only(found: list[Misprint]) -> Misprint:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "value", "precision", "language", "digits", "decimals", "step", "word"),
    [
        ("6.276", "6276", "1", "id", "6276", 0, "1", ""),
        ("17,4 Juta", "17400000", "100000", "id", "174", 1, "100000", "Juta"),
        ("Rp 459 M", "459000000000", "1000000000", "id", "459", 0, "1000000000", "M"),
        ("Rp4,2 juta", "4200000", "100000", "id", "42", 1, "100000", "juta"),
        ("190,796", "190796", "1", "id", "190796", 0, "1", ""),
        ("189. 436", "189436", "1", "id", "189436", 0, "1", ""),
        ("15,43%", "15.43", "0.01", "id", "1543", 2, "1/100", ""),
        ("251,1", "251100", "100", "id", "2511", 1, "100", ""),
        ("13.500", "13500", "100", "id", "13500", 0, "1", ""),
        ("2.13 million", "2130000", "10000", "en", "213", 2, "10000", "million"),
        ("700an", "700", "100", "id", "700", 0, "1", ""),
        ("enam", "6", "1", "id", "", 0, "1", ""),
        ("0", "0", "1", "id", "0", 0, "1", ""),
    ],
)
def test_token_is_taken_apart(
    text: str, value: str, precision: str, language: str, digits: str, decimals: int, step: str, word: str
) -> None:
    found = token(text, value, precision, language)
    assert (found.digits, found.decimals, found.step, found.word) == (digits, decimals, Fraction(step), word)


@pytest.mark.parametrize(("text", "well"), [("6.27", False), ("36.06", False), ("6.276", True), ("1.234.567", True)])
def test_groups_of_three(text: str, well: bool) -> None:
    assert token(text, text.replace(".", "")).well_grouped is well


@pytest.mark.parametrize(
    ("printed", "value", "precision", "window", "kind", "tier", "shown"),
    [
        ("36.006", "36006", "1", exactly(36106), "one_digit", DIGIT, "36.106"),
        ("4.562", "4562", "1", exactly(4652), "digits_swapped", TYPED, "4.652"),
        ("2.654", "2654", "1", exactly(4652), "digits_swapped", WEAK, "4.652"),
        ("2.311", "2311", "1", exactly(23111), "digit_lost", TYPED, "23.111"),
        ("6.27", "627", "1", exactly(6276), "digit_lost", TYPED, "6.276"),
        ("66.276", "66276", "1", exactly(6276), "digit_doubled", TYPED, "6.276"),
        ("69.276", "69276", "1", exactly(6276), "digit_doubled", WEAK, "6.276"),
        ("7.237 ribu", "7237000", "1000", about(7237, "500", "1000"), "unit_word", UNIQUE, "7.237"),
        ("3.550.000 ribu", "3550000000", "1000", exactly(3550000), "unit_word", UNIQUE, "3.550.000"),
        ("450", "450", "1", exactly(450321), "unit_word", UNIQUE, "450 ribu"),
        ("5,3", "5.3", "0.1", exactly(5300000), "unit_word", UNIQUE, "5,3 juta"),
        ("Rp 459 M", "459000000000", "1000000000", exactly(459000000), "unit_word", UNIQUE, "Rp 459 juta"),
        ("17,4 juta", "17400000", "100000", about(17512345, "50000", "100000"), "one_digit", DIGIT, "17,5 juta"),
        ("1,45 juta", "1450000", "10000", exactly(14500000), "separator", WEAK, "14,5 juta"),
        ("1543%", "1543", "1", exactly("15.43", whole=False), "separator", WEAK, "15,43%"),
        ("15,430%", "15.43", "0.001", exactly(15430, whole=False), "separator", UNIQUE, "15.430%"),
        ("51,43%", "51.43", "0.01", exactly("15.43", whole=False), "digits_swapped", TYPED, "15,43%"),
        ("190,796", "190796", "1", exactly(109796), "digits_swapped", TYPED, "109,796"),
    ],
)  # fmt: skip
def test_each_kind(printed: str, value: str, precision: str, window: Window, kind: str, tier: int, shown: str) -> None:
    found = misprints(token(printed, value, precision), window)[0]
    assert (found.kind, found.tier, found.shown) == (kind, tier, shown)
    assert found.kind in MISPRINTS
    assert f"{printed} would be {shown}" in found.reason_en
    assert f"{printed} seharusnya {shown}" in found.reason_id


def test_words_in_both_languages() -> None:
    found = only(misprints(token("36.006", "36006"), exactly(36106)))
    assert found.reason_en == "one digit: 36.006 would be 36.106"
    assert found.reason_id == "satu angka: 36.006 seharusnya 36.106"
    spurious = only(misprints(token("7.237 ribu", "7237000", "1000"), exactly(7237)))
    assert spurious.reason_en.startswith("the unit word `ribu` should not be there")
    assert spurious.reason_id.startswith("kata satuan `ribu` seharusnya tidak ada")


def test_unit_of_the_list_that_does_not_apply() -> None:
    found = only(misprints(token("251", "251000", "1000"), exactly(251)))
    assert (found.kind, found.shown) == ("unit_word", "251")
    assert "the unit of the list does not apply" in found.reason_en


def test_a_whole_count_has_no_decimals() -> None:
    assert misprints(token("6.276", "6276"), Window(Fraction(62), Fraction(63))) == []
    assert misprints(token("7,2 ribu", "7200", "100"), exactly("7.2")) == []


def test_english_numbers() -> None:
    assert only(misprints(token("36,006", "36006", language="en"), exactly(36106))).shown == "36,106"
    assert only(misprints(token("23111", "23111", language="en"), exactly(23121))).shown == "23121"


def test_number_words_have_no_digits_to_misprint() -> None:
    assert misprints(token("enam", "6"), exactly(7)) == []


def test_errors_that_would_fit_anything_are_left_out() -> None:
    wide = Window(Fraction(30000), Fraction(40000))
    assert all(found.kind != "one_digit" for found in misprints(token("36.006", "36006"), wide))


def test_more_decimals_than_printed_are_weak_evidence() -> None:
    """`17,4 juta` and `17,6 juta` in two papers: 17,3 is as near as 17,36, and is one digit away."""
    window = Window(Fraction(17_350_000), Fraction(17_500_000), Fraction(50_000), Fraction(100_000))
    found = misprints(token("17,6 juta", "17600000", "100000"), window)
    assert [(one.shown, one.tier) for one in found if one.tier < WEAK] == [
        ("17,3 juta", DIGIT), ("17,4 juta", DIGIT), ("17,5 juta", DIGIT),
    ]  # fmt: skip


def test_an_open_window_takes_no_errors_of_a_thousandfold() -> None:
    above = Window(Fraction(412200), float("inf"))
    assert all(found.value < 4122000 for found in misprints(token("412.154", "412154"), above))
    assert only(misprints(token("412", "412"), Window(Fraction(300000), float("inf")))).shown == "412 ribu"


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [("36106", "id", "36.106"), ("36106", "en", "36,106"), ("15.43", "id", "15,43"), ("1234.5", "en", "1,234.5")],
)
def test_plain_numbers(value: str, language: str, text: str) -> None:
    assert plain(Fraction(value), language) == text


numbers = st.integers(10, 9_999_999)


def errors(number: int, place: int) -> dict[str, int]:
    """What each kind of error makes of a number, written apart from the code under test."""
    digits = str(number)
    i = place % len(digits)
    changed = {
        "one_digit": digits[:i] + str((int(digits[i]) + 1 + place % 9) % 10) + digits[i + 1 :],
        "digits_swapped": digits[:i] + digits[i : i + 2][::-1] + digits[i + 2 :],
        "digit_lost": digits[:i] + digits[i + 1 :],
        "digit_doubled": digits[: i + 1] + digits[i:],
    }
    return {kind: int(text) for kind, text in changed.items() if int(text) != number and text[0] != "0"}


@given(numbers, st.integers(0, 1000))
def test_true_figure_is_found_again(number: int, place: int) -> None:
    for kind, wrong in errors(number, place).items():
        found = misprints(token(dots(wrong), str(wrong)), exactly(number))
        assert [one.value for one in found] == [number], (kind, wrong)
        assert found[0].shown == dots(number)


@given(numbers, numbers)
def test_only_figures_in_the_window_are_suggested(printed: int, true: int) -> None:
    for found in misprints(token(dots(printed), str(printed)), exactly(true)):
        unit = found.value / printed if found.kind == "unit_word" else 0
        assert found.value - unit / 2 <= true <= found.value + unit


@given(st.integers(100, 999), st.sampled_from(["ribu", "juta"]), st.integers(0, 999))
def test_rounded_figure_is_found_by_its_grid(number: int, word: str, rest: int) -> None:
    power = {"ribu": 1000, "juta": 1000000}[word]
    true = number * power + rest * power // 1000
    step = Fraction(power)
    spurious = token(f"{number} {word} {word}", str(number * power), str(power))
    assert spurious.word == word
    lost = misprints(token(str(number), str(number)), exactly(true))
    assert [(one.kind, one.value) for one in lost] == [("unit_word", number * step)]
