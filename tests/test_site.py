"""The catalogue page: nothing of a source is markup, every link leads somewhere, and large releases have room."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from flows.publish.files import write_tables
from flows.publish.metadata import edition, schema_org
from flows.publish.site import site
from flows.publish.site.evidence import anchor, figures, slug, web_address
from flows.publish.site.numbers import interval, number, period, size, waves
from flows.settings import ROOT
from flows.store import store
from tests.small import SEED, Rows, verdict

HOSTILE = "<script>alert(1)</script>"
PAGES = {"index.html", "findings.html", "regions.html", "sources.html", "measures.html"}
#: What makes a browser load something, by element.
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Page(HTMLParser):
    """What a test asks of a page: its ids, links, what it loads, and its elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = dict(attrs)
        self.elements.append((tag, given))
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]
        self.loads += [value for name, value in attrs if LOADING.get(tag) == name and value]


def written(folder: Path, change: Callable[[Rows], object] = lambda _: None, address: str | None = None) -> Path:
    """A folder with the data files and the pages of a small release."""
    folder.mkdir(parents=True)
    database = store(verdict(change), folder)
    with closing(duckdb.connect(str(database.path), read_only=True)) as connection:
        resources = write_tables(connection, folder)
        this = edition(connection, folder, "1.0.0", resources, address)
        for name, text in site(connection, this).items():
            (folder / name).write_text(text, "utf-8")
        (folder / "schema.jsonld").write_text(json.dumps(schema_org(this)), "utf-8")
    database.path.unlink()
    return folder


def parsed(folder: Path) -> dict[str, Page]:
    return {path.name: Page(path.read_text("utf-8")) for path in sorted(folder.glob("*.html"))}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("site") / "1.0.0")


@pytest.fixture(scope="module")
def pages(small: Path) -> dict[str, Page]:
    return parsed(small)


def check_links(pages: dict[str, Page], folder: Path) -> int:
    """Every link within the release leads to a file or an id; returns how many do."""
    inner = 0
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), f"{name} has an id twice"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            file = parts.path or name
            if file in pages:
                assert not parts.fragment or parts.fragment in pages[file].ids, f"{name}: {link} leads nowhere"
                inner += 1
            else:
                assert (
                    file in {"README.md", "CHANGES.md", "SHA256SUMS", "provenance.json", "CITATION.cff"}
                    or (folder / file).is_file()
                ), f"{name}: {link} leads nowhere"
    return inner


def test_every_link_leads_somewhere(pages: dict[str, Page], small: Path) -> None:
    assert set(pages) == PAGES
    assert check_links(pages, small) > 100


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert {load.split(",")[0] for load in page.loads} == {"search.js", "data:image/svg+xml"}
        assert not any("style" in given for _, given in page.elements), "the policy forbids styles of elements"
        assert not any(name.startswith("on") for _, given in page.elements for name in given)
        (policy,) = [given["content"] for tag, given in page.elements if given.get("http-equiv")]
        assert policy is not None
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy


def test_the_page_holds_what_search_engines_read(pages: dict[str, Page], small: Path) -> None:
    embedded = re.findall(r'<script type="application/ld\+json">(.*?)</script>', pages["index.html"].text, re.DOTALL)
    assert [json.loads(text) for text in embedded] == [json.loads((small / "schema.jsonld").read_text("utf-8"))]


def test_every_figure_of_the_index_leads_to_its_row(pages: dict[str, Page]) -> None:
    shown = [link for link in pages["index.html"].links if link.startswith("sources.html#")]
    assert {f"sources.html#{SEED}:{row}" for row in (2, 3, 4, 5, 6, 7, 15)} <= set(shown)
    assert f"{SEED}:3" in pages["sources.html"].ids


