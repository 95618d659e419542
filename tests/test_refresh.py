"""Refresh: what a server may do, and what then becomes of `raw/`; the server is a real one, on loopback."""

import csv
import gzip
import hashlib
import io
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.nouns import CannotRun
from flows.read import snapshot
from flows.refresh import Limits, Refreshed, Web, refresh
from flows.settings import ROOT
from tests.sources import few_regions
from tests.web import WIDE, described

NOW = datetime(2026, 11, 25, 1, 2, 3, 999, UTC)
TABLE = "Provinsi,Gelombang 1,Gelombang 2\nAceh,1.000,2.000\nBali,3.000,4.000\n"
LIMITS = Limits(bytes=100_000, timeout=0.5, seconds=1.0, redirects=3, attempts=3)
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with whatever the test has put on the server, and remembers what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(dict(self.headers))
        server.answers[min(len(server.asked), len(server.answers)) - 1](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on the terminal."""

    def send(self, content: bytes = b"", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        told = {"Content_Type": "text/csv", "Content_Length": str(len(content)), **headers}
        for name, value in told.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)


def sends(content: bytes | str = TABLE, status: int = 200, **headers: str) -> Answer:
    return lambda handler: handler.send(content.encode() if isinstance(content, str) else content, status, **headers)


class Site:
    """A server on loopback, and the source folder that lives on it."""

    def __init__(self, root: Path, server: Any) -> None:
        self.root, self.server = root, server
        self.slept: list[float] = []
        self.url = f"http://127.0.0.1:{server.server_port}/tabel"
        self.raw = root / "raw"
        self.folder = self.raw / "dinas"

    def source(self, **resource: object) -> None:
        described(self.folder, **{"url": self.url, "figures": WIDE, **resource})

    def fetch(self, *answers: Answer, now: datetime = NOW, limits: Limits = LIMITS) -> Refreshed:
        self.server.answers, self.server.asked = answers, []
        (result,) = self.all(now, limits)
        return result

    def all(self, now: datetime = NOW, limits: Limits = LIMITS, only: str | None = None) -> tuple[Refreshed, ...]:
        return refresh(self.raw, now, Web(self.slept.append, lambda: 0.5, time.monotonic, limits), only)

    def log(self) -> list[dict[str, str]]:
        path = self.folder / "versions" / "log.csv"
        return list(csv.DictReader(path.read_text("utf-8").splitlines())) if path.is_file() else []

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.raw).as_posix(): path.read_bytes() for path in self.raw.rglob("*") if path.is_file()
        }

    def tokens(self, as_of: datetime | None = None) -> list[str]:
        taken = snapshot([self.folder], few_regions(self.root), as_of=as_of)
        return list(taken.figures["value"].to_pylist())


@contextmanager
def serving() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving() as server:
        made = Site(tmp_path, server)
        made.source()
        yield made


def test_a_first_version_is_kept_with_what_the_server_said(site: Site) -> None:
    result = site.fetch(sends(ETag='"a,1"', Last_Modified="Tue, 24 Nov 2026 00:00:00 GMT"))
    name = hashlib.sha256(TABLE.encode()).hexdigest()
    assert (result.outcome, result.rows, result.sha256) == ("new", 4, name)
    assert (site.folder / "versions" / f"{name}.csv").read_text("utf-8") == TABLE
    assert site.log() == [
        {
            "seen": "2026-11-25T01:02:03Z", "resource": "figures", "sha256": name, "bytes": str(len(TABLE)),
            "url": site.url, "location": site.url, "etag": '"a,1"', "media_type": "text/csv",
            "last_modified": "Tue, 24 Nov 2026 00:00:00 GMT",
        }
    ]  # fmt: skip
    assert site.tokens() == ["1.000", "3.000", "2.000", "4.000"]


@pytest.mark.parametrize("second", [sends(b"", 304, Content_Type=""), sends(TABLE, ETag='"other"')])
def test_what_has_not_changed_writes_nothing(site: Site, second: Answer) -> None:
    site.fetch(sends(ETag='"1"', Last_Modified="Tue, 24 Nov 2026 00:00:00 GMT"))
    before = site.files()
    result = site.fetch(second, now=NOW + timedelta(days=1))
    assert result.outcome == "unchanged"
    assert site.files() == before
    (asked,) = site.server.asked
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', "Tue, 24 Nov 2026 00:00:00 GMT")


def test_the_condition_holds_for_its_own_address_only(site: Site) -> None:
    site.fetch(sends(ETag='"1"'))
    site.source(url=f"{site.url}2")
    assert site.fetch(sends()).outcome == "unchanged"
    assert "If-None-Match" not in site.server.asked[0]


def test_each_change_is_a_version_and_none_is_lost(site: Site) -> None:
    other = TABLE.replace("2.000", "2.500")
    for day, text in enumerate((TABLE, other, TABLE)):
        assert site.fetch(sends(text), now=NOW + timedelta(days=day)).outcome == "new"
    first, second = (hashlib.sha256(text.encode()).hexdigest() for text in (TABLE, other))
    assert [line["sha256"] for line in site.log()] == [first, second, first]
    assert len(list((site.folder / "versions").glob("*.csv"))) == 3
    assert site.tokens(NOW - timedelta(days=1)) == []
    assert site.tokens(NOW + timedelta(hours=5)) == ["1.000", "3.000", "2.000", "4.000"]
    assert site.tokens(NOW + timedelta(days=1)) == ["1.000", "3.000", "2.500", "4.000"]


def test_the_files_of_then_are_those_that_the_run_of_then_had(site: Site) -> None:
    official = few_regions(site.root)
    site.fetch(sends())
    then = snapshot([site.folder], official).files
    site.fetch(sends(TABLE.replace("2.000", "2.500")), now=NOW + timedelta(days=1))
    assert snapshot([site.folder], official, as_of=NOW).files == then
    now = snapshot([site.folder], official).files
    assert len(now) == len(then) + 1
    assert now["dinas/versions/log.csv"] != then["dinas/versions/log.csv"]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_pass_is_tried_again(site: Site, status: int) -> None:
    assert site.fetch(sends(b"busy", status), sends()).outcome == "new"
    assert site.slept == [2.0]


def test_the_waits_grow_and_heed_the_server(site: Site) -> None:
    site.fetch(sends(b"", 503), limits=replace(LIMITS, attempts=4))
    assert site.slept == [2.0, 4.0, 8.0]
    site.slept.clear()
    site.fetch(sends(b"", 429, Retry_After="30"), sends(b"", 429, Retry_After="3000"), sends())
    assert site.slept == [30.0, 60.0]


def redirects(to: str) -> Answer:
    return lambda handler: handler.send(b"", 302, Location=to)


def drips(handler: Handler) -> None:
    """A body that never ends, a byte at a time."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/csv")
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def waits(handler: Handler) -> None:
    time.sleep(1.5)
    handler.close_connection = True


