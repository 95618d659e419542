"""Random datasets: sources that print one truth, and the same with errors put in; a seed always gives the same."""

import random

from tests.cases import Case
from tests.datasets.errors import broken
from tests.datasets.papers import PAPERS
from tests.datasets.truth import Truth


def consistent(seed: int, sources: int) -> list[Case]:
    """So many sources that print one truth."""
    truth, chance = Truth(seed), random.Random(seed)
    return [PAPERS[n % len(PAPERS)](f"paper-{n:03}", truth, chance) for n in range(sources)]


def inconsistent(seed: int, sources: int) -> list[Case]:
    """So many sources that print one truth, most of them with errors."""
    chance = random.Random(f"errors {seed}")
    return [broken(case, chance) if chance.random() < 0.7 else case for case in consistent(seed, sources)]
