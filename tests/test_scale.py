"""The national cube: large files are read like small ones, and exactly the rows with errors are named."""

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from benchmarks.cube import write_cube
from flows import pipeline, read
from flows.nouns import CannotRun
from flows.read.large import Passed
from flows.settings import Settings

HEAD = b"region,level,measure,unit,value,note\n"
LINE = b"Bali,province,recipients,person,11.152,\n"


def source(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / "datapackage.yaml").write_text(f"name: {folder.name}\n")
    (folder / "figures.csv").write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "content",
    [
        HEAD + LINE * 3,
        b"\xef\xbb\xbf" + (HEAD + LINE * 3).replace(b"\n", b"\r\n"),
        HEAD.replace(b"\n", b"\r") + (LINE * 3).replace(b"\n", b"\r"),
        b"\n\n" + HEAD + b"\n" + LINE + b"\n" + LINE.rstrip(),
        HEAD + b'" Bali ",province,recipients,person,"1,2 juta","two\nlines, and ""quotes"""\n' + LINE,
    ],
    ids=["plain", "windows", "old mac", "blank lines", "quoted"],
)
def test_a_large_file_is_read_like_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    folder = source(tmp_path / "one", content)
    small = read.snapshot([folder], pipeline.OFFICIAL)
    monkeypatch.setattr(read, "LARGE", 0)
    large = read.snapshot([folder], pipeline.OFFICIAL)
    assert isinstance(small.figures, pa.Table)
    assert not isinstance(large.figures, pa.Table)
    assert large.figures.to_table().to_pylist() == small.figures.to_pylist()
    assert large.files == small.files


@pytest.mark.parametrize(
    "content",
    [
        HEAD + LINE + b"Bali,province\n",
        HEAD + LINE + b"B\xffli,province,recipients,person,1,\n",
        HEAD + LINE + b"B\0li,province,recipients,person,1,\n",
        HEAD + LINE + b'"Bali,province,recipients,person,1,\n' + LINE,
        HEAD.replace(b"note", b"notes") + LINE,
    ],
    ids=["cells", "no text", "nul", "open quotation", "header"],
)
def test_a_large_file_is_refused_like_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    folder = source(tmp_path / "one", content)
    with pytest.raises(CannotRun) as small:
        read.snapshot([folder], pipeline.OFFICIAL)
    monkeypatch.setattr(read, "LARGE", 0)
    with pytest.raises(CannotRun) as large:
        read.snapshot([folder], pipeline.OFFICIAL)
    assert str(large.value) == str(small.value)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_what_passes_in_pieces_is_counted_as_a_whole(tmp_path: Path, size: int) -> None:
    content = b'a\r\n"b"\n\rc\r\n\n"'
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb") as file:
        passed = Passed(file, b'"')
        while passed.read(size):
            pass
    assert (passed.lines, passed.quotes, passed.holds_nul) == (6, 3, False)
    assert passed.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.slow
def test_exactly_the_rows_with_errors_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LARGE", 0)
    write_cube(tmp_path / "raw" / "cube", "XS", errors=12)
    settings = Settings(raw=tmp_path / "raw", published=tmp_path / "published", state=tmp_path / "state")
    outcome = pipeline.run(settings, pipeline.Asked(date(2026, 1, 1)))
    errors = duckdb.sql(f"SELECT row FROM read_csv('{tmp_path / 'raw' / 'cube' / 'errors.csv'}')").fetchall()
    findings = outcome.judged.findings
    assert len(errors) == 12
    assert {one.row for each in findings for one in each.suspects if one.rank == 1} == {row for (row,) in errors}
    assert {each.rule for each in findings} == {"children_sum_to_parent", "parts_sum_to_whole"}
    assert outcome.release is None


def test_too_little_memory_is_told_with_what_to_do(tmp_path: Path) -> None:
    write_cube(tmp_path / "raw" / "cube", "XS")
    settings = Settings(
        raw=tmp_path / "raw", published=tmp_path / "published", state=tmp_path / "state", memory_limit="16MB"
    )
    with pytest.raises(CannotRun, match="PRAKERJA_MEMORY_LIMIT, which is 16MB"):
        pipeline.run(settings, pipeline.Asked(date(2026, 11, 26)))
    assert not (tmp_path / "published").exists()