def cut(handler: Handler) -> None:
    handler.send(TABLE.encode()[:-20], Content_Length=str(len(TABLE)))
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.close()


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


ERROR_PAGE = "<!DOCTYPE html><html><body><h1>503</h1>Sedang dalam perbaikan</body></html>"
XLSX: dict[str, Any] = {"Content_Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
FAR = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
PACKED = gzip.compress(TABLE.encode())
REFUSED: dict[str, tuple[Answer, dict[str, object], str]] = {
    "not found": (sends(b"", 404), {}, "answered 404"),
    "forbidden": (sends(b"", 403), {}, "answered 403"),
    "no content": (sends(b"", 204), {}, "answered 204"),
    "always 500": (sends(b"", 500), {}, "answered 500"),
    "not modified since never": (sends(b"", 304), {}, "answered 304"),
    "redirect loop": (redirects("/tabel"), {}, "redirects"),
    "redirect to a file": (redirects("file:///etc/hostname"), {}, "file://"),
    "redirect to another protocol": (redirects("ftp://dinas.example/tabel"), {}, "ftp://"),
    "slow answer": (waits, {}, "ReadTimeout"),
    "never-ending body": (drips, {}, "not complete after 1 seconds"),
    "too large": (sends(b"x" * 100_001), {}, "larger than 100,000 bytes"),
    "cut off": (cut, {}, "no whole answer came in 3 tries"),
    "error page": (sends(ERROR_PAGE), {}, "is a web page"),
    "error page, and said so": (sends(ERROR_PAGE, Content_Type="text/html; charset=utf-8"), {}, "text/html"),
    "empty": (sends(b""), {}, "is empty"),
    "blank": (sends(b" \r\n\r\n"), {}, "is empty"),
    "header only": (sends(TABLE.splitlines()[0]), {}, "has 0 rows"),
    "too few rows": (sends(), {"min_rows": 5}, "has 4 rows, fewer than the 5"),
    "another table": (sends("Tahun,Inflasi\n2020,1\n"), {}, "heading 'Provinsi'"),
    "a picture": (sends(b"\x89PNG", Content_Type="image/png"), {}, "image/png"),
    "a PDF": (sends(b"%PDF-1.7"), {}, "of another kind"),
    "a workbook": (sends(zipped(a=b"b")), {}, "of another kind"),
    "text as xlsx": (sends(**XLSX), {"format": "xlsx"}, "does not begin as one"),
    "error page as xlsx": (sends(ERROR_PAGE, **XLSX), {"format": "xlsx"}, "is a web page"),
    "cell at the end of the sheet": (
        sends(zipped(xl__worksheets__s=FAR), **XLSX), {"format": "xlsx"}, "row 1,048,576 and one in column 16,384",
    ),
    "zip that is no workbook": (sends(zipped(a=b"b"), **XLSX), {"format": "xlsx"}, "as a workbook"),
    "truncated zip": (sends(zipped(a=b"b" * 500)[:-9], **XLSX), {"format": "xlsx"}, "as a workbook"),
    "gzip bomb": (sends(gzip.compress(bytes(10**7)), Content_Encoding="gzip"), {}, "larger than 100,000 bytes"),
    "gzip cut off": (sends(PACKED[:-12], Content_Encoding="gzip"), {}, "cut off"),
    "no gzip": (sends(TABLE, Content_Encoding="gzip"), {}, "cannot be unpacked"),
    "packed otherwise": (sends(TABLE, Content_Encoding="br"), {}, "'br'"),
    "broken JSON": (sends('{"a": ', Content_Type="application/json"), {"format": "json"}, "not readable as JSON"),
    "page without a table": (sends(ERROR_PAGE, Content_Type="text/html"), {"format": "html"}, "has 0 tables"),
    "another encoding": (sends(TABLE.replace("Aceh", "Aceh\xe9").encode("cp1252")), {}, "not utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_to_be_believed_is_refused(site: Site, name: str) -> None:
    answer, resource, said = REFUSED[name]
    site.source(**resource)
    before = site.files()
    result = site.fetch(answer)
    assert result.outcome == "refused"
    assert said in result.told
    assert site.url in result.told
    assert site.files() == before


def test_a_zip_bomb_is_not_unpacked(site: Site) -> None:
    site.source(format="xlsx")
    bomb = zipped(xl__worksheets__s=bytes(257 * 2**20))
    result = site.fetch(sends(bomb, **XLSX), limits=replace(LIMITS, bytes=10**6))
    assert "may be a zip bomb" in result.told
    assert result.outcome == "refused"


#: A workbook whose text is 600 MB long, and says that it is its first six bytes; how much memory it took to refuse it.
LIAR = """
import io, resource, zipfile, zlib
from flows.nouns import CannotRun
from flows.read.declaration import WebDialect
from flows.read.workbook import open_sheet
from tests.test_mapping import workbook

made, text = io.BytesIO(), "{part}"
with zipfile.ZipFile(io.BytesIO(workbook())) as book, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
    for name in book.namelist():
        if name != text:
            archive.writestr(name, book.read(name))
    with archive.open(text, "w", force_zip64=True) as part:
        part.write(b"<sst><si><t>")
        for _ in range(600):
            part.write(b"a" * 2**20)
    said = archive.getinfo(text)
    said.file_size, said.CRC = 6, zlib.crc32(b"<sst><")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    open_sheet("it", made.getvalue(), WebDialect(sheetName="Provinsi"))
except CannotRun as error:
    print(error)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet2.xml"])
def test_a_zip_bomb_that_says_it_is_small_is_not_unpacked(part: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", LIAR.replace("{part}", part)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout.splitlines()
    assert "it cannot be read as a workbook" in found[0]
    assert int(found[1]) < 100


def test_content_that_was_packed_unasked_is_unpacked(site: Site) -> None:
    assert site.fetch(sends(PACKED, Content_Encoding="gzip")).rows == 4
    assert site.server.asked[0]["Accept-Encoding"] == "identity"
    assert site.tokens()[0] == "1.000"


def test_a_redirect_is_followed_and_told(site: Site) -> None:
    assert site.fetch(redirects("/baru"), sends()).outcome == "new"
    (line,) = site.log()
    assert (line["url"], line["location"]) == (site.url, site.url.replace("tabel", "baru"))


@pytest.mark.parametrize(("limit", "outcome"), [(0.8, "refused"), (0.75, "new"), (0.0, "new")])
def test_a_version_that_has_shrunken(site: Site, limit: float, outcome: str) -> None:
    site.fetch(sends())
    site.source(shrink_limit=limit)
    result = site.fetch(sends(TABLE.replace("4.000", "")), now=NOW + timedelta(days=1))
    assert result.outcome == outcome
    assert len(site.log()) == (2 if outcome == "new" else 1)
    if outcome == "refused":
        assert "3 rows where the version before has 4" in result.told
        assert site.tokens() == ["1.000", "3.000", "2.000", "4.000"]


def test_a_refusal_does_not_stop_the_others(site: Site) -> None:
    with serving() as other:
        other.answers, other.asked = [sends()], []
        described(site.raw / "baik", url=f"http://127.0.0.1:{other.server_port}/", figures=WIDE)
        site.server.answers, site.server.asked = [sends(b"", 404)], []
        described(site.raw / "tertulis", url="http://127.0.0.1:9/", figures=WIDE)
        (site.raw / "tertulis" / "datapackage.yaml").write_text("name: tertulis\n", "utf-8")
        assert [(each.source, each.outcome) for each in site.all()] == [("baik", "new"), ("dinas", "refused")]
        assert [each.source for each in site.all(only="baik")] == ["baik"]
    with pytest.raises(CannotRun, match="No source 'tertulis'"):
        site.all(only="tertulis")


def test_a_clock_that_went_back_writes_nothing(site: Site) -> None:
    site.fetch(sends())
    before = site.files()
    result = site.fetch(sends(TABLE.replace("4.000", "5.000")), now=NOW - timedelta(days=1))
    assert (result.outcome, site.files()) == ("refused", before)
    assert "the clock says 2026-11-24 01:02" in result.told


def test_a_damaged_version_is_named_and_not_built_upon(site: Site) -> None:
    site.fetch(sends())
    (path,) = (site.folder / "versions").glob("[0-9a-f]*.csv")
    path.write_text(TABLE.replace("1", "2"), "utf-8")
    assert path.name in site.fetch(sends()).told
    with pytest.raises(CannotRun, match=path.name):
        site.tokens()
    path.unlink()
    with pytest.raises(CannotRun, match=path.name):
        site.tokens()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2026-11-25T", "25 November ", "row 1, .*seen"),
        ("2026-11-26T", "2026-11-24T", "row 2"),
        ("seen,", "gesehen,", "seen"),
        ("Z,figures,", "Z,figures,x", "sha256"),
    ],
)
def test_a_damaged_log_is_named(site: Site, old: str, new: str, said: str) -> None:
    site.fetch(sends())
    site.fetch(sends(TABLE + "Riau,1,1\n"), now=NOW + timedelta(days=1))
    path = site.folder / "versions" / "log.csv"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(CannotRun, match=f"log.csv.*{said}"):
        site.tokens()


def test_what_a_crash_left_is_swept(site: Site) -> None:
    left = site.folder / "versions" / ".abc.csv.part"
    left.parent.mkdir()
    left.write_bytes(b"half")
    assert site.tokens() == []
    site.fetch(sends())
    assert not left.exists()
    assert len(site.tokens()) == 4


def test_two_refreshes_do_not_meet(site: Site) -> None:
    inside: list[str] = []

    def again(handler: Handler) -> None:
        with pytest.raises(CannotRun) as refusal:
            site.all()
        inside.append(str(refusal.value))
        handler.send(TABLE.encode())

    assert site.fetch(again, limits=replace(LIMITS, timeout=30.0)).outcome == "new"
    assert "Another refresh" in inside[0]


def test_another_layout_since_a_day(site: Site) -> None:
    """The version before is of a layout that nobody can read any more: it is kept, but neither read nor compared."""
    site.fetch(sends())
    day = NOW + timedelta(days=1)
    figures = {**WIDE, "columns": {"region": "Wilayah"}}
    site.source(figures=figures)
    moved = sends(TABLE.replace("Provinsi", "Wilayah"))
    assert "the version before" in site.fetch(moved, now=day).told
    site.source(figures=figures, since=day.isoformat())
    assert site.fetch(moved, now=day + timedelta(minutes=1)).outcome == "new"
    taken = snapshot([site.folder], few_regions(site.root))
    assert (taken.figures.num_rows, taken.earlier.num_rows, len(site.log())) == (4, 0, 2)


def test_the_command_tells_each_source_and_exits_by_what_was_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRAKERJA_RAW", str(site.raw))
    site.server.asked = []

    def told(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["refresh", *arguments])
        return result.exit_code, " ".join(result.output.split())

    site.server.answers = [sends(), sends(), sends(b"", 404)]
    first = told()
    assert first[0] == 0
    assert first[1].startswith("dinas, figures: new. A new version of 4 rows is kept as ")
    assert told("--only", "dinas") == (
        0,
        "dinas, figures: unchanged. It has not changed. 0 new, 1 unchanged, 0 refused",
    )
    code, text = told()
    assert code == 1
    assert f"dinas, figures: refused. {site.url}: the server answered 404 Not Found. Nothing was changed." in text
    assert str(site.folder / "datapackage.yaml") in text
    assert told("--only", "koran")[0] == 2
