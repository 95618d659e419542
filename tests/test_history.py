"""The database tells what each release said, from the release folders alone, and says so where it cannot."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.nouns import CannotRun
from flows.publish import alone, publish
from flows.rebuild import rebuild
from flows.store import store
from schemas.derive import comment
from schemas.tables import TABLES
from tests.small import Rows, verdict
from tests.test_verify import append, digest, resum

CITY = "SELECT recipients FROM as_of({}) WHERE region_code = '63.72'"
#: What each release says of the city, when it was created, and what it is called.
SAID: dict[str, tuple[str, int | None]] = {
    "1.0.0": ("2026-11-24", 23111), "1.0.1": ("2026-11-25", 23112), "1.0.2": ("2026-11-30", None),
    "1.1.0": ("2026-12-02", 23111),
}  # fmt: skip


def said(created: str, count: int | None) -> Callable[[Rows], None]:
    def change(content: Rows) -> None:
        content["sources"][0]["accessed"] = date.fromisoformat(created)
        content["organisations"][0]["role"] = created
        city = next(row for row in content["recipients"] if row["region_code"] == "63.72")
        if count is None:
            content["recipients"].remove(city)
        else:
            city["recipients"] = count

    return change


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four releases: a count, its correction, its removal, and the first count again."""
    folder = tmp_path_factory.mktemp("history") / "published"
    for version, (created, count) in SAID.items():
        judged = verdict(said(created, count))
        assert publish(store(judged, folder), judged, folder).version == version
    return folder


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The releases, to do something to."""
    return Path(shutil.copytree(published, tmp_path / "published", symlinks=True))


def query(published: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(published / "prakerja.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("version", SAID)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_every_release_is_as_it_was(published: Path, version: str, table: str) -> None:
    key = ", ".join(f'"{name}"' for name in TABLES[table].key)
    then = query(published, f"FROM '{published / version / table}.parquet' ORDER BY {key}")
    assert query(published, f"FROM {table}_as_of('{version}')") == then
    assert then


@pytest.mark.parametrize(
    ("asked", "version"),
    [*((f"'{version}'", version) for version in SAID), ("'2026-11-24'", "1.0.0"), ("'2026.11.24'", "1.0.0"),
     ("DATE '2026-11-26'", "1.0.1"), ("'2026-12-01'", "1.0.2"), ("'2099-01-01'", "1.1.0")],
)  # fmt: skip
def test_a_version_or_a_day_names_a_release(published: Path, asked: str, version: str) -> None:
    count = SAID[version][1]
    assert query(published, CITY.format(asked)) == ([] if count is None else [(count,)])
    assert query(published, f"SELECT role FROM organisations_as_of({asked})")[0] == (SAID[version][0],)


@pytest.mark.parametrize("asked", ["'9.9.9'", "'2026-11-23'", "'yesterday'", "''", "NULL", "'1.0'"])
@pytest.mark.parametrize(
    "sql", ["FROM as_of({})", "SELECT count(*) FROM as_of({})", "FROM as_of({}) WHERE region_code = 'none'",
            "FROM suspects_as_of({}) WHERE rank = 99"],
)  # fmt: skip
def test_what_names_no_release_is_an_error_and_never_an_empty_answer(published: Path, asked: str, sql: str) -> None:
    with pytest.raises(duckdb.Error, match=f"There is no release '{asked.strip(chr(39))}'"):
        query(published, sql.format(asked))


def test_the_releases_are_listed_with_their_hashes(published: Path) -> None:
    rows = query(published, "SELECT version, created::VARCHAR, previous, sha256sums FROM releases ORDER BY number")
    before = [None, *SAID]
    assert rows == [
        (version, SAID[version][0], before[number], digest(published / version / "SHA256SUMS"))
        for number, version in enumerate(SAID)
    ]


def test_a_row_is_stored_once_for_the_releases_in_a_row_that_have_it(published: Path) -> None:
    sql = (
        "SELECT recipients, first_release, last_release FROM history.recipients WHERE region_code = '63.72' ORDER BY 2"
    )
    assert query(published, sql) == [(23111, 1, 1), (23112, 2, 2), (23111, 4, 4)]
    assert query(published, "SELECT DISTINCT first_release, last_release FROM history.regions") == [(1, 4)]
    sql = "SELECT comment FROM duckdb_columns() WHERE (schema_name, table_name) = ('history', 'recipients')"
    words = [text for (text,) in query(published, sql)]
    assert words[: len(TABLES["recipients"].columns)] == [comment(each) for each in TABLES["recipients"].columns]
    assert len(words) == len(TABLES["recipients"].columns) + 2
    assert all(words)


def test_a_table_that_no_release_had_otherwise_is_not_stored_again(published: Path) -> None:
    views = query(published, "SELECT view_name FROM duckdb_views() WHERE schema_name = 'history'")
    tables = query(published, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'history'")
    assert ("regions",) in views
    assert set(tables) == {("organisations",), ("recipients",), ("sources",)}
    sql = "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'history' AND comment IS NULL"
    assert query(published, sql) == [(0,)]


def test_the_history_is_in_the_storage_that_older_clients_open(published: Path) -> None:
    sql = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
    assert query(published, sql) == [("v1.2.0+",)]


def older(folder: Path, table: str, sql: str) -> None:
    """Have a release's table look as if other code had written it."""
    path = folder / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({sql.format(path)}) TO '{path}.new' (FORMAT parquet)")
    Path(f"{path}.new").replace(path)
    resum(folder)


