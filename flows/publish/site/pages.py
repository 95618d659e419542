"""Write the pages: templates filled with the contents of a release, each a file that needs no other one to be read."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flows.publish.files import DESCRIPTION, LICENSE, TITLE
from flows.publish.metadata import Edition, schema_org
from flows.publish.site import numbers
from flows.publish.site.contents import EACH, Contents, Links
from flows.publish.site.drawing import DARK, LIGHT
from flows.publish.site.drill import MOST as REGIONS
from flows.publish.site.evidence import anchor, slug, web_address
from flows.publish.site.words import because, word
from flows.publish.site.wrong import FAMILY
from schemas.tables import TABLES

PAGES = ("index.html", "findings.html", "regions.html", "sources.html", "measures.html")
_TEMPLATES = files("flows.publish.site") / "templates"
#: What the search of all pages knows.
SEARCH = "search.js"
#: Entries of the search that lead to one page.
SEARCHED = 1500


def pages(this: Edition, shown: Contents) -> dict[str, str]:
    """The pages by the names of their files."""
    environment = _environment()
    style, script = _style(), _text("site.js")
    environment.globals |= {
        "titles": {each["measure"]: numbers.both(each["title_en"], each["title_id"]) for each in shown.measures},
        "levels_below": _levels_below(), "links": Links(shown), "policy": _policy(style, script), "style": style,
        "script": script, "this": this, "shown": shown,
    }  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "index.html": {"described": schema_org(this), "downloads": _downloads(this, shown)},
        "findings.html": {"found_in": _found_in(shown)},
    }
    written = {
        name: environment.get_template(f"{name}.j2").render({"page": name} | own.get(name, {})) for name in PAGES
    }
    return written | {SEARCH: _search(shown)}


def _environment() -> Environment:
    """Everything is escaped that a template does not mark as HTML; nothing that is missing passes as empty."""
    environment = Environment(
        loader=PackageLoader("flows.publish.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    names = ("both", "number", "interval", "period", "waves", "size", "joined")
    environment.globals |= {name: getattr(numbers, name) for name in names}
    environment.globals |= {
        "word": word, "because": because, "slug": slug, "anchor": anchor, "web_address": web_address, "title": TITLE,
        "description": DESCRIPTION, "license": LICENSE,
        "limits": {"each": EACH, "regions": REGIONS, "family": FAMILY},
    }  # fmt: skip
    return environment


def _style() -> str:
    """The style sheet, after the palette that the charts share with it."""
    palette = "".join(f"--{name}:light-dark({LIGHT[name]},{DARK[name]});" for name in LIGHT)
    return f":root{{{palette}}}\n{_text('site.css')}"


def _text(name: str) -> str:
    """A file beside the templates, as it is."""
    return _TEMPLATES.joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing is loaded and nothing runs but our own style and script.

    They stand in each page and are named by their hash, since not every browser takes `'self'` to be the folder that a
    page was opened from; where it does not, only the search is missing.
    """
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src 'self' {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _search(shown: Contents) -> str:
    """What the search knows, by page: fragment, name in English, in Indonesian where that differs, what is said of it.

    The other names of a region are found as well. It is a script, since a page in a folder may load no data.
    """
    listed = {
        "regions": [
            [each["region_code"], each["name"], "", each["level"], each["parent"], each["other_names"]]
            for each in shown.regions
        ],
        "measures": [[each["measure"], each["title_en"], each["title_id"], "measure"] for each in shown.measures],
        "sources": [[each["source"], each["title"], "", "source", each["publisher"]] for each in shown.sources],
    }
    entries = {
        page: [[slug(name), *(cell or "" for cell in cells)] for name, *cells in found[:SEARCHED]]
        for page, found in listed.items()
    }
    return f"const searched = {json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};\n"


def _downloads(this: Edition, shown: Contents) -> list[dict[str, Any]]:
    return [
        {"table": table, "rows": shown.totals[name], "files": [
            {"kind": kind, "name": path.name, "bytes": path.stat().st_size, "sha256": this.hashes[path.name]}
            for kind, path in (("Parquet", this.folder / f"{name}.parquet"), ("CSV", this.folder / f"{name}.csv"))
        ]}
        for name, table in TABLES.items()
    ]  # fmt: skip


def _levels_below() -> Mapping[str, Markup]:
    """What the regions below a level are called."""
    words = {
        "nation": ("provinces", "provinsi"), "province": ("regencies and cities", "kabupaten dan kota"),
        "regency": ("districts", "kecamatan"), "city": ("districts", "kecamatan"), "district": ("villages", "desa"),
    }  # fmt: skip
    return {level: numbers.both(*each) for level, each in words.items()}


def _found_in(shown: Contents) -> Mapping[str, list[str]]:
    """What the findings can be filtered by, where the choice is more than one."""
    columns = ("severity", "rule", "source", "region")
    return {name: sorted({each.row[name] for each in shown.findings if each.row[name]}) for name in columns}
