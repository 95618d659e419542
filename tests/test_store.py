"""The DuckDB file holds what was validated, answers the seed article's questions, or is not there at all."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import flows.store
from flows.nouns import CannotRun
from flows.store import store
from schemas.declare import TableDeclaration
from schemas.derive import comment
from schemas.tables import TABLES
from tests.small import OTHER, SEED, Rows, rows, verdict

EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(verdict(), tmp_path_factory.mktemp("published")).path


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@EVERY
def test_every_row_is_stored_as_it_was(path: Path, table: TableDeclaration) -> None:
    key = ", ".join(f'"{name}"' for name in table.key)
    names = [column.name for column in table.columns]
    stored = [dict(zip(names, row, strict=True)) for row in query(path, f'FROM "{table.name}" ORDER BY {key}')]
    assert stored == sorted(rows()[table.name], key=lambda row: tuple(row[name] for name in table.key))
    assert stored


@EVERY
def test_the_file_says_what_the_declaration_says(path: Path, table: TableDeclaration) -> None:
    sql = f"SELECT column_name, is_nullable, comment FROM duckdb_columns() WHERE table_name = '{table.name}'"
    assert query(path, sql) == [(each.name, each.nullable, comment(each)) for each in table.columns]
    sql = f"SELECT count(*) FROM duckdb_constraints() WHERE table_name = '{table.name}' AND constraint_type = '{{}}'"
    assert query(path, sql.format("PRIMARY KEY")) == [(1,)]
    assert query(path, sql.format("FOREIGN KEY")) == [(sum(bool(each.references) for each in table.columns),)]


def test_the_views_are_explained(path: Path) -> None:
    views = dict(query(path, "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"))
    assert set(views) == {"recipients_by_region", "latest_recipients", "evidence", "findings_with_figures"}
    assert all(len(text.split("\n")) == 2 for text in views.values())


def test_banjarbaru_is_the_sum_of_its_districts_and_a_share_of_its_province(path: Path) -> None:
    sql = (
        "SELECT region, parent, province, recipients, percent_of_parent, children, children_sum "
        "FROM recipients_by_region WHERE region_code = '63.72' AND measure = 'recipients_effective'"
    )
    expected = ("Kota Banjarbaru", "Kalimantan Selatan", "Kalimantan Selatan", 23111, Decimal("5.6"), 5, 23111)
    assert query(path, sql) == [expected]
    sql = "SELECT count(*), sum(recipients) FROM recipients_by_region WHERE parent = 'Kota Banjarbaru' AND {}"
    assert query(path, sql.format("province = 'Kalimantan Selatan'")) == [(5, 23111)]


def test_every_number_leads_to_its_source(path: Path) -> None:
    sql = f"SELECT value_as_printed, source_title, publisher, locator, is_published_count, findings FROM evidence \
            WHERE region_code = '63.72' AND source = '{SEED}'"
    assert query(path, sql) == [("23.111", "Temu alumni Prakerja", "bakabar.com", "p6", True, 0)]
    sql = "SELECT value, lower, upper FROM evidence WHERE region = 'Indonesia' AND measure = 'recipients'"
    assert query(path, sql) == [(17_400_000, 17_350_000, 17_500_000)]
    assert query(path, "SELECT count(*) FROM evidence") == [(len(rows()["figures"]),)]


def test_a_finding_shows_its_figures_and_suspects(path: Path) -> None:
    sql = "SELECT rule, source, value_as_printed, suspect_rank, suggestion, status FROM findings_with_figures"
    assert query(path, sql) == [("value_is_readable", OTHER, "banyak", 1, 23111, "quarantined")]


def test_the_latest_is_the_one_that_ends_last(tmp_path: Path) -> None:
    def earlier(content: Rows) -> None:
        city = next(row for row in content["recipients"] if row["region_code"] == "63.72")
        period = {"period": "2020-01-01/2020-12-31", "period_end": city["period_end"].replace(year=2020)}
        content["recipients"].append(city | period | {"recipients": 9})

    path = store(verdict(earlier), tmp_path).path
    assert query(path, "SELECT count(*) FROM recipients WHERE region_code = '63.72'") == [(2,)]
    sql = "SELECT recipients FROM latest_recipients WHERE region_code = '63.72'"
    assert query(path, sql) == [(23111,)]


def test_a_region_that_moved_counts_under_its_parent_of_then(tmp_path: Path) -> None:
    def moved(content: Rows) -> None:
        next(row for row in content["regions"] if row["region_code"] == "63.72")["parent_code"] = "00"

    path = store(verdict(moved), tmp_path).path
    sql = "SELECT parent, percent_of_parent FROM recipients_by_region WHERE region_code = '63.72'"
    assert query(path, sql) == [("Kalimantan Selatan", Decimal("5.6"))]


def test_older_clients_can_open_it(path: Path) -> None:
    sql = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
    assert query(path, sql) == [("v1.2.0+",)]


def test_the_current_database_is_left_alone_and_nothing_else_is_written(tmp_path: Path) -> None:
    current = tmp_path / "prakerja.duckdb"
    current.write_bytes(b"the old one")
    new = store(verdict(), tmp_path).path
    assert current.read_bytes() == b"the old one"
    assert set(tmp_path.iterdir()) == {current, new}


def breaks(table: str, **cells: object) -> Any:
    return lambda content: content[table][0].update(cells)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (breaks("figures", source="nobody"), "table figures .* foreign key"),
        (breaks("figures", status="fine"), "table figures .* CHECK"),
        (breaks("figures", lower=Decimal(9), upper=Decimal(8)), "table figures .* CHECK"),
        (breaks("figures", status=None), "table figures .* NOT NULL constraint failed: figures.status"),
        (breaks("measures", why=None), "table measures .* NOT NULL constraint failed: measures.why"),
        (breaks("recipients", recipients=-1), "table recipients .* CHECK"),
        (breaks("regions", parent_code="99"), "table regions: 1 rows refer to rows that are not there"),
        (breaks("measures", part_of="recipients_effective"), "table measures: 1 rows refer"),
        (lambda content: content["sources"].append(content["sources"][0]), "table sources .* [Dd]uplicate key"),
    ],
)
def test_what_breaks_the_declaration_is_named_and_nothing_is_left(tmp_path: Path, change: Any, said: str) -> None:
    with pytest.raises(CannotRun, match=said):
        store(verdict(change), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRun, match=r"cannot write the database in .*/file/published: "):
        store(verdict(), tmp_path / "file" / "published")


def without_keys(path: Path, copy: Path, change: str) -> Path:
    """The tables of a database without their keys, so that it can hold what it should not."""
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"ATTACH '{path}' AS whole (READ_ONLY)")
        for name in TABLES:
            connection.execute(f'CREATE TABLE "{name}" AS FROM whole."{name}"')
        connection.execute(change)
    return copy


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM figures WHERE row = 7", "holds 9 rows of figures, 10 were written"),
        ("UPDATE figures SET region_code = '99' WHERE row = 7", "holds rows of figures that refer to nothing"),
        ("UPDATE regions SET parent_code = '99' WHERE level = 'city'", "holds rows of regions that refer to nothing"),
    ],
)
def test_a_file_that_lost_something_is_found(path: Path, tmp_path: Path, change: str, said: str) -> None:
    damaged = without_keys(path, tmp_path / "damaged.duckdb", change)
    count = {name: len(content) for name, content in rows().items()}
    with pytest.raises(CannotRun, match=said):
        flows.store._check(damaged, count)


def test_a_log_beside_the_file_is_found(path: Path, tmp_path: Path) -> None:
    copy = without_keys(path, tmp_path / "copy.duckdb", "SELECT 1")
    flows.store._check(copy, {name: len(content) for name, content in rows().items()})
    (tmp_path / "copy.duckdb.wal").write_bytes(b"")
    with pytest.raises(CannotRun, match="was not written to its end"):
        flows.store._check(copy, {})


def test_leftovers_of_dead_runs_are_swept_and_those_of_live_ones_kept(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead, live = f".prakerja.duckdb.new-{process.pid}", f".prakerja.duckdb.new-{os.getppid()}"
    for name in (dead, f"{dead}.wal", live, ".prakerja.duckdb.newer", "prakerja.duckdb"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / f"{dead}.tmp").mkdir()
    new = store(verdict(), tmp_path).path
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {live, ".prakerja.duckdb.newer", "prakerja.duckdb", new.name}


def test_the_same_tables_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    assert store(verdict(), tmp_path / "elsewhere").path.read_bytes() == path.read_bytes()
    assert store(verdict(breaks("sources", title="Other")), tmp_path).path.read_bytes() != path.read_bytes()


@pytest.fixture
def all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every table as one that is too large for keys."""
    monkeypatch.setattr(flows.store, "KEYED", 0)


