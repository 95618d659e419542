"""Alteration: what a source on the web printed in earlier versions, against what it prints in the same place now."""

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
    """Each figure against the last other value that its cell had, and the last values of what is there no more."""
    stayed: dict[int, Row] = {}
    altered: dict[int, tuple[Row, Row]] = {}
    gone: dict[tuple[Any, ...], Row] = {}
    # Rows are numbered through the versions, so that the last of them has the highest number.
    for version in grouped(world.earlier, lambda figure: figure["file_sha256"]).values():
        now, before = grouped(world.figures, _cell), grouped(version, _cell)
        for cell, old in before.items():
            same, new, left = _paired(now.get(cell, []), old)
            stayed |= {id(figure): figure for figure in same}
            for figure, other in zip(new, left, strict=False):
                known = altered.get(id(figure), (figure, other))[1]
                altered[id(figure)] = (figure, max(known, other, key=lambda each: int(each["row"])))
            for nth, figure in enumerate(left[len(new) :], len(new)):
                gone[cell, nth] = max(gone.get((cell, nth), figure), figure, key=lambda each: int(each["row"]))
    for figure in (figure for key, figure in stayed.items() if key not in altered):
        yield Told(figure["source"], figure["row"], None, figure["value"])
    for figure, other in altered.values():
        yield Told(figure["source"], figure["row"], "altered", figure["value"], other["value"])
    yield from _removed(world, list(gone.values()))


def _paired(now: list[Row], before: list[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    """Equal values of a cell are set off against each other; the rest of now and of before, in the order of rows."""
    same, new, left = [], list(now), []
    for figure in before:
        match = next((each for each in new if _value(each) == _value(figure)), None)
        if match is None:
            left.append(figure)
        else:
            new.remove(match)
            same.append(match)
    return same, new, left


def _removed(world: World, gone: list[Row]) -> Iterator[Told]:
    for (source, resource, _, _), figures in grouped(gone, _gone).items():
        rows = [each["row"] for each in world.figures if (each["source"], each["resource"]) == (source, resource)]
        if rows:
            yield Told(source, min(rows), "removed", None, figures[0]["value"])


def _gone(figure: Row) -> tuple[Any, ...]:
    return figure["source"], figure["resource"], figure["measure"], _value(figure)
