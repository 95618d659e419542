"""The catalogue page as a reader meets it, in the system's Chromium, with the real data."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, expect, sync_playwright

from flows.nouns import CannotRun
from flows.pipeline import Asked, run
from flows.preview import server
from flows.settings import ROOT, Settings
from tests.test_site import HOSTILE, PAGES, hostile, written

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CITY = "bakabar-2023-09-02-banjarbaru"
DISTRICTS = {"Landasan Ulin": 6276, "Cempaka": 4652, "Liang Anggang": 4215, "Banjarbaru Utara": 4091,
             "Banjarbaru Selatan": 3877}  # fmt: skip


@dataclass
class Reader:
    """A page with what went wrong on it and what it asked for."""

    page: Page
    place: str
    trouble: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def open(self, page: str) -> Page:
        """Open one of the pages."""
        self.page.goto(f"{self.place}/{page}")
        return self.page

    def check(self) -> None:
        """Nothing went wrong, and nothing was asked of anybody else."""
        assert self.trouble == []
        assert [url for url in self.asked if not url.startswith((self.place, "data:"))] == []


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the real data, made once."""
    published = tmp_path_factory.mktemp("published")
    made = run(Settings(raw=ROOT / "raw", published=published), Asked(date(2026, 11, 25))).release
    assert made is not None
    return made.folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM.is_file(), f"there is no {CHROMIUM}: on Debian and Ubuntu, `apt install chromium`"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    # A busy machine with two cores takes seconds to lay out the longest page; only what never comes is a failure.
    opened.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield opened
    opened.close()


@pytest.fixture
def reader(context: BrowserContext, release: Path) -> Iterator[Reader]:
    """A reader of the folder on disk; whatever a test does, nothing may go wrong or be loaded from elsewhere."""
    one = Reader(context.new_page(), release.as_uri())
    yield one
    one.check()


@pytest.mark.parametrize("page", sorted(PAGES))
def test_it_opens_from_a_folder(reader: Reader, page: str) -> None:
    expect(reader.open(page).locator("h1")).to_be_visible()
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"


def test_it_opens_from_a_server(context: BrowserContext, release: Path) -> None:
    with server(release.parent) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            one = Reader(context.new_page(), f"http://127.0.0.1:{serving.server_port}")
            for page in ("", *sorted(PAGES)):
                expect(one.open(page).locator("h1")).to_be_visible()
                expect(one.page.get_by_role("searchbox", name="Search regions")).to_be_visible()
        finally:
            serving.shutdown()
            thread.join()
    one.check()


def test_a_port_that_is_taken_is_refused(release: Path) -> None:
    with server(release.parent) as serving, pytest.raises(CannotRun, match="choose another"):
        server(release.parent, serving.server_port)


def test_search_finds_a_district(reader: Reader) -> None:
    page = reader.open("index.html")
    page.get_by_role("searchbox", name="Search regions").fill("landasan ul")
    page.locator("#hits a", has_text="Landasan Ulin").click()
    expect(page).to_have_url(f"{reader.place}/regions.html#63.72.02")
    expect(page.locator("[id='63.72.02']")).to_be_in_viewport()
    expect(page.locator("[id='63.72.02']")).to_contain_text("6,276")


@pytest.mark.parametrize(("asked", "found"), [("kalsel", "Kalimantan Selatan"), ("effective rec", "Effective"),
                                              (CITY, "Banjarbaru"), ("zzz", "nothing found")])  # fmt: skip
def test_search_knows_other_names_measures_and_sources(reader: Reader, asked: str, found: str) -> None:
    page = reader.open("findings.html")
    page.get_by_role("searchbox", name="Search regions").fill(asked)
    expect(page.locator("#hits li").first).to_contain_text(found)


def test_a_region_opens_down_to_its_districts_which_add_up(reader: Reader) -> None:
    page = reader.open("index.html")
    province = page.locator("[id='in-63']")
    province.locator("> details > summary").click()
    city = province.locator("[id='in-63.72']")
    city.locator("> details > summary").click()
    rows = city.locator("ul.tree > li")
    expect(rows).to_have_count(5)
    counted = {row.locator(".name").inner_text(): int(row.locator(".n").inner_text().replace(",", ""))
               for row in rows.all()}  # fmt: skip
    assert counted == DISTRICTS
    assert sum(counted.values()) == 23_111
    told = "Together 23,111; printed for Kota Banjarbaru: 23,111"
    expect(city.locator(".sum").first).to_contain_text(told, use_inner_text=True)


