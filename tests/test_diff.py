"""Any two releases can be compared, and a published column keeps its meaning until the next major version."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.diff import diff
from flows.nouns import CannotRun
from flows.publish import publish
from flows.publish.changes import schema_changes
from flows.publish.layout import PACKAGE, VERSION, order
from flows.settings import ROOT
from flows.store import store
from schemas.derive import table_schema
from schemas.tables import TABLES
from tests.small import Rows, verdict
from tests.test_verify import Quiet, served


def first(_: Rows) -> None:
    """The rows as they are."""


def second(content: Rows) -> None:
    """One organisation more, and another's role."""
    content["organisations"][0]["role"] = "assessor"
    content["organisations"].append(content["organisations"][0] | {"row": 3})


def third(content: Rows) -> None:
    """Without the organisation that was named second."""
    second(content)
    del content["organisations"][1]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diff") / "published"
    for change in (first, second, third):
        judged = verdict(change)
        publish(store(judged, folder), judged, folder)
    assert {path.name for path in folder.glob("[0-9]*")} == {"1.0.0", "1.1.0", "1.1.1"}
    return folder


def run(published: Path, *arguments: object) -> Any:
    return CliRunner().invoke(app, ["diff", *map(str, arguments)], env={"PRAKERJA_PUBLISHED": str(published)})


def counts(changes: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {each["table"]: (each["added"], each["removed"], each["changed"]) for each in changes["rows"]}


def test_the_diff_of_neighbours_is_what_the_release_says(published: Path) -> None:
    for old, new in (("1.0.0", "1.1.0"), ("1.1.0", "1.1.1")):
        said = json.loads((published / new / "changes.json").read_text("utf-8"))
        assert json.loads(json.dumps(diff(published / old, published / new).as_dict())) == said


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("1.0.0", "1.1.1", (1, 1, 1)), ("1.1.1", "1.0.0", (1, 1, 1)), ("1.1.1", "1.1.0", (1, 0, 0)),
     ("1.0.0", "latest", (1, 1, 1))],
)  # fmt: skip
def test_any_two_releases_can_be_compared_in_either_order(
    published: Path, old: str, new: str, expected: tuple[int, int, int]
) -> None:
    changes = diff(published / old, published / new).as_dict()
    version = "1.1.1" if new == "latest" else new
    assert (changes["version"], changes["previous"], changes["schema"]) == (version, old, ())
    assert counts(changes) == {"organisations": expected}


def test_the_same_release_does_not_differ_from_itself(published: Path) -> None:
    assert diff(published / "1.1.0", published / "1.1.0").as_dict()["rows"] == ()


def test_the_command_takes_versions_folders_and_addresses(published: Path, tmp_path: Path) -> None:
    expected = (published / "1.1.0" / "CHANGES.md").read_text("utf-8")
    assert expected.startswith("# Changes in 1.1.0 against 1.0.0")
    assert "`role`: evaluator -> assessor" in expected
    with served(partial(Quiet, directory=str(published))) as address:
        for old, new in (("1.0.0", "1.1.0"), (published / "1.0.0", "1.1.0"), (f"{address}/1.0.0", f"{address}/1.1.0")):
            told = run(published, old, new)
            assert (told.exit_code, told.output) == (0, expected)
        newest = run(published, "1.0.0", address, "--json", tmp_path / "changes.json")
    assert newest.exit_code == 0
    assert counts(json.loads((tmp_path / "changes.json").read_text("utf-8"))) == {"organisations": (1, 1, 1)}


def test_what_is_no_release_cannot_be_compared(published: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"is no release: it has no datapackage\.json"):
        diff(published / "1.0.0", tmp_path)
    broken = Path(shutil.copytree(published / "1.0.0", tmp_path / "broken"))
    (broken / "rules.parquet").write_bytes(b"PAR1")
    with pytest.raises(CannotRun, match="cannot be compared"):
        diff(published / "1.0.0", broken)
    (broken / PACKAGE).write_text("{}")
    with pytest.raises(CannotRun, match="cannot be read"):
        diff(published / "1.0.0", broken)
    for name in ("9.9.9", "nowhere", "http://127.0.0.1:9/1.0.0"):
        assert run(published, "1.0.0", name).exit_code == 2


def released(root: Path) -> dict[str, Any]:
    """The Table Schema of each table of the newest release; nothing where none is there."""
    releases = sorted((path for path in root.glob("[0-9]*") if VERSION.fullmatch(path.name)), key=_order)
    resources = json.loads((releases[-1] / PACKAGE).read_text("utf-8"))["resources"] if releases else []
    return {each["name"]: each["schema"] for each in resources if each["format"] == "parquet"}


def _order(path: Path) -> tuple[int, ...]:
    return order(path.name)


def breaking(old: dict[str, Any]) -> list[str]:
    """What would break a query on a release, were the tables as they are declared now published."""
    new = {name: table_schema(table) for name, table in TABLES.items()}
    return [f"{each.table}: {each.change}" for each in schema_changes(old, new) if each.breaks]


def test_no_published_column_is_lost_or_means_something_else() -> None:
    """Where one must be, the next release is a new major version: decide that first, then publish it with this test."""
    old = released(ROOT / "published")
    if not old:
        pytest.skip("nothing is published here yet")
    assert breaking(old) == []


def test_a_lost_column_another_type_unit_or_key_would_be_told(published: Path) -> None:
    old = released(published)
    assert (len(old), breaking(old)) == (len(TABLES), [])
    columns = {field["name"]: field for field in old["figures"]["fields"]}
    columns["value"]["unit"], columns["row"]["type"], columns["note"]["name"] = "dozen", "string", "remark"
    old["rules"]["primaryKey"] = ["severity"]
    assert breaking(old) == [
        "figures: column remark removed", "figures: column row is now of type integer",
        "figures: column value is now in column unit", "rules: key is now rule",
    ]  # fmt: skip
