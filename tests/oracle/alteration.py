"""Alteration: what a source on the web printed before, against what it prints in the same place now."""

from collections.abc import Iterator
from typing import Any

from tests.oracle.base import Row, Told, World, grouped

_NAMES = (
    "source", "resource", "level", "measure", "unit", "period_start", "period_end", "wave_from", "wave_to", "sex",
    "age_group", "as_of",
)  # fmt: skip


def _cell(figure: Row) -> tuple[Any, ...]:
    return (figure["region_code"] or figure["region_as_printed"], *(figure[name] for name in _NAMES))


def _value(figure: Row) -> Any:
    return figure["value_as_printed"] if figure["value"] is None else figure["value"]


def source_was_altered(world: World) -> Iterator[Told]:
    """Equal values of a cell are set off against each other; what is left is paired in the order of its rows."""
    now, before = grouped(world.figures, _cell), grouped(world.earlier, _cell)
    gone: list[Row] = []
    for cell, old in before.items():
        new = list(now.get(cell, []))
        left = []
        for figure in old:
            same = next((each for each in new if _value(each) == _value(figure)), None)
            if same is None:
                left.append(figure)
            else:
                new.remove(same)
                yield Told(same["source"], same["row"], None, same["value"])
        for figure, other in zip(new, left, strict=False):
            yield Told(figure["source"], figure["row"], "altered", figure["value"], other["value"])
        gone += left[len(new) :]
    for (source, resource, _, _), figures in grouped(gone, _gone).items():
        rows = [each["row"] for each in world.figures if (each["source"], each["resource"]) == (source, resource)]
        if rows:
            yield Told(source, min(rows), "removed", None, figures[0]["value"])


def _gone(figure: Row) -> tuple[Any, ...]:
    return figure["source"], figure["resource"], figure["measure"], _value(figure)
