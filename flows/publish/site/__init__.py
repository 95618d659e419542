"""The catalogue page: a small static site in each release, made from its own tables.

It works from any static host and from a folder on disk, without a server and without loading anything from elsewhere;
style and script stand in each page. A release's folder is flat and every file of it is hashed, so there is one page of
regions and one of sources, with a stable fragment for each of them (`regions.html#63.72`, `sources.html#a-source`) and
for each figure (`sources.html#a-source:3`), instead of hundreds of files.
"""

import duckdb

from flows.publish.metadata import Edition
from flows.publish.site.contents import contents
from flows.publish.site.pages import pages


def site(connection: duckdb.DuckDBPyConnection, this: Edition) -> dict[str, str]:
    """The pages of a release by the names of their files. The same tables and data files give the same bytes."""
    return pages(this, contents(connection))