def test_both_languages_are_there_and_so_are_both_ways_of_writing_numbers(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert page.text.count("lang=en>") == page.text.count("lang=id>") > 20
    assert "<i lang=en>6,276</i><i lang=id>6.276</i>" in pages["regions.html"].text


def test_the_nations_figure_has_its_interval_and_its_source(pages: dict[str, Page]) -> None:
    lead = pages["index.html"].text.split('id="where"')[0]
    for part in ("17,400,000", "17.350.000", "17,4 Juta", f"sources.html#{SEED}:15"):
        assert part in lead


def test_the_drill_down_adds_up(pages: dict[str, Page]) -> None:
    city = pages["index.html"].text.split('id="in-63.72"')[1].split("</details>")[0]
    assert len(re.findall(r'id="in-63\.72\.0\d"', city)) == 5
    assert "<b><i lang=en>23,111</i><i lang=id>23.111</i></b>" in city


def test_every_file_can_be_downloaded_with_its_size_and_hash(pages: dict[str, Page], small: Path) -> None:
    from flows.publish.files import sha256

    for path in [*small.glob("*.parquet"), *small.glob("*.csv")]:
        assert path.name in pages["index.html"].links
        assert sha256(path) in pages["index.html"].text


def test_an_address_names_the_version(tmp_path: Path) -> None:
    index = parsed(written(tmp_path / "1.0.0", address="https://data.example/prakerja"))["index.html"]
    assert "https://data.example/prakerja/1.0.0/recipients.parquet" in index.links
    assert "prakerja verify https://data.example/prakerja/1.0.0/" in index.text


def hostile(content: Rows) -> None:
    content["sources"][0] |= {
        "title": HOSTILE, "publisher": HOSTILE, "homepage": "javascript:alert(1)", "description": HOSTILE,
        "attributed_to": f'"onmouseover="alert(1)"{HOSTILE}', "licenses": HOSTILE,
    }  # fmt: skip
    content["regions"][0]["name"] = content["regions"][0]["other_names"] = HOSTILE
    content["figures"][2] |= {"note": HOSTILE, "value_as_printed": HOSTILE, "locator": HOSTILE}
    content["measures"][0] |= {"title_en": HOSTILE, "description_en": HOSTILE}
    content["organisations"][0]["name"] = HOSTILE
    for name in ("message_en", "reason", "printed_as"):
        content["findings"][0][name] = HOSTILE
    content["suspects"][0]["reason_en"] = HOSTILE


def test_what_sources_say_is_text(tmp_path: Path) -> None:
    folder = written(tmp_path / "1.0.0", hostile)
    pages = parsed(folder)
    for name, page in pages.items():
        scripts = [given for tag, given in page.elements if tag == "script"]
        assert len(scripts) == (3 if name == "index.html" else 2), f"{name} has a script that is not ours"
        assert not any(given.get("onmouseover") for _, given in page.elements)
        assert not any(link.startswith("javascript") for link in page.links)
    assert "&lt;script&gt;alert(1)" in pages["sources.html"].text
    assert HOSTILE in (folder / "search.js").read_text("utf-8"), "a script of its own, which ends where its file ends"
    check_links(pages, folder)


def renamed(content: Rows) -> None:
    for table in ("sources", "figures", "recipients", "partners", "organisations", "findings", "finding_figures",
                  "suspects"):  # fmt: skip
        for row in content[table]:
            row["source"] = {SEED: 'a "b" #c/ä:3'}.get(row["source"], row["source"])


def test_a_source_may_be_called_anything(tmp_path: Path) -> None:
    folder = written(tmp_path / "1.0.0", renamed)
    assert check_links(parsed(folder), folder) > 100


def emptied(content: Rows) -> None:
    for table in ("figures", "recipients", "partners", "organisations", "findings", "finding_figures", "suspects"):
        content[table] = []


def without_counts(content: Rows) -> None:
    content["recipients"] = content["partners"] = []


@pytest.mark.parametrize("change", [emptied, without_counts])
def test_a_release_may_lack_what_the_page_would_show(tmp_path: Path, change: Callable[[Rows], object]) -> None:
    folder = written(tmp_path / "1.0.0", change)
    check_links(parsed(folder), folder)


def multiplied(content: Rows) -> None:
    content["figures"] += [
        {**content["figures"][2], "row": row, "measure": "applicants", "status": "accepted"} for row in range(100, 900)
    ]
    content["sources"][0]["figures"] += 800


def test_a_page_shows_the_first_rows_and_says_so(tmp_path: Path) -> None:
    folder = written(tmp_path / "1.0.0", multiplied)
    pages = parsed(folder)
    check_links(pages, folder)
    assert pages["sources.html"].text.count(f'<tr id="{SEED}:') == 300
    text = re.sub(r"<i lang=id>.*?</i>|<[^>]+>", "", pages["sources.html"].text)
    assert "The first 300 of 809; the whole is in figures.csv" in text
    assert {f"{SEED}:{row}" for row in (2, 3, 15)} <= set(pages["sources.html"].ids), "what is published comes first"


def test_a_page_is_shared_among_its_sections(tmp_path: Path) -> None:
    database = store(verdict(multiplied), tmp_path)
    with closing(duckdb.connect(str(database.path), read_only=True)) as connection:
        shown = figures(connection, {"source": 300}, 20)["source"]
    assert sum(len(section.figures) for section in shown.values()) == 20
    assert len(shown) == 2
    assert shown[SEED].total == 809


def test_the_same_tables_give_the_same_pages(small: Path, tmp_path: Path) -> None:
    again = written(tmp_path / "1.0.0")
    names = [*PAGES, "search.js"]
    assert {name: (again / name).read_bytes() for name in names} == {
        name: (small / name).read_bytes() for name in names
    }


@pytest.mark.slow
def test_the_site_of_the_real_data_is_small(tmp_path: Path) -> None:
    from flows.pipeline import Asked, run
    from flows.settings import Settings

    release = run(Settings(raw=ROOT / "raw", published=tmp_path), Asked(date(2026, 11, 25))).release
    assert release is not None
    pages = parsed(release.folder)
    assert check_links(pages, release.folder) > 3000
    assert sum((release.folder / name).stat().st_size for name in [*PAGES, "search.js"]) < 2_000_000
    assert "index.html" in (release.folder / "SHA256SUMS").read_text("utf-8")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (number(6276), "<i lang=en>6,276</i><i lang=id>6.276</i>"),
        (number(5), "5"),
        (number(None), ""),
        (number(12, "percent"), "12%"),
        (number(3_550_000, "IDR"), "<i lang=en>Rp 3,550,000</i><i lang=id>Rp 3.550.000</i>"),
        (interval(5, 5), ""),
        (interval(None, None), ""),
        (interval(5, 7), "5\N{EN DASH}7"),
        (interval(5, None), "<i lang=en>at least </i><i lang=id>paling sedikit </i>5"),
        (interval(None, 7), "<i lang=en>at most </i><i lang=id>paling banyak </i>7"),
        (period(date(2020, 1, 1), date(2022, 12, 31)), "2020\N{EN DASH}2022"),
        (period(date(2020, 1, 1), date(2020, 12, 31)), "2020"),
        (period(date(2020, 4, 1), date(2020, 4, 1)), "2020-04-01"),
        (period(None, date(2020, 4, 1)), "<i lang=en>to 2020-04-01</i><i lang=id>sampai 2020-04-01</i>"),
        (period(None, None), ""),
        (waves(48, 48), "<i lang=en>wave 48</i><i lang=id>gelombang 48</i>"),
        (waves(None, None), ""),
        (size(999), "999 B"),
        (size(54_445), "54 kB"),
        (size(1_234_567), "<i lang=en>1.2</i><i lang=id>1,2</i> MB"),
    ],
)
def test_numbers_and_periods_are_written_for_the_reader(told: str, expected: str) -> None:
    assert told == expected


@pytest.mark.parametrize(
    ("homepage", "linked"),
    [
        ("https://kompas.com/a", True),
        ("HTTP://kompas.com/a", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        (" https://kompas.com", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_are_linked(homepage: str | None, linked: bool) -> None:
    assert web_address(homepage) == (homepage if linked else None)


def test_anchors_of_different_rows_differ() -> None:
    assert anchor(("a", "figures", 1)) == "a:1"
    assert len({anchor(place) for place in [("a:b", "figures", 1), ("a", "b", 1), ("a", "figures", 1)]}) == 3
    assert slug('a"b <c>') == "a%22b%20%3Cc%3E"
