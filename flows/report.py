"""Report: what a check or a run found, for people (terminal) and for programs (JSON), from one data structure."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.nouns import Finding, Judged, Place, Printed, Release, Suspected
from schemas.rules.words import number

#: Evidence shown of one finding; the JSON has all of it.
_ROWS = 45
_SUSPECTS = 5
_WORDS = {
    "en": {
        "error": "error",
        "warning": "warning",
        "known": "known issue",
        "expired": "known issue, expired",
        "source": "source",
        "row": "row",
        "where": "where",
        "region": "region",
        "printed": "printed",
        "read": "as read",
        "sum": "the others give",
        "stated": "printed",
        "likely": "Likely",
        "or": "or",
        "remove": "remove the row",
        "add": "a row is missing",
        "unclear": "no single value",
        "until": "until",
        "more": "more rows",
        "none": "No finding.",
        "tied": "one of {} that are equally likely",
        "others": "others",
    },
    "id": {
        "error": "galat",
        "warning": "peringatan",
        "known": "masalah diketahui",
        "expired": "masalah diketahui, kedaluwarsa",
        "source": "sumber",
        "row": "baris",
        "where": "letak",
        "region": "wilayah",
        "printed": "tercetak",
        "read": "terbaca",
        "sum": "menurut yang lain",
        "stated": "tercetak",
        "likely": "Kemungkinan",
        "or": "atau",
        "remove": "hapus baris",
        "add": "ada baris yang hilang",
        "unclear": "tidak ada nilai tunggal",
        "until": "sampai",
        "more": "baris lagi",
        "none": "Tidak ada temuan.",
        "tied": "satu dari {} yang sama mungkinnya",
        "others": "lainnya",
    },
}


def as_json(judged: Judged, only: Iterable[str] | None = None) -> dict[str, Any]:
    """The result for programs. `only` names the sources to speak of; the others were context."""
    figures = judged.tables["figures"]
    columns = ("source", "resource", "row", "value", "lower", "upper", "region_code", "status")
    chosen = set(only) if only is not None else None
    kept = figures if chosen is None else figures.filter(figures.source.isin(sorted(chosen)))
    rows = kept.select(*columns).order_by(["source", "resource", "row"]).to_pyarrow().to_pylist()
    findings = about(judged.findings, chosen)
    sources = judged.tables["sources"].filter(judged.tables["sources"].figures > 0)
    names = sources.source.to_pyarrow().to_pylist() if chosen is None else chosen
    return {
        "summary": summary([row["status"] for row in rows], findings, len(names), judged.unlisted),
        "figures": [{name: _plain(value) for name, value in row.items() if name != "resource"} for row in rows],
        "findings": [_finding(each) for each in findings],
    }


def summary(statuses: Sequence[str], findings: Sequence[Finding], sources: int, unlisted: int = 0) -> dict[str, int]:
    """Counts of a check: sources, figures by status, findings by severity, and those known already."""
    counted = Counter(statuses)
    severities = Counter(each.severity for each in findings)
    return {
        "sources": sources,
        "figures": len(statuses),
        **{name: counted[name] for name in ("accepted", "flagged", "quarantined")},
        "errors": severities["error"] + unlisted,
        "warnings": severities["warning"],
        "new_errors": sum(each.is_open for each in findings) + unlisted,
    }


def about(findings: Iterable[Finding], sources: set[str] | None) -> list[Finding]:
    """The findings that these sources have a part in."""
    if sources is None:
        return list(findings)
    return [each for each in findings if each.source in sources or any(place[0] in sources for place in each.evidence)]


def _plain(value: Any) -> Any:
    """Whole numbers as integers, others as floats: what JSON has."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _finding(finding: Finding) -> dict[str, Any]:
    rows = sorted({place[2] for place in finding.evidence if place[0] == finding.source})
    return {
        "finding": finding.finding, "rule": finding.rule, "outcome": finding.outcome, "severity": finding.severity,
        "state": finding.state, "source": finding.source, "row": finding.row, "rows": rows,
        "region_code": finding.region_code, "measure": finding.measure, "printed_as": finding.printed_as,
        "printed": _plain(finding.printed), "found": _plain(finding.found), "difference": _plain(finding.difference),
        "message": finding.message_en, "message_id": finding.message_id,
        "evidence": [{"source": place[0], "row": place[2]} for place in finding.evidence],
        "suspects": [
            {
                "source": one.source, "row": one.row, "value": _plain(one.value), "suggestion": _plain(one.suggestion),
                "reason": one.reason_en, "reason_id": one.reason_id, "rank": one.rank, "kind": one.kind,
            }
            for one in finding.suspects
        ],
        **({"reason": finding.reason, "until": str(finding.known_until)} if finding.reason else {}),
    }  # fmt: skip


