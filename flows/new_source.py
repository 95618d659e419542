"""New source: lay out the folder of a source that somebody is about to transcribe."""

import re
from datetime import date
from pathlib import Path

from flows.nouns import CannotRun
from schemas.contract import FIGURE_COLUMNS

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: Folders of `raw/` that are no source of figures.
RESERVED = ("regions",)

_DESCRIPTOR = """\
name: {slug}
title:            # the headline
homepage:         # the address where it can be read
publisher:
published:        # when it was printed: 2023-09-02
accessed: {today}
language: id      # how its numbers are written: id (1.234,5) or en (1,234.5)
description:      # what the figures are about
attributed_to:    # whom the page quotes
resources:
- name: figures
  path: figures.csv
  format: csv
  encoding: utf-8
"""


def new_source(slug: str, raw: Path, today: date) -> Path:
    """Lay out `raw/<slug>/` with its descriptor and the header of `figures.csv`; return the folder.

    `today` becomes the day of access. Raises CannotRun where the slug is not one, or the folder is already there.
    """
    if not SLUG.fullmatch(slug):
        near = "-".join(re.findall(r"[a-z0-9]+", slug.lower())) or "antara-2023-09-02-banjarbaru"
        raise CannotRun(f"{slug!r} cannot name a source: use lowercase letters, digits and dashes, as in {near!r}.")
    if slug in RESERVED:
        raise CannotRun(f"{slug!r} is not free to name a source: raw/{slug}/ holds the official list.")
    if not raw.is_dir():
        raise CannotRun(f"There is no folder {raw}. Set PRAKERJA_RAW to the folder that holds the sources.")
    folder = raw / slug
    try:
        folder.mkdir()
    except FileExistsError as error:
        raise CannotRun(f"{folder} is already there. Nothing was changed; choose another name.") from error
    _write(folder / "datapackage.yaml", _DESCRIPTOR.format(slug=slug, today=today.isoformat()))
    _write(folder / "figures.csv", ",".join(FIGURE_COLUMNS) + "\n")
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
