"""The commands, as people and scripts run them: what they print, write and exit with."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.settings import ROOT

SEED = "bakabar-2023-09-02-banjarbaru"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a raw folder that holds the seed article alone."""
    raw = tmp_path / "raw"
    shutil.copytree(ROOT / "raw" / SEED, raw / SEED)
    for name, value in {"RAW": raw, "PUBLISHED": tmp_path / "published", "STATE": tmp_path / "state"}.items():
        monkeypatch.setenv(f"PRAKERJA_{name}", str(value))
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def seed(tmp_path: Path) -> Path:
    return tmp_path / "raw" / SEED / "figures.csv"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_seed_article_holds(run: Run) -> None:
    result = run("check")
    assert result.exit_code == 0, result.output
    assert "1 sources, 16 figures: 16 accepted, 0 flagged, 0 quarantined; 0 errors" in " ".join(result.output.split())


def test_the_seed_article_is_published_and_can_be_queried(run: Run, tmp_path: Path) -> None:
    result = run("run", "--direct")
    assert result.exit_code == 0, result.output
    assert "Release 1.0.0 published" in result.output
    answer = run("query", "SELECT recipients, children_sum, percent_of_parent FROM recipients_by_region "
                          "WHERE region_code = '63.72' AND measure = 'recipients_effective'")  # fmt: skip
    assert answer.output.splitlines()[1] == "23111,23111,5.6"
    partners = run("query", "SELECT measure, organisations FROM partners ORDER BY row")
    assert [line.split(",")[1] for line in partners.output.splitlines()[1:]] == ["180", "6", "6", "3", "6", "1", "7"]
    nation = run("query", "SELECT lower, upper FROM figures WHERE region_code = '00' AND measure = 'recipients'")
    assert nation.output.splitlines()[1] == "17350000.000,17499999.000"
    named = run("query", "SELECT role, count(*) FROM organisations GROUP BY role ORDER BY role")
    assert named.output.splitlines()[1:] == ["evaluator,9", "event_organiser,4"]
    again = run("run", "--direct")
    assert again.exit_code == 0
    assert "nothing has changed since" in again.output
    assert sorted(path.name for path in (tmp_path / "published").glob("[0-9]*")) == ["1.0.0"]


def test_one_changed_digit_is_told_and_publishes_nothing(run: Run, tmp_path: Path) -> None:
    assert run("run", "--direct").exit_code == 0
    before = bytes_of(tmp_path / "published")
    edit(seed(tmp_path), "4.652", "4.752")
    checked = run("check", "--json", tmp_path / "result.json")
    assert checked.exit_code == 1
    words = " ".join(checked.output.split())
    assert "Kota Banjarbaru: 23.111 is printed" in words
    assert "sum to 23,211, 100 more" in words
    (finding,) = json.loads((tmp_path / "result.json").read_text())["findings"]
    assert (finding["rule"], finding["printed"], finding["found"], finding["difference"]) == (
        "children_sum_to_parent", 23111, 23211, 100,
    )  # fmt: skip
    assert {"source": SEED, "row": 4, "value": 4752, "suggestion": 4652}.items() <= {
        k: v for one in finding["suspects"] if one["row"] == 4 for k, v in one.items()
    }.items()
    assert run("run", "--direct").exit_code == 1
    assert bytes_of(tmp_path / "published") == before


def test_the_json_has_what_scripts_depend_on(run: Run, tmp_path: Path) -> None:
    edit(seed(tmp_path), "23.111", "23.121")
    run("check", "--json", tmp_path / "result.json")
    told = json.loads((tmp_path / "result.json").read_text())
    assert {"sources", "figures", "accepted", "flagged", "quarantined", "errors", "warnings"} <= told["summary"].keys()
    counts = told["summary"]
    assert counts["figures"] == counts["accepted"] + counts["flagged"] + counts["quarantined"] == 16
    assert {"source", "row", "value", "lower", "upper", "region_code", "status"} <= told["figures"][0].keys()
    assert [figure["row"] for figure in told["figures"]] == list(range(1, 17))
    finding = told["findings"][0]
    assert {"rule", "severity", "source", "rows", "region_code", "measure", "message", "suspects"} <= finding.keys()
    assert finding["rows"] == [2, 3, 4, 5, 6, 7]
    assert (finding["suspects"][0]["row"], finding["suspects"][0]["suggestion"]) == (2, 23111)


def test_the_report_speaks_indonesian(run: Run, tmp_path: Path) -> None:
    edit(seed(tmp_path), "23.111", "23.121")
    result = run("check", "--lang", "id")
    assert result.exit_code == 1
    words = " ".join(result.output.split())
    assert "GALAT" in words
    assert "Kota Banjarbaru: tercetak 23.121" in words
    assert "berjumlah 23.111" in words
    assert run("check", "--lang", "nl").exit_code == 2


def test_a_finding_is_acknowledged_until_its_day(run: Run, tmp_path: Path) -> None:
    edit(seed(tmp_path), "23.111", "23.121")
    listed = run("findings", "--new")
    name = next(line.split()[0] for line in listed.output.splitlines() if "children_sum_to_parent" in line)
    assert run("acknowledge", name, "--reason", "looked at", "--until", "2020-01-01").exit_code == 2
    assert run("acknowledge", "no-such", "--reason", "looked at", "--until", "2099-01-01").exit_code == 2
    assert run("acknowledge", name, "--reason", "looked at", "--until", "2099-01-01").exit_code == 0
    assert run("check").exit_code == 0
    assert "known until 2099-01-01" in run("findings").output
    assert run("run", "--direct").exit_code == 0
    known = tmp_path / "raw" / "known_issues.csv"
    known.write_text(known.read_text().replace("2099-01-01", "2020-01-01"))
    expired = run("check")
    assert expired.exit_code == 1
    assert "expired" in expired.output
    edit(seed(tmp_path), "23.121", "23.111")
    stale = run("check")
    assert stale.exit_code == 0
    assert "known_issue_is_current" in stale.output


def test_a_folder_anywhere_is_checked_against_raw(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "datapackage.yaml").write_text("name: mine\nlanguage: id\n")
    header = "region,level,measure,unit,value,period_start,period_end\n"
    (mine / "figures.csv").write_text(header + "Kota Banjarbaru,city,recipients_effective,person,23.112,2020,2022\n")
    alone = run("check", "--alone", mine)
    assert alone.exit_code == 0, alone.output
    beside = run("check", mine)
    assert beside.exit_code == 1
    assert "sources_agree" in beside.output
    assert "1 sources, 1 figures" in beside.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "no-such-folder"], "There is no"),
        (["query", "SELECT 1"], "`prakerja run` makes it"),
        (["new-source", SEED], SEED),
        (["new-source", "Not A Slug"], "Not A Slug"),
    ],
)
def test_what_cannot_run_says_why_and_exits_with_2(run: Run, arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_a_wrong_query_is_told(run: Run) -> None:
    assert run("run", "--direct").exit_code == 0
    result = run("query", "SELECT no_such_column FROM figures")
    assert result.exit_code == 2
    assert "no_such_column" in result.output
    assert run("query", "DELETE FROM figures").exit_code == 2
