"""Alteration: what a source on the web printed before, and no longer prints so."""

import pytest

from tests.cases import Told, added, findings, held, told, values
from tests.web import Web

ALTERED = "source_was_altered"


def web(name: str, *versions: str) -> str:
    return added(Web(f"alteration-{name}", (), versions=versions))


FIRST = "Provinsi,Gelombang 51,Gelombang 52\nBanten,1.000,2.000\nJambi,3.000,4.000\n"
SAME = web("same", FIRST, FIRST + "\n")
ONCE = web("once", FIRST)
CHANGED = web("changed", FIRST, FIRST.replace("2.000", "2.500"))
ADDED = web("added", FIRST, FIRST.replace("52\n", "52,Gelombang 53\n").replace("4.000\n", "4.000,7\n") + "Riau,5,6\n")
MOVED = web("moved", FIRST, "Provinsi,Gelombang 51,Gelombang 52\nJambi,3.000,4.000\nBanten,1.000,2.000\n")
RENAMED = web("renamed", FIRST, FIRST.replace("Banten", "Provinsi Banten"))
REWRITTEN = web("rewritten", FIRST, FIRST.replace("2.000", "2000"))
BLANKED = web("blanked", FIRST, FIRST.replace("2.000", ""))
COLUMN_GONE = web("column", FIRST, "Provinsi,Gelombang 51\nBanten,1.000\nJambi,3.000\n")
UNREADABLE = web("unreadable", FIRST, FIRST.replace("2.000", "menyusul"))
#: An alteration stays one, whatever versions follow.
THIRD = web("third", FIRST.replace("1.000", "9.000"), FIRST, FIRST + "\n")
#: Each figure is held against the last version that printed another one.
SEVERAL = web(
    "several",
    FIRST.replace("1.000", "9.000"),
    FIRST.replace("1.000", "7.000").replace("2.000", ""),
    FIRST.replace("2.000", ""),
    FIRST.replace("2.000", "").replace("4.000", "4.400"),
)
GONE_AND_BACK = web("gone-and-back", FIRST, FIRST.replace("2.000", ""), FIRST)
BACK = web("back", FIRST, FIRST.replace("1.000", "9.000"), FIRST)
EQUAL_GONE = web("equal", FIRST.replace("3.000", "1.000"), "Provinsi,Gelombang 51,Gelombang 52\nJambi,,4.000\n")
TWICE = web("twice", FIRST + "Banten,8.000,\n", FIRST + "Banten,8.500,\n")
#: Of two equal figures in one cell, one is gone.
ONE_OF_TWO = web("one-of-two", FIRST + "Banten,1.000,\n", FIRST)
ONE_OF_TWO_CELLS = web("one-of-two-cells", FIRST + "Banten,8.000,\n", FIRST.replace("1.000", "1.100"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (SAME, []),
        (ONCE, []),
        (CHANGED, [("altered", 3, "2.500", 2000)]),
        (ADDED, []),
        (MOVED, []),
        (RENAMED, []),
        (REWRITTEN, []),
        (BLANKED, [("removed", 1, None, 2000)]),
        (COLUMN_GONE, [("removed", 1, None, 2000), ("removed", 1, None, 4000)]),
        (UNREADABLE, [("altered", 3, "menyusul", 2000)]),
        (THIRD, [("altered", 1, "1.000", 9000)]),
        (SEVERAL, [("altered", 1, "1.000", 7000), ("altered", 4, "4.400", 4000), ("removed", 1, None, 2000)]),
        (GONE_AND_BACK, []),
        (BACK, [("altered", 1, "1.000", 9000)]),
        (EQUAL_GONE, [("removed", 2, None, 1000), ("removed", 2, None, 2000)]),
        (TWICE, [("altered", 3, "8.500", 8000)]),
        (ONE_OF_TWO, [("removed", 1, None, 1000)]),
        (ONE_OF_TWO_CELLS, [("altered", 1, "1.100", 1000), ("removed", 1, None, 8000)]),
    ],
)
def test_what_was_altered(source: str, expected: list[Told]) -> None:
    assert sorted(told(source, ALTERED), key=repr) == expected
    assert {each.severity for each in findings(source, ALTERED)} <= {"warning"}


def test_what_stayed_was_compared() -> None:
    assert held(SAME, ALTERED) == held(MOVED, ALTERED) == {1, 2, 3, 4}
    assert (held(CHANGED, ALTERED), held(ADDED, ALTERED)) == ({1, 2, 4}, {1, 2, 4, 5})
    assert held(ONCE, ALTERED) == set()


def test_both_values_are_told() -> None:
    (finding,) = findings(CHANGED, ALTERED)
    assert finding.message_en == "Banten: 2.500 recipients is printed here now; an earlier version printed 2.000."
    assert finding.message_id == "Banten: sekarang tercetak 2.500 penerima; versi terdahulu mencetak 2.000."
    assert values(finding.printed, finding.found, finding.difference) == (2500, 2000, -500)
    finding = next(each for each in findings(EQUAL_GONE, ALTERED) if each.found == 1000)
    assert finding.message_en == (
        "1.000 recipients was printed in an earlier version and no longer is: "
        "Banten (line 2, column Gelombang 51); Jambi (line 3, column Gelombang 51)."
    )