@pytest.mark.usefixtures("all_at_once")
@pytest.mark.parametrize("turned", [False, True])
def test_large_tables_are_stored_in_the_order_of_their_key_however_they_come(tmp_path: Path, turned: bool) -> None:
    new = store(verdict(lambda content: content["figures"].reverse() if turned else None), tmp_path).path
    assert query(new, "SELECT count(*) FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'") == [(2,)]
    for name, table in TABLES.items():
        order = "" if name not in {"regions", "measures"} else f" ORDER BY {', '.join(table.key)}"
        stored = query(new, f'FROM "{name}"{order}')
        assert stored == sorted(stored, key=lambda row: row[: len(table.key)])
        assert len(stored) == len(rows()[name])


@pytest.mark.usefixtures("all_at_once")
def test_a_large_table_whose_parents_come_first_is_not_taken_for_one_with_doubles(tmp_path: Path) -> None:
    def later(content: Rows) -> None:
        content["regions"].append(content["regions"][0] | {"region_code": "10.01", "parent_code": "63.72"})

    new = store(verdict(later), tmp_path).path
    assert query(new, "SELECT region_code FROM regions WHERE parent_code = '63.72' AND region_code < '63'") == [
        ("10.01",)
    ]
    assert query(new, "SELECT region_code FROM regions LIMIT 1") == [("00",)]


@pytest.mark.usefixtures("all_at_once")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (breaks("figures", source="nobody"), "holds rows of figures that refer to nothing"),
        (breaks("figures", status="fine"), "table figures .* CHECK"),
        (breaks("figures", status=None), "table figures .* NOT NULL constraint failed: .*figures.status"),
        (lambda content: content["figures"].append(content["figures"][0]), "table figures .* duplicate key"),
        (lambda content: content["sources"].append(content["sources"][0]), "table sources .* duplicate key"),
    ],
)
def test_what_breaks_the_declaration_of_a_large_table_is_named_too(tmp_path: Path, change: Any, said: str) -> None:
    broken = verdict(change)
    with pytest.raises(CannotRun, match=said):
        store(broken, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert store(verdict(), tmp_path).path.is_file()
