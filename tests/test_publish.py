"""A release is complete, valid for stock readers, the same bytes each time, and there whole or not at all."""

import csv
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from frictionless import Package
from jsonschema import Draft7Validator, FormatChecker

import flows.publish
import flows.publish.files
from flows.nouns import CannotRun, Database, NotPublishable, Release
from flows.publish import publish
from flows.publish.changes import Contents, compare
from flows.publish.documents import changes_text
from flows.store import store
from schemas.declare import TableDeclaration
from schemas.derive import arrow_schema, dictionary, table_schema
from schemas.tables import TABLES
from tests.small import Rows, rows, verdict

ROOT = Path(__file__).resolve().parents[1]
EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
Change = Callable[[Rows], object]


def unchanged(_: Rows) -> None:
    """Leave the rows as they are."""


def corrected(content: Rows) -> None:
    """One digit of the city is corrected, so that its file has another hash."""
    for figure in content["figures"]:
        figure["file_sha256"] = "1" * 64
    content["figures"][1]["value"] = Decimal(23112)


def extended(content: Rows) -> None:
    """One organisation more."""
    content["organisations"].append(content["organisations"][0] | {"row": 3, "name": "UNDP"})


def corrected_and_extended(content: Rows) -> None:
    """Both."""
    corrected(content)
    extended(content)