def test_a_column_or_table_that_a_release_lacks_is_empty_and_one_that_is_gone_is_kept(copy: Path) -> None:
    older(copy / "1.0.0", "organisations", "SELECT * EXCLUDE (role), 'old' AS remark FROM '{}'")
    package = json.loads((copy / "1.0.1" / "datapackage.json").read_text("utf-8"))
    package["resources"] = [each for each in package["resources"] if not each["path"].startswith("partners.")]
    (copy / "1.0.1" / "datapackage.json").write_text(json.dumps(package), "utf-8")
    (copy / "1.0.1" / "partners.parquet").unlink()
    resum(copy / "1.0.1")
    rebuild(copy)
    sql = "SELECT role, remark FROM organisations_as_of('{}') LIMIT 1"
    assert query(copy, sql.format("1.0.0")) == [(None, "old")]
    assert query(copy, sql.format("1.1.0")) == [("2026-12-02", None)]
    counts = [query(copy, f"SELECT count(*) FROM partners_as_of('{version}')")[0][0] for version in SAID]
    assert counts == [1, 0, 1, 1]


@pytest.mark.parametrize("state", ["there", "missing", "different", "empty"])
def test_a_rebuilt_database_is_the_one_that_was_published(copy: Path, state: str) -> None:
    path = copy / "prakerja.duckdb"
    before, left = path.read_bytes(), set(copy.iterdir())
    modified = path.stat().st_mtime_ns
    if state == "missing":
        path.unlink()
    elif state != "there":
        path.write_bytes(b"an old one" if state == "different" else b"")
    assert rebuild(copy) == list(SAID)
    assert path.read_bytes() == before
    assert (path.stat().st_mtime_ns == modified) == (state == "there")
    assert set(copy.iterdir()) == left


def test_an_older_table_that_has_no_place_for_a_column_that_may_be_empty_is_filled(copy: Path) -> None:
    older(copy / "1.1.0", "organisations", "SELECT * EXCLUDE (kind) FROM '{}'")
    rebuild(copy)
    assert query(copy, "SELECT DISTINCT kind FROM organisations") == [(None,)]
    assert query(copy, "SELECT count(*) FROM organisations") == [(2,)]


def emptied(folder: Path) -> None:
    for path in folder.glob("*.*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "prakerja.duckdb").write_bytes(b"an old one")


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda copy: append(copy / "1.0.0" / "figures.parquet"), r"1\.0\.0/figures\.parquet is not the file"),
        (lambda copy: append(copy / "1.0.1" / "README.md"), r"1\.0\.1/README\.md is not the file"),
        (lambda copy: (copy / "1.1.0" / "rules.csv").unlink(), r"1\.1\.0/rules\.csv is missing"),
        (lambda copy: (copy / "1.1.0" / "more.csv").write_text("x"), r"1\.1\.0/more\.csv should not be there"),
        (lambda copy: (copy / "1.1.0" / "SHA256SUMS").unlink(), r"1\.1\.0/SHA256SUMS is missing"),
        (lambda copy: shutil.rmtree(copy / "1.1.0"), r"lists 1\.1\.0, but its folder is missing"),
        (emptied, "holds no release"),
        (lambda copy: older(copy / "1.1.0", "organisations", "SELECT * EXCLUDE (name) FROM '{}'"),
         r"table organisations .* NOT NULL constraint failed: organisations\.name"),
        (shutil.rmtree, "There is no folder"),
    ],
)  # fmt: skip
def test_what_is_not_as_published_is_named_and_the_database_stays(
    copy: Path, damage: Callable[[Path], object], named: str
) -> None:
    damage(copy)
    before = (copy / "prakerja.duckdb").read_bytes() if copy.is_dir() else None
    with pytest.raises(CannotRun, match=named):
        rebuild(copy)
    if before:
        assert (copy / "prakerja.duckdb").read_bytes() == before
        assert not list(copy.glob(".prakerja.duckdb.new*"))


def test_a_damaged_older_release_stops_a_publication_before_anything_is_public(copy: Path) -> None:
    append(copy / "1.0.0" / "figures.parquet")
    judged = verdict(said("2027-01-01", 1))
    with pytest.raises(CannotRun, match=r"1\.0\.0/figures\.parquet is not the file of the release"):
        publish(store(judged, copy), judged, copy)
    assert (copy / "latest").readlink() == Path("1.1.0")
    assert not (copy / "1.1.1").exists()
    assert not list(copy.glob(".[bp]*"))


def test_who_rebuilds_while_another_publishes_is_told_so(copy: Path) -> None:
    with alone(copy), pytest.raises(CannotRun, match="another run is publishing"):
        rebuild(copy)


def test_the_command_rebuilds_and_the_query_answers(copy: Path) -> None:
    (copy / "prakerja.duckdb").unlink()
    environment = {"PRAKERJA_PUBLISHED": str(copy)}
    told = CliRunner().invoke(app, ["rebuild"], env=environment)
    assert (told.exit_code, told.output.rstrip().endswith("holds 1.0.0, 1.0.1, 1.0.2, 1.1.0.")) == (0, True)
    asked = CliRunner().invoke(app, ["query", CITY.format("'1.0.1'")], env=environment)
    assert (asked.exit_code, asked.output) == (0, "recipients\n23112\n")
    unknown = CliRunner().invoke(app, ["query", CITY.format("'2.0.0'")], env=environment)
    assert (unknown.exit_code, "There is no release '2.0.0'" in unknown.output) == (2, True)