def write_json(path: str, content: Mapping[str, Any]) -> None:
    """Write the result to a file, `-` for the terminal."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if path == "-":
        print(text, end="")
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def show(console: Console, judged: Judged, findings: Sequence[Finding], language: str, *, known: bool = False) -> None:
    """Each finding for an editor: what is printed, what the others give, the family, the likeliest misprint."""
    shown = [each for each in findings if known or each.state != "known"]
    if not shown:
        console.print(_WORDS[language]["none"])
    for each in shown:
        console.print(render(each, judged.validated.printed, language))


def render(finding: Finding, printed: Mapping[Place, Printed], language: str) -> RenderableType:
    """One finding: a headline, the message, its evidence as a table, the suspects."""
    words = _WORDS[language]
    colour = "red" if finding.severity == "error" else "yellow"
    head = Text.assemble(
        (words[finding.severity].upper(), f"bold {colour}"), f"  {finding.rule}  ", (finding.finding, "dim"),
        f"  {finding.source}, {words['row']} {finding.row}",
    )  # fmt: skip
    at = printed.get((finding.source, finding.resource, finding.row))
    if at and at.locator:
        head.append(f", {at.locator}")
    if finding.state != "new":
        head.append(f"  [{words[finding.state]} {words['until']} {finding.known_until}: {finding.reason}]", style="dim")
    parts: list[RenderableType] = [head, Padding(Text(_message(finding, language)), (0, 0, 0, 2))]
    if len(finding.evidence) > 1:
        parts.append(Padding(_evidence(finding, printed, language), (0, 0, 0, 2)))
    parts += [Padding(line, (0, 0, 0, 2)) for line in _suspects(finding, language)]
    return Padding(Group(*parts), (0, 0, 1, 0))


def _message(finding: Finding, language: str) -> str:
    return finding.message_en if language == "en" else finding.message_id


def _evidence(finding: Finding, printed: Mapping[Place, Printed], language: str) -> Table:
    """The figures that it rests on, those of the first suspects marked."""
    words = _WORDS[language]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    several = len({place[0] for place in finding.evidence}) > 1
    table.add_column("", no_wrap=True)
    if several:
        table.add_column(words["source"], overflow="fold")
    table.add_column(words["row"], justify="right")
    for name in ("where", "region"):
        table.add_column(words[name], overflow="fold")
    for name in ("printed", "read"):
        table.add_column(words[name], justify="right")
    own = (finding.source, finding.resource, finding.row)
    ordered = sorted(finding.evidence, key=lambda place: (place != own, place))
    for place in ordered[:_ROWS]:
        at = printed.get(place)
        if at is None:
            continue
        mark = Text("►" if place in finding.flagged else "", style="bold red")
        cells = [str(place[2]), at.locator or "", at.region_as_printed or "", at.value_as_printed or ""]
        table.add_row(
            mark, *([place[0]] if several else []), *cells, number(at.value, language),
            end_section=place == own and finding.members.get(own, 0) != 0,
        )  # fmt: skip
    if len(ordered) > _ROWS:
        table.add_row("", *([""] if several else []), "", "", f"... {len(ordered) - _ROWS} {words['more']}", "", "")
    if finding.found is not None:
        empty = [""] * (4 if several else 3)
        table.add_section()
        table.add_row("", *empty, words["sum"], number(finding.found, language))
    return table


def _suspects(finding: Finding, language: str) -> Iterable[Text]:
    words = _WORDS[language]
    best = sum(one.rank == 1 for one in finding.suspects)
    for number_, one in enumerate(finding.suspects[:_SUSPECTS]):
        line = Text(f"{words['or' if number_ else 'likely']}: ", style="" if number_ else "bold")
        line.append(_suspect(one, language), style="not bold")
        if number_ == 0 and best > 1:
            line.append(f" ({words['tied'].format(best)})", style="dim")
        yield line
    if len(finding.suspects) > _SUSPECTS:
        yield Text(f"... {len(finding.suspects) - _SUSPECTS} {words['others']}", style="dim")


def _suspect(one: Suspected, language: str) -> str:
    words = _WORDS[language]
    reason = one.reason_en if language == "en" else one.reason_id
    place = one.source if one.row is None else f"{one.source}, {words['row']} {one.row}"
    return f"{place}: {reason}"


def tell(console: Console, judged: Judged, release: Release | None, seconds: float | None = None) -> None:
    """The summary of a run: sources, figures by status, findings by rule, the release and a line that queries it."""
    figures = judged.tables["figures"]
    counts = figures.group_by("status").agg(n=figures.count()).to_pyarrow().to_pylist()
    by_status = {row["status"]: row["n"] for row in counts}
    sources = judged.tables["sources"]
    transcribed = sources.filter(sources.figures > 0).count().to_pyarrow().as_py()
    told = ", ".join(f"{by_status.get(name, 0)} {name}" for name in ("accepted", "flagged", "quarantined"))
    console.print(f"{transcribed} sources, {sum(by_status.values())} figures read: {told}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("rule", "tested", "errors", "warnings", "known"):
        table.add_column(name, justify="left" if name == "rule" else "right")
    for rule, tested in judged.validated.tested.items():
        found = [each for each in judged.findings if each.rule == rule]
        severe, known = Counter(each.severity for each in found), sum(each.state == "known" for each in found)
        table.add_row(rule, str(tested), *(str(n or "") for n in (severe["error"], severe["warning"], known)))
    console.print(table)
    if judged.open_errors:
        console.print(
            f"{judged.open_errors} errors that nobody has looked at: nothing was published.", style="bold red"
        )
        console.print(
            "`prakerja findings` lists them; correct raw/, or `prakerja acknowledge FINDING --reason ... --until ...`."
        )
        return
    if release is None:
        return
    state = "published" if release.is_new else "nothing has changed since; still"
    took = "" if seconds is None else f" in {seconds:.1f} s"
    console.print(f"Release {release.version} {state}: {release.folder}{took}", style="bold", soft_wrap=True)
    query = "FROM recipients_by_region WHERE region_code LIKE '63.72%'"
    console.print(f'Query it: {_program()} query "{query}"', soft_wrap=True, highlight=False)


def _program() -> str:
    """How this program was called, so that the line can be copied: an environment need not be on the path."""
    called = Path(sys.argv[0])
    here = Path.cwd()
    return called.relative_to(here).as_posix() if called.is_relative_to(here) else called.as_posix()