def release(published: Path, change: Change = unchanged) -> Release:
    judged = verdict(change)
    return publish(store(judged, published), judged, published)


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder by its hash, every link by what it names; the lock says nothing."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path.name] = os.readlink(path)
        elif path.is_file() and path.name != ".lock":
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def assert_intact(folder: Path) -> None:
    """Every file of a release is there and as its SHA256SUMS says, and no other."""
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = tree(folder)
    found.pop("SHA256SUMS")
    assert found == sums


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house") / "published"
    assert release(folder) == Release("1.0.0", folder / "1.0.0", folder / "prakerja.duckdb", True)
    return folder


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The first release, to do something to."""
    return Path(shutil.copytree(published, tmp_path / "published", symlinks=True))


def package(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return content


# What a release holds


def test_a_release_holds_every_file_and_its_hash(published: Path) -> None:
    folder = published / "1.0.0"
    tables = {f"{name}.{suffix}" for name in TABLES for suffix in ("parquet", "csv")}
    papers = {
        "datapackage.json", "README.md", "CHANGES.md", "changes.json", "SHA256SUMS", "provenance.json",
        "croissant.json", "schema.jsonld", "catalog.ttl", "CITATION.cff", "standar_data.csv", "ms_var.csv",
        "ms_ind.csv", "index.html", "findings.html", "regions.html", "sources.html", "measures.html", "search.js",
    }  # fmt: skip
    assert {path.name for path in folder.iterdir()} == tables | papers
    assert_intact(folder)
    assert os.readlink(published / "latest") == "1.0.0"
    assert {path.name for path in published.iterdir()} == {
        ".lock", "1.0.0", "latest", "prakerja.duckdb", "releases.json"
    }  # fmt: skip


def test_the_list_of_releases_covers_every_file(published: Path) -> None:
    sums = hashlib.sha256((published / "1.0.0" / "SHA256SUMS").read_bytes()).hexdigest()
    listed = json.loads((published / "releases.json").read_text("utf-8"))
    entry = {"version": "1.0.0", "path": "1.0.0", "previous": None, "sha256sums": sums}
    assert listed == {"releases": [entry]}


@EVERY
def test_parquet_says_what_the_declaration_says(published: Path, table: TableDeclaration) -> None:
    with pq.ParquetFile(published / "1.0.0" / f"{table.name}.parquet") as file:
        assert file.schema_arrow.equals(arrow_schema(table), check_metadata=True)
        group = file.metadata.row_group(0)
        order = [table.columns[column.column_index].name for column in group.sorting_columns]
        assert order == list(table.key)
        chunk = group.column(0)
        assert (chunk.compression, chunk.has_column_index, chunk.has_offset_index) == ("ZSTD", True, True)
        content = file.read().to_pylist()
    assert content == sorted(rows()[table.name], key=lambda row: tuple(row[name] for name in table.key))


@EVERY
def test_csv_holds_the_same_rows_as_text(published: Path, table: TableDeclaration) -> None:
    path = published / "1.0.0" / f"{table.name}.csv"
    assert b"\r" not in path.read_bytes()
    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    expected = sorted(rows()[table.name], key=lambda row: tuple(row[name] for name in table.key))
    assert written == [{name: _text(value) for name, value in row.items()} for row in _ordered(expected, table)]


def _ordered(content: list[dict[str, Any]], table: TableDeclaration) -> Iterator[dict[str, Any]]:
    yield from ({column.name: row[column.name] for column in table.columns} for row in content)


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_decimal_has_no_zeros_that_nobody_printed(tmp_path: Path) -> None:
    def shares(content: Rows) -> None:
        for figure, value in zip(content["figures"], ("15.43", "0", "100"), strict=False):
            figure["value"] = Decimal(value)

    folder = release(tmp_path, shares).folder
    with (folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        values = [row["value"] for row in csv.DictReader(file)]
    assert values[1:4] == ["15.43", "0", "100"]


def test_the_same_rows_come_in_groups_however_they_are_cut(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows.publish.files, "ROW_GROUP", 3)
    folder = release(tmp_path).folder
    cut = pq.ParquetFile(folder / "figures.parquet")
    count = len(rows()["figures"])
    assert [cut.metadata.row_group(i).num_rows for i in range(cut.num_row_groups)] == [3] * (count // 3) + [count % 3]
    assert cut.read().equals(pq.read_table(published / "1.0.0" / "figures.parquet"))


def test_the_data_package_is_valid_for_the_official_schema(published: Path) -> None:
    profile = json.loads((resources.files("dplib") / "profiles" / "2.0" / "datapackage.json").read_text())
    descriptor = package(published / "1.0.0")
    assert list(Draft7Validator(profile, format_checker=FormatChecker()).iter_errors(descriptor)) == []
    assert descriptor["created"] == "2026-11-24T00:00:00Z"
    assert {source.get("path") for source in descriptor["sources"]} == {None, "https://kalsel.antaranews.com/berita/1"}


def test_the_data_package_describes_what_is_there(published: Path) -> None:
    folder = published / "1.0.0"
    described = {each["path"]: each for each in package(folder)["resources"]}
    assert set(described) == {f"{name}.{suffix}" for name in TABLES for suffix in ("parquet", "csv")}
    for name, each in described.items():
        content = (folder / name).read_bytes()
        assert each["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert each.get("bytes", len(content)) == len(content)
        assert ("bytes" in each) == (name.endswith(".csv"))
        assert each["schema"] == table_schema(TABLES[Path(name).stem])


def test_stock_frictionless_says_valid(published: Path) -> None:
    report = Package(str(published / "1.0.0" / "datapackage.json")).validate()
    assert report.flatten(["title", "message"]) == []
    assert report.valid
    assert len(report.tasks) == 2 * len(TABLES)


def test_stock_frictionless_would_find_a_row_that_leads_nowhere(copy: Path) -> None:
    path = copy / "1.0.0" / "recipients.csv"
    path.write_text(path.read_text("utf-8").replace("\n63.72,", "\n63.99,"), "utf-8", newline="\n")
    types = {error[0] for error in Package(str(copy / "1.0.0" / "datapackage.json")).validate().flatten(["type"])}
    assert types == {"hash-count", "foreign-key"}


def test_other_readers_read_the_same(published: Path) -> None:
    path = published / "1.0.0" / "recipients.parquet"
    wanted = ("63.72", 23111)
    frame = pd.read_parquet(path, dtype_backend="pyarrow").set_index("region_code")
    assert frame.loc["63.72", "recipients"] == 23111
    assert pl.read_parquet(path).filter(region_code="63.72").select("region_code", "recipients").row(0) == wanted
    figures = pl.read_parquet(published / "1.0.0" / "figures.parquet")
    assert figures.schema["value"] == pl.Decimal(18, 3)
    with duckdb.connect() as connection:
        sql = f"SELECT region_code, recipients FROM '{path}' WHERE region_code = '63.72'"
        assert connection.sql(sql).fetchall() == [wanted]


def test_the_readme_tells_counts_findings_issues_and_columns(published: Path) -> None:
    text = (published / "1.0.0" / "README.md").read_text("utf-8")
    assert text.startswith("# Prakerja Open Data 1.0.0\n")
    assert "| accepted | 9 |\n| quarantined | 1 |" in text
    assert "| value_is_readable | Every value can be read. | Setiap nilai terbaca. | error | 10 | 1 |" in text
    assert "| 1 | Not a number. | The source says so. | 2027-12-31 |" in text
    for table in TABLES.values():
        assert dictionary(table) in text + "\n"


def test_the_query_in_the_readme_runs(published: Path) -> None:
    text = (published / "1.0.0" / "README.md").read_text("utf-8")
    sql = text.split("```sql\n")[1].split("```")[0]
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{published / '1.0.0'}'")
        found = connection.sql(sql).fetchall()
    assert found[0][:5] == ("Indonesia", "recipients", "2020-01-01/2022-12-31", 17_400_000, "17,4 Juta")
    assert len(found) == len(rows()["recipients"])


def test_a_title_cannot_bring_markup_of_its_own(tmp_path: Path) -> None:
    def hostile(content: Rows) -> None:
        content["findings"][0]["message_en"] = "a | b\n<script>alert(1)</script>"

    text = (release(tmp_path, hostile).folder / "README.md").read_text("utf-8")
    assert "| a \\| b &lt;script>alert(1)&lt;/script> |" in text


# Versions


def test_nothing_changed_writes_nothing(copy: Path) -> None:
    before = tree(copy), {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.name != ".lock"}
    again = release(copy)
    assert again == Release("1.0.0", copy / "1.0.0", copy / "prakerja.duckdb", False)
    after = tree(copy), {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.name != ".lock"}
    before[1].pop(copy, None)
    assert before == after


@pytest.mark.parametrize("state", ["missing", "different"])
def test_a_missing_or_different_database_is_swapped_in(copy: Path, state: str) -> None:
    before = tree(copy)
    path = copy / "prakerja.duckdb"
    path.unlink() if state == "missing" else path.write_bytes(b"an old one")
    assert not release(copy).is_new
    assert tree(copy) == before


def test_releases_follow_each_other_and_never_change(copy: Path) -> None:
    first = tree(copy / "1.0.0")
    assert release(copy, corrected).version == "1.0.1"
    second = tree(copy / "1.0.1")
    assert release(copy, corrected_and_extended).version == "1.1.0"
    assert (tree(copy / "1.0.0"), tree(copy / "1.0.1")) == (first, second)
    listed = json.loads((copy / "releases.json").read_text("utf-8"))["releases"]
    assert [(each["version"], each["previous"]) for each in listed] == [
        ("1.0.0", None), ("1.0.1", "1.0.0"), ("1.1.0", "1.0.1")
    ]  # fmt: skip
    assert os.readlink(copy / "latest") == "1.1.0"


def test_a_correction_is_told_with_the_old_and_the_new_value(copy: Path) -> None:
    folder = release(copy, corrected).folder
    changes = json.loads((folder / "changes.json").read_text("utf-8"))
    assert (changes["version"], changes["previous"], changes["schema"]) == ("1.0.1", "1.0.0", [])
    (figures,) = changes["rows"]
    counts = {name: figures[name] for name in ("table", "added", "removed", "changed", "columns")}
    columns = {"file_sha256": len(rows()["figures"]), "value": 1}
    assert counts == {"table": "figures", "added": 0, "removed": 0, "changed": len(rows()["figures"]),
                      "columns": columns}  # fmt: skip
    first = figures["examples"]["changed"][0]
    assert (first["row"], first["values"]["value"]) == (2, {"old": "23111", "new": "23112"})
    assert "`value`: 23111 -> 23112" in (folder / "CHANGES.md").read_text("utf-8")


def test_added_and_removed_rows_are_counted_and_named(copy: Path) -> None:
    def exchanged(content: Rows) -> None:
        extended(content)
        content["recipients"] = [row for row in content["recipients"] if row["region_code"] != "00"]

    changes = json.loads((release(copy, exchanged).folder / "changes.json").read_text("utf-8"))
    recipients, organisations = changes["rows"]
    assert (changes["version"], recipients["removed"], organisations["added"]) == ("1.1.0", 1, 1)
    assert recipients["examples"]["removed"][0]["region_code"] == "00"
    assert organisations["examples"] == {"added": [{"source": rows()["sources"][0]["source"], "row": 3}]}


def finding_more(content: Rows) -> None:
    content["findings"].append(content["findings"][0] | {"finding": "f2"})


def table_of(schema: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in schema if each["name"] == name)
    return found


def rename_column(old: list[dict[str, Any]]) -> None:
    table_of(old, "rules")["schema"]["fields"][4]["name"] = "reason"


def other_type(old: list[dict[str, Any]]) -> None:
    table_of(old, "rules")["schema"]["fields"][4]["type"] = "integer"


def other_unit(old: list[dict[str, Any]]) -> None:
    table_of(old, "rules")["schema"]["fields"][5]["unit"] = "dozen"


def other_key(old: list[dict[str, Any]]) -> None:
    table_of(old, "rules")["schema"]["primaryKey"] = ["severity"]


def other_words(old: list[dict[str, Any]]) -> None:
    table_of(old, "rules")["schema"]["fields"][4]["description"] = "Once described so."


def fewer_columns(old: list[dict[str, Any]]) -> None:
    del table_of(old, "rules")["schema"]["fields"][4]


def fewer_tables(old: list[dict[str, Any]]) -> None:
    old.remove(table_of(old, "suspects"))


def more_tables(old: list[dict[str, Any]]) -> None:
    old.append(table_of(old, "suspects") | {"name": "gone"})


@pytest.mark.parametrize(
    ("change", "version", "said"),
    [
        (rename_column, "2.0.0", {"column reason removed", "new column why"}),
        (other_type, "2.0.0", {"column why is now of type string"}),
        (other_unit, "2.0.0", {"column tested is now in comparison"}),
        (other_key, "2.0.0", {"key is now rule"}),
        (more_tables, "2.0.0", {"table removed"}),
        (fewer_columns, "1.3.0", {"new column why"}),
        (fewer_tables, "1.3.0", {"new table"}),
        (other_words, "1.2.4", {"column why is described or constrained anew"}),
    ],
)
def test_the_version_tells_whether_a_query_may_break(
    published: Path, change: Callable[[list[dict[str, Any]]], None], version: str, said: set[str]
) -> None:
    old, new = (package(published / "1.0.0")["resources"] for _ in range(2))
    change(old)
    folder = published / "1.0.0"
    changes = compare(Contents(folder, old), Contents(folder, new), "1.2.3")
    assert (changes.version, {each.change for each in changes.schema}) == (version, said)


def test_a_column_of_another_type_is_not_compared_by_its_cells(copy: Path) -> None:
    old, new = copy / "1.0.0", Path(shutil.copytree(copy / "1.0.0", copy / "new"))
    with duckdb.connect() as connection:
        sql = f"SELECT * REPLACE ('ten' AS tested) FROM '{new / 'rules.parquet'}'"
        connection.execute(f"COPY ({sql}) TO '{old / 'rules.parquet'}'")
    before, after = package(old)["resources"], package(new)["resources"]
    table_of(before, "rules")["schema"]["fields"][5]["type"] = "string"
    changes = compare(Contents(old, before), Contents(new, after), "1.0.0")
    assert (changes.version, changes.rows) == ("2.0.0", ())


@pytest.mark.parametrize(("change", "version"), [(corrected, "1.0.1"), (finding_more, "1.0.1"), (extended, "1.1.0")])
def test_the_version_tells_whether_there_is_new_data(copy: Path, change: Change, version: str) -> None:
    assert release(copy, change).version == version


def test_the_text_of_changes_says_what_breaks_and_what_stays(published: Path) -> None:
    old, new = (package(published / "1.0.0")["resources"] for _ in range(2))
    rename_column(old)
    folder = published / "1.0.0"
    text = changes_text(compare(Contents(folder, old), Contents(folder, new), "1.0.0"))
    assert text.startswith("# Changes in 2.0.0 against 1.0.0\n")
    assert "- rules: column reason removed (breaks)\n- rules: new column why\n" in text
    assert text.endswith("\nNo row changed.\n")
    assert (folder / "CHANGES.md").read_text("utf-8") == "# Changes in 1.0.0\n\nThe first release.\n"


def test_examples_are_cut_and_say_so(copy: Path) -> None:
    def many(content: Rows) -> None:
        first = content["organisations"][0]
        content["organisations"] += [first | {"row": number} for number in range(3, 40)]

    folder = release(copy, many).folder
    (organisations,) = json.loads((folder / "changes.json").read_text("utf-8"))["rows"]
    assert (organisations["added"], len(organisations["examples"]["added"])) == (37, 20)
    assert "Added (the first 20 of 37):" in (folder / "CHANGES.md").read_text("utf-8")


def test_without_known_issues_the_readme_says_none(tmp_path: Path) -> None:
    def new(content: Rows) -> None:
        content["findings"][0]["state"] = "new"

    assert "## Known issues\n\nNone.\n" in (release(tmp_path, new).folder / "README.md").read_text("utf-8")


# Refused, locked, crashed


def test_what_may_not_be_published_is_not(copy: Path) -> None:
    before = tree(copy)
    judged = verdict(corrected, new_errors=2)
    with pytest.raises(NotPublishable, match="2 errors have not been looked at"):
        publish(store(judged, copy), judged, copy)
    assert tree(copy) == before


def test_a_disk_that_gives_back_other_bytes_stops_the_release(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The package has a function of the same name.
    module: Any = sys.modules["flows.publish.build"]
    write = module._write_papers

    def damaging(connection: Any, this: Any, *rest: Any) -> None:
        write(connection, this, *rest)
        path = this.folder / "figures.csv"
        path.write_bytes(path.read_bytes().replace(b"23.111", b"23.112"))

    monkeypatch.setattr(module, "_write_papers", damaging)
    before = tree(copy)
    with pytest.raises(CannotRun, match="are not what was written"):
        release(copy, corrected)
    assert tree(copy) == before


def test_the_second_of_two_runs_is_told_so(copy: Path) -> None:
    before = tree(copy)
    with (
        flows.publish.alone(copy),
        pytest.raises(CannotRun, match="another run is publishing"),
    ):
        release(copy, corrected)
    assert tree(copy) == before
    assert release(copy, corrected).is_new


def test_leftovers_are_swept_and_what_is_not_ours_is_kept(copy: Path) -> None:
    (copy / ".building-1").mkdir()
    (copy / ".building-1" / "figures.csv").write_text("half")
    (copy / ".latest-1").symlink_to("1.0.0")
    (copy / ".releases.json-1").write_text("{")
    (copy / ".building").write_text("not ours")
    release(copy)
    assert {path.name for path in copy.iterdir()} == {
        ".building", ".lock", "1.0.0", "latest", "prakerja.duckdb", "releases.json"
    }  # fmt: skip


def test_a_release_that_was_not_announced_is_announced_by_the_next_run(copy: Path) -> None:
    release(copy, corrected)
    whole = tree(copy)
    (copy / "latest").unlink()
    (copy / "latest").symlink_to("1.0.0")
    (copy / "releases.json").unlink()
    assert release(copy, corrected) == Release("1.0.1", copy / "1.0.1", copy / "prakerja.duckdb", True)
    assert tree(copy) == whole


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda copy: shutil.rmtree(copy / "1.0.0"), "lists 1.0.0, but its folder is missing"),
        (lambda copy: (copy / "releases.json").write_text("{"), "releases.json cannot be read"),
        (lambda copy: (copy / "9.9.9").mkdir(), "9.9.9 is no release of ours: it lacks changes.json"),
        (lambda copy: (copy / "1.0.0" / "figures.parquet").write_bytes(b"PAR1"), "figures.parquet"),
        (lambda copy: (copy / "1.0.0" / "datapackage.json").write_text("{}"), "datapackage.json cannot be read"),
    ],
)
def test_a_damaged_history_stops_us_and_stays_as_it_is(copy: Path, damage: Callable[[Path], object], said: str) -> None:
    damage(copy)
    before = tree(copy)
    with pytest.raises(CannotRun, match=said):
        release(copy, corrected)
    assert tree(copy) == before


CALLS = ("fsync", "rename", "replace", "symlink")


def interrupted(monkeypatch: pytest.MonkeyPatch, number: int, stop: Callable[[], object]) -> list[str]:
    """Have the `number`-th call that brings something to the disk stop; returns the list of calls to come."""
    calls: list[str] = []

    def wrap(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*args: object, **options: object) -> object:
            calls.append(name)
            if len(calls) == number:
                stop()
            return call(*args, **options)

        return wrapped

    for name in CALLS:
        monkeypatch.setattr(os, name, wrap(name, getattr(os, name)))
    return calls


def disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_whichever_call_fails_readers_have_a_whole_release_and_the_next_run_succeeds(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    judged = verdict(corrected)
    database = store(judged, tmp_path / "kept").path

    def run(folder: Path) -> Release:
        new = shutil.copy(database, folder / ".prakerja.duckdb.new-1")
        return publish(Database(Path(new)), judged, folder)

    expected = Path(shutil.copytree(copy, tmp_path / "expected", symlinks=True))
    with monkeypatch.context() as patched:
        calls = interrupted(patched, 0, disk_full)
        run(expected)
    assert {name: calls.count(name) for name in CALLS[1:]} == {"rename": 1, "replace": 3, "symlink": 1}
    assert calls.count("fsync") >= 2 * len(TABLES) + 6
    # Of calls of one kind in a row, the first and the last stand for the others, unless every one is to fail.
    edges = [number for number in range(1, len(calls) + 1) if set(calls[number - 2 : number + 1]) != {"fsync"}]
    for number in range(1, len(calls) + 1) if every else edges:
        folder = Path(shutil.copytree(copy, tmp_path / str(number), symlinks=True))
        with monkeypatch.context() as patched:
            interrupted(patched, number, disk_full)
            with pytest.raises(CannotRun, match="No space left on device"):
                run(folder)
        assert_intact(folder / os.readlink(folder / "latest"))
        assert not list(folder.glob(".building*"))
        assert run(folder).version == "1.0.1"
        assert tree(folder) == tree(expected)
        shutil.rmtree(folder)


def test_a_reader_who_asks_once_for_the_version_never_sees_half_a_release(copy: Path) -> None:
    stop, seen, torn = threading.Event(), set[str](), list[BaseException]()

    def read() -> None:
        while not stop.is_set():
            version = os.readlink(copy / "latest")
            try:
                assert_intact(copy / version)
            except (AssertionError, OSError) as error:
                torn.append(error)
            seen.add(version)

    reader = threading.Thread(target=read)
    reader.start()
    for change in (corrected, unchanged, extended):
        release(copy, change)
    stop.set()
    reader.join()
    assert torn == []
    assert len(seen) > 1


def test_who_has_the_database_open_keeps_reading_the_old_one(copy: Path) -> None:
    sql = "SELECT value FROM figures WHERE region_code = '63.72' AND value IS NOT NULL"
    with duckdb.connect(str(copy / "prakerja.duckdb"), read_only=True) as reader:
        release(copy, corrected)
        assert reader.sql(sql).fetchall() == [(23111,)]
    with duckdb.connect(str(copy / "prakerja.duckdb"), read_only=True) as reader:
        assert reader.sql(sql).fetchall() == [(23112,)]


def test_the_same_tables_give_the_same_bytes_anywhere(published: Path, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from tests.small import verdict; from flows.store import store\n"
        "from flows.publish import publish\n"
        "folder, judged = pathlib.Path(sys.argv[1]), verdict(); publish(store(judged, folder), judged, folder)"
    )
    for number, settings in enumerate(
        [
            {"PYTHONHASHSEED": "1", "TZ": "America/St_Johns", "LC_ALL": "C"},
            {"PYTHONHASHSEED": "2", "TZ": "Asia/Jakarta", "LANG": "id_ID.UTF-8", "PYTHONUTF8": "0"},
        ]
    ):
        folder = tmp_path / f"a folder, {number}"
        subprocess.run([sys.executable, "-c", script, str(folder)], check=True, cwd=ROOT, env=os.environ | settings)
        assert tree(folder) == tree(published)
