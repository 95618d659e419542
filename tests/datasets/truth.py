"""A made-up world in which all figures agree: counts for every region, wave and sex, and what follows from them."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property

from tests.test_properties import children, official

#: Waves of the made-up programme, which began on the day of the real one; each closes thirty days after the last.
WAVES = 4
FIRST_DAY = date(2020, 4, 11)
SEXES = ("female", "male")
Waves = tuple[int, int]


def closing(wave: int) -> date:
    """The day on which a wave closes, which is the end of no month."""
    return FIRST_DAY + timedelta(days=30 * wave)


@dataclass(frozen=True)
class Place:
    """A region as it is printed: name, level, and the name of the region that it lies in."""

    code: str
    name: str
    level: str
    within: str


@cache
def places() -> dict[str, Place]:
    """Every region of the trees by its code."""
    names = {each["region_code"]: each["name"] for each in official()}
    found = {"00": Place("00", "Indonesia", "nation", "")}
    for parent, members in children().items():
        within = "" if parent == "00" else names[parent]
        found |= {code: Place(code, name, level, within) for name, level, code in members}
    return found


def members(code: str) -> list[str]:
    """The regions that a region is divided into."""
    return [member for _, _, member in children().get(code, [])]


@dataclass(frozen=True)
class Truth:
    """The counts of one world, drawn from its seed.

    A leaf has about the same share of every wave, so that no share is odd. Nobody is revoked twice, and nobody is a
    recipient who has not applied.
    """

    seed: int

    @cached_property
    def _leaves(self) -> dict[tuple[str, int, str], dict[str, int]]:
        chance = random.Random(f"truth {self.seed}")
        leaves = {}
        for code in sorted(set(places()) - set(children())):
            size = int(10 ** chance.uniform(1.5, 4))
            for wave in range(1, WAVES + 1):
                for sex in SEXES:
                    decreed = int(size * chance.uniform(0.8, 1.2))
                    revoked = chance.randint(0, decreed // 20)
                    leaves[code, wave, sex] = {
                        "recipients": decreed, "recipients_decreed": decreed, "revoked": revoked,
                        "recipients_effective": decreed - revoked, "quota_job_seekers": decreed,
                        "quota_laid_off": decreed // 7 + 1, "quota": decreed + decreed // 7 + 1,
                        "applicants": decreed * 3 + chance.randint(0, decreed),
                    }  # fmt: skip
        return leaves

    def count(self, code: str, measure: str, waves: Waves, sex: str = "") -> int:
        """People of a region in these waves."""
        divided = members(code)
        if divided:
            return sum(self.count(member, measure, waves, sex) for member in divided)
        sexes = (sex,) if sex else SEXES
        return sum(self._leaves[code, wave, each][measure] for wave in range(waves[0], waves[1] + 1) for each in sexes)

    def number(self, name: str, least: int, most: int) -> int:
        """Any other number of this world, always the same by this name."""
        return random.Random(f"{self.seed} {name}").randint(least, most)