def test_a_figure_leads_to_its_source_and_paragraph(reader: Reader) -> None:
    page = reader.open("index.html#in-63.72.02")
    page.locator("[id='in-63.72.02'] .n a").click()
    row = page.locator(f"[id='{CITY}:3']")
    expect(page).to_have_url(f"{reader.place}/sources.html#{CITY}:3")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("p6")
    expect(row).to_contain_text("6.276")
    expect(page.locator(f"[id='{CITY}'] h2")).to_be_visible()


def test_findings_are_filtered_by_rule_and_region(reader: Reader) -> None:
    page = reader.open("findings.html")
    everything = page.locator(".finding").count()
    page.locator("[data-filter=rule]").select_option("children_sum_to_parent")
    page.locator("[data-filter=region]").select_option("Maluku")
    shown = page.locator(".finding:visible")
    assert 0 < shown.count() < everything
    assert {each.get_attribute("data-region") for each in shown.all()} == {"Maluku"}
    expect(page.locator("#count")).to_have_text(f"{shown.count()} of {everything} shown")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".finding:visible")).to_have_count(everything)


def test_a_finding_has_an_address(reader: Reader) -> None:
    page = reader.open("findings.html")
    name = page.locator(".finding").nth(20).get_attribute("id")
    reader.open("index.html")
    reader.open(f"findings.html#{name}")
    expect(page.locator(f"[id='{name}']")).to_be_in_viewport()


def test_the_language_is_switched_in_place_and_kept(reader: Reader) -> None:
    page = reader.open("findings.html")
    page.locator("[data-filter=region]").select_option("Maluku")
    page.locator("label", has=page.locator("#language-id")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Angka yang salah", use_inner_text=True)
    assert page.locator("[data-filter=region]").input_value() == "Maluku"
    assert page.evaluate("document.documentElement.lang") == "id"
    expect(page.get_by_role("searchbox", name="Cari wilayah")).to_be_visible()
    reader.open("regions.html#63.72.02")
    expect(page.locator("[id='63.72.02'] .published")).to_contain_text("diterbitkan")
    assert "6,276" not in page.locator("[id='63.72.02']").inner_text()


def test_colours_are_switched_and_kept(reader: Reader) -> None:
    page = reader.open("index.html")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("label", has=page.locator("#theme-dark")).click()
    dark = page.evaluate(background)
    assert dark != light
    reader.open("sources.html")
    assert page.evaluate(background) == dark


def test_a_table_is_sorted_and_filtered(reader: Reader) -> None:
    page = reader.open("regions.html")
    table = page.locator("table.sortable")
    table.get_by_role("button", name="Latest count").click()
    expect(table.locator("tbody tr").first).to_contain_text("Indonesia")
    expect(table.locator("th[aria-sort=descending]")).to_have_count(1)
    page.get_by_placeholder("Filter this table").fill("banjarbaru utara")
    expect(table.locator("tbody tr:visible")).to_have_count(1)


def test_the_keyboard_is_enough(reader: Reader) -> None:
    page = reader.open("index.html")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("cempaka")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#hits a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#hits")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.locator("#language-en")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Yang tercetak", use_inner_text=True)
    page.locator("[id='in-63'] > details > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[id='in-63.72']")).to_be_visible()


@pytest.mark.parametrize("page", sorted(PAGES))
def test_it_is_of_use_without_javascript(browser: Browser, release: Path, page: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    one = Reader(context.new_page(), release.as_uri())
    shown = one.open(page)
    expect(shown.locator("h1")).to_be_visible()
    expect(shown.locator(".js:visible, .search:visible")).to_have_count(0)
    shown.locator("label", has=shown.locator("#language-id")).click()
    expect(shown.locator("main i[lang=en]:visible")).to_have_count(0)
    one.check()
    context.close()


def test_a_hostile_title_does_nothing(context: BrowserContext, tmp_path: Path) -> None:
    one = Reader(context.new_page(), written(tmp_path / "1.0.0", hostile).as_uri())
    alerts: list[str] = []

    def note(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    one.page.on("dialog", note)
    for name in sorted(PAGES):
        page = one.open(name)
        page.get_by_role("searchbox", name="Search regions").fill("alert")
        expect(page.locator("#hits a").first).to_contain_text(HOSTILE)
    one.open("sources.html")
    expect(one.page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert alerts == []
    one.check()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", sorted(PAGES))
def test_axe_finds_no_serious_violation(browser: Browser, release: Path, page: str, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light", bypass_csp=True)
    context.set_default_timeout(120_000)
    opened = context.new_page()
    opened.goto(f"{release.as_uri()}/{page}")
    violations = Axe().run(opened).response["violations"]
    context.close()
    serious = [
        (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"])
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_it_can_be_read_on_a_phone(browser: Browser, release: Path, page: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.goto(f"{release.as_uri()}/{page}")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
